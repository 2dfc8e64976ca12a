#include <algorithm>

#include "config/did_you_mean.hpp"
#include "config/mask.hpp"
#include "config/sections.hpp"
#include "config/text_values.hpp"

namespace prx::config {
namespace {

constexpr std::array<std::string_view, 18> kPolicyKeys = {
    "retries",         "attempts_max",     "deadline",
    "backoff_base",    "backoff_max",      "retry_after_max",
    "wait_max",        "finish_grace",     "hedge_after",
    "hedge_max_share", "breaker_failures", "breaker_failure_rate",
    "retry_budget",    "recovery",         "hold",
    "hold_tokens",     "fallback_on",      "retry_on"};

constexpr std::string_view kByClass = "(by class)";  // shown of a list that is not given

constexpr std::array<std::string_view, 4> kRecoveries = {"error", "splice", "continue", "buffer"};

std::vector<std::string_view> class_names() {
  std::vector<std::string_view> names;
  for (auto code = static_cast<std::int32_t>(PRX_E_CANCELLED); code <= PRX_E_INTERNAL; ++code)
    names.push_back(to_string(static_cast<ErrorClass>(code)));
  return names;
}

bool falls_back_by_default(ErrorClass one) {
  return std::find(kFallbackClasses.begin(), kFallbackClasses.end(), one) != kFallbackClasses.end();
}

// A list that was meant to add to the default replaces it, and turns all else off.
void warn_of_fallback_on(const TableReader& reader,
                         const std::optional<std::vector<ErrorClass>>& classes) {
  const auto* member = reader.find("fallback_on");
  if (!member || classes->empty()) return;
  if (std::any_of(classes->begin(), classes->end(), falls_back_by_default)) return;
  std::string defaults;
  for (const auto one : kFallbackClasses)
    defaults += (defaults.empty() ? "" : ", ") + std::string(to_string(one));
  reader.context().warn(reader.context().where(member->node.place) + ": " +
                        reader.path_of("fallback_on") +
                        " replaces the default, so that no failure of a provider leads to the next "
                        "one; add those of the default that should (" +
                        defaults + ")");
}

// A list of classes; the fallback when the key is absent. A cancelled call never goes on.
Result<std::optional<std::vector<ErrorClass>>> read_classes(
    TableReader& reader, std::string_view key, std::optional<std::vector<ErrorClass>> fallback) {
  const auto* member = reader.find(key);
  if (!member) {
    reader.skip(key, kByClass);
    return fallback;
  }
  PRX_TRY_SET(const auto names, reader.texts(key));
  std::vector<ErrorClass> classes;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto place = (*member->node.as<Array>())[i].place;
    const auto error_class = error_class_from(names[i]);
    if (!error_class)
      return reader.context().error(place, "unknown error class " + shown(names[i]) + " in " +
                                               reader.path_of(key) +
                                               suggestion(names[i], class_names()));
    if (*error_class == ErrorClass::kCancelled)
      return reader.context().error(place, reader.path_of(key) +
                                               " cannot have 'cancelled'; remove it, a cancelled "
                                               "call starts nothing more");
    if (std::find(classes.begin(), classes.end(), *error_class) != classes.end())
      return reader.context().error(
          place, shown(names[i]) + " stands twice in " + reader.path_of(key) + "; remove one");
    classes.push_back(*error_class);
  }
  return std::optional(std::move(classes));
}

Result<void> read_waits(TableReader& reader, ReliabilityConfig& policy) {
  using std::chrono_literals::operator""ms;
  PRX_TRY_SET(policy.deadline, reader.duration_or_off("deadline", policy.deadline));
  PRX_TRY_SET(policy.backoff_base, reader.duration("backoff_base", 1ms, policy.backoff_base));
  PRX_TRY_SET(policy.backoff_max, reader.duration("backoff_max", 1ms, policy.backoff_max));
  PRX_TRY_SET(policy.retry_after_max,
              reader.duration("retry_after_max", 0ms, policy.retry_after_max));
  PRX_TRY_SET(policy.wait_max, reader.duration("wait_max", 0ms, policy.wait_max));
  PRX_TRY_SET(policy.finish_grace, reader.duration("finish_grace", 0ms, policy.finish_grace));
  PRX_TRY_SET(policy.hedge_after, reader.duration_or_off("hedge_after", policy.hedge_after));
  PRX_TRY_SET(policy.hold, reader.duration("hold", 0ms, policy.hold));
  return {};
}

Result<void> read_counts(TableReader& reader, ReliabilityConfig& policy) {
  PRX_TRY_SET(policy.retries, reader.integer("retries", {0, 10}, policy.retries));
  PRX_TRY_SET(policy.attempts_max, reader.integer("attempts_max", {1, 20}, policy.attempts_max));
  PRX_TRY_SET(policy.hedge_max_share,
              reader.number("hedge_max_share", {0.0, 1.0}, policy.hedge_max_share));
  PRX_TRY_SET(policy.breaker_failures,
              reader.integer("breaker_failures", {1, 100}, policy.breaker_failures));
  PRX_TRY_SET(policy.breaker_failure_rate,
              reader.number("breaker_failure_rate", {0.0, 1.0}, policy.breaker_failure_rate));
  PRX_TRY_SET(policy.retry_budget, reader.number("retry_budget", {0.0, 1.0}, policy.retry_budget));
  PRX_TRY_SET(policy.hold_tokens, reader.integer("hold_tokens", {0, 10'000}, policy.hold_tokens));
  return {};
}

Result<void> read_fallback_providers(TableReader& reader, LoadState& state) {
  auto& names = state.config.fallback_providers;
  PRX_TRY_SET(names, reader.texts("fallback_providers"));
  const auto* member = reader.find("fallback_providers");
  if (!member) return {};
  state.fallback_providers = member->node.place;
  for (const auto& node : *member->node.as<Array>()) state.fallback_places.push_back(node.place);
  for (std::size_t i = 0; i < names.size(); ++i)
    PRX_TRY(check_provider_name(reader.context().where(state.fallback_places[i]), names[i]));
  return {};
}

Result<void> check_backoff(const TableReader& reader, const ReliabilityConfig& policy) {
  if (policy.backoff_base <= policy.backoff_max) return {};
  const auto* member = reader.find("backoff_base");
  if (!member) member = reader.find("backoff_max");
  return reader.context().error(
      member ? member->node.place : Place{},
      "backoff_base in [" + reader.path() + "] is longer than backoff_max; make it shorter");
}

}  // namespace

std::vector<std::string_view> policy_keys() {
  std::vector<std::string_view> keys(kPolicyKeys.begin(), kPolicyKeys.end());
  for (const auto& [key, timeout] : kTimeouts) keys.push_back(key);
  return keys;
}

std::string_view recovery_name(Recovery recovery) {
  return kRecoveries[static_cast<std::size_t>(recovery)];
}

std::vector<std::string_view> reliability_keys() {
  auto keys = policy_keys();
  keys.push_back("fallback_providers");
  keys.push_back("share_health");
  return keys;
}

Result<ReliabilityConfig> read_policy(TableReader& reader, ReliabilityConfig base) {
  PRX_TRY(read_counts(reader, base));
  PRX_TRY(read_waits(reader, base));
  PRX_TRY(check_backoff(reader, base));
  PRX_TRY_SET(const auto word, reader.word("recovery", kRecoveries, recovery_name(base.recovery)));
  base.recovery = static_cast<Recovery>(std::find(kRecoveries.begin(), kRecoveries.end(), word) -
                                        kRecoveries.begin());
  PRX_TRY_SET(base.fallback_on, read_classes(reader, "fallback_on", std::move(base.fallback_on)));
  warn_of_fallback_on(reader, base.fallback_on);
  PRX_TRY_SET(base.retry_on, read_classes(reader, "retry_on", std::move(base.retry_on)));
  return base;
}

Result<TimeoutOverrides> read_timeouts(TableReader& reader) {
  TimeoutOverrides overrides;
  for (const auto& [key, timeout] : kTimeouts) {
    PRX_TRY_SET(auto value, reader.duration_or_off(key, std::nullopt));
    if (reader.find(key)) overrides.emplace_back(timeout, value);
  }
  return overrides;
}

void apply(const TimeoutOverrides& overrides, TimeoutConfig& timeouts) {
  for (const auto& [timeout, value] : overrides) timeouts.*timeout = value;
}

Result<void> read_reliability(TableReader& top, LoadState& state) {
  static const Table kNone;
  PRX_TRY_SET(const auto* table, top.table("reliability"));
  TableReader reader(top.context(), table ? *table : kNone, "reliability", Defaults::kRecord);
  PRX_TRY(reader.only(reliability_keys()));
  auto& config = state.config;
  PRX_TRY_SET(config.reliability, read_policy(reader, std::move(config.reliability)));
  PRX_TRY_SET(config.reliability.share_health, reader.flag("share_health", false));
  for (const auto& [key, timeout] : kTimeouts) {
    PRX_TRY_SET(state.timeouts.*timeout, reader.duration_or_off(key, state.timeouts.*timeout));
  }
  return read_fallback_providers(reader, state);
}

}  // namespace prx::config
