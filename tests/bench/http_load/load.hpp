/// \file load.hpp
/// HttpLoad: clients of an HTTP service in one thread, each answer checked whole. Latencies of an
/// open load count from when a request was due, not from when there was a connection for it, so a
/// service that stalls is seen by all requests that fell into its pause.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bench/http_load/answer_check.hpp"
#include "bench/http_load/options.hpp"
#include "bench/http_load/watched.hpp"

namespace prx::bench {

class HttpLoad {
 public:
  explicit HttpLoad(const HttpLoadOptions& options);
  ~HttpLoad();
  HttpLoad(const HttpLoad&) = delete;
  HttpLoad& operator=(const HttpLoad&) = delete;

  /// Until everything was asked and answered, and then prints one line: count, events, cpu_ns,
  /// wall_ns, load_cpu_ns, streams, memory_before, memory_after, p50_ns, p99_ns. Dies on a wrong
  /// answer, and when nothing comes for kSilenceMax.
  void run();

  static constexpr std::chrono::seconds kSilenceMax{20};

 private:
  using Time = std::chrono::nanoseconds;  // since the epoch of CLOCK_MONOTONIC
  struct Peer;

  [[nodiscard]] Peer& connect();
  void send(Peer& peer, Time due);
  void read(Peer& peer);
  void on_event(Peer& peer, Time sent, Time now);
  void on_answer(Peer& peer, Time now);
  void start_more();
  void open_streams();
  void arm_timer();
  void on_timer();
  void begin();
  void end();
  void print();
  [[nodiscard]] std::size_t total() const;

  HttpLoadOptions options_;
  Expected expected_;
  std::string request_;
  Watched watched_;
  int epoll_ = -1, timer_ = -1;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<Peer*> idle_;
  std::deque<Time> overdue_;  // no connection was free for them; kOpen
  Time first_due_{0};
  std::size_t due_ = 0;  // requests that became due; kOpen
  std::size_t started_ = 0, done_ = 0, opened_ = 0, events_ = 0;
  bool measuring_ = false, measured_ = false;
  Time wall_{0}, cpu_{0}, load_cpu_{0};
  std::size_t memory_before_ = 0, memory_after_ = 0;
  std::vector<std::uint64_t> latencies_;
  std::array<char, 1 << 18> buffer_;
};

}  // namespace prx::bench
