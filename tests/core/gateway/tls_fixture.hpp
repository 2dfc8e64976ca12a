/// \file tls_fixture.hpp
/// A server over real TLS, whose answers a test plays.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/gateway/loopback.hpp"
#include "core/gateway/tls_client.hpp"
#include "core/sim/raw_client.hpp"
#include "gateway/http/server.hpp"
#include "gateway/http/tls_context.hpp"
#include "support/certificates.hpp"

namespace prx::gateway::test {

inline std::string get(std::string_view path, std::string_view headers = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n";
}

inline std::string post(const std::string& body) {
  return "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

inline ServeTlsConfig files_of(const prx::test::Certificates::Pair& pair) {
  return {pair.certificate, pair.key};
}

inline void copy_over(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

/// One authority for all tests.
inline prx::test::Certificates& certificates() {
  static prx::test::Certificates all;
  return all;
}
inline const prx::test::Certificates::Pair& usual_pair() {
  static const auto pair = certificates().issue("IP:127.0.0.1");
  return pair;
}

/// An answer that a test plays, from its own thread.
struct Scripted : Exchange {
  Scripted(std::atomic<int>& alive_now, std::atomic<bool>& held_now)
      : alive(alive_now), held(held_now) {
    ++alive;
  }
  ~Scripted() override { --alive; }
  void hold_back(bool on) override { held = on; }
  std::atomic<int>& alive;
  std::atomic<bool>& held;
};

class TlsTest : public ::testing::Test {
 protected:
  ~TlsTest() override { close(); }
  void open(ServerLimits limits = {}, const ServeTlsConfig& files = files_of(usual_pair())) {
    auto opened = TlsContext::open(files);
    ASSERT_TRUE(opened) << opened.error().message;
    context = *opened;
    loop = std::move(AsioLoop::open()).value();
    auto listening = listen_on_loopback();
    port = listening.port;
    on_loop([&] {
      server = std::make_unique<Server>(*loop, limits,
                                        [this](HttpRequest&& request, Responder& responder) {
                                          return answer(std::move(request), responder);
                                        });
      ASSERT_TRUE(server->listen(std::move(listening.socket), context));
    });
  }
  void close() {
    if (server) on_loop([this] { server.reset(); });
    loop.reset();
  }
  void on_loop(const std::function<void()>& task) { run_on(*loop, task); }
  std::unique_ptr<Exchange> answer(HttpRequest&& request, Responder& responder) {
    if (request.path == "/echo") {
      responder.send({200, "text/plain"}, request.body);
      return nullptr;
    }
    if (request.path == "/break") {
      responder.begin({200, "text/event-stream"});
      responder.write("data: half\n\n");
      responder.reset();
      return nullptr;
    }
    const std::lock_guard lock(mutex);
    waiting = &responder;
    auto exchange = std::make_unique<Scripted>(alive, held);
    changed.notify_all();
    return exchange;
  }
  /// The responder of a request to another path.
  Responder& responder() {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(
        changed.wait_for(lock, std::chrono::seconds(10), [&] { return waiting != nullptr; }));
    return *std::exchange(waiting, nullptr);
  }
  Responder& begin_stream(TlsClient& client) {
    client.send(get("/wait"));
    Responder& stream = responder();
    on_loop([&] { stream.begin({200, "text/plain"}); });
    return stream;
  }
  /// Writes until the client's slowness is told.
  std::size_t write_until_held(Responder& stream) {
    std::size_t sent = 0;
    for (; !held && sent < (64u << 20); sent += 32u << 10)
      on_loop([&] { stream.write(std::string(32u << 10, 'x')); });
    EXPECT_TRUE(held) << "after " << sent;
    return sent;
  }
  ServerCounts counts() {
    ServerCounts out;
    on_loop([&] { out = server->counts(); });
    return out;
  }
  template <class Is>
  bool soon(Is is_so) {
    for (int i = 0; i < 1'000; ++i) {
      if (is_so()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  std::shared_ptr<TlsContext> context;
  std::unique_ptr<AsioLoop> loop;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
  std::mutex mutex;
  std::condition_variable changed;
  Responder* waiting = nullptr;
  std::atomic<int> alive{0};
  std::atomic<bool> held{false};
};

}  // namespace prx::gateway::test
