#include "client/chat_call.hpp"

#include <algorithm>
#include <utility>

#include "client/abi_convert.hpp"

namespace prx::driver {

namespace {

std::chrono::microseconds microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time);
}

Error too_much_before_the_answer() {
  Error error;
  error.error_class = ErrorClass::kBadResponse;
  error.message = "more than 1024 events before the first token";
  return error;
}

std::optional<StreamEvent::Type> type_of(std::uint32_t type) {
  switch (type) {
    case PRX_EV_META:
      return StreamEvent::Type::kMeta;
    case PRX_EV_TEXT:
      return StreamEvent::Type::kText;
    case PRX_EV_REASONING:
      return StreamEvent::Type::kReasoning;
    case PRX_EV_TOOL_CALL:
      return StreamEvent::Type::kToolCallDelta;
    case PRX_EV_ITEM:
      return StreamEvent::Type::kItem;
    case PRX_EV_PROGRESS:
      return StreamEvent::Type::kProgress;
    default:
      return std::nullopt;
  }
}

}  // namespace

ChatCall::ChatCall(Runtime& runtime, reliability::KeyLanes& lanes, ChatPlan plan, Sink& sink,
                   std::function<void()> on_ended)
    : runtime_(runtime),
      table_(&runtime.operations),
      lanes_(lanes),
      plan_(std::move(plan)),
      sink_(&sink),
      on_ended_(std::move(on_ended)) {}

void ChatCall::start(std::optional<Error> refused) {
  runtime_.loop.post([self = shared_from_this(), refused = std::move(refused)]() mutable {
    if (self->ended_) return;
    if (refused) return self->end(std::move(refused));
    self->begin();
  });
}

void ChatCall::begin() {
  const MonotonicTime now = runtime_.loop.now();
  engine_.emplace(plan_.plan, now);
  if (plan_.options.stop.stop_possible()) {
    const std::weak_ptr<ChatCall> weak = weak_from_this();
    stop_.emplace(plan_.options.stop, [weak] {
      if (const auto self = weak.lock()) self->cancel();
    });
    if (ended_) return;
  }
  engine_->start(now, actions_);
  perform();
  if (held_back_ && !ended_) pause_operation();
}

// --- the handle's side

bool ChatCall::gone() {
  const std::lock_guard lock(mutex_);
  return gone_;
}

/// Under the lock, since the end of the call takes it too: a runtime that is gone is never touched.
void ChatCall::post(void (ChatCall::*function)()) {
  const std::lock_guard lock(mutex_);
  if (gone_) return;
  runtime_.loop.post([self = shared_from_this(), function] { (*self.*function)(); });
}

void ChatCall::cancel() { post(&ChatCall::cancel_now); }

void ChatCall::pause() {
  if (!gone() && on_own_loop()) return pause_now();
  post(&ChatCall::pause_now);
}

void ChatCall::resume() {
  if (!gone() && on_own_loop()) return resume_now();
  post(&ChatCall::resume_now);
}

void ChatCall::close() {
  if (gone()) return;
  if (on_own_loop()) {
    if (!ended_) cancel();
    sink_ = nullptr;
    return;
  }
  cancel();
  std::unique_lock lock(mutex_);
  closed_.wait(lock, [this] { return gone_; });
}

void ChatCall::cancel_now() {
  if (ended_) return;
  if (!engine_) {
    Error error;
    error.error_class = ErrorClass::kCancelled;
    error.message = "cancelled by the caller";
    return end(std::move(error));
  }
  engine_->cancel(runtime_.loop.now(), actions_);
  perform();
}

void ChatCall::loop_stopped() {
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
  }
  closed_.notify_all();
}

void ChatCall::pause_now() {
  held_back_ = true;
  if (!ended_ && engine_) pause_operation();
}

void ChatCall::pause_operation() {
  engine_->pause(runtime_.loop.now());
  if (operation_) operation_->pause();
}

void ChatCall::resume_now() {
  held_back_ = false;
  if (ended_ || !engine_) return;
  engine_->resume(runtime_.loop.now());
  if (operation_) operation_->resume();
  arm_timer();
}

// --- the engine's actions

void ChatCall::perform() {
  if (performing_) return;  // the outer loop takes what was added
  performing_ = true;
  const auto self = shared_from_this();
  for (std::size_t i = 0; i < actions_.size() && !ended_; ++i) {
    const reliability::Action action = std::move(actions_[i]);
    std::visit([this](const auto& one) { perform_one(one); }, action);
  }
  actions_.clear();
  performing_ = false;
  if (!ended_) arm_timer();
}

void ChatCall::perform_one(const reliability::StartAttempt& action) {
  const CallTarget& target = plan_.targets[action.target];
  const MonotonicTime now = runtime_.loop.now();
  const ProviderConfig& config = target.instance->config();
  OperationRequest request;
  request.op = PRX_OP_CHAT;
  request.flags =
      (plan_.plan.stream ? PRX_RF_STREAM : 0u) | (plan_.options.frames ? PRX_RF_WANT_FRAME : 0u);
  request.attempt = action.attempt;
  request.model = target.model;
  request.body = target.body;
  request.request_id = plan_.request_id;
  request.traceparent = plan_.options.traceparent;
  if (plan_.plan.policy.deadline) request.deadline = now + *plan_.plan.policy.deadline;
  request.key = lanes_.pick(config.name, config.keys.size(), now);
  request.clocks = clocks_of(plan_.plan.targets[action.target].clocks);

  attempt_target_ = action.target;
  attempt_reason_ = action.reason;
  attempt_started_ = now;
  first_token_.reset();
  operation_ = Operation::start(*target.instance, std::move(request), *this);
  if (operation_->stats().exchanges == 0) engine_->on_head(action.attempt, now);
}

void ChatCall::perform_one(const reliability::CancelAttempt&) {
  if (operation_) operation_->abandon();
}

void ChatCall::perform_one(const reliability::Commit&) {
  committed_ = true;
  for (const auto& held : std::exchange(held_, {}))
    if (sink_ != nullptr) sink_->on_event(held.view());
}

void ChatCall::perform_one(const reliability::Finish&) {
  if (const auto whole = answer_.complete(); !whole) {
    const Error& error = whole.error();
    close_attempt(&error);
    return end(error);
  }
  deliver_tool_calls();
  close_attempt(nullptr);
  end(std::nullopt);
}

void ChatCall::perform_one(const reliability::GiveUp& action) {
  close_attempt(&action.error);
  end(action.error);
}

http::Clocks ChatCall::clocks_of(const TimeoutConfig& clocks) const {
  http::Clocks out;
  out.connect = clocks.connect;
  out.head = plan_.plan.stream ? clocks.head : clocks.non_stream;
  out.idle = plan_.plan.stream ? std::nullopt : clocks.idle;  // of a stream: from its first token
  return out;
}

/// One timer for all clocks of the engine, moved only when it must ring earlier; a late one re-arms
/// itself.
void ChatCall::arm_timer() {
  const auto next = engine_->next_timer();
  if (!next || (timer_ != 0 && timer_due_ <= *next)) return;
  if (timer_ != 0) runtime_.loop.cancel_timer(timer_);
  timer_due_ = *next;
  const auto delay = std::max(*next - runtime_.loop.now(), MonotonicTime::duration::zero());
  timer_ = runtime_.loop.start_timer(delay, [self = shared_from_this()] {
    self->timer_ = 0;
    if (self->ended_) return;
    self->engine_->on_timer(self->runtime_.loop.now(), self->actions_);
    self->perform();
  });
}

// --- what the operation says

void ChatCall::on_operation_head() {
  if (engine_->ended()) return;
  engine_->on_head(attempt_number(), runtime_.loop.now());
  arm_timer();
}

void ChatCall::on_operation_event(const prx_event& event) {
  if (ended_) return;
  if (const auto taken = answer_.take(event); !taken) return broken(taken.error());
  const MonotonicTime now = runtime_.loop.now();
  switch (event.type) {
    case PRX_EV_TEXT:
    case PRX_EV_REASONING:
    case PRX_EV_TOOL_CALL:
      if (!first_token_) {
        first_token_ = now;
        operation_->start_idle_clock(plan_.plan.targets[attempt_target_].clocks.idle);
      }
      engine_->on_content(attempt_number(), now, actions_);
      if (!actions_.empty()) perform();
      break;
    case PRX_EV_PROGRESS:
      engine_->on_progress(attempt_number(), now);
      break;
    case PRX_EV_FINISH:
      engine_->on_finish_reason(attempt_number(), now);
      arm_timer();
      break;
    default:
      break;
  }
  if (!ended_) deliver(event);
}

void ChatCall::on_operation_end(const Error* error) {
  if (ended_) return;
  engine_->on_end(attempt_number(), error != nullptr ? std::optional(*error) : std::nullopt,
                  runtime_.loop.now(), actions_);
  perform();
}

/// The attempt cannot be trusted any more: it is cancelled and counts as failed.
void ChatCall::broken(const Error& error) {
  operation_->abandon();
  engine_->on_end(attempt_number(), error, runtime_.loop.now(), actions_);
  perform();
}

// --- delivery

void ChatCall::deliver(const prx_event& event) {
  const auto type = type_of(event.type);
  if (!type || (*type == StreamEvent::Type::kToolCallDelta && !plan_.options.tool_call_deltas))
    return;
  StreamEvent out;
  out.type = *type;
  out.choice = event.choice;
  out.index = event.index;
  out.text = view(event.text);
  out.id = view(event.id);
  out.name = view(event.name);
  out.json = view(event.json);
  out.frame = view(event.frame);
  if (!committed_ && out.type != StreamEvent::Type::kProgress) {
    if (held_.size() >= kHeldMax) return broken(too_much_before_the_answer());
    held_.emplace_back(out);
    return;
  }
  if (sink_ != nullptr) sink_->on_event(out);
}

void ChatCall::deliver_tool_calls() {
  for (const auto& call : answer_.tool_calls()) {
    StreamEvent out;
    out.type = StreamEvent::Type::kToolCall;
    out.choice = call.choice;
    out.index = call.index;
    out.id = call.call.id;
    out.name = call.call.name;
    out.text = call.call.arguments;
    if (sink_ != nullptr) sink_->on_event(out);
  }
}

/// Writes the attempt into the trail and its outcome into the key's lane.
void ChatCall::close_attempt(const Error* error) {
  if (!operation_) return;
  const MonotonicTime now = runtime_.loop.now();
  const CallTarget& target = plan_.targets[attempt_target_];
  const ProviderConfig& config = target.instance->config();
  const std::size_t key = operation_->request().key;
  Attempt& attempt = trail_.emplace_back();
  attempt.provider = config.name;
  attempt.model = target.model;
  attempt.reason = attempt_reason_;
  if (key < config.keys.size()) attempt.key_label = config.keys[key].label;
  if (error != nullptr) attempt.error = *error;
  if (first_token_) attempt.first_token = microseconds(*first_token_ - attempt_started_);
  attempt.total = microseconds(now - attempt_started_);
  note_exchanges(attempt);
  const ChatResponse& response = answer_.response();
  attempt.generation_id = response.id;
  attempt.served_model = response.model;
  attempt.served_by = response.served_by;
  attempt.usage = response.usage;
  if (error == nullptr || error->error_class != ErrorClass::kCancelled)
    lanes_.record(config.name, key, error, now);
  operation_.reset();
  if (sink_ != nullptr && plan_.options.on_attempt) plan_.options.on_attempt(attempt);
}

void ChatCall::note_exchanges(Attempt& attempt) const {
  const OperationStats& stats = operation_->stats();
  if (stats.connected) attempt.connected = microseconds(*stats.connected);
  if (stats.head) attempt.head = microseconds(*stats.head);
  attempt.http_status = stats.http_status;
  attempt.http_version = stats.http_version;
  attempt.connection_reused = stats.reused;
  attempt.exchanges = stats.exchanges;
  attempt.bytes = stats.bytes;
}

void ChatCall::end(std::optional<Error> error) {
  ended_ = true;
  if (timer_ != 0) runtime_.loop.cancel_timer(std::exchange(timer_, 0));
  ChatResponse response = std::move(answer_.response());
  if (!trail_.empty()) {
    response.provider = trail_.back().provider;
    if (response.model.empty()) response.model = trail_.back().model;
  }
  Sink* sink = std::exchange(sink_, nullptr);
  if (sink != nullptr && error) {
    CallError failure(std::move(*error));
    failure.attempts = std::move(trail_);
    failure.partial = std::move(response);
    sink->on_end(Unexpected(std::move(failure)));
  } else if (sink != nullptr) {
    response.attempts = std::move(trail_);
    sink->on_end(std::move(response));
  }
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
  }
  closed_.notify_all();
  if (on_ended_) std::exchange(on_ended_, nullptr)();
}

}  // namespace prx::driver
