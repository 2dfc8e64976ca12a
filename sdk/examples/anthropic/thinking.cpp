#include "thinking.hpp"

#include <algorithm>
#include <charconv>

#include "json_writer.hpp"

namespace anthropic {
namespace {

using prx::ErrorClass;
using prx::Result;
using prx::json::ObjectIndex;

constexpr std::int64_t kBudgetMin = 1024;
constexpr std::int64_t kBudgetMax = 32'000;  ///< more needs requests in batches

/// Names begin so; every later model takes the adaptive form, and the newest that alone.
constexpr std::string_view kBudgetModels[] = {
    "claude-3",          "claude-haiku-4-5",  "claude-opus-4-0",
    "claude-opus-4-1",   "claude-opus-4-2",   "claude-opus-4-5",
    "claude-sonnet-4-0", "claude-sonnet-4-2", "claude-sonnet-4-5",
};

struct Effort {
  std::string_view word;   ///< of Chat Completions
  std::string_view level;  ///< of output_config; "": does not think
  std::int64_t percent;    ///< of max_tokens, for a budget
};
constexpr Effort kEfforts[] = {
    {"none", "", 0},      {"minimal", "low", 10}, {"low", "low", 20}, {"medium", "medium", 50},
    {"high", "high", 80}, {"xhigh", "xhigh", 95}, {"max", "max", 95},
};

/// What a request says, in either of its two members.
struct Asked {
  bool thinks = false, hidden = false;
  std::string effort;        ///< "" when it is not said
  std::int64_t budget = -1;  ///< -1 when it is not said
};

Asked read_asked(const ObjectIndex& request) {
  const ObjectIndex reasoning = object(request, "reasoning");
  Asked asked;
  asked.effort = text(reasoning, "effort");
  if (asked.effort.empty()) asked.effort = text(request, "reasoning_effort");
  const std::string_view budget = member(reasoning, "max_tokens");
  std::from_chars(budget.data(), budget.data() + budget.size(), asked.budget);
  asked.hidden = member(reasoning, "exclude") == "true";
  const std::string_view enabled = member(reasoning, "enabled");
  asked.thinks = enabled != "false" && asked.effort != "none" &&
                 (enabled == "true" || asked.budget > 0 || !asked.effort.empty());
  return asked;
}

bool takes_budget(std::string_view model, ThinkingForm form) {
  if (form != ThinkingForm::kAuto) return form == ThinkingForm::kBudget;
  return std::any_of(std::begin(kBudgetModels), std::end(kBudgetModels),
                     [model](std::string_view begin) { return model.starts_with(begin); });
}

Result<std::int64_t> budget_of(const Asked& asked, const Effort& effort, std::int64_t max_tokens) {
  if (max_tokens <= kBudgetMin)
    return prx::fail(ErrorClass::kUnsupported,
                     "max_tokens must be above 1024 for this model to think; raise it");
  const std::int64_t wanted = asked.budget > 0 ? asked.budget : max_tokens / 100 * effort.percent;
  return std::clamp(wanted, kBudgetMin, std::min(kBudgetMax, max_tokens - 1));
}

}  // namespace

std::optional<ThinkingForm> thinking_form(std::string_view word) {
  if (word == "auto") return ThinkingForm::kAuto;
  if (word == "adaptive") return ThinkingForm::kAdaptive;
  if (word == "budget") return ThinkingForm::kBudget;
  return std::nullopt;
}

Result<Thinking> read_thinking(const ObjectIndex& request, std::string_view model,
                               std::int64_t max_tokens, ThinkingForm form) {
  const Asked asked = read_asked(request);
  if (!asked.thinks) return Thinking{};
  const std::string_view word = asked.effort.empty() ? "medium" : std::string_view(asked.effort);
  const auto* const effort = std::find_if(std::begin(kEfforts), std::end(kEfforts),
                                          [word](const Effort& each) { return each.word == word; });
  if (effort == std::end(kEfforts))
    return prx::fail(ErrorClass::kInvalidRequest,
                     "the reasoning effort is none of minimal, low, medium, high, xhigh, max");
  ObjectWriter thinking;
  Thinking out;
  if (takes_budget(model, form)) {
    PRX_TRY_SET(const std::int64_t budget, budget_of(asked, *effort, max_tokens));
    thinking.text("type", "enabled").raw("budget_tokens", std::to_string(budget));
  } else {
    thinking.text("type", "adaptive");
    if (!asked.effort.empty()) out.effort = prx::json::quoted(effort->level);
  }
  if (asked.hidden) thinking.text("display", "omitted");
  out.thinking = thinking.str();
  return out;
}

}  // namespace anthropic
