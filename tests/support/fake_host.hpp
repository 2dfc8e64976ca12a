/// \file fake_host.hpp
/// A scripted host for plugins, without network and clock: records what a plugin asks for, and lets
/// a test play the answers and move the time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "prx/plugin.h"
#include "prx/sdk/error.hpp"

namespace prx::test {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// One request that a plugin sent, and how its exchange stands.
struct SentRequest {
  std::uint64_t id = 0, op_id = 0;
  std::string method, url, key_header, key_prefix, body;
  HeaderList headers;
  const char* body_data = nullptr;  ///< where the plugin's body was: tells a copy from the original
  bool cancelled = false, ended = false;
  prx_http_sink sink{};

  /// The value of that header, or nullopt. Compared without regard to case.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

struct LogLine {
  int level = 0;
  std::string text;
};

/// prx_host with prx.log/1, prx.http/1 and prx.exec/1. The test's thread is the loop.
/// Services refuse an op_id that is not open; see open_op.
class FakeHost {
 public:
  FakeHost();
  ~FakeHost();
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  [[nodiscard]] const prx_host* abi() const { return &host_; }

  void open_op(std::uint64_t op_id);
  void close_op(std::uint64_t op_id);

  /// Every request so far; references stay valid.
  std::deque<SentRequest> requests;
  std::vector<LogLine> log_lines;
  std::vector<std::string> breaches;  ///< calls that the contract forbids, in words
  std::optional<Error> refuse_send;   ///< what the next send answers
  bool refuse_timers = false, refuse_workers = false, refuse_posts = false;
  std::set<std::string> missing_services;  ///< ids that service() does not know

  /// The newest request; fails the test when there is none.
  [[nodiscard]] SentRequest& last();
  [[nodiscard]] std::size_t in_flight() const;

  void head(SentRequest& request, int status, const HeaderList& headers);
  void data(SentRequest& request, std::string_view bytes);
  void end(SentRequest& request);
  void end(SentRequest& request, const Error& error);
  /// head with that content type, the body in one piece, end; for the newest request.
  void answer(int status, std::string_view body, const std::string& type = "application/json");

  /// Runs posted tasks and timers that are due, until none is left.
  void run();
  /// Moves the clock; timers fire in order, posted tasks run.
  void advance(std::chrono::milliseconds by);
  /// Runs each spawned task on a thread of its own; they are joined by join_workers().
  void start_workers();
  void join_workers();
  /// Both, and then run().
  void run_workers();
  [[nodiscard]] std::size_t timers() const { return timers_.size(); }

 private:
  struct Call {
    prx_task task;
    void* ctx;
  };
  struct Timer {
    std::int64_t due_ns;
    Call call;
  };
  struct Services;

  static FakeHost& self(const prx_host* host);
  [[nodiscard]] bool is_open(std::uint64_t op_id);
  bool run_one();

  prx_host host_{};
  std::mutex mutex_;  ///< guards what workers may touch: posts_, ops_, log_lines
  std::set<std::uint64_t> ops_;
  std::deque<Call> posts_;
  std::map<std::uint64_t, Timer> timers_;
  std::deque<Call> spawned_;
  std::vector<std::thread> workers_;
  std::int64_t now_ns_ = 1'000'000'000;
  std::uint64_t next_id_ = 1;
};

}  // namespace prx::test
