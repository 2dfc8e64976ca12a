#include "gateway/trail.hpp"

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

std::vector<std::pair<std::string_view, std::string>> trail_headers(const ChatResponse& response) {
  std::vector<std::pair<std::string_view, std::string>> out;
  const auto& all = response.attempts;
  const auto asked =
      std::count_if(all.begin(), all.end(), [](const Attempt& a) { return a.asked(); });
  const Attempt* const last = all.empty() ? nullptr : &all.back();  // the one that served
  if (!response.id.empty()) out.emplace_back("X-Generation-Id", response.id);
  if (last != nullptr) out.emplace_back("x-prx-target", last->provider + "/" + last->model);
  out.emplace_back("x-prx-attempts", std::to_string(asked));
  const CallCost cost = cost_of(response.attempts);
  if (!cost.lower_bound) out.emplace_back("x-prx-cost", number_text(cost.dollars));
  return out;
}

void append_trail(std::string& out, const ChatResponse& response) {
  out += ": prx {";
  for (const auto& [name, value] : trail_headers(response)) {
    if (out.back() != '{') out += ',';
    json::append_quoted(out, name);
    out += ':';
    json::append_quoted(out, value);
  }
  out += "}\n\n";
}

}  // namespace prx::gateway
