/// \file chat_call.hpp
/// One chat of a caller, or one request to another endpoint: drives the chain engine with attempts
/// and timers, and delivers to the caller's sink.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "client/attempt_run.hpp"
#include "client/forked.hpp"
#include "client/request_body.hpp"
#include "client/runtime.hpp"
#include "client/shared_health.hpp"
#include "client/snapshot.hpp"
#include "prx/client.hpp"
#include "reliability/chain_engine.hpp"

namespace prx::driver {

struct ChatPlan {
  /// Of a request that is no chat: below the base URLs of the targets, "/embeddings"; "": a chat
  std::string path;
  std::shared_ptr<const PreparedChain> chain;  ///< of the snapshot; shared by its calls
  reliability::Terms terms;
  RequestBody::Text body;             ///< as the caller wrote it; null only when refused
  bool has_format = false;            ///< the body asks for a response_format
  bool overwrite_stream = false;      ///< `options.stream_upstream` wins over the body's
  std::optional<SpecialBody> first;   ///< for the first target, made already
  std::vector<Attempt> skipped = {};  ///< targets that cannot serve it, for the trail
  bool prices_known = false;          ///< what serves it is what its targets are asked for
  CallOptions options;
  std::string request_id;
  std::shared_ptr<Snapshot> snapshot;     ///< keeps the instances; null in tests
  SharedHealth* shared_health = nullptr;  ///< outlives the call; null: nothing is shared

  [[nodiscard]] bool is_chat() const { return path.empty(); }
  [[nodiscard]] const CallTarget& target(std::size_t index) const { return chain->targets[index]; }
  [[nodiscard]] const reliability::PlanTarget& plan_target(std::size_t index) const {
    return chain->plan.targets[index];
  }
  /// What makes the body special for a target; views into this plan and its snapshot.
  [[nodiscard]] BodyOptions edit_for(std::size_t index) const;
};

/// Owned by the caller's handle and by what runs on the loop, hence shared. Everything but the
/// functions of the handle happens on the loop.
class ChatCall final : public std::enable_shared_from_this<ChatCall>, private RunObserver {
 public:
  /// `on_ended` runs on the loop after the sink's on_end. Runtime, health and instances outlive the
  /// call.
  ChatCall(Runtime& runtime, reliability::Health& health, ChatPlan&& plan, Sink& sink,
           std::function<void()> on_ended);

  ~ChatCall();

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
  /// True in a child of fork(), where nothing of it goes on.
  [[nodiscard]] bool forked() const { return home_.left(); }
  /// The loop has stopped: nothing comes any more, and nobody waits.
  void loop_stopped();

 private:
  using Runs = std::vector<std::unique_ptr<AttemptRun>>;

  // chat_call.cpp: the handle's side, and the engine's actions
  void post(void (ChatCall::*function)());
  void begin();
  void begin_sharing(MonotonicTime now);
  void before_choice();
  void cancel_now();
  void pause_now();
  void resume_now();
  void hold_back();
  void perform();
  void perform_one(const reliability::StartAttempt& action);
  void perform_one(const reliability::CancelAttempt& action);
  void perform_one(const reliability::Commit& action);
  void perform_one(const reliability::CloseAttempt& action);
  void perform_one(const reliability::Finish& action);
  void perform_one(const reliability::GiveUp& action);
  [[nodiscard]] Result<SpecialBody> body_for(const reliability::StartAttempt& start) const;
  void begin_run(AttemptRun& run, const SpecialBody& body);
  void arm_timer();
  void on_timer();
  void end(std::optional<Error> error, ChatResponse&& response);
  void measure_end(const std::optional<Error>& error, const ChatResponse& response) const;
  // chat_delivery.cpp: what attempts say, and what the caller is given
  void on_run_head(AttemptRun& run) override;
  void on_run_event(AttemptRun& run, const prx_event& event) override;
  void on_run_end(AttemptRun& run, const Error* error) override;
  void content(AttemptRun& run, MonotonicTime now);
  void run_ended(AttemptRun& run, std::optional<Error> error);
  void pass_on(AttemptRun& run, const prx_event& event);
  void tell_whole(AttemptRun& run);
  void give(AttemptRun& run, const StreamEvent& out);
  void rescue_with(AttemptRun& run, StreamEvent event);
  void spliced(AttemptRun& run);
  [[nodiscard]] StreamEvent reframed(AttemptRun& run, StreamEvent event) const;
  void deliver(const StreamEvent& event);
  bool deliver_held(AttemptRun& run);
  void deliver_tool_calls(Answer& answer);
  void broken(AttemptRun& run, const Error& error);
  [[nodiscard]] static Error too_much_held_back();
  void prepare_rescue(AttemptRun& run);
  void close_run(AttemptRun& run, const Error* error);
  void log_attempt(const Attempt& attempt) const;
  void tell(const Attempt& attempt) const;
  void tell_skipped();
  [[nodiscard]] AttemptRun* find(reliability::AttemptNumber attempt);
  void bury(AttemptRun& run);

  // First what each piece of an answer needs, together.
  Runtime& runtime_;  ///< gone once gone_ is set; see on_own_loop()
  Sink* sink_;
  bool performing_ = false, held_back_ = false, ended_ = false;
  bool any_delivered_ = false;                ///< of the answer
  reliability::AttemptNumber committed_ = 0;  ///< whose words the caller is given; 0: nobody's
  reliability::Actions actions_;
  std::optional<reliability::ChainEngine> engine_;

  const HomeProcess home_;
  const OpTable* const table_;  ///< names the loop; compared, never followed
  reliability::Health& health_;
  ChatPlan plan_;  ///< does not change; its snapshot is let go of at the end
  std::function<void()> on_ended_;
  std::unique_ptr<SharedCall> shared_;  ///< until the end; null: nothing is shared
  Runs runs_;                         ///< alive, or ended with an answer that waits for its Finish
  Runs buried_;                       ///< not needed any more; perhaps on the call stack
  reliability::Delivered delivered_;  ///< what the caller has; made when a stream breaks
  std::unique_ptr<ChatResponse> partial_;  ///< of the stream that broke last; null: none did
  std::uint32_t last_tool_ = 0;            ///< index of the newest tool call delta delivered
  bool any_tool_ = false;
  std::vector<Attempt> trail_;
  MonotonicTime began_{};                         ///< on the loop
  std::optional<MonotonicTime> first_delivered_;  ///< of the answer
  Loop::TimerId timer_ = 0;
  MonotonicTime timer_due_;
  std::unique_ptr<std::stop_callback<std::function<void()>>> stop_;  ///< of a token that can stop

  std::mutex mutex_;
  std::condition_variable closed_;
  bool gone_ = false;  ///< guarded: on_end returned, or the sink was let go of
};

}  // namespace prx::driver
