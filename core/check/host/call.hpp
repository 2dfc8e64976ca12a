/// \file call.hpp
/// One operation of the plugin, seen from the strict host: started, driven and released by a rule.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "check/host/event_copy.hpp"
#include "check/host/event_judge.hpp"
#include "check/host/host.hpp"
#include "check/host/loop.hpp"
#include "prx/plugin.h"

namespace prx::check {

class FailJudge;

/// What a host may refuse an operation.
enum class Service { kNone, kSend, kSpawn, kTimer, kPost };

/// What a rule starts, and what it does in the middle. Counts of events begin at 1; 0: never.
struct CallSpec {
  std::uint32_t op = PRX_OP_CHAT;
  std::uint32_t flags = 0;
  std::string model, body;
  std::size_t cancel_inside = 0;     ///< cancel from inside that event
  std::size_t cancel_after = 0;      ///< cancel on the loop once that event returned
  std::size_t stop_at = 0;           ///< the sink wants no more from that event on
  Service refused = Service::kNone;  ///< which calls of it the host refuses ...
  std::size_t refused_from = 1;      ///< ... from that one on
  bool keep_events = true;           ///< false: only the terminal one is kept
};

/// Loop thread only, but for its workers' events. Must not outlive its host. Refuses what is above
/// the limits that prx/plugin.h lets a host have.
class Call {
 public:
  static constexpr std::size_t kTimersMax = 64;                     ///< at once
  static constexpr std::size_t kPostsMax = 4'096;                   ///< not yet run
  static constexpr std::size_t kWorkersMax = 1;                     ///< at once
  static constexpr std::size_t kExchangesMax = 64;                  ///< ended ones included
  static constexpr std::int64_t kDelayMax = 168ll * 3'600 * 1'000;  ///< milliseconds of a timer
  /// Real time in which a worker returns that has posted what comes next.
  static constexpr std::chrono::milliseconds kWorkerReturns{200};
  static constexpr std::size_t kEventsMax = 100'000;      ///< kept; the terminal one is always
  static constexpr std::chrono::seconds kGrace{1};        ///< from cancel to the end, virtual time
  static constexpr std::chrono::seconds kWorkerGrace{3};  ///< the same in real time
  static constexpr std::chrono::seconds kWorkerMax{10};   ///< real time without a word of a worker

  Call(Host& host, Loop& loop, const prx_provider& provider, CallSpec spec);
  /// Releases first when that was not done.
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// The plugin's start. \return whether it took the operation
  bool start(void* instance);
  /// Turns the loop until the end, or until nothing would ever happen again. \return whether it
  /// ended
  bool run();
  /// As run(), as long as `on` says so.
  bool run_while(const std::function<bool()>& on);
  /// The same for that much virtual time at most; with workers up to kWorkerGrace of real time.
  bool run_for(std::chrono::nanoseconds time);
  /// Turns the loop for that much virtual time, whether it ended or not.
  void linger(std::chrono::nanoseconds time);
  void cancel();
  /// Turns the loop for posted tasks and workers, then releases. Only after the end.
  void release();
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] bool cancelled() const { return cancelled_; }
  /// The host has refused what its spec says.
  [[nodiscard]] bool was_refused() const { return was_refused_; }
  [[nodiscard]] std::size_t events() const { return events_; }
  [[nodiscard]] std::size_t running_exchanges() const;
  /// So far: its worker may be at it.
  [[nodiscard]] CallOutcome outcome() const {
    const std::lock_guard lock(event_mutex_);
    return outcome_;
  }
  [[nodiscard]] Loop& loop() const { return loop_; }
  [[nodiscard]] std::uint64_t id() const { return id_; }

  // For the services of the host, on the loop but for post() and see().
  [[nodiscard]] std::int32_t send(const prx_http_req& request, const prx_http_sink& sink,
                                  const prx_fail* fail, std::uint64_t* id);
  void cancel_exchange(std::uint64_t id);
  [[nodiscard]] bool post(prx_task task, void* ctx);  ///< under the host's lock
  /// Nothing posted is left to run, and no worker works.
  [[nodiscard]] bool idle() const { return posts_ == 0 && working_ == 0; }
  bool closed = false;  ///< the host's, under its lock: it takes no more tasks
  [[nodiscard]] bool spawn(prx_task task, void* ctx);
  [[nodiscard]] std::uint64_t timer(std::int64_t delay_ms, prx_task task, void* ctx);
  void cancel_timer(std::uint64_t id);
  [[nodiscard]] std::int32_t see(const prx_event& event);

 private:
  struct Exchange {
    std::uint64_t id = 0;
    prx_http_sink sink{};
    Script script;
    std::size_t piece = 0, times = 0;
    std::uint64_t step = 0;  ///< on the loop
    std::uint64_t bytes = 0;
    bool running = true;
  };
  static std::int32_t on_event(void* slot, const prx_event* event) noexcept;
  std::int32_t call_start(void* instance, FailJudge& fail);
  bool turn(std::int64_t until_ns, std::chrono::steady_clock::time_point worker_deadline);
  void schedule(Exchange& exchange, std::chrono::milliseconds wait, void (Call::*step)(Exchange&));
  void head(Exchange& exchange);
  void data(Exchange& exchange);
  void end(Exchange& exchange);
  void next(Exchange& exchange);
  void take(const prx_event& event);
  void keep(const prx_event& event);
  void react();
  void scan(const prx_event& event);
  void later(std::function<void()> task);
  [[nodiscard]] bool refuses(Service service);
  [[nodiscard]] bool has_free_worker() const;
  void start_worker(prx_task task, void* ctx);
  /// The host forgets it. `when`: what an exchange that still runs is blamed on; null: nobody.
  void leave(const char* when);

  Host& host_;
  World& world_;
  Loop& loop_;
  const prx_provider& provider_;
  const CallSpec spec_;
  const std::uint64_t id_;
  Slot& slot_;
  Lender body_lender_;
  prx_str body_{};
  void* op_ = nullptr;
  bool starting_ = false, started_ = false, gone_ = false;
  std::atomic<bool> was_refused_{false};  ///< a worker's post may be
  std::size_t asked_ = 0;                 ///< of the service that is refused
  std::atomic<bool> cancelled_{false}, ended_{false};
  std::atomic<std::size_t> events_{0};
  mutable std::recursive_mutex
      event_mutex_;  ///< held while an event is taken; guards the three below
  int depth_ = 0;    ///< events under way
  EventJudge judge_;
  CallOutcome outcome_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::map<std::uint64_t, std::uint64_t> timers_;  ///< by their ids, those of the loop
  std::uint64_t last_sub_ = 0;
  std::atomic<std::size_t> posts_{0}, working_{0};
  std::vector<std::pair<prx_task, void*>> spawned_;  ///< from inside start: they begin after it
  std::vector<std::thread> workers_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< shared with what is posted
};

}  // namespace prx::check
