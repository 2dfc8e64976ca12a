#include "catalog/price.hpp"

#include <gtest/gtest.h>

namespace prx::catalog {
namespace {

ModelFacts priced() {
  ModelFacts facts;
  facts.prompt_price = 0.000002;
  facts.completion_price = 0.00001;
  return facts;
}

Usage used(std::int64_t prompt, std::int64_t completion) {
  Usage usage;
  usage.prompt_tokens = prompt;
  usage.completion_tokens = completion;
  return usage;
}

TEST(EstimatedCost, IsTokensTimesPrices) {
  EXPECT_DOUBLE_EQ(estimated_cost(priced(), used(1'000, 100)).value(), 0.003);
  ModelFacts facts = priced();
  facts.request_price = 0.5;
  EXPECT_DOUBLE_EQ(estimated_cost(facts, used(0, 0)).value(), 0.5);
}

TEST(EstimatedCost, OfCachedTokensIsTheirOwn) {
  ModelFacts facts = priced();
  Usage usage = used(1'000, 0);
  usage.cached_tokens = 900;
  EXPECT_DOUBLE_EQ(estimated_cost(facts, usage).value(), 0.002) << "no price: as all others";
  facts.cache_read_price = 0.0000002;
  EXPECT_DOUBLE_EQ(estimated_cost(facts, usage).value(), 900 * 0.0000002 + 100 * 0.000002);
  facts.cache_write_price = 0.000003;
  usage.cache_write_tokens = 100;
  EXPECT_DOUBLE_EQ(estimated_cost(facts, usage).value(), 900 * 0.0000002 + 100 * 0.000003);
}

TEST(EstimatedCost, IsNeverNegativeWhateverAServerCounts) {
  ModelFacts facts = priced();
  facts.cache_read_price = 0.0;
  Usage usage = used(10, -5);
  usage.cached_tokens = 1'000;
  usage.cache_write_tokens = -7;
  EXPECT_DOUBLE_EQ(estimated_cost(facts, usage).value(), 0.0);
  EXPECT_DOUBLE_EQ(estimated_cost(facts, used(-1, 1)).value(), 0.00001);
}

TEST(EstimatedCost, IsUnknownWhenPricesOrTokensAre) {
  ModelFacts facts = priced();
  facts.completion_price = std::nullopt;
  EXPECT_EQ(estimated_cost(facts, used(1, 1)), std::nullopt);
  Usage usage = used(1, 1);
  usage.completion_tokens = std::nullopt;
  EXPECT_EQ(estimated_cost(priced(), usage), std::nullopt);
  EXPECT_EQ(estimated_cost(ModelFacts(), used(1, 1)), std::nullopt);
}

}  // namespace
}  // namespace prx::catalog
