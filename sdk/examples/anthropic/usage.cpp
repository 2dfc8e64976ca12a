#include "usage.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include <prx/sdk/event_writer.hpp>

#include "json_writer.hpp"

namespace anthropic {
namespace {

using prx::json::ObjectIndex;

constexpr std::int64_t kTokensMax = 1'000'000'000'000;  ///< nobody means more

/// -1 when it is not said.
std::int64_t tokens(const ObjectIndex& usage, std::string_view name) {
  const std::string_view token = member(usage, name);
  std::int64_t value = -1;
  const auto read = std::from_chars(token.data(), token.data() + token.size(), value);
  const bool is_whole = read.ec == std::errc() && read.ptr == token.data() + token.size();
  return is_whole && value <= kTokensMax ? std::max<std::int64_t>(value, -1) : -1;
}

}  // namespace

prx_usage read_usage(const ObjectIndex& usage) {
  prx_usage out = prx::sdk::unknown_usage();
  const std::int64_t fresh = tokens(usage, "input_tokens");
  out.cached_tokens = tokens(usage, "cache_read_input_tokens");
  out.cache_write_tokens = tokens(usage, "cache_creation_input_tokens");
  if (fresh >= 0)
    out.prompt_tokens = fresh + std::max<std::int64_t>(out.cached_tokens, 0) +
                        std::max<std::int64_t>(out.cache_write_tokens, 0);
  out.completion_tokens = tokens(usage, "output_tokens");
  if (out.prompt_tokens >= 0 && out.completion_tokens >= 0)
    out.total_tokens = out.prompt_tokens + out.completion_tokens;
  out.reasoning_tokens = tokens(object(usage, "output_tokens_details"), "thinking_tokens");
  return out;
}

std::string merged_usage(std::string_view begin, const ObjectIndex& end) {
  const auto known = ObjectIndex::parse(begin);
  if (!known) return std::string(end.text());
  prx::json::ObjectEdit whole(*known);
  for (const ObjectIndex::Member& each : end.members())
    if (!is_absent(each.value)) whole.set(each.key, std::string(each.value));
  return whole.str();
}

}  // namespace anthropic
