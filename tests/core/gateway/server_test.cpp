// The server over real sockets: what a client sees, and what it can do to it.
#include "gateway/http/server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "core/gateway/loopback.hpp"
#include "core/sim/raw_client.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;
using sim::test::Close;
using sim::test::RawClient;
using sim::test::Response;

std::string get(std::string_view path, std::string_view headers = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n";
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

class ServerTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kLarge = 16u << 20;  ///< more than sockets hold
  ~ServerTest() override { close(); }
  void open(ServerLimits limits = {}) {
    loop = std::move(AsioLoop::open()).value();
    auto listening = test::listen_on_loopback();
    port = listening.port;
    on_loop([&] {
      server = std::make_unique<Server>(*loop, limits,
                                        [this](HttpRequest&& request, Responder& responder) {
                                          return answer(std::move(request), responder);
                                        });
      ASSERT_TRUE(server->listen(std::move(listening.socket)));
    });
  }
  void close() {
    if (server) on_loop([this] { server.reset(); });
    loop.reset();
  }
  void on_loop(const std::function<void()>& task) { test::run_on(*loop, task); }
  std::unique_ptr<Exchange> answer(HttpRequest&& request, Responder& responder) {
    if (request.path == "/echo") {
      responder.send({200, "text/plain"}, request.body);
      return nullptr;
    }
    if (request.path == "/none") {
      responder.send({204, ""}, "");
      return nullptr;
    }
    if (request.path == "/large") {
      responder.send({200, "text/plain"}, std::string(kLarge, 'x'));
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
    EXPECT_TRUE(changed.wait_for(lock, 10s, [&] { return waiting != nullptr; }));
    return *std::exchange(waiting, nullptr);
  }
  /// The answer to a request of this client, of which the head has been written.
  Responder& begin_stream(RawClient& client) {
    client.send(get("/wait"));
    Responder& stream = responder();
    on_loop([&] { stream.begin({200, "text/plain"}); });
    return stream;
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
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  std::unique_ptr<AsioLoop> loop;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
  std::mutex mutex;
  std::condition_variable changed;
  Responder* waiting = nullptr;
  std::atomic<int> alive{0};
  std::atomic<bool> held{false};
};

TEST_F(ServerTest, AConnectionServesOneRequestAfterTheOther) {
  open();
  RawClient client(port);
  for (int i = 0; i < 3; ++i) {
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    const Response response = client.read();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hi");
    EXPECT_EQ(response.headers.at("content-length"), "2");
    EXPECT_EQ(response.headers.at("date").substr(25), " GMT");
  }
  EXPECT_EQ(counts().accepted, 1u);
  EXPECT_EQ(counts().requests, 3u);
}

TEST_F(ServerTest, RequestsSentAheadAreAnsweredInTheirOrder) {
  open();
  RawClient client(port);
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n" + std::to_string(10 + i);
  client.send(all);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.read().body, std::to_string(10 + i));
}

TEST_F(ServerTest, TheNextRequestWaitsForTheAnswerOfTheOneBefore) {
  open();
  RawClient client(port);
  client.send(get("/wait") + "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
  Responder& first = responder();
  EXPECT_EQ(counts().requests, 1u);
  on_loop([&] { first.send({200, "text/plain"}, "first"); });
  EXPECT_EQ(client.read().body, "first");
  EXPECT_EQ(client.read().body, "hi");
  EXPECT_EQ(alive, 0);
}

TEST_F(ServerTest, AStreamIsWrittenInChunksAndEnds) {
  open();
  RawClient client(port);
  client.send(get("/wait"));
  Responder& stream = responder();
  on_loop([&] {
    stream.begin({200, "text/event-stream", {{"X-Clean", "yes"}, {"X-Split", "a\r\nX-Evil: 1"}}});
    stream.write("data: 1\n\n");
    stream.write("data: 2\n\n");
  });
  EXPECT_TRUE(client.read_until("data: 2\n\n"));
  on_loop([&] { stream.end(); });
  const Response response = client.read();
  EXPECT_TRUE(response.whole);
  EXPECT_EQ(response.chunks.size(), 2u);
  EXPECT_EQ(response.body, "data: 1\n\ndata: 2\n\n");
  EXPECT_EQ(response.headers.at("x-clean"), "yes");
  EXPECT_FALSE(response.headers.contains("x-evil"));
  client.send(get("/none"));
  EXPECT_EQ(client.read().status, 204);
}

TEST_F(ServerTest, AHeadHasTheSizeAndNoBody) {
  open();
  RawClient client(port);
  client.send("HEAD /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_TRUE(client.read_until("Content-Length: 2\r\n"));
  client.send(get("/none"));
  EXPECT_TRUE(client.read_until("\r\n\r\nHTTP/1.1 204"));
}

TEST_F(ServerTest, AnOldClientGetsAStreamThatEndsWithItsConnection) {
  open();
  RawClient client(port);
  client.send("GET /wait HTTP/1.0\r\n\r\n");
  Responder& stream = responder();
  on_loop([&] {
    stream.begin({200, "text/plain"});
    stream.write("all of it");
    stream.end();
  });
  EXPECT_TRUE(client.read_until("Connection: close\r\n\r\nall of it"));
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.read().close, Close::kFin);
}

TEST_F(ServerTest, ABodyThatBreaksOffArrivesAndEndsInAReset) {
  open();
  for (int i = 0; i < 20; ++i) {
    RawClient client(port);
    client.send(get("/break"));
    const Response response = client.read();
    EXPECT_FALSE(response.whole);
    EXPECT_EQ(response.body, "data: half\n\n");
    EXPECT_EQ(response.close, Close::kReset);
  }
}

TEST_F(ServerTest, AClientThatLeavesEndsItsExchangeAtOnce) {
  open();
  for (const bool reset : {false, true}) {
    RawClient client(port);
    client.send(get("/wait"));
    responder();
    EXPECT_EQ(alive, 1);
    client.close(reset);
    EXPECT_TRUE(soon([&] { return alive == 0; }));
  }
  EXPECT_EQ(counts().clients_left, 2u);
  EXPECT_EQ(counts().connections, 0u);
  EXPECT_EQ(counts().exchanges, 0u);
}

TEST_F(ServerTest, ASlowClientHoldsBackItsOwnAnswer) {
  ServerLimits limits;
  limits.unsent_max = 64u << 10;
  open(limits);
  RawClient client(port);
  Responder& stream = begin_stream(client);
  std::size_t sent = 0;
  while (!held && sent < (64u << 20)) {
    on_loop([&] { stream.write(std::string(32u << 10, 'x')); });
    sent += 32u << 10;
  }
  EXPECT_TRUE(held) << "after " << sent;
  RawClient other(port);
  other.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(other.read().body, "hi");
  on_loop([&] { stream.end(); });
  EXPECT_EQ(client.read().body.size(), sent);
}

TEST_F(ServerTest, AClientThatReadsAgainLetsItsAnswerGoOn) {
  ServerLimits limits;
  limits.unsent_max = 64u << 10;
  open(limits);
  RawClient client(port);
  Responder& stream = begin_stream(client);
  while (!held) on_loop([&] { stream.write(std::string(32u << 10, 'x')); });
  auto read = std::async(std::launch::async, [&] { return client.read(); });
  EXPECT_TRUE(soon([&] { return !held; }));
  on_loop([&] { stream.end(); });
  EXPECT_TRUE(read.get().whole);
}

TEST_F(ServerTest, AClientThatNeverReadsIsLeftAfterAWhile) {
  ServerLimits limits;
  limits.write_timeout = 300ms;
  open(limits);
  RawClient client(port);
  Responder& stream = begin_stream(client);
  while (!held) on_loop([&] { stream.write(std::string(32u << 10, 'x')); });
  EXPECT_TRUE(soon([&] { return alive == 0; }));
}

TEST_F(ServerTest, ALastAnswerIsReadToItsEndHoweverSlowly) {
  open();
  RawClient client(port);
  client.send(get("/large", "Connection: close\r\n"));
  std::this_thread::sleep_for(2'500ms);  // longer than a client has that has all of it
  const Response response = client.read();
  EXPECT_TRUE(response.whole);
  EXPECT_EQ(response.body.size(), kLarge);
}

TEST_F(ServerTest, AConnectionIsNotIdleWhileItsAnswerIsRead) {
  ServerLimits limits;
  limits.idle_timeout = 100ms;
  open(limits);
  RawClient client(port);
  client.send(get("/large"));
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(client.read().body.size(), kLarge);
}

TEST_F(ServerTest, AnAnswerThatIsCompleteAndNotReadIsLeftAfterAWhile) {
  ServerLimits limits;
  limits.write_timeout = 300ms;
  open(limits);
  RawClient client(port);
  client.send("GET /large HTTP/1.0\r\n\r\n");  // whose end is that of the connection
  EXPECT_TRUE(soon([&] { return counts().requests == 1; }));
  EXPECT_TRUE(soon([&] { return counts().connections == 0; }));
  EXPECT_EQ(counts().clients_left, 1u);
  EXPECT_EQ(client.read().close, Close::kReset) << "which nobody takes for the whole";
}

TEST_F(ServerTest, WhoSendsAheadAndReadsNothingIsAnsweredOnce) {
  open();
  RawClient client(port);
  std::string all;
  for (int i = 0; i < 10; ++i) all += get("/large");
  client.send(all);
  EXPECT_TRUE(soon([&] { return counts().requests == 1; }));
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(counts().requests, 1u) << "the second waits until the first is read";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.read().body.size(), kLarge);
}

TEST_F(ServerTest, ABodyIsAskedForWhereTheClientWaits) {
  open();
  RawClient client(port);
  client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(client.read_until("HTTP/1.1 100 Continue\r\n\r\n"));
  client.send("hi");
  EXPECT_TRUE(client.read_until("\r\n\r\nhi"));
}

TEST_F(ServerTest, WhatIsNoRequestIsAnsweredAndTheConnectionEnds) {
  open();
  RawClient client(port);
  client.send("GET / HTTP/1.1\r\n\r\n" + std::string(100'000, 'x'));
  const Response response = client.read();
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_NE(response.body.find("exactly one Host header"), std::string::npos);
  EXPECT_EQ(counts().faults, 1u);
}

TEST_F(ServerTest, ABodyAboveItsLimitIsRefusedBeforeItIsSent) {
  ServerLimits limits;
  limits.request.body_max = 1'000;
  open(limits);
  RawClient client(port);
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(client.read().status, 413);
}

TEST_F(ServerTest, ASlowHeadAndASlowBodyEnd) {
  ServerLimits limits;
  limits.head_timeout = 200ms;
  limits.body_timeout = 200ms;
  open(limits);
  RawClient head(port), body(port);
  head.send("GET / HT");
  body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
  auto drip = std::async(std::launch::async, [&] {
    for (int i = 0; i < 20; ++i) {
      std::this_thread::sleep_for(30ms);
      body.send("x");
    }
  });
  EXPECT_EQ(head.read().status, 408);
  EXPECT_EQ(body.read().status, 408) << "however steadily it drips";
  drip.get();
}

TEST_F(ServerTest, AnIdleConnectionIsClosed) {
  ServerLimits limits;
  limits.idle_timeout = 100ms;
  open(limits);
  RawClient client(port);
  client.send(get("/none"));
  EXPECT_EQ(client.read().status, 204);
  const Response end = client.read();
  EXPECT_EQ(end.status, 0);
  EXPECT_EQ(end.close, Close::kFin);
}

TEST_F(ServerTest, AConnectionTooManyIsToldSo) {
  ServerLimits limits;
  limits.connections_max = 2;
  open(limits);
  RawClient one(port), two(port);
  one.send(get("/none"));
  two.send(get("/none"));
  EXPECT_EQ(one.read().status, 204);
  EXPECT_EQ(two.read().status, 204);
  {
    RawClient three(port);
    const Response response = three.read();
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.headers.at("retry-after"), "1");
  }
  one.close();
  EXPECT_TRUE(soon([&] { return counts().connections < 2; }));
  RawClient four(port);
  four.send(get("/none"));
  EXPECT_EQ(four.read().status, 204);
}

TEST_F(ServerTest, ThoseThatAreRefusedTakeNobodysPlace) {
  ServerLimits limits;
  limits.connections_max = 1;
  open(limits);
  std::vector<RawClient> refused;
  {
    RawClient one(port);
    one.send(get("/none"));
    EXPECT_EQ(one.read().status, 204);
    for (int i = 0; i < 3; ++i) refused.emplace_back(port);
    EXPECT_TRUE(soon([&] { return counts().refusing == 3; }));
    EXPECT_EQ(counts().connections, 1u);
  }
  EXPECT_TRUE(soon([&] { return counts().connections == 0; }));
  RawClient next(port);
  next.send(get("/none"));
  EXPECT_EQ(next.read().status, 204) << "while the others are still being told";
}

TEST_F(ServerTest, WhatIsRefusedIsSaidInTheWordsOfTheHost) {
  loop = std::move(AsioLoop::open()).value();
  auto listening = test::listen_on_loopback();
  on_loop([&] {
    server = std::make_unique<Server>(
        *loop, ServerLimits{},
        [this](HttpRequest&& request, Responder& responder) {
          return answer(std::move(request), responder);
        },
        [](int status, std::string_view message, std::string_view path) {
          return std::to_string(status) + '|' + std::string(message.substr(0, 9)) + '|' +
                 std::string(path);
        });
    ASSERT_TRUE(server->listen(std::move(listening.socket)));
  });
  RawClient client(listening.port);
  client.send("GET /api/v1/x HTTP/1.1\r\n\r\n");
  const Response response = client.read();
  EXPECT_EQ(response.body, "400|a request|/api/v1/x");
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  RawClient silent(listening.port);
  silent.send("HEAD /x HTTP/1.1\r\n\r\n");
  EXPECT_EQ(silent.read(500ms).body, "") << "an answer to HEAD has no body";
}

TEST_F(ServerTest, AClientThatSendsTooMuchAheadIsNotReadFrom) {
  ServerLimits limits;
  limits.ahead_max = 4'096;
  open(limits);
  RawClient client(port);
  client.send(get("/wait"));
  Responder& first = responder();
  const std::string next = get("/none");
  std::string all;
  while (all.size() < 20'000) all += next;
  client.send(all);
  on_loop([&] { first.send({200, "text/plain"}, "first"); });
  EXPECT_EQ(client.read().body, "first");
  for (std::size_t i = 0; i < all.size() / next.size(); ++i) EXPECT_EQ(client.read().status, 204);
}

TEST_F(ServerTest, ADrainLetsAnswersEndAndTakesNothingNew) {
  open();
  RawClient busy(port), idle(port);
  idle.send(get("/none"));
  EXPECT_EQ(idle.read().status, 204);
  busy.send(get("/wait"));
  Responder& stream = responder();
  on_loop([&] { stream.begin({200, "text/plain"}); });
  std::promise<void> drained;
  on_loop([&] {
    server->drain();
    server->on_drained([&] { drained.set_value(); });
  });
  EXPECT_EQ(idle.read().close, Close::kFin);
  idle.close();
  EXPECT_THROW(RawClient{port}, std::runtime_error);
  on_loop([&] {
    stream.write("to the end");
    stream.end();
  });
  const Response response = busy.read();
  EXPECT_TRUE(response.whole);
  EXPECT_EQ(response.body, "to the end");
  busy.close();
  drained.get_future().wait();
}

TEST_F(ServerTest, TheServerMayBeDestroyedWhenItIsDrained) {
  open();
  RawClient client(port);
  client.send(get("/wait"));
  Responder& stream = responder();
  std::promise<std::string> drained;
  on_loop([&] {
    server->drain();
    server->on_drained([this, &drained, words = std::string(100, 'w')] {
      server.reset();
      drained.set_value(words);
    });
    stream.send({200, "text/plain"}, "bye");
  });
  EXPECT_EQ(client.read().body, "bye");
  client.close();
  EXPECT_EQ(drained.get_future().get(), std::string(100, 'w'));
}

TEST_F(ServerTest, AStopEndsAnswersInAReset) {
  open();
  RawClient client(port);
  client.send(get("/wait"));
  Responder& stream = responder();
  on_loop([&] {
    stream.begin({200, "text/plain"});
    stream.write("half");
  });
  EXPECT_TRUE(client.read_until("half"));
  on_loop([&] { server->stop(); });
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(client.read().close, Close::kReset);
}

}  // namespace
}  // namespace prx::gateway
