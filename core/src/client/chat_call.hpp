/// \file chat_call.hpp
/// One chat of a caller: drives the engine with operations and timers, and delivers to the caller's
/// sink.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "client/answer.hpp"
#include "client/operation.hpp"
#include "client/owned_event.hpp"
#include "client/runtime.hpp"
#include "prx/client.hpp"
#include "reliability/call_engine.hpp"
#include "reliability/key_lanes.hpp"

namespace prx::driver {

/// What a call needs to know of a target; the body is specialised already.
struct CallTarget {
  ProviderInstance* instance = nullptr;
  std::string model;
  std::shared_ptr<const std::string> body;
};

struct ChatPlan {
  reliability::Plan plan;  ///< targets in the same order
  std::vector<CallTarget> targets;
  CallOptions options;
  std::string request_id;
};

/// Owned by the caller's handle and by what runs on the loop, hence shared. Everything but the
/// functions of the handle happens on the loop.
class ChatCall final : public std::enable_shared_from_this<ChatCall>, private OperationObserver {
 public:
  static constexpr std::size_t kHeldMax =
      1'024;  ///< events before the commit point; more is kBadResponse

  /// `on_ended` runs on the loop after the sink's on_end. Runtime, lanes and instances outlive the
  /// call.
  ChatCall(Runtime& runtime, reliability::KeyLanes& lanes, ChatPlan plan, Sink& sink,
           std::function<void()> on_ended);

  /// Begins on the loop. With an error the call only reports it.
  void start(std::optional<Error> refused);

  // The handle's side; any thread.
  void cancel();
  void pause();
  void resume();
  /// Cancels, then: off the loop waits for the end; on it, lets go of the sink at once.
  void close();
  /// True once the sink heard of the end: the runtime may be gone from then on.
  [[nodiscard]] bool gone();
  /// True on the loop of this call; asks nothing of the runtime.
  [[nodiscard]] bool on_own_loop() const { return thread_context().table == table_; }
  /// The loop has stopped: nothing comes any more, and nobody waits.
  void loop_stopped();

 private:
  void post(void (ChatCall::*function)());
  void pause_operation();
  void begin();
  void cancel_now();
  void pause_now();
  void resume_now();
  void perform();
  void perform_one(const reliability::StartAttempt& action);
  void perform_one(const reliability::CancelAttempt& action);
  void perform_one(const reliability::Commit& action);
  void perform_one(const reliability::Finish& action);
  void perform_one(const reliability::GiveUp& action);
  void arm_timer();
  void close_attempt(const Error* error);
  void note_exchanges(Attempt& attempt) const;
  void end(std::optional<Error> error);
  void deliver(const prx_event& event);
  void deliver_tool_calls();
  void broken(const Error& error);
  [[nodiscard]] reliability::AttemptNumber attempt_number() const {
    return operation_ ? operation_->request().attempt : 0;
  }
  [[nodiscard]] http::Clocks clocks_of(const TimeoutConfig& clocks) const;

  void on_operation_head() override;
  void on_operation_event(const prx_event& event) override;
  void on_operation_end(const Error* error) override;

  Runtime& runtime_;            ///< gone once gone_ is set; see on_own_loop()
  const OpTable* const table_;  ///< names the loop; compared, never followed
  reliability::KeyLanes& lanes_;
  const ChatPlan plan_;
  Sink* sink_;
  std::function<void()> on_ended_;
  std::optional<reliability::CallEngine> engine_;
  reliability::Actions actions_;
  bool performing_ = false, held_back_ = false;

  std::shared_ptr<Operation> operation_;
  Answer answer_;
  std::size_t attempt_target_ = 0;   ///< of the attempt that runs, as are the three below
  std::string_view attempt_reason_;  ///< static text
  MonotonicTime attempt_started_;
  std::optional<MonotonicTime> first_token_;
  bool committed_ = false, ended_ = false;
  std::vector<OwnedEvent> held_;  ///< what came before the commit point
  std::vector<Attempt> trail_;
  Loop::TimerId timer_ = 0;
  MonotonicTime timer_due_;
  std::optional<std::stop_callback<std::function<void()>>> stop_;

  std::mutex mutex_;
  std::condition_variable closed_;
  bool gone_ = false;  ///< guarded: on_end returned, or the sink was let go of
};

}  // namespace prx::driver
