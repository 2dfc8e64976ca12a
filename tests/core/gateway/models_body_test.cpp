// What GET /models says, from a configuration and lists.
#include "gateway/asked/models_body.hpp"

#include <gmock/gmock.h>

#include "core/config/support.hpp"

namespace prx::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
  EXPECT_EQ(models[models.size() - 2].json,
            R"({"id":"vendor/m","created":7,"pricing":{"prompt":"0.1"},"object":"model",)"
            R"("owned_by":"vendor"})");
  EXPECT_EQ(models.back().json, R"({"id":"n","object":"thing","owned_by":"me","created":1})");
}

TEST(ModelsBody, AnEmptyListIsOne) {
  EXPECT_EQ(models_body({}),
            R"({"object":"list","data":[],"links":{"next":null},"total_count":0})");
}

}  // namespace
}  // namespace prx::gateway
