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
/// it owns the one Op. Threads: loop, and the one worker that has the Op.
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
    if (hook) guard(hook, [this](const prx_error& bug) { out.error(bug); });
    if (!working_.load()) out.error(cancelled_error());
  }
  void abandon() override { drop_scheduled(); }
  [[nodiscard]] bool cancelled() const { return cancelled_.load(); }
  void set_on_cancel(std::function<void()> hook) { on_cancel_ = std::move(hook); }

  /// The Op is gone: an operation that has no end yet gets one.
  void dropped() {
    if (std::uncaught_exceptions() > 0)
      orphaned_.store(true);  // run_scheduled() can say what was thrown
    else
      settle();
  }
  void settle() {
    if (out.ended()) return;
    out.error(cancelled()
                  ? cancelled_error()
                  : internal_error("bug in the plugin: it dropped an operation without an end"));
  }

  /// The first task, from inside prx_provider::start, where nothing may be emitted: false when the
  /// host has no timer for it, and then the operation never was.
  [[nodiscard]] bool begin(std::unique_ptr<OpTask> task) {
    if (set_timer(0, std::move(task))) return true;
    out.mark_ended();
    const auto [self, dropped_task] = take_scheduled();
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

 private:
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
    held_by_task_ = shared_from_this();
  }
  /// The task and the reference that kept this alive for it.
  [[nodiscard]] std::pair<std::shared_ptr<Operation>, std::unique_ptr<OpTask>> take_scheduled() {
    const std::lock_guard lock(mutex_);
    return {std::move(held_by_task_), std::move(task_)};
  }
  void refuse(const char* why) {
    const auto [self, task] = take_scheduled();
    out.error(internal_error(why));
  }
  /// A timer is undone; a posted or spawned task still comes and then finds nothing to do.
  void drop_scheduled() {
    if (const std::uint64_t timer = std::exchange(timer_, 0); timer != 0) {
      host.exec()->timer_cancel(host.abi(), timer);
      const auto [self, task] = take_scheduled();
      return;
    }
    std::unique_ptr<OpTask> task;
    {
      const std::lock_guard lock(mutex_);
      task = std::move(task_);
    }
  }

  void run_scheduled() {
    working_.store(true);
    const auto [self, task] = take_scheduled();
    if (task != nullptr) {
      guard([&] { task->run(); }, [this](const prx_error& bug) { out.error(bug); });
    }
    working_.store(false);
    if (orphaned_.load() || cancelled()) settle();
  }
  static void on_timer(void* self) noexcept {
    static_cast<OpState*>(self)->timer_ = 0;
    static_cast<OpState*>(self)->run_scheduled();
  }
  static void on_post(void* self) noexcept { static_cast<OpState*>(self)->run_scheduled(); }
  static void on_worker(void* self) noexcept { static_cast<OpState*>(self)->run_scheduled(); }

  const std::string texts_;  ///< copies of the request's texts, but for the body
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> orphaned_{false};
  std::atomic<bool> working_{false};  ///< a task runs, on the loop or a worker: it reports the end
  std::function<void()> on_cancel_;   ///< loop only
  std::uint64_t timer_ = 0;           ///< loop only
  std::mutex mutex_;                  ///< guards the two below
  std::unique_ptr<OpTask> task_;
  std::shared_ptr<Operation> held_by_task_;
};

}  // namespace detail

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
  bool finish(FinishReason reason) { return alive() && state_->out.finish(reason); }
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
