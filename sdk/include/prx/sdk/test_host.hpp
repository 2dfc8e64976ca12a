/// \file test_host.hpp
/// The host in memory of prx/sdk/testing.hpp: keeps what a plugin asks for until the test plays it.
/// For test programs only; start at testing.hpp.
#pragma once

#include <strings.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prx/plugin.h"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/error.hpp"

namespace prx::sdk::testing {

using TestHeaders = std::vector<std::pair<std::string, std::string>>;

/// One HTTP request of the plugin, and how its exchange stands.
struct TestRequest {
  std::uint64_t id = 0, op_id = 0;
  std::string method, url, key_header, key_prefix, body;
  TestHeaders headers;
  bool cancelled = false, ended = false;
  prx_http_sink sink{};

  /// The value of that header in any case, or "".
  [[nodiscard]] std::string header(const std::string& name) const {
    for (const auto& [key, value] : headers)
      if (strcasecmp(key.c_str(), name.c_str()) == 0) return value;
    return {};
  }
};

/// What a server says to a request.
struct TestAnswer {
  int status = 200;
  std::string_view body{};
  TestHeaders headers{{"content-type", "application/json"}};  ///< names in lower case
  std::size_t piece = 0;  ///< bytes of each piece in which the body comes; 0: at once
  bool cut = false;       ///< the connection breaks where the body would end
};

/// prx_host with prx.log/1, prx.http/1 and prx.exec/1. Services refuse an operation that is over,
/// and what is above the limits that prx/plugin.h lets a host have.
class TestHost {
 public:
  static constexpr std::size_t kTimersMax = 64;     ///< of an operation at once
  static constexpr std::size_t kPostsMax = 4'096;   ///< of an operation, not yet run
  static constexpr std::size_t kWorkersMax = 1;     ///< of an operation, not yet run
  static constexpr std::size_t kExchangesMax = 64;  ///< of an operation, ended ones included
  static constexpr std::int64_t kDelayMax = 168ll * 3'600 * 1'000;  ///< milliseconds of a timer

  TestHost() {
    host_.size = sizeof host_;
    host_.abi_minor = PRX_ABI_MINOR;
    host_.ctx = this;
    host_.name = str("prx::sdk::testing");
    host_.version = str("1");
    host_.service = &service;
  }
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  std::deque<TestRequest> requests;   ///< all so far; references stay valid
  std::vector<std::string> lines;     ///< of the log
  std::vector<std::string> breaches;  ///< what the contract forbids and was done, in words

  /// The newest request; an empty one when there is none.
  [[nodiscard]] const TestRequest& last() const {
    return requests.empty() ? no_request_ : requests.back();
  }
  /// Plays the server of the newest request.
  void answer(const TestAnswer& answer) {
    if (requests.empty()) return breaches.push_back("answer() without a request of the plugin");
    TestRequest& request = requests.back();
    if (request.cancelled || request.ended) return;
    std::vector<prx_kv> headers;
    for (const auto& [key, value] : answer.headers) headers.push_back({str(key), str(value)});
    const prx_http_head head{sizeof head, answer.status, 11, 0, headers.data(), headers.size()};
    request.sink.head(request.sink.ctx, &head);
    const std::size_t piece = answer.piece == 0 ? answer.body.size() : answer.piece;
    for (std::size_t at = 0; at < answer.body.size() && !request.cancelled; at += piece) {
      std::string bytes(answer.body.substr(at, piece));
      request.sink.data(request.sink.ctx, bytes.data(), bytes.size());
    }
    if (std::exchange(request.ended, true) || request.cancelled) return;
    end(request, answer);
  }

  bool workers_held = false;  ///< run() leaves workers alone: they are busy until run_worker()
  /// Runs the oldest worker; false when there is none.
  bool run_worker() { return run_first(workers_); }

  /// Runs posted tasks, workers, and timers that are due, until none is left.
  void run() {
    while (run_one()) continue;
  }
  /// Moves the clock; timers fire in the order of their times.
  void advance(std::chrono::milliseconds by) {
    const std::int64_t until = now_ns_ + std::chrono::nanoseconds(by).count();
    run();
    while (now_ns_ < until) {
      std::int64_t next = until;
      for (const auto& [id, timer] : timers_) next = std::min(next, timer.due_ns);
      now_ns_ = next;
      run();
    }
  }

  /// For TestInstance and TestCall.
  [[nodiscard]] const prx_host* abi() const { return &host_; }
  [[nodiscard]] std::int64_t time_after(std::chrono::milliseconds wait) const {
    return now_ns_ + std::chrono::nanoseconds(wait).count();
  }
  [[nodiscard]] std::uint64_t open_call() { return *open_.insert(++last_id_).first; }
  /// Runs the workers that an operation still has: its release comes after them.
  void finish_workers(std::uint64_t op_id) {
    for (std::deque<Task> all = std::exchange(workers_, {}); !all.empty(); all.pop_front()) {
      if (all.front().op_id == op_id)
        all.front().run(all.front().ctx);
      else
        workers_.push_back(all.front());
    }
  }
  /// Released: its timers do not fire, and nothing of its exchanges comes.
  void close_call(std::uint64_t op_id) {
    open_.erase(op_id);
    std::erase_if(timers_, [op_id](const auto& timer) { return timer.second.op_id == op_id; });
    for (TestRequest& request : requests)
      if (request.op_id == op_id && !request.ended) request.cancelled = true;
  }

 private:
  struct Task {
    prx_task run;
    void* ctx;
    std::uint64_t op_id;
  };
  struct Timer {
    std::int64_t due_ns;
    std::uint64_t op_id;
    Task task;
  };

  static TestHost& self(const prx_host* host) { return *static_cast<TestHost*>(host->ctx); }
  [[nodiscard]] bool is_open(std::uint64_t op_id, const char* what) {
    if (open_.contains(op_id)) return true;
    breaches.push_back(std::string(what) + " for an operation that is not running");
    return false;
  }
  [[nodiscard]] static bool has_room(const std::deque<Task>& tasks, std::uint64_t op_id,
                                     std::size_t most) {
    return std::count_if(tasks.begin(), tasks.end(), [op_id](const Task& task) {
             return task.op_id == op_id;
           }) < static_cast<std::ptrdiff_t>(most);
  }
  [[nodiscard]] bool has_free_timer(std::uint64_t op_id) const {
    return std::count_if(timers_.begin(), timers_.end(), [op_id](const auto& timer) {
             return timer.second.op_id == op_id;
           }) < static_cast<std::ptrdiff_t>(kTimersMax);
  }
  [[nodiscard]] bool has_free_exchange(std::uint64_t op_id) const {
    return std::count_if(requests.begin(), requests.end(), [op_id](const TestRequest& request) {
             return request.op_id == op_id;
           }) < static_cast<std::ptrdiff_t>(kExchangesMax);
  }
  static std::int32_t refuse(const prx_fail* fail, const char* why) {
    Error error;
    error.error_class = ErrorClass::kInvalidRequest;
    error.message = why;
    report(fail, to_abi(error));
    return PRX_E_INVALID_REQUEST;
  }
  static void end(const TestRequest& request, const TestAnswer& answer) {
    prx_http_end end{};
    end.size = sizeof end;
    end.bytes = answer.body.size();
    end.phase = PRX_PHASE_BODY;
    if (answer.cut && answer.status < 400) {
      end.code = PRX_E_NETWORK;
      end.message = str("the connection was cut");
    }
    request.sink.end(request.sink.ctx, &end);
  }
  bool run_one() {
    if (run_first(tasks_) || (!workers_held && run_worker())) return true;
    const auto first = std::min_element(
        timers_.begin(), timers_.end(),
        [](const auto& a, const auto& b) { return a.second.due_ns < b.second.due_ns; });
    if (first == timers_.end() || first->second.due_ns > now_ns_) return false;
    const Task task = first->second.task;
    timers_.erase(first);
    task.run(task.ctx);
    return true;
  }
  [[nodiscard]] static bool run_first(std::deque<Task>& tasks) {
    if (tasks.empty()) return false;
    const Task task = tasks.front();
    tasks.pop_front();
    task.run(task.ctx);
    return true;
  }

  static const void* service(const prx_host*, prx_str id) noexcept {
    static constexpr prx_log kLog{sizeof(prx_log), 0, &log_enabled, &log_write};
    static constexpr prx_http kHttp{sizeof(prx_http), 0, &send, &cancel};
    static constexpr prx_exec kExec{sizeof(prx_exec), 0, &now_ns, &post, &spawn, &timer, &undo};
    if (view(id) == PRX_LOG_ID) return &kLog;
    if (view(id) == PRX_HTTP_ID) return &kHttp;
    return view(id) == PRX_EXEC_ID ? &kExec : nullptr;
  }
  static std::int32_t log_enabled(const prx_host*, std::int32_t) noexcept { return 1; }
  static void log_write(const prx_host* host, std::int32_t, prx_str line) noexcept {
    self(host).lines.emplace_back(view(line));
  }
  static std::int32_t send(const prx_host* host, const prx_http_req* request,
                           const prx_http_sink* sink, const prx_fail* fail,
                           std::uint64_t* id) noexcept {
    TestHost& host_in_test = self(host);
    if (!host_in_test.is_open(request->op_id, "send()")) return refuse(fail, "no such operation");
    if (!host_in_test.has_free_exchange(request->op_id))
      return refuse(fail, "the operation has sent too much");
    TestRequest& sent = host_in_test.requests.emplace_back();
    sent.id = *id = ++host_in_test.last_id_;
    sent.op_id = request->op_id;
    sent.method = view(request->method);
    sent.url = view(request->url);
    sent.key_header = view(request->key_header);
    sent.key_prefix = view(request->key_prefix);
    sent.body = view(request->body);
    sent.sink = copy_of(*sink);
    for (std::size_t i = 0; i < request->header_count; ++i)
      sent.headers.emplace_back(view(request->headers[i].key), view(request->headers[i].value));
    return PRX_OK;
  }
  static void cancel(const prx_host* host, std::uint64_t id) noexcept {
    for (TestRequest& request : self(host).requests)
      if (request.id == id && !request.ended) request.cancelled = true;
  }
  static std::int64_t now_ns(const prx_host* host) noexcept { return self(host).now_ns_; }
  static std::int32_t post(const prx_host* host, std::uint64_t op_id, prx_task task,
                           void* ctx) noexcept {
    if (!self(host).is_open(op_id, "post()")) return PRX_E_INVALID_REQUEST;
    if (!has_room(self(host).tasks_, op_id, kPostsMax)) return PRX_E_OVERLOADED;
    self(host).tasks_.push_back({task, ctx, op_id});
    return PRX_OK;
  }
  static std::int32_t spawn(const prx_host* host, std::uint64_t op_id, prx_task task,
                            void* ctx) noexcept {
    if (!self(host).is_open(op_id, "spawn()")) return PRX_E_INVALID_REQUEST;
    if (!has_room(self(host).workers_, op_id, kWorkersMax)) return PRX_E_OVERLOADED;
    self(host).workers_.push_back({task, ctx, op_id});
    return PRX_OK;
  }
  static std::uint64_t timer(const prx_host* host, std::uint64_t op_id, std::int64_t delay_ms,
                             prx_task task, void* ctx) noexcept {
    TestHost& host_in_test = self(host);
    if (!host_in_test.is_open(op_id, "timer()") || delay_ms < 0) return 0;
    if (!host_in_test.has_free_timer(op_id)) return 0;
    const std::uint64_t id = ++host_in_test.last_id_;
    host_in_test.timers_[id] = {host_in_test.now_ns_ + std::min(delay_ms, kDelayMax) * 1'000'000,
                                op_id,
                                {task, ctx, op_id}};
    return id;
  }
  static void undo(const prx_host* host, std::uint64_t id) noexcept {
    self(host).timers_.erase(id);
  }

  prx_host host_{};
  const TestRequest no_request_{};
  std::set<std::uint64_t> open_;
  std::deque<Task> tasks_, workers_;
  std::map<std::uint64_t, Timer> timers_;
  std::int64_t now_ns_ = 1'000'000'000;
  std::uint64_t last_id_ = 0;
};

}  // namespace prx::sdk::testing
