#include "catalog/price.hpp"

#include <algorithm>

namespace prx::catalog {

namespace {

/// Of all prompt tokens, how many are of a kind; at most all that are left.
double take(std::int64_t& left, const std::optional<std::int64_t>& tokens) {
  const std::int64_t taken = std::clamp<std::int64_t>(tokens.value_or(0), 0, left);
  left -= taken;
  return static_cast<double>(taken);
}

}  // namespace

std::optional<double> estimated_cost(const ModelFacts& facts, const Usage& usage) {
  if (!facts.prompt_price || !facts.completion_price || !usage.prompt_tokens ||
      !usage.completion_tokens)
    return std::nullopt;
  const double prompt = *facts.prompt_price;
  std::int64_t left = std::max<std::int64_t>(*usage.prompt_tokens, 0);
  double dollars = facts.request_price.value_or(0.0);
  dollars += take(left, usage.cached_tokens) * facts.cache_read_price.value_or(prompt);
  dollars += take(left, usage.cache_write_tokens) * facts.cache_write_price.value_or(prompt);
  dollars += static_cast<double>(left) * prompt;
  const auto answer = std::max<std::int64_t>(*usage.completion_tokens, 0);
  return dollars + static_cast<double>(answer) * *facts.completion_price;
}

}  // namespace prx::catalog
