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

TEST_F(ChatChain, IsNamedByTheModelToo) {
  simulate();
  environment["PRX_CHAIN"] = "dear";
  const auto result = run({"chat", "--model", "chain:cheap", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_STREQ(only_body()["model"].GetString(), "openai/gpt-4o-mini");
}

TEST_F(ChatChain, OfTheShortFormIsNamedByTheModelToo) {
  simulate();
  const auto result = run({"chat", "--model", "chain:default", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_STREQ(only_body()["model"].GetString(), "anthropic/claude-sonnet-4");
}

TEST_F(ChatChain, ThatIsUnknownIsTheSameErrorHoweverItIsNamed) {
  for (const std::string verb : {"chat", "plan"}) {
    std::vector<std::string> arguments = {verb, "--model", "chain:chaep"};
    if (verb == "chat") arguments.emplace_back("Hello");
    const auto result = run(arguments);
    EXPECT_EQ(result.exit_code, 3) << verb;
    EXPECT_EQ(result.err, "prx: flag --chain: unknown chain 'chaep'; did you mean 'cheap'?\n");
  }
}

TEST_F(ChatChain, OfTheModelExcludesAnotherAndAProvider) {
  for (const std::string flag : {"--chain", "--provider"}) {
    const auto result = run({"chat", flag, "openai", "--model", "chain:cheap", "Hello"});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.err,
              "prx: " + flag + " and --model chain:cheap exclude each other; leave one out\n");
  }
  const auto nameless = run({"chat", "--model", "chain:", "Hello"});
  EXPECT_EQ(nameless.exit_code, 2);
  EXPECT_EQ(nameless.err, "prx: --model chain: names no chain; write chain:NAME\n");
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

TEST_F(ChatChain, WhenAllFailTheRemedyIsThatOfTheTargetWhoseErrorItIs) {
  simulate();
  environment["OPENAI_BASE_URL"] = simulator().openai_base_url();
  environment["OPENAI_API_KEY"] = kKey;
  configure(R"([providers.openai]
[chains.both]
targets = [{ provider = "openrouter", model = "sim/401" },
           { provider = "openai", model = "gpt-4o#404" }]
)");
  const auto result = run({"chat", "--chain", "both", "Hello"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, AllOf(HasSubstr("OpenRouter rejected the key from OPENROUTER_API_KEY"),
                                ::testing::Not(HasSubstr("platform.openai.com"))));
  const auto json = parse_json(run({"chat", "--json", "--chain", "both", "Hello"}).out);
  EXPECT_STREQ(json["provider"].GetString(), "openrouter");
}

TEST_F(ChatChain, IsShownWithWhoNamedIt) {
  const auto result = run({"config", "show", "--chain", "cheap"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("default.chain = \"cheap\""), HasSubstr("# flag --chain")));
}

}  // namespace
}  // namespace prx::cli
