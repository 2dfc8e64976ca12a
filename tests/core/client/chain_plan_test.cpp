#include "client/chain_plan.hpp"

#include <gtest/gtest.h>

namespace prx::driver {
namespace {

/// The lane of a call to this provider.
std::string lane_of(const ProviderConfig& provider) {
  Config config;
  config.providers = {provider};
  ChainQuestion question;
  question.provider = provider.name;
  question.model = "model";
  const auto planned = plan_chain(config, question);
  return planned ? planned->targets.at(0).plan.lane : planned.error().message;
}

ProviderConfig provider() {
  ProviderConfig out;
  out.name = "one";
  out.plugin_id = "openai";
  out.base_url = "http://127.0.0.1:1";
  return out;
}

TEST(ChainPlan, WhatAProviderAddsToARequestMakesAnotherTarget) {
  ProviderConfig other = provider();
  EXPECT_EQ(lane_of(other), lane_of(provider()));
  other.extra_body = R"({"seed":7})";
  EXPECT_NE(lane_of(other), lane_of(provider()));
}

TEST(ChainPlan, ATargetWithAFormatOfItsOwnContinuesNothing) {
  Config config;
  config.providers = {provider()};
  config.providers[0].extra_body = R"({"response_format":{"type":"json_object"}})";
  config.chains.resize(1);
  config.chains[0].name = config.chain = "main";
  TargetConfig target;
  target.provider = "one";
  target.model = "model";
  target.prefill = true;
  config.chains[0].targets = {target};
  const auto continues = [&config] { return plan_chain(config, {})->targets[0].plan.continues; };
  EXPECT_FALSE(continues());
  config.chains[0].targets[0].extra_body = R"({"response_format":null})";
  EXPECT_TRUE(continues());
  config.providers[0].extra_body = "";
  config.chains[0].targets[0].extra_body = R"({"response_format":{}})";
  EXPECT_FALSE(continues());
}

TEST(ChainPlan, ALaneIsNamedByAllThatMakesATarget) {
  ProviderConfig url = provider();
  url.base_url = "http://127.0.0.1:2";
  const std::string lane = lane_name(provider(), "model", "");
  EXPECT_NE(lane_name(url, "model", ""), lane);
  EXPECT_NE(lane_name(provider(), "other", ""), lane);
  EXPECT_NE(lane_name(provider(), "model", R"({"seed":7})"), lane);
}

}  // namespace
}  // namespace prx::driver
