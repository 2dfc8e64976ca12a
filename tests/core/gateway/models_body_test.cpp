// What GET /models says, from a configuration and lists.
#include "gateway/asked/models_body.hpp"

#include <gmock/gmock.h>

#include "core/config/support.hpp"

namespace prx::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Catalog catalog(std::vector<std::string> models) {
  Catalog out;
  for (std::string& json : models) {
    CatalogModel& model = out.models.emplace_back();
    model.facts = read_model(json);
    model.json = std::move(json);
  }
  return out;
}

TEST(ModelsBody, TheChainInForceComesFirstAndEachIdOnce) {
  const auto config = config::testing::parse(
      "[default]\nchain = 'b'\n[chains.a]\ntargets = [{ provider = 'openrouter' }]\n"
      "[chains.b]\ntargets = [{ provider = 'openrouter', context_length = 9 }, "
      "{ provider = 'openai', context_length = 8 }]\n");
  ASSERT_TRUE(config) << config.error().message;
  const auto models = listed_models(*config, {catalog({R"({"id":"m/1"})", R"({"id":"m/2"})"}),
                                              catalog({R"({"id":"m/1","x":1})"})});
  std::vector<std::string> ids;
  for (const ListedModel& model : models) ids.push_back(model.id);
  EXPECT_THAT(ids, ElementsAre("chain:b", "chain:default", "chain:a", "m/1", "m/2"));
  EXPECT_THAT(models.front().json, HasSubstr("\"context_length\":8")) << "what all of them take";
  EXPECT_THAT(models_body(models), HasSubstr("\"total_count\":5}"));
}

TEST(ModelsBody, WhatAProviderSaysStaysAndWhatClientsReadIsAdded) {
  const auto config = config::testing::parse("");
  const auto models = listed_models(
      *config, {catalog({R"({"id":"vendor/m","created":7,"pricing":{"prompt":"0.1"}})",
                         R"({"id":"n","object":"thing","owned_by":"me","created":1})"})});
  EXPECT_THAT(models[models.size() - 2].json,
              StartsWith(R"({"id":"vendor/m","created":7,"pricing":{"prompt":"0.1"},)"
                         R"("object":"model","owned_by":"vendor",)"));
  EXPECT_THAT(models.back().json,
              StartsWith(R"({"id":"n","object":"thing","owned_by":"me","created":1,)"));
}

// @openrouter/sdk refuses a whole list when one model lacks one of them.
TEST(ModelsBody, EachModelHasWhatOpenRoutersSchemaRequires) {
  const auto config = config::testing::parse("");
  for (const ListedModel& model : listed_models(*config, {catalog({R"({"id":"m"})"})})) {
    for (const char* const name :
         {"id", "canonical_slug", "name", "created", "context_length", "architecture", "pricing",
          "top_provider", "per_request_limits", "supported_parameters", "default_parameters",
          "supported_voices", "links"})
      EXPECT_THAT(model.json, HasSubstr("\"" + std::string(name) + "\":"));
    ModelFacts facts = read_model(model.json);
    EXPECT_EQ(facts.id, model.id);
    EXPECT_EQ(facts.prompt_price, std::nullopt) << "what is not known is not said";
    EXPECT_EQ(facts.tools, std::nullopt);
    EXPECT_EQ(facts.vision, std::nullopt);
    EXPECT_EQ(facts.context_length, std::nullopt);
  }
}

TEST(ModelsBody, AnEmptyListIsOne) {
  EXPECT_EQ(models_body({}),
            R"({"object":"list","data":[],"links":{"next":null},"total_count":0})");
}

}  // namespace
}  // namespace prx::gateway
