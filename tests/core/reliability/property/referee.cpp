#include "core/reliability/property/referee.hpp"

#include <algorithm>
#include <array>

namespace prx::reliability::test {

namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Rule::kCount)> kNames = {
    "one_end",      "attempts_max",     "deadline",      "one_probe",  "open_skipped",
    "dead_key",     "not_contradicted", "finish_needed", "one_commit", "retry_after",
    "cancelled",    "live_max",         "no_hang",       "paired",     "probes_returned",
    "hedge_budget", "retry_budget"};

constexpr std::size_t kAnyKey = ~std::size_t{0};

std::string name_of(const StartAttempt& start) {
  return "attempt " + std::to_string(start.attempt) + " (" + std::string(start.reason) + ")";
}

std::int64_t second_of(MonotonicTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

std::string_view to_string(Rule rule) { return kNames[static_cast<std::size_t>(rule)]; }

std::optional<Rule> rule_from(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Rule>(found - kNames.begin());
}

void Referee::call_starts(std::size_t call, MonotonicTime now) {
  calls_[call].started = now;
  call_times_.push_back(now);
}

void Referee::paused(std::size_t call, MonotonicTime now) {
  if (!calls_[call].paused_at) calls_[call].paused_at = now;
}

void Referee::resumed(std::size_t call, MonotonicTime now) {
  Call& it = calls_[call];
  if (it.paused_at) it.held += now - *it.paused_at;
  it.paused_at.reset();
}

/// A token shows that the target is back: the probe is over, the attempt goes on.
void Referee::token(std::size_t call, AttemptNumber attempt) {
  for (auto probe = probes_.begin(); probe != probes_.end();)
    probe = probe->second == std::pair{call, attempt} ? probes_.erase(probe) : std::next(probe);
}

void Referee::attempt_ended(std::size_t call, AttemptNumber attempt, const Error* error,
                            MonotonicTime now) {
  Call& it = calls_[call];
  const Live live = it.live.at(attempt);
  const PlanTarget& target = it.script->plan.targets[live.target];
  take_out(call, attempt);
  const Place key{target.name, live.key};
  if (error == nullptr) {
    it.complete.insert(attempt);
    dead_.erase(key);
    return;
  }
  const auto error_class = error->error_class;
  if (error_class == ErrorClass::kAuth || error_class == ErrorClass::kCredit)
    dead_[key] = now + KeyLane::kCooling;
  if (!error->retry_after) return;
  const bool limit = error_class == ErrorClass::kRateLimit;
  MonotonicTime& rests = rests_[{target.lane, limit ? live.key : kAnyKey}];
  rests = std::max(rests, now + *error->retry_after);
}

void Referee::take_out(std::size_t call, AttemptNumber attempt) {
  token(call, attempt);
  calls_[call].live.erase(attempt);
}

void Referee::acted(std::size_t call, const Action& action, std::string_view answer,
                    MonotonicTime now) {
  Call& it = calls_[call];
  if (it.ends > 0) broken(Rule::kOneEnd, "an action after the end");
  if (const auto* start = std::get_if<StartAttempt>(&action)) return started(call, *start, now);
  if (const auto* cancel = std::get_if<CancelAttempt>(&action)) {
    if (it.live.count(cancel->attempt) == 0)
      broken(Rule::kPaired, "cancels attempt " + std::to_string(cancel->attempt) + " twice");
    return take_out(call, cancel->attempt);
  }
  if (const auto* commit = std::get_if<Commit>(&action)) {
    const bool known = it.live.count(commit->attempt) + it.complete.count(commit->attempt) > 0;
    if (++it.commits > 1 || !known) broken(Rule::kOneCommit, "commits again, or to nobody");
    return;
  }
  if (const auto* finish = std::get_if<Finish>(&action)) finished(it, finish->attempt, answer);
  if (!std::holds_alternative<CloseAttempt>(action)) ended(it, now);
}

bool Referee::past_deadline(const Call& call, MonotonicTime now, bool on_it) const {
  const auto& deadline = call.script->plan.policy.deadline;
  if (!deadline) return false;
  const MonotonicTime own = call.paused_at.value_or(now) - call.held;
  return on_it ? own >= call.started + *deadline : own > call.started + *deadline;
}

void Referee::started(std::size_t call, const StartAttempt& start, MonotonicTime now) {
  Call& it = calls_[call];
  const Plan& plan = it.script->plan;
  const PlanTarget& target = plan.targets[start.target];
  if (++it.starts > plan.policy.attempts_max) broken(Rule::kAttemptsMax, name_of(start));
  if (past_deadline(it, now, true)) broken(Rule::kDeadline, name_of(start) + " starts");
  if (it.cancelled) broken(Rule::kCancelled, name_of(start));
  if (it.live.size() >= ChainEngine::kLiveMax) broken(Rule::kLiveMax, name_of(start));
  for (const std::size_t key : {start.key, kAnyKey}) {
    const auto rests = rests_.find({target.lane, key});
    if (rests != rests_.end() && now < rests->second) broken(Rule::kRetryAfter, name_of(start));
  }
  check_lane(call, start, now);
  check_budgets(it, start, now);
  it.live[start.attempt] = {start.target, start.key};
  it.asked.insert(start.target);
}

void Referee::check_lane(std::size_t call, const StartAttempt& start, MonotonicTime now) {
  const PlanTarget& target = calls_[call].script->plan.targets[start.target];
  if (start.reason == "last resort") return;
  const auto dead = dead_.find({target.name, start.key});
  if (dead != dead_.end() && now < dead->second) broken(Rule::kDeadKey, name_of(start));
  check_breaker(call, start, target.lane, health_.lane(target.lane).breaker.state(now));
  if (const Breaker* plugin = health_.find_plugin(target.plugin))
    check_breaker(call, start, target.plugin, plugin->state(now));
}

void Referee::check_breaker(std::size_t call, const StartAttempt& start, std::string_view of,
                            Breaker::State state) {
  if (state == Breaker::State::kOpen) broken(Rule::kOpenSkipped, name_of(start));
  if (state != Breaker::State::kHalfOpen) return;
  if (probes_.count(of) > 0) broken(Rule::kOneProbe, name_of(start));
  probes_[of] = {call, start.attempt};
}

void Referee::check_budgets(const Call& call, const StartAttempt& start, MonotonicTime now) {
  if (start.reason == "hedge") {
    const double share = world_.policy.hedge_max_share;
    const double most =
        share > 0.0 ? HedgeBudget::kBurst + share * static_cast<double>(call_times_.size()) : 0.0;
    if (++hedges_ > most) broken(Rule::kHedgeBudget, name_of(start));
  }
  const bool again = call.asked.count(start.target) > 0 && start.reason != "next key";
  if (again) retry_times_.push_back(now - start.wait);  // when it was decided
}

void Referee::finished(Call& call, AttemptNumber attempt, std::string_view answer) {
  if (call.complete.count(attempt) == 0)
    broken(Rule::kFinishNeeded, "attempt " + std::to_string(attempt) + " had no finish");
  if (call.delivered != answer)
    broken(Rule::kNotContradicted, "'" + call.delivered + "' is not '" + std::string(answer) + "'");
}

void Referee::ended(Call& call, MonotonicTime now) {
  if (++call.ends > 1) broken(Rule::kOneEnd, "a second end");
  if (past_deadline(call, now, false)) broken(Rule::kDeadline, "the end is late");
  if (!call.live.empty()) broken(Rule::kPaired, "an attempt outlives the call");
}

void Referee::look(std::size_t call, const ChainEngine& engine, bool stuck) {
  const Call& it = calls_[call];
  if (stuck) broken(Rule::kNoHang, "the same timer again and again");
  if ((it.ends == 0) == engine.ended()) broken(Rule::kOneEnd, "ended() says something else");
  const bool waits = it.paused_at || engine.next_timer() || !it.live.empty();
  if (!engine.ended() && !waits) broken(Rule::kNoHang, "nothing is live and no timer is set");
}

void Referee::all_over() {
  for (const Call& call : calls_)
    if (call.ends == 0) broken(Rule::kNoHang, "a call has no end");
  for (const PlanTarget& target : world_.targets) {
    const Breaker* plugin = health_.find_plugin(target.plugin);
    if (health_.lane(target.lane).breaker.probing() || (plugin != nullptr && plugin->probing()))
      broken(Rule::kProbesReturned, target.lane + " still waits for its probe");
  }
  check_retries();
}

/// As the guide has it: three in each second, beyond them a share of the calls of ten seconds.
void Referee::check_retries() {
  std::sort(retry_times_.begin(), retry_times_.end());
  for (std::size_t i = 0; i < retry_times_.size(); ++i) {
    const auto second = second_of(retry_times_[i]);
    const auto since = [&](std::int64_t first) {
      return [=, this](MonotonicTime time) {
        return second_of(time) >= first && time <= retry_times_[i];
      };
    };
    const auto before = retry_times_.begin() + static_cast<std::ptrdiff_t>(i);
    const auto now = std::count_if(retry_times_.begin(), before, since(second));
    const auto all = std::count_if(retry_times_.begin(), before, since(second - 9));
    const auto calls = std::count_if(call_times_.begin(), call_times_.end(), since(second - 9));
    const double share = world_.policy.retry_budget * static_cast<double>(calls);
    if (now < RetryBudget::kPerSecond || static_cast<double>(all) < share) continue;
    return broken(Rule::kRetryBudget, "a retry too many");
  }
}

}  // namespace prx::reliability::test
