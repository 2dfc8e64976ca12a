#include "core/reliability/property/call_player.hpp"

#include <algorithm>
#include <utility>

namespace prx::reliability::test {

namespace {

constexpr Nanoseconds kSilence = std::chrono::minutes(5);  // HTTP ends what says nothing

Error broken_off() {
  Error error;
  error.error_class = ErrorClass::kTimeout;
  error.phase = Phase::kBody;
  return error;
}

Error nothing_said() {
  Error error;
  error.error_class = ErrorClass::kBadResponse;
  return error;
}

}  // namespace

void CallPlayer::start(MonotonicTime now) {
  stage_.referee.call_starts(index_, now);
  engine_.emplace(script().plan, stage_.health, now);
  engine_->start(now, actions_);
  take_actions(now);
}

void CallPlayer::cancel(MonotonicTime now) {
  if (!engine_) return;
  engine_->cancel(now, actions_);
  take_actions(now);
  stage_.referee.cancelled(index_);
}

void CallPlayer::pause(MonotonicTime now) {
  if (!engine_) return;
  paused_ = true;
  engine_->pause(now);
  stage_.referee.paused(index_, now);
  take_actions(now);
}

void CallPlayer::resume(MonotonicTime now) {
  if (!std::exchange(paused_, false)) return;
  engine_->resume(now);
  stage_.referee.resumed(index_, now);
  take_actions(now);
}

void CallPlayer::timer(MonotonicTime now) {
  same_time_ = now == last_timer_ ? same_time_ + 1 : 0;
  last_timer_ = now;
  engine_->on_timer(now, actions_);
  take_actions(now);
}

void CallPlayer::take_actions(MonotonicTime now) {
  while (!actions_.empty()) {
    const Actions actions = std::exchange(actions_, {});
    for (const Action& action : actions) {
      stage_.referee.acted(index_, action, answer_of(action), now);
      if (const auto* start = std::get_if<StartAttempt>(&action)) take(*start, now);
      if (const auto* cancel = std::get_if<CancelAttempt>(&action))
        attempts_[cancel->attempt].next = Stop::kOver;
      if (const auto* commit = std::get_if<Commit>(&action)) take(*commit);
      if (const auto* close = std::get_if<CloseAttempt>(&action)) take(*close, now);
    }
  }
  const bool stuck = same_time_ > kStuck;
  stage_.referee.look(index_, *engine_, stuck);
  next_timer_ = stuck ? std::nullopt : engine_->next_timer();
}

void CallPlayer::take(const StartAttempt& start, MonotonicTime now) {
  Attempt& attempt = attempts_[start.attempt];
  const std::string& lane = script().plan.targets[start.target].lane;
  const auto target = static_cast<std::size_t>(lane.back() - '0');
  attempt.mode = start.mode;
  attempt.script = draw_attempt(stage_.dice, stage_.world.fail_share[target], stage_.world.answer);
  attempt.before = attempt.known.text = delivered_;
  if (start.mode == Mode::kSplice) attempt.splice = std::make_unique<Splice>(attempt.known);
  if (start.mode == Mode::kContinue) {
    attempt.visible = true;
    attempt.said = std::min(attempt.before.size(), attempt.script.text.size());
  }
  if (!attempt.script.head) attempt.next = Stop::kEnd;
  stage_.step_at(index_, start.attempt, now + attempt.script.until_head);
}

void CallPlayer::take(const Commit& commit) {
  Attempt& attempt = attempts_[commit.attempt];
  attempt.visible = true;
  deliver(std::exchange(attempt.held, {}));
}

/// The answer has all that it needs.
void CallPlayer::take(const CloseAttempt& close, MonotonicTime now) {
  Attempt& attempt = attempts_[close.attempt];
  attempt.script.end = AttemptScript::End::kComplete;
  end(close.attempt, attempt, now);
}

void CallPlayer::deliver(std::string_view text) {
  delivered_ += text;
  stage_.referee.delivered(index_, text);
}

/// The whole answer of the attempt that a Finish names.
std::string CallPlayer::answer_of(const Action& action) const {
  const auto* finish = std::get_if<Finish>(&action);
  if (finish == nullptr) return {};
  const Attempt& attempt = attempts_.at(finish->attempt);
  const std::string& text = attempt.script.text;
  if (attempt.mode != Mode::kContinue) return text.substr(0, attempt.said);
  return attempt.before + text.substr(std::min(attempt.before.size(), text.size()));
}

CallPlayer::Stop CallPlayer::after_token(const Attempt& attempt) const {
  const bool more = attempt.said < attempt.script.text.size();
  if (more && attempt.pieces < attempt.script.pieces_max) return Stop::kToken;
  return attempt.script.end == AttemptScript::End::kFails ? Stop::kEnd : Stop::kFinish;
}

Nanoseconds CallPlayer::until(const Attempt& attempt) const {
  if (attempt.next == Stop::kToken)
    return attempt.pieces == 0 ? attempt.script.until_token : attempt.script.between_tokens;
  const bool unclosed = attempt.script.end == AttemptScript::End::kUnclosed;
  return attempt.next == Stop::kEnd && unclosed ? kSilence : attempt.script.until_end;
}

void CallPlayer::step(AttemptNumber number, MonotonicTime now) {
  Attempt& attempt = attempts_[number];
  switch (attempt.next) {
    case Stop::kOver:
      return;
    case Stop::kHead:
      engine_->on_head(number, now);
      attempt.next = after_token(attempt);
      break;
    case Stop::kToken:
      say(number, attempt, now);
      break;
    case Stop::kFinish:
      engine_->on_finish_reason(number, now);
      attempt.next = Stop::kEnd;
      break;
    case Stop::kEnd:
      end(number, attempt, now);
      break;
  }
  take_actions(now);
  if (attempt.next != Stop::kOver) stage_.step_at(index_, number, now + until(attempt));
}

void CallPlayer::say(AttemptNumber number, Attempt& attempt, MonotonicTime now) {
  const std::string piece = attempt.script.text.substr(attempt.said, attempt.script.piece);
  attempt.said += piece.size();
  ++attempt.pieces;
  attempt.next = after_token(attempt);
  if (attempt.mode == Mode::kWhole && !attempt.visible) attempt.held += piece;
  stage_.referee.token(index_, number);
  engine_->on_content(number, now, actions_);
  const bool seen = attempt.visible;
  take_actions(now);
  if (attempt.mode == Mode::kSplice)
    splice(number, attempt, piece, now);
  else if (seen)
    deliver(piece);
}

void CallPlayer::splice(AttemptNumber number, Attempt& attempt, std::string_view piece,
                        MonotonicTime now) {
  if (attempt.next == Stop::kOver) return;
  const Splice::Step step = attempt.splice->text(piece);
  if (step.fate == Splice::Fate::kDiffers) return engine_->on_differs(number, now, actions_);
  if (attempt.splice->caught_up()) engine_->on_spliced(number);
  if (step.fate == Splice::Fate::kNew) deliver(step.fresh);
}

void CallPlayer::end(AttemptNumber number, Attempt& attempt, MonotonicTime now) {
  attempt.next = Stop::kOver;
  std::optional<Error> error;
  if (attempt.script.end == AttemptScript::End::kFails) error = attempt.script.error;
  if (attempt.script.end == AttemptScript::End::kUnclosed) error = broken_off();
  if (!error && attempt.script.text.empty()) error = nothing_said();
  stage_.referee.attempt_ended(index_, number, error ? &*error : nullptr, now);
  engine_->on_end(number, error, now, actions_);
}

}  // namespace prx::reliability::test
