/// \file operation.hpp
/// One operation of a plugin, seen from the host: started once, ended once, released once, whatever
/// the plugin does. It owns the exchanges, timers and workers that the plugin asked for on its
/// behalf.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/exchange.hpp"
#include "client/provider_instance.hpp"
#include "client/runtime.hpp"
#include "client/worker_event.hpp"
#include "prx/plugin.h"

namespace prx::driver {

/// Hears of one operation, on the loop. It may cancel the operation from any callback.
class OperationObserver {
 public:
  /// A response head came, of whatever exchange.
  virtual void on_operation_head() = 0;
  /// Not the terminal one.
  virtual void on_operation_event(const prx_event& event) = 0;
  /// Exactly once and last; nullptr: done.
  virtual void on_operation_end(const Error* error) = 0;

 protected:
  ~OperationObserver() = default;
};

struct OperationRequest {
  std::uint32_t op = PRX_OP_CHAT;
  std::uint32_t flags = 0;
  std::uint32_t attempt = 1;
  std::string_view model;                   ///< borrowed for start(), as are the two below
  std::shared_ptr<const std::string> body;  ///< shared by the attempts of a call; may be null
  std::string_view request_id, traceparent;
  std::optional<MonotonicTime> deadline;
  std::size_t key = 0;  ///< index into the instance's keys
  http::Clocks clocks;  ///< what -1 in a prx_http_req means
};

/// The body of an error has half the time of a first token, and so ends before the clock of who
/// waits for that token would: the status says more than that nothing came. nullopt: as the
/// transport has it.
[[nodiscard]] inline std::optional<std::chrono::milliseconds> error_body_clock(
    const TimeoutConfig& clocks) {
  return clocks.first_token ? std::optional(*clocks.first_token / 2) : std::nullopt;
}

/// What HTTP did for it; times count from start().
struct OperationStats {
  std::uint32_t exchanges = 0;
  int http_status = 0, http_version = 0;
  bool reused = false;
  bool refused = false;  ///< by the plugin's start(): nobody was asked
  std::uint64_t bytes = 0;
  std::optional<std::chrono::nanoseconds> connected, head;
};

/// Lives in the instance's list until it is released; observers may let go of it at any time. Loop
/// thread only, but for emit() from its worker.
class Operation : public std::enable_shared_from_this<Operation> {
 public:
  static constexpr std::chrono::seconds kCancelGrace{1};  ///< from cancel to a forced end
  static constexpr std::chrono::seconds kDrainMax{
      1};  ///< for the rest of a body after the answer's end
  /// Bytes of bodies that are not the call's own, which a drain would hold outside of any limit.
  static constexpr std::size_t kDrainCopiesMax = 1u << 20;
  static constexpr std::size_t kWorkerEventsMax = 256;  ///< waiting between a worker and the loop
  static constexpr std::size_t kExchangesMax = 64;      ///< of one operation, ended ones included
  static constexpr unsigned kPostsMax = 4'096;          ///< tasks posted and not yet run
  static constexpr std::size_t kTimersMax = 64;         ///< of one operation at once
  static constexpr std::chrono::milliseconds kWaitMax = std::chrono::hours{168};  ///< cap of waits

  /// Starts; the observer hears of the end in any case, but never before this returned. It is
  /// borrowed until on_operation_end or abandon().
  static std::shared_ptr<Operation> start(ProviderInstance& instance,
                                          const OperationRequest& request,
                                          OperationObserver& observer);
  ~Operation();

  /// Asks the plugin to stop; the end comes within kCancelGrace, as kCancelled unless the plugin is
  /// faster.
  void cancel();
  /// The observer hears nothing from now on; the operation is cancelled.
  void abandon();
  void pause();
  void resume();
  /// The answer has begun: bodies that came with the configured clocks may be silent for `limit`
  /// from now on.
  void start_idle_clock(std::optional<std::chrono::milliseconds> limit);
  [[nodiscard]] const OperationStats& stats() const { return stats_; }
  /// Index into the instance's keys.
  [[nodiscard]] std::size_t key() const { return key_; }
  [[nodiscard]] ProviderInstance& instance() const { return instance_; }
  [[nodiscard]] std::uint64_t id() const { return id_; }

  // For the services of the host (host_services.cpp), already checked to be of this instance.
  [[nodiscard]] std::int32_t send(const prx_http_req& request, const prx_http_sink& sink,
                                  const prx_fail* fail, std::uint64_t* id);
  /// By sub_handle(); unknown ones are ignored.
  void cancel_exchange(std::uint64_t sub);
  [[nodiscard]] std::uint64_t start_timer(std::int64_t delay_ms, prx_task task, void* ctx);
  void cancel_timer(std::uint64_t sub);
  [[nodiscard]] std::int32_t spawn(prx_task task, void* ctx);
  /// Runs a task that post_started() counted.
  void run_posted(prx_task task, void* ctx);
  /// Counts one more task; false when kPostsMax wait already. Under the instance's lock, any
  /// thread.
  [[nodiscard]] bool post_started() { return ++posts_ <= kPostsMax || (--posts_, false); }
  [[nodiscard]] bool posts_pending() const { return posts_ > 0; }
  /// The plugin's event on the loop. \return what the sink returns to the plugin.
  std::int32_t emit(const prx_event& event);
  /// The plugin's event on the worker that spawn gave it: waits for room.
  std::int32_t emit_from_worker(const prx_event& event);

  // For its exchanges.
  void exchange_head(const http::Head& head);
  void exchange_data(std::size_t size) { stats_.bytes += size; }
  void exchange_end(const http::End& end);
  [[nodiscard]] bool plugin_listens() const {
    return !released_ && !invalidated_ && !start_failed_;
  }

  void set_live_index(std::size_t index) { live_index_ = index; }
  [[nodiscard]] std::size_t live_index() const { return live_index_; }

 private:
  enum class State { kStarting, kRunning, kEnded };
  struct Timer {
    std::uint8_t number;
    Loop::TimerId id;
  };

  Operation(ProviderInstance& instance, const OperationRequest& request,
            OperationObserver& observer);
  void call_start(const OperationRequest& request);
  void tell(const prx_event& event);
  [[nodiscard]] bool event_text_holds(const prx_event& event);
  void end(const Error* error);
  void end_later(Error error);
  void take_worker_events();
  void worker_done();
  void stop_workers();
  void maybe_release();
  void release();
  void give_up_on_plugin();
  void drop_plugins_work();
  void settle_exchanges();
  /// Nothing of a good answer is missing but the end of its body. Until a head came, the request's
  /// body may be on its way still: that is for nobody.
  [[nodiscard]] bool is_rest_worth_reading() const {
    return ended_well_ && heads_ == stats_.exchanges && copied_ <= kDrainCopiesMax;
  }
  void drain(const std::shared_ptr<Exchange>& exchange);
  [[nodiscard]] std::optional<Error> request_problem(const prx_http_req& request) const;
  [[nodiscard]] std::optional<Error> header_problem(const prx_http_req& request,
                                                    const http::HeaderList& made) const;
  [[nodiscard]] http::HeaderList build_headers(const prx_http_req& request) const;
  [[nodiscard]] http::Request build_request(const prx_http_req& request) const;

  // First what each event needs, together.
  ProviderInstance& instance_;
  Runtime& runtime_;
  OperationObserver* observer_;
  State state_ = State::kStarting;
  bool started_ok_ = false, cancelled_ = false, released_ = false, invalidated_ = false,
       paused_ = false;
  bool release_posted_ = false, ended_well_ = false, start_failed_ = false;
  OperationStats stats_;
  std::uint32_t heads_ = 0;  ///< of its exchanges
  std::size_t copied_ = 0;   ///< bytes of their bodies that are not of body_

  const std::shared_ptr<const std::string> body_;  // shared by the attempts of a call
  const std::size_t key_;
  const http::Clocks clocks_;
  std::uint64_t id_ = 0;
  void* op_ = nullptr;                   ///< the plugin's
  std::unique_ptr<const Error> breach_;  ///< the end, whatever the plugin says now
  unsigned events_in_start_ = 0;
  MonotonicTime started_at_;
  std::vector<std::shared_ptr<Exchange>> exchanges_;
  std::vector<Timer> timers_;
  std::uint8_t next_timer_ = 1;
  Loop::TimerId grace_timer_ = 0;
  unsigned workers_ = 0;
  std::atomic<unsigned> posts_{0};
  std::size_t live_index_ = 0;

  /// What an operation with workers needs beyond the others; made by spawn().
  struct WorkerSide {
    std::mutex mutex;
    std::condition_variable room;
    std::size_t events = 0;         ///< under mutex
    bool stop = false;              ///< under mutex
    std::deque<WorkerEvent> queue;  ///< loop only; waits while the call is paused
  };
  std::unique_ptr<WorkerSide> worker_side_;
};

}  // namespace prx::driver
