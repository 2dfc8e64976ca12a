#include "gateway/access/key_body.hpp"

#include <algorithm>
#include <charconv>

#include "prx/sdk/json_edit.hpp"

namespace prx::gateway {

namespace {

/// As short as it is exact, whatever the locale.
std::string number_text(double number) {
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number);
  return {text, end};
}

}  // namespace

std::string key_body(const AccessKey& key, WallTime now) {
  const ServeKeyConfig& config = key.config();
  const double spent = key.spent(now);
  std::string out = "{\"data\":{\"label\":";
  json::append_quoted(out, key.name());
  out += ",\"usage\":" + number_text(spent);
  out += ",\"limit\":" + (config.budget ? number_text(*config.budget) : "null");
  out += ",\"limit_remaining\":" +
         (config.budget ? number_text(std::max(*config.budget - spent, 0.0)) : "null");
  out += ",\"is_free_tier\":false,\"rate_limit\":{\"requests\":" +
         std::to_string(config.requests_per_minute.value_or(-1)) + ",\"interval\":\"60s\"}}}";
  return out;
}

}  // namespace prx::gateway
