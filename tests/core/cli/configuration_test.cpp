// provider_facts: what remedies know about a provider.
#include "cli/configuration.hpp"

#include <gtest/gtest.h>

namespace prx::cli {
namespace {

Config config_of(const std::string& title) {
  ProviderConfig provider;
  provider.name = "box";
  provider.title = title;
  provider.key_env = "BOX_API_KEY";
  Config config;
  config.providers = {provider};
  return config;
}

TEST(ProviderFacts, AreThoseOfTheResolvedProvider) {
  const auto facts = provider_facts(config_of("Box"), "box", "label");
  EXPECT_EQ(facts.name, "box");
  EXPECT_EQ(facts.title, "Box");
  EXPECT_EQ(facts.key_env, "BOX_API_KEY");
  EXPECT_EQ(facts.key_label, "label");
  EXPECT_FALSE(facts.has_key);
}

TEST(ProviderFacts, SayWhereTheBaseUrlStands) {
  Config config = config_of("Box");
  EXPECT_EQ(provider_facts(config, "box", "").base_url_place, "");
  config.providers[0].base_url = "http://box.test/v1";
  EXPECT_EQ(provider_facts(config, "box", "").base_url_place, "[providers.box] base_url");
  config.settings.push_back({"providers.box.base_url", "...", "env BOX_BASE_URL"});
  EXPECT_EQ(provider_facts(config, "box", "").base_url_place, "BOX_BASE_URL");
  config.settings.back().origin = "preset box";
  EXPECT_EQ(provider_facts(config, "box", "").base_url_place, "") << "nobody set one";
}

TEST(ProviderFacts, OfAnUnknownOneAreTheNameAlone) {
  const auto facts = provider_facts(config_of("Box"), "nowhere", "");
  EXPECT_EQ(facts.name, "nowhere");
  EXPECT_EQ(facts.title, "");
}

}  // namespace
}  // namespace prx::cli
