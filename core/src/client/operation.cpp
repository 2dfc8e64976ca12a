#include "client/operation.hpp"

#include <algorithm>
#include <utility>

#include "client/abi_convert.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::driver {

namespace {

std::int64_t nanoseconds(const std::optional<MonotonicTime>& time) {
  if (!time) return INT64_MAX;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time->time_since_epoch()).count();
}

void* as_context(std::uint64_t handle) {
  return reinterpret_cast<void*>(handle);
}  // NOLINT: a number

std::int32_t sink_event(void* ctx, const prx_event* event) noexcept {
  const auto handle = reinterpret_cast<std::uint64_t>(ctx);
  const ThreadContext& here = thread_context();
  if (!sdk::is_whole(event)) return 1;
  if (here.table != nullptr) {
    if (Operation* operation = here.table->find(handle)) return operation->emit(*event);
    here.table->note_late();
    return 1;
  }
  if (here.operation != nullptr && here.operation->id() == handle)
    return here.operation->emit_from_worker(*event);
  return 1;  // a thread that is not the host's, or a late event
}

prx_request to_c_request(const OperationRequest& request, std::uint64_t id) {
  prx_request out{};
  out.size = sizeof out;
  out.op = request.op;
  out.flags = request.flags;
  out.attempt = request.attempt;
  out.op_id = id;
  out.deadline_ns = nanoseconds(request.deadline);
  out.model = to_c(request.model);
  if (request.body) out.body = to_c(*request.body);
  out.request_id = to_c(request.request_id);
  out.traceparent = to_c(request.traceparent);
  return out;
}

}  // namespace

Operation::Operation(ProviderInstance& instance, const OperationRequest& request,
                     OperationObserver& observer)
    : instance_(instance),
      runtime_(instance.runtime()),
      observer_(&observer),
      body_(request.body),
      key_(request.key),
      clocks_(request.clocks),
      started_at_(runtime_.loop.now()) {}

Operation::~Operation() = default;

std::shared_ptr<Operation> Operation::start(ProviderInstance& instance,
                                            const OperationRequest& request,
                                            OperationObserver& observer) {
  std::shared_ptr<Operation> operation(new Operation(instance, request, observer));
  operation->id_ = operation->runtime_.operations.add(*operation);
  instance.id_started(*operation);
  instance.keep(operation);
  operation->call_start(request);
  return operation;
}

void Operation::call_start(const OperationRequest& wanted) {
  if (instance_.quarantined()) {
    Error error;
    error.message =
        "provider '" + instance_.config().name + "': its plugin is out of service; see the log";
    return end_later(std::move(error));
  }
  const prx_request request = to_c_request(wanted, id_);
  const prx_sink sink{sizeof(prx_sink), 0, as_context(id_), &sink_event};
  FailSlot slot(&instance_);
  const std::int32_t code =
      instance_.provider().start(instance_.handle(), &request, &sink, slot.c(), &op_);
  state_ = State::kRunning;
  if (code != PRX_OK) {
    start_failed_ = stats_.refused = true;
    drop_plugins_work();
    Error error = slot.take(code, "provider '" + instance_.config().name + "': start");
    instance_.name_thrower(error);
    return end_later(std::move(error));
  }
  if (op_ == nullptr) {
    start_failed_ = true;  // nothing to cancel or to release
    drop_plugins_work();
    instance_.misbehaved("a start that gave no operation");
    Error error;
    error.message = "provider '" + instance_.config().name +
                    "': plugin's start returned PRX_OK and gave no operation";
    return end_later(std::move(error));
  }
  started_ok_ = true;
  if (events_in_start_ == 0) return;
  instance_.misbehaved("an event from inside start");
  Error error;
  error.message =
      "provider '" + instance_.config().name + "': plugin sent an event from inside start";
  end_later(std::move(error));
}

/// Ends from the loop's next task: nothing comes before start() returned.
void Operation::end_later(Error error) {
  state_ = State::kRunning;
  runtime_.loop.post([self = shared_from_this(), error = std::move(error)] {
    if (self->state_ == State::kEnded) return;
    if (!self->started_ok_) return self->end(&error);
    self->breach_ = std::make_unique<const Error>(error);
    self->cancel();
  });
}

namespace {
bool is_text(std::uint32_t type) {
  return type == PRX_EV_TEXT || type == PRX_EV_REASONING || type == PRX_EV_TOOL_CALL;
}
}  // namespace

std::int32_t Operation::emit(const prx_event& event) {
  if (state_ == State::kStarting) {
    ++events_in_start_;
    return 1;
  }
  if (state_ == State::kEnded) {
    if (!cancelled_) instance_.misbehaved("an event after the terminal one");
    return 1;
  }
  if (event.type == PRX_EV_DONE) {
    end(nullptr);
    return 0;
  }
  if (event.type == PRX_EV_ERROR) {
    Error error = to_error(event.error, &instance_);
    instance_.name_thrower(error);
    instance_.classify(error);
    if (error.error_class == ErrorClass::kCancelled && !cancelled_) {
      instance_.misbehaved("an operation that nobody cancelled ended as cancelled");
      error.error_class = ErrorClass::kInternal;
      instance_.name_thrower(error);
    }
    end(&error);
    return 0;
  }
  if (event.type > PRX_EV_ERROR) {  // as great as the terminal ones: nothing can come after it
    instance_.misbehaved("an event of an unknown terminal type");
    Error error;
    error.message = "provider '" + instance_.config().name +
                    "': plugin ended with an event of the unknown type " +
                    std::to_string(event.type);
    end(&error);
    return 0;
  }
  if (is_text(event.type) && !event_text_holds(event)) return cancelled_ ? 1 : 0;
  if (observer_ != nullptr && event.type <= PRX_EV_PROGRESS) tell(event);
  return cancelled_ ? 1 : 0;
}

/// False: the event goes no further, since its text is empty where that says nothing, or is not
/// UTF-8, which is a breach that ends the operation.
bool Operation::event_text_holds(const prx_event& event) {
  const std::string_view text = view(event.text);
  if (text.empty()) return event.type == PRX_EV_TOOL_CALL;
  if (json::is_utf8(text)) return true;
  instance_.misbehaved("a text that is not UTF-8");
  if (!breach_ && !cancelled_) {
    Error error;
    error.message =
        "provider '" + instance_.config().name + "': plugin sent a text that is not UTF-8";
    breach_ = std::make_unique<const Error>(std::move(error));
  }
  cancel();
  return false;
}

/// Ids and names are the server's, which knows the key: a secret in one of them goes no further.
/// The answer itself passes as it is, also the arguments of a tool call.
void Operation::tell(const prx_event& event) {
  const bool is_about = event.type == PRX_EV_META || event.type == PRX_EV_FINISH ||
                        event.type == PRX_EV_ITEM || event.type == PRX_EV_PROGRESS;
  const auto risky = [this](prx_str text) { return instance_.holds_secret(view(text)); };
  const bool is_named = is_about || event.type == PRX_EV_TOOL_CALL;
  if (!is_named || (!risky(event.id) && !risky(event.name) && !(is_about && risky(event.text))))
    return observer_->on_operation_event(event);
  const std::string id = instance_.redact(view(event.id));
  const std::string name = instance_.redact(view(event.name));
  const std::string text = is_about ? instance_.redact(view(event.text)) : std::string();
  prx_event clean = event;
  clean.id = to_c(id);
  clean.name = to_c(name);
  if (is_about) clean.text = to_c(text);
  observer_->on_operation_event(clean);
}

void Operation::end(const Error* error) {
  std::optional<Error> told;
  if (breach_ || error != nullptr) told = breach_ ? *breach_ : *error;
  if (told)
    for (auto* text : {&told->message, &told->raw, &told->provider_code, &told->request_id})
      *text = instance_.redact(*text);
  error = told ? &*told : nullptr;
  state_ = State::kEnded;
  ended_well_ = error == nullptr;
  if (grace_timer_ != 0) runtime_.loop.cancel_timer(std::exchange(grace_timer_, 0));
  stop_workers();
  if (auto* observer = std::exchange(observer_, nullptr)) observer->on_operation_end(error);
  maybe_release();
}

void Operation::cancel() {
  if (cancelled_ || state_ == State::kEnded) return;
  cancelled_ = true;
  if (paused_) resume();
  stop_workers();
  if (!started_ok_) return;  // its failure is on the way
  grace_timer_ = runtime_.loop.start_timer(kCancelGrace, [self = shared_from_this()] {
    self->grace_timer_ = 0;
    self->give_up_on_plugin();
  });
  const auto self = shared_from_this();
  instance_.provider().cancel(op_);
}

void Operation::abandon() {
  observer_ = nullptr;
  cancel();
}

/// The plugin owes its terminal event for too long: the call ends, its handle finds nothing any
/// more, its memory stays, the instance takes no more work.
void Operation::give_up_on_plugin() {
  if (state_ == State::kEnded) return;
  instance_.quarantine("an operation did not end within a second of its cancel");
  invalidated_ = true;
  runtime_.operations.remove(id_);
  instance_.id_gone(*this);
  settle_exchanges();
  Error error;
  error.error_class = ErrorClass::kCancelled;
  error.message =
      "provider '" + instance_.config().name + "': cancelled; the plugin did not answer the cancel";
  end(&error);
  instance_.drop(*this);
}

void Operation::maybe_release() {
  if (invalidated_ || release_posted_ || state_ != State::kEnded || workers_ > 0) return;
  release_posted_ = true;
  runtime_.loop.post([this] { release(); });  // until then the instance keeps this
}

void Operation::release() {
  release_posted_ = false;
  if (released_ || workers_ > 0 || !instance_.id_ended(*this))
    return;  // a task of it is still to run
  released_ = true;
  runtime_.operations.remove(id_);
  drop_plugins_work();
  if (started_ok_) instance_.provider().release(op_);
  instance_.drop(*this);
}

void Operation::drop_plugins_work() {
  settle_exchanges();
  for (const Timer& timer : timers_) runtime_.loop.cancel_timer(timer.id);
  timers_.clear();
}

/// What still runs: after a good end the rest of an answer's body is read, so that its connection
/// is used again.
void Operation::settle_exchanges() {
  for (auto& exchange : exchanges_) {
    if (!exchange->running()) continue;
    if (is_rest_worth_reading())
      drain(exchange);
    else
      exchange->cancel();
  }
  exchanges_.clear();
}

void Operation::drain(const std::shared_ptr<Exchange>& exchange) {
  exchange->detach();
  runtime_.loop.start_timer(kDrainMax, [exchange] { exchange->cancel(); });
}

void Operation::pause() {
  if (std::exchange(paused_, true)) return;
  if (started_ok_) instance_.pause(op_, true);
  for (auto& exchange : exchanges_) exchange->pause();
}

void Operation::resume() {
  if (!std::exchange(paused_, false)) return;
  if (started_ok_) instance_.pause(op_, false);
  for (auto& exchange : exchanges_) exchange->resume();
  take_worker_events();
}

void Operation::start_idle_clock(std::optional<std::chrono::milliseconds> limit) {
  for (auto& exchange : exchanges_)
    if (exchange->idle_as_configured()) exchange->set_idle(limit);
}

void Operation::exchange_head(const http::Head& head) {
  ++heads_;
  stats_.http_status = head.status;
  stats_.http_version = head.version;
  stats_.reused = head.reused;
  stats_.connected = head.connect_time;
  stats_.head = runtime_.loop.now() - started_at_;
  if (observer_ != nullptr) observer_->on_operation_head();
}

void Operation::exchange_end(const http::End& end) { stats_.connected = end.connect_time; }

// --- timers, posts and workers of the plugin

std::uint64_t Operation::start_timer(std::int64_t delay_ms, prx_task task, void* ctx) {
  if (timers_.size() >= kTimersMax || delay_ms < 0 || task == nullptr || !plugin_listens())
    return 0;
  const auto in_use = [this](const Timer& timer) { return timer.number == next_timer_; };
  while (next_timer_ == 0 || std::any_of(timers_.begin(), timers_.end(), in_use)) ++next_timer_;
  const std::uint8_t number = next_timer_++;
  const auto id = runtime_.loop.start_timer(
      std::min(std::chrono::milliseconds(delay_ms), kWaitMax),
      [self = shared_from_this(), number, task, ctx] {
        std::erase_if(self->timers_, [&](const Timer& timer) { return timer.number == number; });
        if (self->plugin_listens()) task(ctx);
      });
  timers_.push_back({number, id});
  return sub_handle(id_, number);
}

void Operation::cancel_timer(std::uint64_t sub) {
  const auto found = std::find_if(timers_.begin(), timers_.end(), [&](const Timer& timer) {
    return timer.number == number_of(sub);
  });
  if (found == timers_.end()) return;
  runtime_.loop.cancel_timer(found->id);
  timers_.erase(found);
}

void Operation::run_posted(prx_task task, void* ctx) {
  if (plugin_listens()) task(ctx);
  if (--posts_ == 0) maybe_release();
}

std::int32_t Operation::spawn(prx_task task, void* ctx) {
  if (task == nullptr || state_ == State::kEnded || cancelled_) return PRX_E_INVALID_REQUEST;
  if (!worker_side_) worker_side_ = std::make_unique<WorkerSide>();
  auto work = [self = shared_from_this(), task, ctx] {
    thread_context().operation = self.get();
    task(ctx);
    thread_context().operation = nullptr;
    self->runtime_.loop.post([self] { self->worker_done(); });
  };
  if (!runtime_.workers.run(std::move(work))) return PRX_E_OVERLOADED;
  ++workers_;
  return PRX_OK;
}

void Operation::worker_done() {
  --workers_;
  maybe_release();
}

}  // namespace prx::driver
