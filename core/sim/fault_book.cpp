#include "sim/fault_book.hpp"

#include <algorithm>

namespace prx::sim {
namespace {

bool model_matches(std::string_view pattern, std::string_view model) {
  if (pattern.empty()) return true;
  if (pattern.back() != '*') return pattern == model;
  return model.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool matches(const FaultRule& rule, const FaultQuery& query) {
  return query.path.ends_with(rule.path) && model_matches(rule.model, query.model) &&
         (rule.key.empty() || rule.key == query.key);
}

bool has_memory(const Faults& faults) {
  return std::any_of(faults.begin(), faults.end(), [](const Fault& fault) {
    return fault.times > 0 || fault.lasts.count() > 0 || fault.kind == FaultKind::kFlap;
  });
}

Fault as_status(const Fault& flap) {
  Fault fault;
  fault.kind = FaultKind::kStatus;
  fault.status = flap.status;
  return fault;
}

}  // namespace

FaultBook::FaultBook(FaultScript script)
    : script_(std::move(script)), rules_(script_.rules.size()), random_(script_.seed) {}

Faults FaultBook::due(const Faults& faults, Counts& counts,
                      std::chrono::steady_clock::time_point now) {
  if (counts.happened.empty()) {
    counts.happened.resize(faults.size());
    counts.first = now;
  }
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - counts.first);
  Faults out;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const Fault& fault = faults[i];
    if (fault.kind == FaultKind::kFlap && !flap_is_down(fault, elapsed)) continue;
    if (fault.times > 0 && counts.happened[i] >= fault.times) continue;
    if (fault.lasts.count() > 0 && elapsed >= fault.lasts) continue;
    ++counts.happened[i];
    out.push_back(fault.kind == FaultKind::kFlap ? as_status(fault) : fault);
  }
  return out;
}

/// The generator's own bits, so that a seed means the same everywhere.
bool FaultBook::happens(double chance) {
  constexpr double kUnit = 1.0 / 9'007'199'254'740'992.0;  // 2 to the power of -53
  return static_cast<double>(random_() >> 11) * kUnit < chance;
}

Result<Faults> FaultBook::choose(const FaultQuery& query) {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const FaultRule& rule = script_.rules[i];
    if (!matches(rule, query)) continue;
    RuleCounts& counts = rules_[i];
    ++counts.matched;
    if (rule.nth > 0 && counts.matched != rule.nth) continue;
    if (rule.times > 0 && counts.applied >= rule.times) continue;
    if (rule.chance < 1.0 && !happens(rule.chance)) continue;
    ++counts.applied;
    return due(rule.faults, counts.faults, query.now);
  }
  const auto text = split_model(query.model).faults;
  if (text.empty()) return Faults{};
  PRX_TRY_SET(auto faults, parse_faults(text));
  if (!has_memory(faults)) return faults;
  auto found = names_.find(query.model);
  if (found == names_.end()) {
    if (names_.size() == kCountedModelsMax)
      return fail(ErrorClass::kInvalidRequest,
                  "the simulator counts at most 10000 model names with 'times' or 'flap'");
    found = names_.emplace(std::string(query.model), Counts{}).first;
  }
  return due(faults, found->second, query.now);
}

}  // namespace prx::sim
