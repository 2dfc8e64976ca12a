// The notation of `prx plan --fail`.

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "prx/sdk/chat_completions.hpp"
#include "reliability/rehearsal.hpp"

namespace prx::reliability {

namespace {

using std::chrono::milliseconds;

constexpr int kTimesMax = 100;
constexpr double kSecondsMax = 86'400.0;

constexpr std::array<std::pair<std::string_view, Act::Kind>, 10> kKinds{{
    {"ok", Act::Kind::kAnswer},
    {"reset", Act::Kind::kReset},
    {"silence", Act::Kind::kSilence},
    {"timeout", Act::Kind::kSilence},
    {"late", Act::Kind::kLateToken},
    {"cut", Act::Kind::kCut},
    {"stall", Act::Kind::kStall},
    {"malformed", Act::Kind::kMalformed},
    {"no-done", Act::Kind::kNoDone},
    {"differs", Act::Kind::kDiffers},
}};

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "2", "2.5", "2s", "250ms"
std::optional<milliseconds> duration(std::string_view text) {
  double factor = 1'000.0;
  if (text.ends_with("ms")) {
    factor = 1.0;
    text.remove_suffix(2);
  } else if (text.ends_with("s")) {
    text.remove_suffix(1);
  }
  const auto value = number<double>(text);
  if (!value || !(*value >= 0.0 && *value * factor <= kSecondsMax * 1'000.0)) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(*value * factor));
}

/// Cuts off what follows the mark; nullopt: the mark is not there.
std::optional<std::string_view> take_after(std::string_view& text, std::string_view mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto rest = text.substr(at + mark.size());
  text = text.substr(0, at);
  return rest;
}

std::optional<Act> failure(std::string_view word) {
  Act act;
  act.kind = Act::Kind::kError;
  if (const auto status = number<int>(word); status && *status >= 400 && *status <= 599) {
    act.error.error_class = sdk::classify(*status, "");
    act.error.http_status = *status;
    act.error.message = "answers " + std::to_string(*status);
    return act;
  }
  const auto named = error_class_from(word);
  if (!named || *named == ErrorClass::kCancelled) return std::nullopt;
  act.error.error_class = *named;
  act.error.message = "as told";
  return act;
}

std::optional<Act> read_act(std::string_view text) {
  const auto times = take_after(text, "*");
  const auto retry_after = take_after(text, ":retry-after=");
  const auto tokens = take_after(text, "@");
  const auto late = take_after(text, "=");
  const auto known = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](const auto& one) { return one.first == text; });
  std::optional<Act> act;
  if (known != kKinds.end()) {
    act.emplace();
    act->kind = known->second;
  } else {
    act = failure(text);
  }
  if (!act) return act;
  const bool breaks = act->kind == Act::Kind::kCut || act->kind == Act::Kind::kStall ||
                      act->kind == Act::Kind::kMalformed;
  if (breaks != tokens.has_value() || late.has_value() != (act->kind == Act::Kind::kLateToken) ||
      (retry_after && act->kind != Act::Kind::kError))
    return std::nullopt;
  if (tokens) {
    const auto count = number<int>(*tokens);
    if (!count || *count < 0 || *count > Rehearsal::kTokens) return std::nullopt;
    act->tokens = *count;
  }
  if (late) {
    const auto time = duration(*late);
    if (!time) return std::nullopt;
    act->late = *time;
  }
  if (retry_after) {
    act->error.retry_after = duration(*retry_after);
    if (!act->error.retry_after) return std::nullopt;
  }
  if (times) {
    const auto count = number<int>(*times);
    if (!count || *count < 1 || *count > kTimesMax) return std::nullopt;
    act->times = *count;
  }
  return act;
}

}  // namespace

Result<Acts> parse_acts(std::string_view text) {
  Acts acts;
  while (true) {
    std::string_view part = text;
    const auto rest = take_after(part, "+");
    const auto act = read_act(part);
    if (!act)
      return fail(ErrorClass::kInvalidRequest,
                  "'" + std::string(part) +
                      "' is not a fault; write a status (429, 503*2, 429:retry-after=2), a class "
                      "(context_length), or reset, silence, late=20s, cut@40, stall@40, "
                      "malformed@3, no-done, differs, ok");
    acts.push_back(*act);
    if (rest && act->times == 0) acts.back().times = 1;  // what comes next must come
    if (!rest) return acts;
    text = *rest;
  }
}

}  // namespace prx::reliability
