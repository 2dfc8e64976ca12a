/// \file side_operation.hpp
/// An operation that is not a chat: models, health, warm-up.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "client/measure.hpp"
#include "client/operation.hpp"

namespace prx::driver {

/// Everything on the loop. Whoever starts it keeps it until `done` was called.
class SideOperation final : private OperationObserver {
 public:
  using Take = std::function<void(const prx_event&)>;
  /// nullptr: done well.
  using Done = std::function<void(const Error*, const OperationStats&)>;

  SideOperation(Take take, Done done) : take_(std::move(take)), done_(std::move(done)) {}

  /// `limit` is of the whole operation; it ends as kTimeout then.
  void start(ProviderInstance& instance, OperationRequest request,
             std::optional<Milliseconds> limit) {
    loop_ = &instance.runtime().loop;
    op_ = request.op;
    began_ = loop_->now();
    request.clocks.error_body = error_body_clock(instance.config().timeouts);
    if (limit) {
      const auto wait = std::min(*limit, Operation::kWaitMax);
      request.deadline = loop_->now() + wait;
      timer_ = loop_->start_timer(wait, [this] { expire(); });
    }
    operation_ = Operation::start(instance, request, *this);
  }
  void cancel() {
    if (operation_) operation_->cancel();
  }

 private:
  void expire() {
    timer_ = 0;
    timed_out_ = true;
    cancel();
  }
  void on_operation_head() override {}
  void on_operation_event(const prx_event& event) override {
    if (take_) take_(event);
  }
  void on_operation_end(const Error* error) override {
    if (timer_ != 0) loop_->cancel_timer(timer_);
    const auto operation = std::exchange(operation_, nullptr);
    const Done done = std::exchange(done_, nullptr);  // with what it keeps alive
    if (error == nullptr || !timed_out_) {
      measure(*operation, error);
      return done(error, operation->stats());
    }
    Error timeout;
    timeout.error_class = ErrorClass::kTimeout;
    timeout.message =
        "provider '" + operation->instance().config().name + "': the deadline ran out";
    measure(*operation, &timeout);
    done(&timeout, operation->stats());
  }
  void measure(const Operation& operation, const Error* error) const {
    const ProviderInstance& instance = operation.instance();
    if (instance.runtime().metrics != nullptr)
      measure_side(instance.runtime(), op_, instance.config(), error, operation.stats(),
                   loop_->now() - began_);
  }

  Take take_;
  Done done_;
  Loop* loop_ = nullptr;
  std::shared_ptr<Operation> operation_;
  Loop::TimerId timer_ = 0;
  bool timed_out_ = false;
  std::uint32_t op_ = 0;
  MonotonicTime began_{};
};

}  // namespace prx::driver
