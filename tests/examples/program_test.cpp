// The program with the example plugins: what a person does who has their files and edits TOML.
#include <sys/stat.h>

#include "../core/cli/program_fixture.hpp"
#include "support/messages_server.hpp"

namespace prx::cli {
namespace {

using ::testing::HasSubstr;

constexpr const char* kOtherKey = "sk-ant-5ec2e75ec2e75ec2e75ec2e7";  // checked as kKey is

class ExampleProgram : public ProgramTest {
 protected:
  ExampleProgram() {
    for (const std::string name : {"example_anthropic.so", "example_local.so"}) {
      const std::filesystem::path copy = home / "plugins" / name;
      std::filesystem::copy_file(std::filesystem::path(PRX_EXAMPLES) / name, copy);
      ::chmod(copy.c_str(), 0755);
    }
    environment["ANTHROPIC_API_KEY"] = kOtherKey;
    environment["ANTHROPIC_BASE_URL"] = server.url();
  }
  test::MessagesServer server{kOtherKey, [](const test::MessagesRequest& request) {
                                if (request.line.starts_with("POST"))
                                  return test::messages_stream("Hello from the other side.");
                                test::MessagesReply models;
                                models.body = R"({"data":[{"id":"claude-a"}],"has_more":false})";
                                return models;
                              }};
};

TEST_F(ExampleProgram, AChainGoesOnToAnotherDialectByTomlAlone) {
  environment["OPENROUTER_BASE_URL"] = "http://127.0.0.1:1/v1";  // nobody listens there
  configure("[reliability]\nretries = 0\nfallback_providers = [\"anthropic\"]\n");
  const auto result = run({"chat", "--trace", "Hi"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "Hello from the other side.\n");
  EXPECT_THAT(result.err, HasSubstr("anthropic"));
}

TEST_F(ExampleProgram, AChainComesBackFromIt) {
  simulate();
  configure(
      "[default]\nprovider = \"anthropic\"\n"
      "[reliability]\nretries = 0\nfallback_providers = [\"openrouter\"]\n");
  environment["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:1";
  const auto result = run({"chat", "Hi"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Hi"));
}

TEST_F(ExampleProgram, ItsModelsAreListed) {
  const auto result = run({"models", "--provider", "anthropic"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("claude-a"));
}

TEST_F(ExampleProgram, AMissingKeyIsNamed) {
  environment.erase("ANTHROPIC_API_KEY");
  const auto result = run({"chat", "--provider", "anthropic", "Hi"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("ANTHROPIC_API_KEY"));
}

TEST_F(ExampleProgram, AModelInTheProcessIsTheLastResort) {
  environment["OPENROUTER_BASE_URL"] = environment["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:1/v1";
  configure(
      "[reliability]\nretries = 0\nfallback_providers = [\"anthropic\", \"example-local\"]\n"
      "[providers.example-local]\nepochs = 2\nseed = 7\n");
  const auto first = run({"chat", "--max-tokens", "9", "the old dog"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_GT(first.out.size(), 1u);
  EXPECT_EQ(run({"chat", "--max-tokens", "9", "the old dog"}).out, first.out) << "by its seed";
}

}  // namespace
}  // namespace prx::cli
