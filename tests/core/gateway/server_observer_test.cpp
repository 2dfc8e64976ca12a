// What a server tells of its answers, over real sockets.
#include "gateway/http/server.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "core/gateway/loopback.hpp"
#include "core/sim/raw_client.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;
using sim::test::RawClient;

class Held : public Exchange {
 public:
  void hold_back(bool) override {}
};

class Observed : public ::testing::Test {
 protected:
  Observed() : loop(std::move(AsioLoop::open()).value()) {
    auto listening = test::listen_on_loopback();
    port = listening.port;
    test::run_on(*loop, [&] {
      ServerLimits limits;
      limits.connections_max = 2;
      server = std::make_unique<Server>(
          *loop, limits,
          [](HttpRequest&& request, Responder& responder) { return answer(request, responder); });
      server->observe([this](RequestRecord&& record) {
        const std::lock_guard lock(mutex);
        told.push_back(std::move(record));
        changed.notify_all();
      });
      ASSERT_TRUE(server->listen(std::move(listening.socket)));
    });
  }
  ~Observed() override {
    stop();
    loop.reset();
  }
  void stop() {
    test::run_on(*loop, [this] { server.reset(); });
  }
  static std::unique_ptr<Exchange> answer(HttpRequest& request, Responder& responder) {
    if (request.notes) request.notes->model = "m";
    if (request.path == "/echo") {
      responder.send({201, "text/plain"}, request.body);
      return nullptr;
    }
    if (request.path == "/large") {
      responder.send({200, "text/plain"}, std::string(16u << 20, 'x'));
      return nullptr;
    }
    responder.begin({200, "text/plain"});
    responder.write("half");
    if (request.path == "/break") {
      responder.reset();
      return nullptr;
    }
    return std::make_unique<Held>();
  }
  RequestRecord next() {
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, 10s, [this] { return !told.empty(); })) {
      ADD_FAILURE() << "nothing was told";
      return {};
    }
    RequestRecord out = std::move(told.front());
    told.pop_front();
    return out;
  }
  std::size_t waiting() {
    const std::lock_guard lock(mutex);
    return told.size();
  }
  std::unique_ptr<AsioLoop> loop;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<RequestRecord> told;  ///< guarded
};

TEST_F(Observed, AnAnswerIsToldOnceItIsWritten) {
  RawClient client(port);
  const std::string request = "POST /echo?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
  client.send(request + request);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client.read().status, 201);
    const RequestRecord record = next();
    EXPECT_EQ(record.client, "127.0.0.1");
    EXPECT_EQ(record.method, "POST");
    EXPECT_EQ(record.path, "/echo");
    EXPECT_EQ(record.status, 201);
    EXPECT_EQ(record.outcome, RequestOutcome::kComplete);
    EXPECT_EQ(record.notes.model, "m");
    EXPECT_GT(record.bytes, 60u) << "head and body";
    EXPECT_LT(record.bytes, 300u) << "of this answer alone";
    ASSERT_TRUE(record.first_byte);
    EXPECT_LE(*record.first_byte, record.duration);
    EXPECT_LT(std::chrono::system_clock::now() - record.began, 1min);
  }
  client.close();
  stop();
  EXPECT_EQ(waiting(), 0u) << "a connection that ends between requests is no answer";
}

TEST_F(Observed, AStreamThatBreaksWasCut) {
  RawClient client(port);
  client.send("GET /break HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_FALSE(client.read().whole);
  const RequestRecord record = next();
  EXPECT_EQ(record.outcome, RequestOutcome::kCut);
  EXPECT_EQ(record.status, 200);
}

TEST_F(Observed, AClientThatGoesAwayLeft) {
  RawClient streaming(port), reading(port);
  streaming.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(streaming.read_until("half"));
  streaming.close(true);
  EXPECT_EQ(next().outcome, RequestOutcome::kClientLeft);
  reading.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(reading.read_until("xxx"));
  reading.close(true);
  const RequestRecord record = next();
  EXPECT_EQ(record.outcome, RequestOutcome::kClientLeft) << "all was made, but not written";
  EXPECT_LT(record.bytes, 16u << 20);
}

TEST_F(Observed, AServerThatStopsCuts) {
  RawClient client(port);
  client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(client.read_until("half"));
  stop();
  EXPECT_EQ(next().outcome, RequestOutcome::kCut);
}

TEST_F(Observed, WhatWasNoRequestIsToldToo) {
  RawClient client(port), other(port);
  client.send("nonsense\r\n\r\n");
  EXPECT_EQ(client.read().status, 400);
  const RequestRecord record = next();
  EXPECT_EQ(record.status, 400);
  EXPECT_EQ(record.path, "");
  EXPECT_EQ(record.outcome, RequestOutcome::kComplete);
}

TEST_F(Observed, AConnectionThatIsOneTooManyHasNoRequest) {
  RawClient first(port), second(port), third(port);
  EXPECT_EQ(third.read().status, 503);
  stop();
  EXPECT_EQ(waiting(), 0u);
}

}  // namespace
}  // namespace prx::gateway
