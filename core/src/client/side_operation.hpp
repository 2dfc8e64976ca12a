/// \file side_operation.hpp
/// An operation that is not a chat: models, health, warm-up.
#pragma once

#include <functional>
#include <memory>

#include "client/operation.hpp"

namespace prx::driver {

/// Everything on the loop. Whoever starts it keeps it until `done` was called.
class SideOperation final : private OperationObserver {
 public:
  using Take = std::function<void(const prx_event&)>;
  /// nullptr: done well.
  using Done = std::function<void(const Error*, const OperationStats&)>;

  SideOperation(Take take, Done done) : take_(std::move(take)), done_(std::move(done)) {}
  void start(ProviderInstance& instance, OperationRequest request) {
    operation_ = Operation::start(instance, std::move(request), *this);
  }
  void cancel() {
    if (operation_) operation_->cancel();
  }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  void on_operation_head() override {}
  void on_operation_event(const prx_event& event) override {
    if (take_) take_(event);
  }
  void on_operation_end(const Error* error) override {
    ended_ = true;
    const OperationStats stats = operation_->stats();
    operation_.reset();
    done_(error, stats);
  }

  Take take_;
  Done done_;
  std::shared_ptr<Operation> operation_;
  bool ended_ = false;
};

}  // namespace prx::driver
