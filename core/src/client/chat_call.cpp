#include "client/chat_call.hpp"

#include <algorithm>
#include <utility>

#include "client/measure.hpp"

namespace prx::driver {

namespace {

http::Clocks clocks_of(const TimeoutConfig& clocks, bool stream) {
  http::Clocks out;
  out.connect = clocks.connect;
  out.head = stream ? clocks.head : clocks.non_stream;
  out.idle = stream ? std::nullopt : clocks.idle;  // of a stream: from its first token
  out.error_body = error_body_clock(clocks);
  return out;
}

/// The one whose failure became that of the call; the last when it is nobody's.
const Attempt& attempt_behind(const std::vector<Attempt>& trail, const Error& error) {
  const auto found = std::find_if(trail.begin(), trail.end(), [&](const Attempt& attempt) {
    return attempt.error && attempt.error->error_class == error.error_class &&
           attempt.error->http_status == error.http_status &&
           attempt.error->provider_code == error.provider_code;
  });
  return found != trail.end() ? *found : trail.back();
}

Error cancelled_by_the_caller() {
  Error error;
  error.error_class = ErrorClass::kCancelled;
  error.message = "cancelled by the caller";
  return error;
}

}  // namespace

BodyOptions ChatPlan::edit_for(std::size_t index) const {
  const CallTarget& to = target(index);
  BodyOptions edit;
  edit.model = to.model;
  edit.overwrite_model = true;
  edit.stream = options.stream_upstream;
  edit.overwrite_stream = overwrite_stream;
  edit.extra_body = to.instance->config().extra_body;
  edit.target_extra_body = to.extra_body;
  return edit;
}

ChatCall::ChatCall(Runtime& runtime, reliability::Health& health, ChatPlan&& plan, Sink& sink,
                   std::function<void()> on_ended)
    : runtime_(runtime),
      sink_(&sink),
      table_(&runtime.operations),
      health_(health),
      plan_(std::move(plan)),
      on_ended_(std::move(on_ended)) {}

ChatCall::~ChatCall() {
  if (timer_ != 0) runtime_.loop.cancel_timer(timer_);
  engine_.reset();  // reads the plan
}

void ChatCall::start(std::optional<Error> refused) {
  runtime_.loop.post([self = shared_from_this(), refused = std::move(refused)]() mutable {
    if (self->ended_) return;
    self->tell_skipped();
    if (refused) return self->end(std::move(refused), {});
    self->begin();
  });
}

void ChatCall::begin() {
  const MonotonicTime now = runtime_.loop.now();
  began_ = now;
  begin_sharing(now);
  engine_.emplace(plan_.chain->plan, plan_.terms, health_, now);
  if (plan_.has_format) engine_->forbid_continue();
  if (plan_.options.stop.stop_requested()) return end(cancelled_by_the_caller(), {});
  if (plan_.options.stop.stop_possible()) {
    const std::weak_ptr<ChatCall> weak = weak_from_this();
    stop_ = std::make_unique<std::stop_callback<std::function<void()>>>(plan_.options.stop, [weak] {
      if (const auto self = weak.lock()) self->cancel();
    });
  }
  before_choice();
  engine_->start(now, actions_);
  perform();
  if (held_back_ && !ended_) hold_back();
}

/// Takes over what others know of the targets.
void ChatCall::begin_sharing(MonotonicTime now) {
  if (plan_.shared_health == nullptr) return;
  const auto targets = [this] {
    std::vector<SharedTarget> out;
    for (std::size_t i = 0; i < plan_.chain->targets.size(); ++i) {
      const ProviderConfig& config = plan_.target(i).instance->config();
      const reliability::PlanTarget& target = plan_.plan_target(i);
      out.push_back({target.lane, target.key_pool, target.name, config.base_url, {}});
      for (const auto& key : config.keys) out.back().secrets.push_back(key.secret.reveal());
    }
    return out;
  };
  shared_ = plan_.shared_health->begin(health_, plan_.chain, targets,
                                       plan_.chain->plan.policy.breaker_failures, now);
}

/// Before the engine is told what may make it ask somebody.
void ChatCall::before_choice() {
  if (shared_) shared_->before_choice(runtime_.loop.now());
}

// --- the handle's side

bool ChatCall::gone() {
  const std::lock_guard lock(mutex_);
  return gone_;
}

/// Under the lock, since the end of the call takes it too: a runtime that is gone is never touched.
void ChatCall::post(void (ChatCall::*function)()) {
  if (forked()) return;
  const std::lock_guard lock(mutex_);
  if (gone_) return;
  runtime_.loop.post([self = shared_from_this(), function] { (*self.*function)(); });
}

void ChatCall::cancel() { post(&ChatCall::cancel_now); }

void ChatCall::pause() {
  if (!forked() && !gone() && on_own_loop()) return pause_now();
  post(&ChatCall::pause_now);
}

void ChatCall::resume() {
  if (!forked() && !gone() && on_own_loop()) return resume_now();
  post(&ChatCall::resume_now);
}

void ChatCall::close() {
  if (forked() || gone()) return;
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
  if (!engine_) return end(cancelled_by_the_caller(), {});
  engine_->cancel(runtime_.loop.now(), actions_);
  perform();
}

void ChatCall::loop_stopped() {
  plan_.snapshot.reset();
  timer_ = 0;
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
  }
  closed_.notify_all();
}

void ChatCall::pause_now() {
  held_back_ = true;
  if (!ended_ && engine_) hold_back();
}

void ChatCall::hold_back() {
  engine_->pause(runtime_.loop.now());
  for (const auto& run : runs_) run->pause();
}

void ChatCall::resume_now() {
  held_back_ = false;
  if (ended_ || !engine_) return;
  engine_->resume(runtime_.loop.now());
  std::vector<AttemptRun*> all;  // events may come at once: they bury runs, and begin others
  for (const auto& run : runs_) all.push_back(run.get());
  for (AttemptRun* run : all) {
    if (held_back_ || ended_) return;
    run->resume();
  }
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
  if (shared_) shared_->after_choice(runtime_.loop.now());
  if (!ended_) arm_timer();
}

void ChatCall::perform_one(const reliability::StartAttempt& action) {
  const MonotonicTime now = runtime_.loop.now();
  RunObserver& observer = *this;
  AttemptRun& run = *runs_.emplace_back(std::make_unique<AttemptRun>(observer, action, now));
  const bool first = action.target == 0 && action.mode != reliability::Mode::kContinue;
  std::optional<SpecialBody> made;  // but for the first target, whose body is there
  if (!first || !plan_.first) {
    auto body = body_for(action);
    if (!body) return run_ended(run, body.error());
    made = std::move(*body);
  }
  if (action.mode == reliability::Mode::kSplice && !delivered_.empty())
    run.splice.emplace(delivered_);
  if (action.mode == reliability::Mode::kContinue)
    run.answer().take_text(delivered_.text);  // the answer is both parts
  begin_run(run, made ? *made : *plan_.first);
  if (run.operation()->stats().exchanges == 0) engine_->on_head(action.attempt, now);
  if (held_back_) hold_back();
}

Result<SpecialBody> ChatCall::body_for(const reliability::StartAttempt& start) const {
  PRX_TRY_SET(const RequestBody body, RequestBody::parse(plan_.body));
  if (!plan_.is_chat()) return body.for_endpoint(plan_.target(start.target).model);
  BodyOptions edit = plan_.edit_for(start.target);
  const bool goes_on =
      start.mode == reliability::Mode::kContinue && !delivered_.text.empty();  // not of reasoning
  if (goes_on) edit.prefix = delivered_.text;
  return body.specialise(edit);
}

void ChatCall::begin_run(AttemptRun& run, const SpecialBody& body) {
  const reliability::StartAttempt& start = run.start();
  if (!plan_.is_chat()) run.answer().expect_item();
  run.stream = body.stream;
  run.has_format = body.has_format;
  run.wants_json = body.wants_json;
  OperationRequest request;
  request.op = plan_.is_chat() ? PRX_OP_CHAT : PRX_OP_CALL;
  request.flags =
      (run.stream ? PRX_RF_STREAM : 0u) | (plan_.options.frames ? PRX_RF_WANT_FRAME : 0u);
  request.attempt = start.attempt;
  request.model = plan_.is_chat() ? std::string_view(body.model) : plan_.path;
  request.body = body.text;
  request.request_id = plan_.request_id;
  request.traceparent = plan_.options.traceparent;
  request.deadline = engine_->deadline();
  request.key = start.key;
  request.clocks = clocks_of(plan_.plan_target(start.target).clocks, run.stream);
  run.begin(*plan_.target(start.target).instance, request, body.model);
}

void ChatCall::perform_one(const reliability::CancelAttempt& action) {
  AttemptRun* const run = find(action.attempt);
  if (run == nullptr) return;
  run->abandon();
  prepare_rescue(*run);
  close_run(*run, &action.why);
  bury(*run);
}

void ChatCall::perform_one(const reliability::Commit& action) {
  AttemptRun* const run = find(action.attempt);
  if (run == nullptr) return;
  committed_ = action.attempt;
  if (run->has_format) engine_->forbid_continue();
  if (!deliver_held(*run)) broken(*run, too_much_held_back());
}

void ChatCall::perform_one(const reliability::CloseAttempt& action) {
  AttemptRun* const run = find(action.attempt);
  if (run == nullptr) return;
  run->abandon();
  run_ended(*run, std::nullopt);
}

void ChatCall::perform_one(const reliability::Finish& action) {
  AttemptRun* const run = find(action.attempt);
  bool any_end = false;  // tool calls are whole by now, and are told before what ends the answer
  for (const auto& held : run->take_held()) {
    const StreamEvent event = held.view();
    if (event.type == StreamEvent::Type::kFinish && !std::exchange(any_end, true))
      deliver_tool_calls(run->answer());
    deliver(event);
  }
  if (!any_end) deliver_tool_calls(run->answer());
  end(std::nullopt, std::move(run->answer().response()));
}

void ChatCall::perform_one(const reliability::GiveUp& action) {
  end(action.error, partial_ ? std::move(*partial_) : ChatResponse{});
}

/// One timer for all clocks of the engine, moved only when it must ring earlier; a late one re-arms
/// itself.
void ChatCall::arm_timer() {
  const auto next = engine_->next_timer();
  if (!next || (timer_ != 0 && timer_due_ <= *next)) return;
  if (timer_ != 0) runtime_.loop.cancel_timer(timer_);
  timer_due_ = *next;
  const auto delay = std::max(*next - runtime_.loop.now(), MonotonicTime::duration::zero());
  timer_ = runtime_.loop.start_timer(delay, [this] { on_timer(); });  // small: no allocation
}

void ChatCall::on_timer() {
  const auto self = shared_from_this();
  timer_ = 0;
  if (ended_) return;
  before_choice();
  engine_->on_timer(runtime_.loop.now(), actions_);
  perform();
}

void ChatCall::measure_end(const std::optional<Error>& error, const ChatResponse& response) const {
  EndedCall ended{plan_.request_id, response, trail_, nullptr, {}, nullptr, {}, {}};
  ended.operation = operation_of(plan_.path);
  ended.error = error ? &*error : nullptr;
  if (!trail_.empty() && plan_.chain != nullptr) {
    ended.decisive = error ? &attempt_behind(trail_, *error) : &trail_.back();
    for (const CallTarget& target : plan_.chain->targets)
      if (target.instance->config().name == ended.decisive->provider)
        ended.plugin_id = target.instance->config().plugin_id;
  }
  if (began_ != MonotonicTime{}) ended.duration = runtime_.loop.now() - began_;
  if (first_delivered_) ended.first_chunk = *first_delivered_ - began_;
  measure_call(runtime_, ended);
}

void ChatCall::end(std::optional<Error> error, ChatResponse&& response) {
  ended_ = true;
  if (shared_) std::exchange(shared_, nullptr)->after_choice(runtime_.loop.now());
  if (timer_ != 0) runtime_.loop.cancel_timer(std::exchange(timer_, 0));
  for (const auto& run : runs_) run->abandon();
  if (!trail_.empty()) {
    const Attempt& attempt = error ? attempt_behind(trail_, *error) : trail_.back();
    response.provider = attempt.provider;
    if (response.model.empty()) response.model = attempt.model;
  }
  if (runtime_.metrics != nullptr) measure_end(error, response);
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
  plan_.snapshot.reset();  // a handle may outlive the client, instances may not
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
  }
  closed_.notify_all();
  if (on_ended_) std::exchange(on_ended_, nullptr)();
}

}  // namespace prx::driver
