/// \file attempt_run.hpp
/// One attempt of a call, alive: its operation, the answer as far as it came, and what waits for
/// the commit point.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/answer.hpp"
#include "client/operation.hpp"
#include "client/owned_event.hpp"
#include "reliability/chain_engine.hpp"
#include "reliability/splice.hpp"

namespace prx::driver {

class AttemptRun;

/// Hears of the attempts of one call, on the loop. It may let go of the attempt from any callback,
/// as long as it destroys it later.
class RunObserver {
 public:
  virtual void on_run_head(AttemptRun& run) = 0;
  virtual void on_run_event(AttemptRun& run, const prx_event& event) = 0;
  virtual void on_run_end(AttemptRun& run, const Error* error) = 0;

 protected:
  ~RunObserver() = default;
};

/// Loop thread only. It ends, or is abandoned, before it is destroyed.
class AttemptRun final : private OperationObserver {
 public:
  static constexpr std::size_t kEventsMax = 1'024;    ///< of a stream, before its first token
  static constexpr std::size_t kHeldMax = 64u << 20;  ///< bytes held back in all
  static constexpr std::size_t kEventCost = 128;      ///< bytes, beside its text

  AttemptRun(RunObserver& observer, const reliability::StartAttempt& start, MonotonicTime now)
      : observer_(observer), start_(start), started_at_(now) {}
  AttemptRun(const AttemptRun&) = delete;
  AttemptRun& operator=(const AttemptRun&) = delete;

  /// The end comes in any case, but never before this returned.
  void begin(ProviderInstance& instance, const OperationRequest& request,
             const std::string& model) {
    model_ = model;
    operation_ = Operation::start(instance, request, *this);
  }
  /// Nothing more is heard of it; its operation is cancelled.
  void abandon() {
    if (operation_ && !std::exchange(over_, true)) operation_->abandon();
  }
  void pause() {
    if (operation_ && !over_) operation_->pause();
  }
  void resume() {
    if (operation_ && !over_) operation_->resume();
  }

  /// Keeps an event until the commit point; an answer in one piece until its end. False: there is
  /// no room.
  [[nodiscard]] bool hold(const StreamEvent& event);
  [[nodiscard]] std::vector<OwnedEvent> take_held() {
    held_bytes_ = 0;
    return std::exchange(held_, {});
  }

  [[nodiscard]] const reliability::StartAttempt& start() const { return start_; }
  [[nodiscard]] reliability::AttemptNumber number() const { return start_.attempt; }
  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] Operation* operation() const { return operation_.get(); }
  [[nodiscard]] Answer& answer() { return answer_; }

  /// The entry of the trail, with what is known now.
  [[nodiscard]] Attempt trail(const ProviderConfig& config, MonotonicTime now, const Error* error);

  std::optional<MonotonicTime> first_token;
  std::optional<reliability::Splice> splice;  ///< of a Mode::kSplice, while it compares
  bool stream = true;                         ///< its upstream answers token by token
  bool has_format = false;                    ///< its answer is a structured output
  bool wants_json = false;                    ///< which is JSON
  bool spliced = false;                       ///< the caller sees what it says
  bool frame_cut = false;                     ///< the frame of its last event was not delivered

 private:
  void on_operation_head() override { observer_.on_run_head(*this); }
  void on_operation_event(const prx_event& event) override { observer_.on_run_event(*this, event); }
  void on_operation_end(const Error* error) override {
    over_ = true;
    observer_.on_run_end(*this, error);
  }

  RunObserver& observer_;
  bool over_ = false;
  const reliability::StartAttempt start_;
  Answer answer_;
  const MonotonicTime started_at_;
  std::shared_ptr<Operation> operation_;  // shared with the instance that keeps it until release
  std::string model_;
  std::vector<OwnedEvent> held_;
  std::size_t held_bytes_ = 0;
};

}  // namespace prx::driver
