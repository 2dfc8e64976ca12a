#include "reliability/rehearsal.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace prx::reliability {

namespace {

using std::chrono::milliseconds;

milliseconds in_ms(MonotonicTime::duration time) {
  return std::chrono::duration_cast<milliseconds>(time);
}

Error of_class(ErrorClass error_class, std::string message, Phase phase) {
  Error error;
  error.error_class = error_class;
  error.message = std::move(message);
  error.phase = phase;
  return error;
}

/// Runs one call. What an attempt will do is a list of events with their times.
class Stage {
 public:
  Stage(const Plan& plan, const std::vector<Acts>& acts)
      : plan_(plan), acts_(acts), asked_(plan.targets.size()), engine_(plan, health_, now_) {}

  Rehearsal run() {
    engine_.start(now_, actions_);
    perform();
    while (!over_ && out_.moments.size() < Rehearsal::kMomentsMax) {
      const auto timer = engine_.next_timer();
      const auto event = events_.begin();
      if (event == events_.end() && !timer) {
        hang();
        break;
      }
      if (event != events_.end() && (!timer || event->first <= *timer)) {
        now_ = event->first;
        const Event what = std::move(event->second);
        events_.erase(event);
        happen(what);
      } else {
        now_ = std::max(now_, *timer);
        engine_.on_timer(now_, actions_);
      }
      perform();
    }
    out_.took = in_ms(now_ - kStart);
    return std::move(out_);
  }

 private:
  enum class Kind { kHead, kToken, kFinish, kEnd };
  struct Event {
    AttemptNumber attempt = 0;
    Kind kind = Kind::kHead;
    std::optional<Error> error;  ///< of kEnd
  };
  struct Running {
    std::size_t target = 0;
    Mode mode = Mode::kWhole;
    bool differs = false;
    int tokens = 0;
    bool spliced = false;
  };
  static constexpr MonotonicTime kStart{std::chrono::hours(1)};

  /// A moment of the call.
  Moment& say(Moment::Kind kind, std::string what) {
    Moment& moment = out_.moments.emplace_back();
    moment.at = in_ms(now_ - kStart);
    moment.kind = kind;
    moment.what = std::move(what);
    return moment;
  }
  /// A moment of an attempt; `what` follows its target's name.
  Moment& say(Moment::Kind kind, AttemptNumber attempt, std::string_view what) {
    const std::size_t target = running_[attempt].target;
    Moment& moment = say(kind, plan_.targets[target].shown() + std::string(what));
    moment.attempt = attempt;
    moment.target = target;
    return moment;
  }
  void say_failed(AttemptNumber attempt, const Error& error) {
    say(Moment::Kind::kFail, attempt, " fails: " + description(error)).error = error;
  }

  Act next_act(std::size_t target) {
    int& asked = asked_[target];
    int before = 0;
    const int number = asked++;
    for (const Act& act : acts_[target]) {
      before += act.times;
      if (act.times == 0 || number < before) return act;
    }
    return {};
  }

  void add(milliseconds after, AttemptNumber attempt, Kind kind) {
    Event event;
    event.attempt = attempt;
    event.kind = kind;
    events_.emplace(now_ + after, std::move(event));
  }
  void add_failure(milliseconds after, AttemptNumber attempt, Error error) {
    Event event;
    event.attempt = attempt;
    event.kind = Kind::kEnd;
    event.error = std::move(error);
    events_.emplace(now_ + after, std::move(event));
  }

  void add_no_head(AttemptNumber attempt, milliseconds limit) {
    add_failure(
        limit, attempt,
        of_class(ErrorClass::kTimeout, "no response head within " + seconds(limit), Phase::kHead));
  }

  /// Tokens up to `count`, of a first one after `first`; the time of the last.
  milliseconds add_tokens(AttemptNumber attempt, milliseconds first, int count) {
    milliseconds at = first;
    for (int i = 0; i < count; ++i, at += Rehearsal::kTokenEvery) add(at, attempt, Kind::kToken);
    return at;
  }

  void add_whole(AttemptNumber attempt, milliseconds first) {
    const auto end = add_tokens(attempt, first, Rehearsal::kTokens);
    add(end, attempt, Kind::kFinish);
    add(end, attempt, Kind::kEnd);
  }

  [[nodiscard]] bool streams(std::size_t target) const {
    return plan_.targets[target].stream.value_or(plan_.stream);
  }

  void schedule(AttemptNumber attempt, std::size_t target, const Act& act) {
    const TimeoutConfig& clocks = plan_.targets[target].clocks;
    const auto first = Rehearsal::kHead + Rehearsal::kFirstToken;
    if (act.kind == Act::Kind::kError) return add_failure(Rehearsal::kHead, attempt, act.error);
    if (act.kind == Act::Kind::kReset)
      return add_failure(Rehearsal::kHead, attempt,
                         of_class(ErrorClass::kNetwork, "connection reset before the response head",
                                  Phase::kHead));
    if (act.kind == Act::Kind::kSilence) {
      const auto limit = streams(target) ? clocks.head : clocks.non_stream;
      if (limit) add_no_head(attempt, *limit);
      return;
    }
    if (!streams(target)) return schedule_at_once(attempt, act, clocks);
    add(Rehearsal::kHead, attempt, Kind::kHead);
    if (act.kind == Act::Kind::kLateToken) return add_whole(attempt, Rehearsal::kHead + act.late);
    if (act.kind == Act::Kind::kAnswer || act.kind == Act::Kind::kDiffers)
      return add_whole(attempt, first);
    if (act.kind == Act::Kind::kNoEnd) {
      add(add_tokens(attempt, first, Rehearsal::kTokens), attempt, Kind::kFinish);
      return;
    }
    break_off(attempt, act, add_tokens(attempt, first, act.tokens), clocks, true);
  }

  /// An answer that does not stream comes whole, or not at all.
  void schedule_at_once(AttemptNumber attempt, const Act& act, const TimeoutConfig& clocks) {
    const bool breaks = act.kind == Act::Kind::kCut || act.kind == Act::Kind::kStall ||
                        act.kind == Act::Kind::kMalformed;
    const bool late = act.kind == Act::Kind::kLateToken;
    const int tokens = breaks ? act.tokens : Rehearsal::kTokens;
    const auto whole = Rehearsal::kHead + Rehearsal::kFirstToken + tokens * Rehearsal::kTokenEvery;
    const auto head = late ? Rehearsal::kHead : whole;  // a late body comes behind its head
    if (clocks.non_stream && head >= *clocks.non_stream)
      return add_no_head(attempt, *clocks.non_stream);
    add(head, attempt, Kind::kHead);
    if (breaks) return break_off(attempt, act, head, clocks, false);
    if (late && clocks.idle && act.late >= *clocks.idle)
      return add_idle(head, attempt, *clocks.idle);
    const auto end = late ? head + act.late : head;
    add(end, attempt, Kind::kToken);
    add(end, attempt, Kind::kFinish);
    add(end, attempt, Kind::kEnd);
  }

  /// No byte comes after `at`.
  void add_idle(milliseconds at, AttemptNumber attempt, milliseconds limit) {
    add_failure(at + limit, attempt,
                of_class(ErrorClass::kTimeout, "no byte for " + seconds(limit), Phase::kBody));
  }

  void break_off(AttemptNumber attempt, const Act& act, milliseconds at,
                 const TimeoutConfig& clocks, bool stream) {
    if (act.kind == Act::Kind::kCut)
      return add_failure(at, attempt,
                         of_class(ErrorClass::kBadResponse,
                                  "the stream ended without a finish reason", Phase::kBody));
    if (act.kind == Act::Kind::kMalformed)
      return add_failure(at, attempt,
                         of_class(ErrorClass::kBadResponse, "malformed event", Phase::kBody));
    const bool body = act.tokens > 0 || !stream;  // else the first token's clock runs
    const auto limit = body ? clocks.idle : std::nullopt;
    if (limit) add_idle(at, attempt, *limit);
  }

  void happen(const Event& event) {
    const auto found = running_.find(event.attempt);
    if (found == running_.end()) return;
    Running& run = found->second;
    switch (event.kind) {
      case Kind::kHead:
        return engine_.on_head(event.attempt, now_);
      case Kind::kToken:
        return token(event.attempt, run);
      case Kind::kFinish:
        return engine_.on_finish_reason(event.attempt, now_);
      case Kind::kEnd:
        if (!event.error && run.mode == Mode::kSplice && !run.spliced && run.tokens >= delivered_)
          go_on(event.attempt, run);
        if (event.error) say_failed(event.attempt, *event.error);
        engine_.on_end(event.attempt, event.error, now_, actions_);
        if (event.error) running_.erase(event.attempt);
    }
  }

  void token(AttemptNumber attempt, Running& run) {
    if (++run.tokens == 1) say(Moment::Kind::kFirstToken, attempt, ": first token");
    engine_.on_content(attempt, now_, actions_);
    if (run.mode == Mode::kWhole || run.spliced) {
      if (attempt == committed_) delivered_ = std::max(delivered_, run.tokens);
      return;
    }
    if (run.differs && run.mode == Mode::kSplice) {
      say(Moment::Kind::kDiffers, attempt, ": its words differ from what was delivered");
      return engine_.on_differs(attempt, now_, actions_);
    }
    if (run.mode == Mode::kContinue || run.tokens > delivered_) go_on(attempt, run);
  }

  void go_on(AttemptNumber attempt, Running& run) {
    say(Moment::Kind::kGoOn, attempt, " goes on after token " + std::to_string(delivered_));
    run.spliced = true;
    committed_ = attempt;
    engine_.on_spliced(attempt);
  }

  void hang() {
    out_.error = of_class(ErrorClass::kTimeout, "no clock ends it", Phase::kNone);
    say(Moment::Kind::kGiveUp, "the call waits for ever: no clock ends it").error = out_.error;
  }

  static std::string description(const Error& error) {
    std::string text(to_string(error.error_class));
    if (error.retry_after) text += ", Retry-After " + seconds(*error.retry_after);
    if (!error.message.empty()) text += ": " + error.message;
    return text;
  }

  void perform() {
    for (std::size_t i = 0; i < actions_.size(); ++i) {
      const Action action = actions_[i];
      std::visit([this](const auto& one) { one_action(one); }, action);
    }
    actions_.clear();
  }
  void one_action(const StartAttempt& start) {
    ++out_.attempts;
    Running& run = running_[start.attempt];
    run.target = start.target;
    run.mode = start.mode;
    say_started(start);
    const Act act = next_act(start.target);
    run.differs = act.kind == Act::Kind::kDiffers;
    schedule(start.attempt, start.target, act);
  }
  void say_started(const StartAttempt& start) {
    std::string what = " starts (" + std::string(start.reason);
    if (start.wait.count() > 0) what += ", after a wait of " + seconds(in_ms(start.wait));
    if (plan_.targets[start.target].keys > 1) what += ", key " + std::to_string(start.key + 1);
    Moment& moment = say(Moment::Kind::kStart, start.attempt, what + ')');
    moment.reason = start.reason;
    moment.mode = start.mode;
    moment.key = start.key;
    moment.wait = in_ms(start.wait);
  }
  /// Whom a clock ends has failed, as the trail of a call says; others are not wanted any more.
  void one_action(const CancelAttempt& cancel) {
    if (running_.find(cancel.attempt) == running_.end()) return;
    if (cancel.why.error_class == ErrorClass::kCancelled)
      say(Moment::Kind::kCancel, cancel.attempt, " is cancelled: " + cancel.why.message).error =
          cancel.why;
    else
      say_failed(cancel.attempt, cancel.why);
    running_.erase(cancel.attempt);
  }
  void one_action(const Commit& commit) {
    committed_ = commit.attempt;
    delivered_ = running_[commit.attempt].tokens;
    say(Moment::Kind::kDeliver, commit.attempt, " is delivered from here on");
  }
  void one_action(const CloseAttempt& close) {
    say(Moment::Kind::kComplete, close.attempt,
        " is complete: nothing came after its finish reason");
    engine_.on_end(close.attempt, std::nullopt, now_, actions_);
  }
  void one_action(const Finish& finish) {
    over_ = out_.answered = true;
    out_.served_by = running_[finish.attempt].target;
    Moment& moment =
        say(Moment::Kind::kAnswer, "answered by " + plan_.targets[out_.served_by].shown());
    moment.attempt = finish.attempt;
    moment.target = out_.served_by;
  }
  void one_action(const GiveUp& give_up) {
    over_ = true;
    out_.error = give_up.error;
    say(Moment::Kind::kGiveUp, "the call fails: " + description(give_up.error)).error =
        give_up.error;
  }

  const Plan& plan_;
  const std::vector<Acts>& acts_;
  std::vector<int> asked_;
  Health health_;
  MonotonicTime now_ = kStart;
  ChainEngine engine_;
  Actions actions_;
  std::multimap<MonotonicTime, Event> events_;
  std::map<AttemptNumber, Running> running_;
  AttemptNumber committed_ = 0;
  int delivered_ = 0;
  bool over_ = false;
  Rehearsal out_;
};

}  // namespace

std::string seconds(milliseconds time) {
  const auto rest = std::to_string(1000 + time.count() % 1000);
  return std::to_string(time.count() / 1000) + '.' + rest.substr(1) + " s";
}

Rehearsal rehearse(const Plan& plan, const std::vector<Acts>& acts) {
  return Stage(plan, acts).run();
}

}  // namespace prx::reliability
