/// \file operation.hpp
/// One operation of the plugin, as its process knows it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

#include "plugin_host/outbox.hpp"
#include "prx/plugin.h"

namespace prx::plugin_host {

/// Events on their way to the host, within the credit that it gave: a slow reader stops the workers
/// of one operation, and events of the loop wait here, in this process's memory. Any thread.
class EventGate {
 public:
  EventGate(Outbox& outbox, std::int64_t credit) : outbox_(outbox), credit_(credit) {}

  enum class Taken { kYes, kEnded, kStopped };
  /// Sends a frame, or keeps it until there is credit. \param last  nothing comes after it.
  [[nodiscard]] Taken send(std::string frame, bool last);
  /// The same on a worker: waits for credit. kStopped when nobody wants it any more.
  [[nodiscard]] Taken send_from_worker(std::string frame, bool last);
  void add_credit(std::int64_t bytes);
  /// Nobody waits any more.
  void stop();
  [[nodiscard]] bool ended();
  [[nodiscard]] bool stopped() const { return stop_; }

 private:
  [[nodiscard]] bool has_room() const { return waiting_.empty() && credit_ > 0; }
  void pass(const std::string& frame);

  Outbox& outbox_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::int64_t credit_;
  std::deque<std::string> waiting_;
  std::atomic<bool> stop_{false};  ///< set under mutex
  bool ended_ = false;
};

/// Loop thread, but for `gate`.
struct Operation {
  Operation(std::uint64_t number, Outbox& outbox, std::int64_t credit)
      : id(number), gate(outbox, credit) {}
  const std::uint64_t id;
  std::string body;    ///< stays until release
  void* op = nullptr;  ///< the plugin's
  bool starting = true, failed = false, cancelled = false, releasing = false;
  unsigned events_in_start = 0, workers = 0, timers = 0, exchanges = 0;
  EventGate gate;
};

}  // namespace prx::plugin_host
