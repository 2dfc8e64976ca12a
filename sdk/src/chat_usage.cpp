#include <charconv>
#include <utility>
#include <vector>

#include "chat_answer.hpp"
#include "json_scan.hpp"

namespace prx::sdk {
namespace {

/// The members of one object of a frame that was parsed already; of two of a name the first counts.
class Members {
 public:
  explicit Members(std::string_view object) {
    if (object.empty() || object.front() != '{') return;
    list_.reserve(16);
    json::scan::for_each_member(object, [this](std::string_view key, std::string_view value) {
      list_.emplace_back(key, value);
    });
  }
  /// "" when there is none.
  [[nodiscard]] std::string_view find(std::string_view name) const {
    for (const auto& [key, value] : list_)
      if (key == name) return value;
    return {};
  }

 private:
  std::vector<std::pair<std::string_view, std::string_view>> list_;
};

bool is_number(std::string_view value) {
  return !value.empty() && (value.front() == '-' || (value.front() >= '0' && value.front() <= '9'));
}

// What no answer costs and no context holds: beyond them a number is a mistake, and sums of such
// would mislead or overflow.
constexpr double kCostMax = 1e6;
constexpr std::int64_t kTokensMax = 1'000'000'000'000;

double real(std::string_view value) {
  double number = -1;
  if (is_number(value)) std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

/// -1 for what is no number of 0 to kCostMax.
double dollars(std::string_view value) {
  const double number = real(value);
  return number >= 0 && number <= kCostMax ? number : -1;
}

std::int64_t count(std::string_view value) {
  if (!is_number(value)) return -1;
  const char* const end = value.data() + value.size();
  std::int64_t whole = 0;
  const auto [at, error] = std::from_chars(value.data(), end, whole);
  if (error == std::errc() && at == end) return whole < 0 || whole > kTokensMax ? -1 : whole;
  const double number = real(value);  // "12.0", "1e3"
  const bool usable = number >= 0 && number <= static_cast<double>(kTokensMax);
  return usable ? static_cast<std::int64_t>(number) : -1;
}

std::int64_t tokens(const Members& object, std::string_view name, std::string_view other) {
  const std::string_view value = object.find(name);
  return count(is_number(value) ? value : object.find(other));
}

/// A count of an object with few members, as the details are.
std::int64_t token_detail(std::string_view object, std::string_view name) {
  std::string_view found;
  if (!object.empty() && object.front() == '{')
    json::scan::for_each_member(object, [&](std::string_view key, std::string_view value) {
      if (found.empty() && key == name) found = value;
    });
  return count(found);
}

std::string_view details(const Members& usage, std::string_view name, std::string_view other) {
  const std::string_view value = usage.find(name);
  return value.empty() ? usage.find(other) : value;
}

}  // namespace

prx_usage read_usage(std::string_view json) {
  const Members object(json);
  const auto prompt = details(object, "prompt_tokens_details", "input_tokens_details");
  const auto completion = details(object, "completion_tokens_details", "output_tokens_details");
  prx_usage usage{};
  usage.size = sizeof usage;
  usage.prompt_tokens = tokens(object, "prompt_tokens", "input_tokens");
  usage.completion_tokens = tokens(object, "completion_tokens", "output_tokens");
  usage.total_tokens = count(object.find("total_tokens"));
  usage.reasoning_tokens = token_detail(completion, "reasoning_tokens");
  usage.cached_tokens = token_detail(prompt, "cached_tokens");
  if (usage.cached_tokens < 0) usage.cached_tokens = count(object.find("prompt_cache_hit_tokens"));
  usage.cache_write_tokens = token_detail(prompt, "cache_write_tokens");
  usage.cost = dollars(object.find("cost"));
  return usage;
}

}  // namespace prx::sdk
