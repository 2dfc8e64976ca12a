#include "cli/plan/plan_settings.hpp"

#include "cli/json_writer.hpp"
#include "config/duration.hpp"
#include "config/sections.hpp"

namespace prx::cli {
namespace {

std::string text_of(const std::optional<Milliseconds>& time) {
  return time ? config::to_text(*time) : "off";
}

std::string text_of(const std::optional<std::vector<ErrorClass>>& classes) {
  if (!classes) return "by the table of the guide";
  std::string text;
  for (const ErrorClass one : *classes)
    text += (text.empty() ? "" : ", ") + std::string(to_string(one));
  return text.empty() ? "none" : text;
}

std::string number_text(double number) {
  JsonWriter json;
  return json.number(number).text();
}

/// Finds where a value comes from: the first of the paths that was set.
class Origins {
 public:
  explicit Origins(const Config& config) : config_(config) {}

  [[nodiscard]] std::string of(const std::vector<std::string>& paths) const {
    for (const std::string& path : paths)
      for (const Setting& setting : config_.settings)
        if (setting.path == path) return setting.origin;
    return "default";
  }

 private:
  const Config& config_;
};

}  // namespace

std::vector<PlanLine> policy_lines(const Config& config, const driver::PlannedChain& chain) {
  const ReliabilityConfig& policy = *chain.policy;
  std::vector<PlanLine> lines = {
      {"retries", std::to_string(policy.retries), ""},
      {"attempts_max", std::to_string(policy.attempts_max), ""},
      {"deadline", text_of(policy.deadline), ""},
      {"backoff_base", config::to_text(policy.backoff_base), ""},
      {"backoff_max", config::to_text(policy.backoff_max), ""},
      {"retry_after_max", config::to_text(policy.retry_after_max), ""},
      {"wait_max", config::to_text(policy.wait_max), ""},
      {"finish_grace", config::to_text(policy.finish_grace), ""},
      {"hedge_after", text_of(policy.hedge_after), ""},
      {"hedge_max_share", number_text(policy.hedge_max_share), ""},
      {"breaker_failures", std::to_string(policy.breaker_failures), ""},
      {"breaker_failure_rate", number_text(policy.breaker_failure_rate), ""},
      {"retry_budget", number_text(policy.retry_budget), ""},
      {"recovery", std::string(config::recovery_name(policy.recovery)), ""},
      {"hold", config::to_text(policy.hold), ""},
      {"hold_tokens", std::to_string(policy.hold_tokens), ""},
      {"fallback_on", text_of(policy.fallback_on), ""},
      {"retry_on", text_of(policy.retry_on), ""},
  };
  const Origins origins(config);
  for (PlanLine& line : lines) {
    std::vector<std::string> paths;
    if (chain.chain != nullptr) paths.push_back("chains." + chain.chain->name + '.' + line.name);
    paths.push_back("reliability." + line.name);
    line.origin = origins.of(paths);
  }
  return lines;
}

std::vector<PlanLine> clock_lines(const Config& config, const driver::PlannedChain& chain,
                                  std::size_t index) {
  const driver::PlannedTarget& target = chain.targets[index];
  const TimeoutConfig& clocks = target.plan.clocks;
  std::vector<PlanLine> lines = {{"connect_timeout", text_of(clocks.connect), ""},
                                 {"head_timeout", text_of(clocks.head), ""},
                                 {"non_stream_timeout", text_of(clocks.non_stream), ""},
                                 {"first_token_timeout", text_of(clocks.first_token), ""},
                                 {"idle_timeout", text_of(clocks.idle), ""},
                                 {"progress_timeout", text_of(clocks.progress), ""}};
  const Origins origins(config);
  for (PlanLine& line : lines) {
    std::vector<std::string> paths;
    const std::string chain_path =
        chain.chain != nullptr ? "chains." + chain.chain->name : std::string();
    if (target.target != nullptr)
      paths.push_back(chain_path + ".targets." + std::to_string(target.place + 1) + '.' +
                      line.name);
    paths.push_back("providers." + target.plan.name + '.' + line.name);
    if (chain.chain != nullptr) paths.push_back(chain_path + '.' + line.name);
    paths.push_back("reliability." + line.name);
    line.origin = origins.of(paths);
  }
  return lines;
}

}  // namespace prx::cli
