#include "sim/fault.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace prx::sim {
namespace {

struct FaultName {
  std::string_view name;
  FaultKind kind;
  std::string_view parameters;              ///< between spaces
  std::string_view common = " times for ";  ///< the same, of every one

  [[nodiscard]] bool takes(const std::string& key) const {
    const std::string word = ' ' + key + ' ';
    return parameters.find(word) != std::string_view::npos ||
           common.find(word) != std::string_view::npos;
  }
};

constexpr std::array kNames{
    FaultName{"ok", FaultKind::kOk, " "},
    FaultName{"context-length", FaultKind::kContextLength, " "},
    FaultName{"policy", FaultKind::kPolicy, " "},
    FaultName{"quota", FaultKind::kQuota, " "},
    FaultName{"refuse-prefill", FaultKind::kRefusePrefill, " "},
    FaultName{"html", FaultKind::kHtml, " status "},
    FaultName{"empty-body", FaultKind::kEmptyBody, " status "},
    FaultName{"truncated-json", FaultKind::kTruncatedJson, " status "},
    FaultName{"reset", FaultKind::kReset, " after bytes ms "},
    FaultName{"hang-up", FaultKind::kHangUp, " "},
    FaultName{"silence", FaultKind::kSilence, " "},
    FaultName{"late-head", FaultKind::kLateHead, " ms "},
    FaultName{"late-token", FaultKind::kLateToken, " ms comments "},
    FaultName{"slow", FaultKind::kSlow, " ms size "},
    FaultName{"cut", FaultKind::kCut, " after bytes ms "},
    FaultName{"stall", FaultKind::kStall, " after comments "},
    FaultName{"trickle", FaultKind::kTrickle, " after ms "},
    FaultName{"malformed", FaultKind::kMalformed, " after "},
    FaultName{"error-frame", FaultKind::kErrorFrame, " after shape code status "},
    FaultName{"no-done", FaultKind::kNoDone, " "},
    FaultName{"no-end", FaultKind::kNoEnd, " "},
    FaultName{"no-finish", FaultKind::kNoFinish, " "},
    FaultName{"finish-twice", FaultKind::kFinishTwice, " "},
    FaultName{"usage-no-choices", FaultKind::kUsageNoChoices, " "},
    FaultName{"wrong-type", FaultKind::kWrongType, " "},
    FaultName{"plain-json", FaultKind::kPlainJson, " "},
    FaultName{"split", FaultKind::kSplit, " size "},
    FaultName{"crlf", FaultKind::kCrlf, " "},
    FaultName{"empty", FaultKind::kEmpty, " "},
    FaultName{"oversized", FaultKind::kOversized, " bytes "},
    FaultName{"oversized-head", FaultKind::kOversizedHead, " bytes "},
    FaultName{"flap", FaultKind::kFlap, " up down status "},
    FaultName{"answer", FaultKind::kAnswer, " text "},
    FaultName{"parallel-tools", FaultKind::kParallelTools, " "},
    FaultName{"tool-quirk", FaultKind::kToolQuirk, " shape "},
    FaultName{"tool-answer", FaultKind::kToolAnswer, " arguments "},
    FaultName{"strict", FaultKind::kStrict, " "},
    FaultName{"old-server", FaultKind::kOldServer, " shape "},
    FaultName{"half-pairs", FaultKind::kHalfPairs, " "},
};

constexpr std::string_view kStatusParameters = " retry_after form code ";

std::string list_names() {
  std::string out = "a status from 400 to 599";
  for (const auto& entry : kNames) out.append(", ").append(entry.name);
  return out;
}

std::optional<std::int64_t> integer(std::string_view text, std::int64_t low, std::int64_t high) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < low || value > high) return std::nullopt;
  return value;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

/// Seconds with an optional fraction of up to three digits.
std::optional<std::chrono::milliseconds> seconds(std::string_view text) {
  const auto dot = text.find('.');
  const auto whole = integer(text.substr(0, dot), 0, 1'000'000);
  if (!whole) return std::nullopt;
  std::int64_t milliseconds = *whole * 1'000;
  if (dot != std::string_view::npos) {
    std::string fraction(text.substr(dot + 1));
    if (fraction.empty() || fraction.size() > 3) return std::nullopt;
    fraction.resize(3, '0');
    const auto part = integer(fraction, 0, 999);
    if (!part) return std::nullopt;
    milliseconds += *part;
  }
  return std::chrono::milliseconds(milliseconds);
}

template <class Enum, std::size_t N>
bool choose(std::string_view text, const std::array<std::string_view, N>& names, Enum& out) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return false;
  out = static_cast<Enum>(found - names.begin());
  return true;
}

bool set_text(Fault& fault, std::string_view key, std::string_view value) {
  if (key == "form")
    return choose(value, std::array<std::string_view, 5>{"seconds", "ms", "date", "reset", "body"},
                  fault.form);
  if (key == "code")
    return choose(value, std::array<std::string_view, 4>{"vendor", "string", "word", "null"},
                  fault.code);
  if (key == "retry_after") {
    const auto wait = seconds(value);
    if (wait) fault.retry_after = *wait;
    return wait.has_value();
  }
  fault.text = value;
  return true;
}

struct Range {
  std::int64_t low, high;
};

int shapes_of(FaultKind kind) {
  if (kind == FaultKind::kOldServer) return 2;
  return kind == FaultKind::kToolQuirk ? 4 : 5;
}

Range range_of(FaultKind kind, std::string_view key) {
  const bool is_time =
      key == "ms" || key == "comments" || key == "up" || key == "down" || key == "for";
  const std::int64_t high = key == "bytes"    ? static_cast<std::int64_t>(kFaultBytesMax)
                            : key == "status" ? 599
                            : key == "shape"  ? shapes_of(kind)
                            : key == "size"   ? 65'536
                            : is_time         ? kFaultDelayMax.count()
                                              : 1'000'000;
  const bool from_1 = key == "shape" || key == "size" || key == "times" || key == "for";
  const std::int64_t low = key == "status" ? 200 : from_1 ? 1 : 0;
  return {low, high};
}

/// What a value of the parameter may be.
std::string valid_values(FaultKind kind, std::string_view key) {
  if (key == "form") return "write seconds, ms, date, reset or body";
  if (key == "code") return "write vendor, string, word or null";
  if (key == "retry_after") return "write seconds from 0 to 1000000, such as 2 or 2.5";
  if (key == "text" || key == "arguments") return "write a % as %25";
  const auto [low, high] = range_of(kind, key);
  return "write a whole number from " + std::to_string(low) + " to " + std::to_string(high);
}

/// False when the value is no number in the parameter's range.
bool set_number(Fault& fault, std::string_view key, std::string_view text) {
  const auto [low, high] = range_of(fault.kind, key);
  const auto value = integer(text, low, high);
  if (!value) return false;
  const std::chrono::milliseconds time(*value);
  if (key == "ms") fault.delay = time;
  if (key == "comments") fault.comments = time;
  if (key == "for") fault.lasts = time;
  if (key == "up") fault.up = time;
  if (key == "down") fault.down = time;
  if (key == "bytes") fault.bytes = static_cast<std::size_t>(*value);
  if (key == "size") fault.size = static_cast<std::size_t>(*value);
  if (key == "status") fault.status = static_cast<int>(*value);
  if (key == "shape") fault.shape = static_cast<int>(*value);
  if (key == "after") fault.after = static_cast<int>(*value);
  if (key == "times") fault.times = static_cast<int>(*value);
  return true;
}

Result<void> set_parameter(Fault& fault, const FaultName& name, std::string_view pair) {
  const auto equals = pair.find('=');
  std::string key(pair.substr(0, equals));
  std::replace(key.begin(), key.end(), '-', '_');
  const auto value =
      equals == std::string_view::npos ? std::nullopt : unescape(pair.substr(equals + 1));
  if (!name.takes(key))
    return fail(ErrorClass::kInvalidRequest,
                "fault '" + std::string(name.name) + "' has no parameter '" + key +
                    "'; it takes:" + std::string(name.common.substr(0, name.common.size() - 1)) +
                    std::string(name.parameters.substr(0, name.parameters.size() - 1)));
  const bool is_text =
      key == "form" || key == "code" || key == "retry_after" || key == "text" || key == "arguments";
  if (!value || !(is_text ? set_text(fault, key, *value) : set_number(fault, key, *value)))
    return fail(ErrorClass::kInvalidRequest, "fault '" + std::string(name.name) +
                                                 "': bad value in '" + std::string(pair) + "'; " +
                                                 valid_values(fault.kind, key));
  return {};
}

void set_defaults(Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kHtml:
      fault.status = 502;
      break;
    case FaultKind::kEmptyBody:
      fault.status = 500;
      break;
    case FaultKind::kTruncatedJson:
      fault.status = 200;
      break;
    case FaultKind::kErrorFrame:
      fault.status = 502;
      break;
    case FaultKind::kFlap:
      fault.status = 503;
      fault.up = fault.down = std::chrono::milliseconds(1'000);
      break;
    case FaultKind::kOversizedHead:
      fault.bytes = 1u << 20;
      break;
    case FaultKind::kLateHead:
    case FaultKind::kLateToken:
      fault.delay = std::chrono::milliseconds(2'000);
      break;
    case FaultKind::kSlow:
      fault.size = 1;
      fault.delay = std::chrono::milliseconds(20);
      break;
    case FaultKind::kTrickle:
      fault.delay = std::chrono::milliseconds(20);
      break;
    case FaultKind::kReset:
      fault.after = -1;
      break;
    default:
      break;
  }
}

/// "?a=1&b=2", or ":a=1:b=2".
Result<void> set_parameters(Fault& fault, const FaultName& name, std::string_view text) {
  const char next = text.front() == '?' ? '&' : ':';
  while (true) {
    text.remove_prefix(1);
    const auto end = text.find(next);
    PRX_TRY(set_parameter(fault, name, text.substr(0, end)));
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end);
  }
}

Result<Fault> parse_fault(std::string_view text, FaultUse use) {
  const auto name = text.substr(0, text.find_first_of("?:@"));
  const auto status = name.size() == 3 ? integer(name, 400, 599) : std::nullopt;
  const auto* entry = std::find_if(kNames.begin(), kNames.end(),
                                   [&](const FaultName& each) { return each.name == name; });
  if (!status && entry == kNames.end())
    return fail(ErrorClass::kInvalidRequest,
                "unknown fault '" + std::string(name) + "'; known are " + list_names());
  FaultName known = status ? FaultName{name, FaultKind::kStatus, kStatusParameters} : *entry;
  if (use == FaultUse::kOneCall) known.common = " times ";
  Fault fault;
  fault.kind = known.kind;
  set_defaults(fault);
  if (status) fault.status = static_cast<int>(*status);
  text.remove_prefix(name.size());
  if (text.starts_with('@')) {
    const auto tokens = text.substr(1, text.find_first_of("?:") - 1);
    PRX_TRY(set_parameter(fault, known, "after=" + std::string(tokens)));
    text.remove_prefix(1 + tokens.size());
  }
  if (!text.empty()) PRX_TRY(set_parameters(fault, known, text));
  return fault;
}

}  // namespace

Result<Faults> parse_faults(std::string_view text, FaultUse use) {
  Faults faults;
  while (true) {
    const auto plus = text.find('+');
    PRX_TRY_SET(auto fault, parse_fault(text.substr(0, plus), use));
    faults.push_back(std::move(fault));
    if (plus == std::string_view::npos) return faults;
    if (faults.size() == kFaultsMax)
      return fail(ErrorClass::kInvalidRequest, "more than " + std::to_string(kFaultsMax) +
                                                   " faults joined by '+'; leave some out");
    text = text.substr(plus + 1);
  }
}

NamedFaults split_model(std::string_view name) {
  if (name.starts_with("sim/")) return {name, name.substr(4)};
  const auto hash = name.find('#');
  if (hash == std::string_view::npos) return {name, {}};
  return {name.substr(0, hash), name.substr(hash + 1)};
}

bool flap_is_down(const Fault& fault, std::chrono::milliseconds elapsed) {
  const auto period = fault.up + fault.down;
  if (period.count() == 0) return false;
  return elapsed % period >= fault.up;
}

const Fault* find_fault(const Faults& faults, FaultKind kind) {
  for (const auto& fault : faults)
    if (fault.kind == kind) return &fault;
  return nullptr;
}

}  // namespace prx::sim
