/// \file http_client.hpp
/// A transport on a real loop, for tests: calls run on the loop, answers are recorded and waited
/// for.
#pragma once

#include <time.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/asio_loop.hpp"
#include "http/curl_transport.hpp"
#include "http/workers.hpp"

namespace prx::http::test {

inline constexpr std::chrono::seconds kPatience{30};  // after which a wait fails the test

/// What a handler saw. Written on the loop; read after ended().
struct Answer {
  int status = 0;
  int version = 0;
  bool reused = false;
  std::vector<Header> headers;
  std::string body;
  std::optional<End> end;

  [[nodiscard]] ErrorClass error_class() const {
    return end && end->error ? end->error->error_class : ErrorClass::kCancelled;
  }
  [[nodiscard]] bool ok() const { return status == 200 && end && !end->error; }
  [[nodiscard]] std::string message() const { return end && end->error ? end->error->message : ""; }
  [[nodiscard]] Phase phase() const { return end && end->error ? end->error->phase : Phase::kNone; }
  [[nodiscard]] std::string header(const std::string& name) const {
    for (const Header& header : headers)
      if (header.name == name) return header.value;
    return "";
  }
};

/// Records one exchange and wakes who waits. The hooks run on the loop, inside the callbacks.
class Recorder final : public Handler {
 public:
  void on_head(const Head& head) override {
    {
      const std::lock_guard lock(mutex_);
      answer_.status = head.status;
      answer_.version = head.version;
      answer_.reused = head.reused;
      answer_.headers.assign(head.headers.begin(), head.headers.end());
    }
    changed_.notify_all();
    if (head_hook) head_hook();
  }
  void on_data(char* bytes, std::size_t size) override {
    {
      const std::lock_guard lock(mutex_);
      answer_.body.append(bytes, size);
    }
    changed_.notify_all();
    if (data_hook) data_hook();
  }
  void on_end(const End& end) override {
    const std::lock_guard lock(mutex_);
    answer_.end = end;
    changed_.notify_all();
    if (end_hook) end_hook();
  }

  /// The answer, once it ended; one without `end` when it did not in time.
  [[nodiscard]] Answer wait() {
    wait_until([](const Answer& answer) { return answer.end.has_value(); });
    return now();
  }
  template <class Condition>
  bool wait_until(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return condition(answer_); });
  }
  [[nodiscard]] Answer now() {
    const std::lock_guard lock(mutex_);
    return answer_;
  }

  std::function<void()> head_hook;
  std::function<void()> data_hook;
  std::function<void()> end_hook;
  ExchangeId id = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Answer answer_;
};

inline Request get(std::string url) {
  Request request;
  request.method = "GET";
  request.url = std::move(url);
  return request;
}

inline Request post(std::string url, std::string body) {
  Request request;
  request.method = "POST";
  request.url = std::move(url);
  request.body = std::make_shared<const std::string>(std::move(body));
  request.body_view = *request.body;
  return request;
}

/// Loop, workers and transport; taken down in the right order.
class HttpClient {
 public:
  explicit HttpClient(TransportOptions options = {}) {
    run([&] { transport_ = CurlTransport::open(loop, workers, std::move(options)).value(); });
  }
  ~HttpClient() { drop(); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Runs a task on the loop and waits for its end.
  void run(const std::function<void()>& task) {
    std::promise<void> done;
    loop.post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }
  /// Returns when the loop's clock has moved by `delay`.
  void wait_for(std::chrono::milliseconds delay) {
    std::promise<void> later;
    run([&] { loop.start_timer(delay, [&] { later.set_value(); }); });
    later.get_future().wait();
  }
  /// The processor time that the loop's thread took so far.
  [[nodiscard]] std::chrono::nanoseconds cpu_time() {
    timespec time{};
    run([&] { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time); });
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
  void drop() {
    run([&] { transport_.reset(); });
  }
  [[nodiscard]] CurlTransport& transport() { return *transport_; }
  void send(Request request, Recorder& recorder) {
    run([&] { recorder.id = transport_->send(std::move(request), recorder); });
  }
  [[nodiscard]] Answer fetch(Request request) {
    Recorder recorder;
    send(std::move(request), recorder);
    Answer answer = recorder.wait();
    run([&] { transport_->cancel(recorder.id); });
    return answer;
  }
  [[nodiscard]] TransportStats stats() {
    TransportStats stats;
    run([&] { stats = transport_->stats(); });
    return stats;
  }

  const std::unique_ptr<AsioLoop> made_loop = AsioLoop::open().value();
  AsioLoop& loop = *made_loop;
  Workers workers;

 private:
  std::unique_ptr<CurlTransport> transport_;
};

}  // namespace prx::http::test
