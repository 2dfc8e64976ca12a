/// \file journal.hpp
/// Counts and the log of requests, shared by the simulator's thread and whoever asks.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

#include "sim/simulator.hpp"

namespace prx::sim {

/// 64-bit FNV-1a; 0 for "".
[[nodiscard]] std::uint64_t hash_key(std::string_view key);

/// Any thread.
class Journal {
 public:
  /// `told` of each request that is kept and has ended, without the lock.
  explicit Journal(std::size_t requests_max, std::function<void(const RequestRecord&)> told = {})
      : requests_max_(requests_max), told_(std::move(told)) {}

  /// The connection's number, from 1.
  [[nodiscard]] std::uint64_t connected();
  void refused();
  void disconnected();
  /// The request's number, from 1; `record.number` is set by it.
  [[nodiscard]] std::uint64_t arrived(RequestRecord record);

  struct End {
    std::uint64_t number;
    int status;
    Outcome outcome;
    std::uint64_t bytes_sent;
    std::chrono::milliseconds duration;
  };
  void ended(const End& end);

  [[nodiscard]] Stats stats() const;
  [[nodiscard]] std::vector<RequestRecord> requests() const;
  [[nodiscard]] bool wait_for(const std::function<bool(const Stats&)>& done,
                              std::chrono::milliseconds timeout) const;

 private:
  const std::size_t requests_max_;
  const std::function<void(const RequestRecord&)> told_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Stats stats_;
  std::deque<RequestRecord> requests_;  ///< numbers without a gap
};

}  // namespace prx::sim
