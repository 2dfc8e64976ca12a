/// \file referee.hpp
/// Watches what an engine does in a schedule, and knows the rules. It keeps books of its own, from
/// what attempts and engines say; of the engine's it reads only the state of breakers.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/reliability/property/schedule.hpp"

namespace prx::reliability::test {

enum class Rule {
  kOneEnd,           ///< exactly one end, and nothing after it
  kAttemptsMax,      ///< no attempt beyond attempts_max
  kDeadline,         ///< nothing starts at the deadline or after it, and no end comes later
  kOneProbe,         ///< never two probes on one lane
  kOpenSkipped,      ///< an open lane is asked as the last resort only
  kDeadKey,          ///< a key that rests is used as the last resort only
  kNotContradicted,  ///< what was delivered is the beginning of the answer that ends the call
  kFinishNeeded,     ///< no success without a finish
  kOneCommit,        ///< one commit, of a live attempt
  kRetryAfter,       ///< never undercut on the same (lane, key)
  kCancelled,        ///< a cancelled call starts nothing more
  kLiveMax,          ///< at most so many attempts at a time
  kNoHang,           ///< what is not ended has a live attempt or a timer, and time goes on
  kPaired,           ///< each start has exactly one end or cancel
  kProbesReturned,   ///< at the end no lane's place for a probe is taken
  kHedgeBudget,
  kRetryBudget,
  kCount
};
[[nodiscard]] std::string_view to_string(Rule rule);
[[nodiscard]] std::optional<Rule> rule_from(std::string_view name);

class Referee {
 public:
  Referee(const World& world, Health& health) : world_(world), health_(health) {
    calls_.resize(world.calls.size());
    for (std::size_t i = 0; i < calls_.size(); ++i) calls_[i].script = &world.calls[i];
  }

  void call_starts(std::size_t call, MonotonicTime now);
  void cancelled(std::size_t call) { calls_[call].cancelled = true; }
  void paused(std::size_t call, MonotonicTime now);
  void resumed(std::size_t call, MonotonicTime now);
  void token(std::size_t call, AttemptNumber attempt);
  /// The attempt ended by itself; nullptr: it is complete.
  void attempt_ended(std::size_t call, AttemptNumber attempt, const Error* error,
                     MonotonicTime now);
  void delivered(std::size_t call, std::string_view text) { calls_[call].delivered += text; }
  /// `answer`: of the attempt of a Finish, the whole of it.
  void acted(std::size_t call, const Action& action, std::string_view answer, MonotonicTime now);
  /// After each event. \param stuck  time does not go on.
  void look(std::size_t call, const ChainEngine& engine, bool stuck);
  void all_over();

  struct Violation {
    Rule rule;
    std::string what;
  };
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

 private:
  using Place = std::pair<std::string_view, std::size_t>;  ///< lane or provider, key

  struct Live {
    std::size_t target = 0, key = 0;
  };
  struct Call {
    const CallScript* script = nullptr;
    int starts = 0, ends = 0, commits = 0;
    bool cancelled = false;
    MonotonicTime started;
    std::optional<MonotonicTime> paused_at;
    Nanoseconds held{0};
    std::map<AttemptNumber, Live> live;
    std::set<AttemptNumber> complete;
    std::set<std::size_t> asked;
    std::string delivered;
  };
  void started(std::size_t call, const StartAttempt& start, MonotonicTime now);
  void check_lane(std::size_t call, const StartAttempt& start, MonotonicTime now);
  /// \param of  the lane or plugin.
  void check_breaker(std::size_t call, const StartAttempt& start, std::string_view of,
                     Breaker::State state);
  void check_budgets(const Call& call, const StartAttempt& start, MonotonicTime now);
  void ended(Call& call, MonotonicTime now);
  void finished(Call& call, AttemptNumber attempt, std::string_view answer);
  void take_out(std::size_t call, AttemptNumber attempt);
  void check_retries();
  [[nodiscard]] bool past_deadline(const Call& call, MonotonicTime now, bool on_it) const;
  void broken(Rule rule, std::string what) { violations_.push_back({rule, std::move(what)}); }

  const World& world_;
  Health& health_;
  std::vector<Call> calls_;
  std::map<std::string_view, std::pair<std::size_t, AttemptNumber>> probes_;  ///< by lane, plugin
  std::map<Place, MonotonicTime> rests_;                                      ///< by lane
  std::map<Place, MonotonicTime> dead_;                                       ///< by provider
  std::vector<MonotonicTime> call_times_, retry_times_;
  int hedges_ = 0;
  std::vector<Violation> violations_;
};

}  // namespace prx::reliability::test
