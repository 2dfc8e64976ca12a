// --chain of prx chat, config check and config show.
#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ChatChain : public ProgramTest {
 protected:
  ChatChain() {
    configure(R"([chains.cheap]
targets = [{ provider = "openrouter", model = "openai/gpt-4o-mini" }]
[chains.dear]
targets = [{ provider = "openrouter", model = "anthropic/claude-sonnet-4" }]
)");
  }
};

TEST_F(ChatChain, ChoosesTheChainThatIsAsked) {
  simulate();
  environment["PRX_CHAIN"] = "dear";
  const auto result = run({"chat", "--chain", "cheap", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_STREQ(only_body()["model"].GetString(), "openai/gpt-4o-mini");
}

TEST_F(ChatChain, OfTheEnvironmentIsAskedToo) {
  simulate();
  environment["PRX_CHAIN"] = "dear";
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_STREQ(only_body()["model"].GetString(), "anthropic/claude-sonnet-4");
}

TEST_F(ChatChain, ThatIsUnknownIsAConfigurationErrorWithTheNearestName) {
  const auto result = run({"chat", "--chain", "chaep", "Hello"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.err, "prx: flag --chain: unknown chain 'chaep'; did you mean 'cheap'?\n");
}

TEST_F(ChatChain, BesideAProviderIsAUsageError) {
  for (const auto& verb : std::vector<std::vector<std::string>>{
           {"chat", "Hello"}, {"config", "show"}, {"config", "check"}}) {
    auto arguments = verb;
    arguments.insert(arguments.end(), {"--chain", "cheap", "--provider", "openai"});
    const auto result = run(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("--provider and --chain exclude each other"));
  }
}

TEST_F(ChatChain, IsShownWithWhoNamedIt) {
  const auto result = run({"config", "show", "--chain", "cheap"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("default.chain = \"cheap\""), HasSubstr("# flag --chain")));
}

}  // namespace
}  // namespace prx::cli
