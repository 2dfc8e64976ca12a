/// \file op.hpp
/// Op: a running operation in the hands of its author. The lowest step of the C++ layer.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "prx/plugin.h"
#include "prx/sdk/event_writer.hpp"
#include "prx/sdk/host.hpp"
#include "prx/sdk/operation.hpp"

namespace prx::sdk {

class Op;

namespace detail {

/// What waits for a timer, a worker or the loop: a function and the Op that it will be given.
class OpTask {
 public:
  virtual ~OpTask() = default;
  virtual void run() = 0;
};

/// Shared by the host, the Op and what is scheduled. At most one task is scheduled at a time, since
/// it owns the one Op. Threads: loop, and the one worker that has the Op. Runs of tasks overlap
/// when one hands the Op on before it returns; events come from the one that has it.
class OpState final : public Operation {
 public:
  OpState(Host of_instance, const prx_request& asked, const prx_sink& sink)
      : host(of_instance), out(sink), request(to_request(asked)), texts_(copy(asked)) {
    point_into_copy();
  }

  const Host host;
  EventWriter out;
  Request request;  ///< its views point into this object, but for the body

  void cancel() override {
    if (out.ended()) return;
    cancelled_.store(true);
    drop_scheduled();
    const auto hook = std::exchange(on_cancel_, nullptr);
    if (hook) guard(hook, [this](const prx_error& bug) { running() ? log(bug) : out.error(bug); });
    if (!running()) out.error(cancelled_error());
  }
  void abandon() override { drop_scheduled(); }
  [[nodiscard]] bool cancelled() const { return cancelled_.load(); }
  void set_on_cancel(std::function<void()> hook) { on_cancel_ = std::move(hook); }

  /// The Op is gone: an operation that has no end yet gets one.
  void dropped() {
    if (!leave_to_run()) settle();
  }
  void settle() {
    if (out.ended()) return;
    out.error(cancelled() || !out.wanted()
                  ? cancelled_error()
                  : internal_error("bug in the plugin: it dropped an operation without an end"));
  }

  /// The first task, from inside prx_provider::start, where nothing may be emitted: false when the
  /// host has no timer for it, and then the operation never was.
  [[nodiscard]] bool begin(std::unique_ptr<OpTask> task) {
    if (set_timer(0, std::move(task))) return true;
    out.mark_ended();
    const Scheduled dropped_with_its_op = take_scheduled();
    return false;
  }
  void start_timer(std::int64_t delay_ms, std::unique_ptr<OpTask> task) {
    if (stopped()) return;
    if (!set_timer(delay_ms, std::move(task))) refuse("the host has no timer for this operation");
  }
  void start_worker(std::unique_ptr<OpTask> task) {
    if (stopped()) return;
    schedule(std::move(task));
    const prx_exec* exec = host.exec();
    if (exec == nullptr ||
        exec->spawn(host.abi(), request.op_id, &OpState::on_worker, this) != PRX_OK)
      refuse("the host has no worker for this operation");
  }
  void start_post(std::unique_ptr<OpTask> task) {
    if (stopped()) return;
    schedule(std::move(task));
    const prx_exec* exec = host.exec();
    if (exec == nullptr || exec->post(host.abi(), request.op_id, &OpState::on_post, this) != PRX_OK)
      refuse("the host took no task for this operation");
  }
  void start_park(std::int64_t delay_ms, std::unique_ptr<OpTask> task) {
    if (stopped()) return;
    if (!set_timer(delay_ms, std::move(task)))
      return refuse("the host has no timer for this operation");
    const std::lock_guard lock(mutex_);
    parked_ = true;
    if (std::exchange(woken_, false)) post_wake();
  }
  /// Any thread.
  void wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    if (parked_) post_wake();
  }

 private:
  /// A task and the reference that kept this alive for it.
  struct Scheduled {
    std::shared_ptr<Operation> self;
    std::unique_ptr<OpTask> task;  ///< dies first
  };
  /// A task that runs, on the loop or a worker.
  struct Run {
    const std::thread::id thread = std::this_thread::get_id();
    const int exceptions = std::uncaught_exceptions();  ///< under way when it began
    bool orphaned = false;                              ///< an exception took the Op with it
  };

  [[nodiscard]] static std::string copy(const prx_request& asked) {
    std::string texts;
    for (const prx_str text :
         {asked.model, asked.request_id, asked.idempotency_key, asked.traceparent})
      texts += view(text);
    return texts;
  }
  void point_into_copy() {
    std::string_view rest = texts_;
    for (std::string_view* text :
         {&request.model, &request.request_id, &request.idempotency_key, &request.traceparent}) {
      const std::size_t size = text->size();
      *text = rest.substr(0, size);
      rest.remove_prefix(size);
    }
  }

  /// Nothing more is scheduled then: the task is dropped, and its Op with it.
  [[nodiscard]] bool stopped() const { return cancelled() || out.ended(); }
  [[nodiscard]] bool set_timer(std::int64_t delay_ms, std::unique_ptr<OpTask> task) {
    schedule(std::move(task));
    const prx_exec* exec = host.exec();
    timer_ = exec == nullptr
                 ? 0
                 : exec->timer(host.abi(), request.op_id, delay_ms, &OpState::on_timer, this);
    return timer_ != 0;
  }
  void schedule(std::unique_ptr<OpTask> task) {
    const std::lock_guard lock(mutex_);
    task_ = std::move(task);
    parked_ = false;
    held_by_task_ = shared_from_this();
    run_ = nullptr;  // whoever ran has handed the Op on
  }
  /// With `run`, a task that was there has the Op from now on.
  [[nodiscard]] Scheduled take_scheduled(Run* run = nullptr) {
    const std::lock_guard lock(mutex_);
    if (task_ != nullptr) run_ = run;
    parked_ = false;
    return {std::move(held_by_task_), std::move(task_)};
  }
  /// The task alone, which never runs then: its timer or post finds nothing to do.
  [[nodiscard]] std::unique_ptr<OpTask> take_task() {
    const std::lock_guard lock(mutex_);
    parked_ = false;
    return std::move(task_);
  }
  /// A wake that is over, and whether what is scheduled still waits for one.
  struct Wake {
    std::shared_ptr<Operation> self;
    bool waited_for = false;
  };
  /// Under the lock, without which the operation could be over before the host is asked. The caller
  /// holds another reference.
  void post_wake() {
    if (std::exchange(wake_posted_, true)) return;
    held_by_wake_ = shared_from_this();
    const prx_exec* exec = host.exec();
    wake_posted_ =
        exec != nullptr && exec->post(host.abi(), request.op_id, &OpState::on_wake, this) == PRX_OK;
    if (!wake_posted_) held_by_wake_ = nullptr;
  }
  [[nodiscard]] Wake end_wake() {
    const std::lock_guard lock(mutex_);
    wake_posted_ = false;
    if (parked_) woken_ = false;
    return {std::move(held_by_wake_), parked_};
  }
  void refuse(const char* why) {
    const Scheduled dropped_after_the_error = take_scheduled();
    out.error(internal_error(why));
  }
  /// A timer is undone; a posted or spawned task still comes and then finds nothing to do.
  void drop_scheduled() {
    if (const std::uint64_t timer = std::exchange(timer_, 0); timer != 0) {
      host.exec()->timer_cancel(host.abi(), timer);
      const Scheduled dropped_with_its_op = take_scheduled();
      return;
    }
    const std::unique_ptr<OpTask> dropped_with_its_op = take_task();
  }

  void run_scheduled() {
    Run run;
    const Scheduled scheduled = take_scheduled(&run);
    if (scheduled.task == nullptr) return;
    guard([&scheduled] { scheduled.task->run(); },
          [this, &run](const prx_error& bug) { thrown(run, bug); });
    if (ends_operation(run)) settle();
  }
  /// A task that has handed the Op on can still take it back; once the next one runs it is too
  /// late.
  void thrown(const Run& run, const prx_error& bug) {
    std::unique_ptr<OpTask> taken_back;
    if (!has_op(run)) {
      taken_back = take_task();
      if (taken_back == nullptr) return log(bug);
    }
    out.error(bug);
  }
  /// For what cannot become the end, since another has the Op.
  void log(const prx_error& bug) const { host.log(LogLevel::kError, view(bug.message)); }
  [[nodiscard]] bool has_op(const Run& run) {
    const std::lock_guard lock(mutex_);
    return run_ == &run;
  }
  [[nodiscard]] bool running() {
    const std::lock_guard lock(mutex_);
    return run_ != nullptr;
  }
  /// After a run: whether it is the one to say that the operation ended. A cancel that came before
  /// left that to it; one that comes later sees no run.
  [[nodiscard]] bool ends_operation(const Run& run) {
    const std::lock_guard lock(mutex_);
    if (run_ != &run) return false;
    run_ = nullptr;
    return run.orphaned || cancelled();
  }
  /// True when an exception on its way out of the current run drops the Op: the run can say what
  /// was thrown.
  [[nodiscard]] bool leave_to_run() {
    const std::lock_guard lock(mutex_);
    if (run_ == nullptr || run_->thread != std::this_thread::get_id()) return false;
    if (std::uncaught_exceptions() <= run_->exceptions) return false;
    return run_->orphaned = true;
  }
  static void on_timer(void* self) noexcept {
    static_cast<OpState*>(self)->timer_ = 0;
    static_cast<OpState*>(self)->run_scheduled();
  }
  static void on_post(void* self) noexcept { static_cast<OpState*>(self)->run_scheduled(); }
  static void on_worker(void* self) noexcept { static_cast<OpState*>(self)->run_scheduled(); }
  static void on_wake(void* self) noexcept {
    auto& state = *static_cast<OpState*>(self);
    const Wake wake = state.end_wake();
    if (!wake.waited_for) return;
    if (const std::uint64_t timer = std::exchange(state.timer_, 0); timer != 0)
      state.host.exec()->timer_cancel(state.host.abi(), timer);
    state.run_scheduled();
  }

  const std::string texts_;  ///< copies of the request's texts, but for the body
  std::atomic<bool> cancelled_{false};
  std::function<void()> on_cancel_;  ///< loop only
  std::uint64_t timer_ = 0;          ///< loop only
  std::mutex mutex_;                 ///< guards what is below
  Run* run_ = nullptr;               ///< the one that has the Op; null: scheduled, or kept
  std::unique_ptr<OpTask> task_;
  std::shared_ptr<Operation> held_by_task_, held_by_wake_;
  bool parked_ = false;       ///< task_ waits for wake(), or its timer
  bool woken_ = false;        ///< while nothing was parked
  bool wake_posted_ = false;  ///< on_wake is on its way
};

}  // namespace detail

/// Wakes an operation that is parked (Op::park). A value; copies wake the same operation. Any
/// thread, as long as the provider lives; when the operation is over nothing happens.
class Waker {
 public:
  explicit Waker(std::weak_ptr<detail::OpState> state) : state_(std::move(state)) {}
  void wake() const {
    if (const auto state = state_.lock()) state->wake();
  }

 private:
  std::weak_ptr<detail::OpState> state_;
};

/// A handle that owns the duty to end its operation: exactly one of done() and error(). Dropped
/// without an end it reports INTERNAL by itself (CANCELLED when the host had asked for the end); a
/// second end is swallowed. Movable, one owner; used by one thread at a time.
///
/// Event functions return false when the host wants no more: stop, and drop the Op.
class Op {
 public:
  explicit Op(std::shared_ptr<detail::OpState> state) : state_(std::move(state)) {}
  Op(Op&&) noexcept = default;
  Op& operator=(Op&& other) noexcept {
    if (this != &other) {
      drop();
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~Op() { drop(); }

  /// Valid as long as the operation runs.
  [[nodiscard]] const Request& request() const { return state_->request; }
  [[nodiscard]] const Host& host() const { return state_->host; }

  bool text(std::string_view piece) { return alive() && state_->out.text(piece); }
  bool reasoning(std::string_view piece) { return alive() && state_->out.reasoning(piece); }
  bool tool_call(const ToolCallPiece& piece) { return alive() && state_->out.tool_call(piece); }
  bool item(std::string_view name, std::string_view id, std::string_view json) {
    return alive() && state_->out.item(name, id, json);
  }
  bool progress(std::string_view what) { return alive() && state_->out.progress(what); }
  bool meta(const Meta& meta) { return alive() && state_->out.meta(meta); }
  bool finish(FinishReason reason, std::string_view own_reason = {}) {
    return alive() && state_->out.finish(reason, own_reason);
  }
  bool usage(const prx_usage& usage, std::string_view json = {}) {
    return alive() && state_->out.usage(usage, json);
  }
  void done() { state_->out.done(); }
  void error(const Error& error) { state_->out.error(error); }

  /// True when the host has asked for the end. Any thread that has the Op.
  [[nodiscard]] bool cancelled() const { return state_->cancelled(); }
  /// Called once on the loop when the host asks for the end, to stop what the author runs. On the
  /// loop.
  void on_cancel(std::function<void()> hook) { state_->set_on_cancel(std::move(hook)); }

  /// For the layer: hands a new operation to `next` on the next turn. False when the host refused.
  template <std::invocable<Op> F>
  [[nodiscard]] bool begin(F next) && {
    auto* state = state_.get();
    return state->begin(make_task(std::move(next)));
  }
  /// Hands the operation to `next` on the loop, after a delay of 0 or more. Undone by cancel. On
  /// the loop.
  template <std::invocable<Op> F>
  void after(std::chrono::milliseconds delay, F next) && {
    auto* state = state_.get();
    state->start_timer(delay.count(), make_task(std::move(next)));
  }
  /// Hands the operation to `next` on a worker, where it may compute, block and send events. On the
  /// loop.
  template <std::invocable<Op> F>
  void spawn(F next) && {
    auto* state = state_.get();
    state->start_worker(make_task(std::move(next)));
  }
  /// Hands the operation back to the loop. On a worker or the loop.
  template <std::invocable<Op> F>
  void post(F next) && {
    auto* state = state_.get();
    state->start_post(make_task(std::move(next)));
  }
  /// For park(): to be given to whoever will have news for this operation.
  [[nodiscard]] Waker waker() const { return Waker(state_); }
  /// Hands the operation to `next` on the loop once it was woken, or after `at_most`. It may come
  /// early: `next` looks whether what it waits for is there, and parks again. A wake that came
  /// before is not lost. Undone by cancel. For one that waits its turn behind others. On the loop.
  template <std::invocable<Op> F>
  void park(std::chrono::milliseconds at_most, F next) && {
    auto* state = state_.get();
    state->start_park(at_most.count(), make_task(std::move(next)));
  }

 private:
  template <class F>
  class Task;

  template <class F>
  [[nodiscard]] std::unique_ptr<detail::OpTask> make_task(F next) {
    auto state = state_;
    auto task = std::make_unique<Task<F>>(std::move(state), std::move(next));
    state_.reset();
    return task;
  }
  [[nodiscard]] bool alive() const { return !state_->cancelled(); }
  void drop() {
    if (const auto state = std::move(state_)) state->dropped();
  }

  std::shared_ptr<detail::OpState> state_;
};

/// What post() and its kin hand to the host.
template <class F>
class Op::Task final : public detail::OpTask {
 public:
  Task(std::shared_ptr<detail::OpState> state, F next)
      : op_(std::move(state)), next_(std::move(next)) {}
  void run() override { next_(std::move(op_)); }

 private:
  Op op_;
  F next_;
};

}  // namespace prx::sdk
