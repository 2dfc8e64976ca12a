// What a host hands over: a configuration without a file, keys from its own vault, a configuration
// that cannot be used.
#include "e2e/rig.hpp"

namespace prx::test {
namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

Result<std::unique_ptr<Client>> open_quietly(Config config) {
  ClientOptions options;
  options.warm_up = false;
  options.log = [](LogLevel, std::string_view) {};
  return Client::open(std::move(config), std::move(options));
}

TEST(HostConfig, TheEnvironmentItWasReadWithIsEnoughForTheClient) {
  Rig rig;
  auto client = open_quietly(*rig.parse());
  ASSERT_TRUE(client) << client.error().message;
  EXPECT_EQ(expect_answer((*client)->chat(ask("hi"))).attempts[0].key_label, "OPENROUTER_API_KEY");
  rig.environment["VAULT"] = "sk-or-v1-of-the-vault-0123";
  rig.environment.erase("OPENROUTER_API_KEY");
  rig.openrouter = "api_key = \"${VAULT}\"\n";
  ASSERT_TRUE((*client)->reload(*rig.parse())) << "each configuration brings its own";
  EXPECT_EQ(expect_answer((*client)->chat(ask("hi"))).attempts[0].key_label, "VAULT");
}

TEST(HostConfig, AReloadReadsTheNewEnvironment) {
  Rig rig;
  auto client = open_quietly(*rig.parse());
  ASSERT_TRUE(client) << client.error().message;
  const Rig other;
  ASSERT_TRUE((*client)->reload(*other.parse()));
  expect_answer((*client)->chat(ask("hi")));
  EXPECT_EQ(other.simulator->stats().requests, 1u);
}

TEST(HostConfig, OneThatLoadDidNotMakeIsRefused) {
  Config by_hand;
  by_hand.provider = "openrouter";
  const auto opened = open_quietly(by_hand);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().error_class, ErrorClass::kInvalidRequest);
  EXPECT_EQ(opened.error().message,
            "this Config was not made by Config::load or Config::parse, or was changed since; to "
            "change one, load or parse again with the overrides of ConfigSource");
  Rig rig;
  const auto client = rig.open();
  auto changed = rig.parse();
  changed->provider = "openai";
  const auto reloaded = client->reload(*changed);
  ASSERT_FALSE(reloaded);
  EXPECT_EQ(reloaded.error().message, opened.error().message);
}

TEST(HostConfig, AKeylessOneOpensSinceAChatSaysWhatIsMissing) {
  Rig rig;
  rig.environment.erase("OPENROUTER_API_KEY");
  EXPECT_TRUE(open_quietly(*rig.parse()));
}

TEST(HostConfig, AReloadToOneThatCanAskNobodyChangesNothing) {
  Rig rig;
  const auto client = rig.open();
  for (const char* key : {"api_key = \"${GONE}\"\n", "api_key_file = \"/nowhere/key\"\n"}) {
    rig.openrouter = key;
    const auto reason = expect_failure(rig.open()->chat(ask("hi"))).message;
    const auto reloaded = client->reload(*rig.parse());
    ASSERT_FALSE(reloaded) << key;
    EXPECT_EQ(reloaded.error().error_class, ErrorClass::kAuth);
    EXPECT_EQ(reloaded.error().message, reason);
    EXPECT_EQ(client->config()->find_provider("openrouter")->keys.size(), 1u);
    expect_answer(client->chat(ask("hi")));
  }
  rig.toml += "[reliability]\nfallback_providers = [\"openai\"]\n";
  EXPECT_TRUE(client->reload(*rig.parse())) << "the fallback can be asked";
}

TEST(HostConfig, ThePluginsAreTheProvidersThatNeedNoTable) {
  Rig rig;
  rig.toml +=
      "[default]\nprovider = \"openai\"\n[reliability]\nfallback_providers = [\"openrouter\"]\n";
  const auto client = rig.open();
  EXPECT_EQ(expect_answer(client->chat(ask("hi"))).provider, "openai");
}

TEST(HostConfig, AMistypedProviderIsRefusedThoughThereIsAFallback) {
  Rig rig;
  rig.toml +=
      "[default]\nprovider = \"opnrouter\"\n[reliability]\nfallback_providers = [\"openai\"]\n";
  const auto opened = open_quietly(*rig.parse());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("4:12: unknown provider 'opnrouter'; did you mean"),
            std::string::npos)
      << opened.error().message;
  EXPECT_EQ(rig.simulator->stats().requests, 0u);
}

TEST(HostConfig, AMissingPluginIsWarnedOfOnce) {
  Rig rig;
  rig.toml +=
      "[reliability]\nfallback_providers = [\"box\"]\n[providers.box]\nplugin = \"nowhere\"\n";
  const auto client = rig.open();
  EXPECT_EQ(count_of(rig.log.all(), "no plugin offers 'nowhere'"), 1u) << rig.log.all();
}

}  // namespace
}  // namespace prx::test
