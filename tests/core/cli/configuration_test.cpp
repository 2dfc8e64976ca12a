// provider_facts: what remedies know about a provider.
#include "configuration.hpp"

#include <gtest/gtest.h>

namespace prx::cli {
namespace {

PluginInfo plugin(const std::string& id, const std::string& kind) {
  PluginInfo info;
  info.id = id;
  info.kinds = {kind};
  info.title = "Title of " + id;
  info.key_env = "KEY_OF_" + id;
  info.state = PluginState::kUsable;
  return info;
}

Config config_of(const std::string& kind, const std::string& plugin_id) {
  ProviderConfig provider;
  provider.name = "box";
  provider.plugin = kind;
  provider.plugin_id = plugin_id;
  Config config;
  config.providers = {provider};
  return config;
}

TEST(ProviderFacts, AreThoseOfThePluginThatServes) {
  // The id of the first is a kind of the second, which serves it: kinds come before ids.
  const std::vector<PluginInfo> plugins{plugin("box", "other"), plugin("second", "box")};
  const auto facts = provider_facts(config_of("box", "second"), plugins, "box", "label");
  EXPECT_EQ(facts.title, "Title of second");
  EXPECT_EQ(facts.key_env, "KEY_OF_second");
  EXPECT_EQ(facts.key_label, "label");
}

TEST(ProviderFacts, OfAShadowedFileAreNotTaken) {
  std::vector<PluginInfo> plugins{plugin("box", "box"), plugin("box", "box")};
  plugins[0].state = PluginState::kRejected;
  plugins[0].title = "Rejected";
  EXPECT_EQ(provider_facts(config_of("box", "box"), plugins, "box", "").title, "Title of box");
}

TEST(ProviderFacts, SayWhereTheBaseUrlStands) {
  Config config = config_of("box", "box");
  EXPECT_EQ(provider_facts(config, {}, "box", "").base_url_place, "");
  config.providers[0].base_url = "http://box.test/v1";
  EXPECT_EQ(provider_facts(config, {}, "box", "").base_url_place, "[providers.box] base_url");
  config.settings.push_back({"providers.box.base_url", "...", "env BOX_BASE_URL"});
  EXPECT_EQ(provider_facts(config, {}, "box", "").base_url_place, "BOX_BASE_URL");
}

TEST(ProviderFacts, WithoutAPluginAreTheNameAlone) {
  const auto facts =
      provider_facts(config_of("nowhere", ""), {plugin("box", "nowhere")}, "box", "");
  EXPECT_EQ(facts.name, "box");
  EXPECT_EQ(facts.title, "");
}

}  // namespace
}  // namespace prx::cli
