// Pausing, cancelling and clocks of exchanges over scripted connections.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/http/http_client.hpp"
#include "support/wire_server.hpp"

namespace prx::http::test {
namespace {

using namespace std::chrono_literals;
using prx::test::always;
using prx::test::plain_response;
using prx::test::WireConnection;
using prx::test::WireServer;

constexpr std::string_view kStreamHead = "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n";

// Head and three bytes, then silence until the client leaves.
void begin_and_stay(WireConnection& connection) {
  (void)connection.read_request();
  connection.write(kStreamHead);
  connection.write("abc");
  connection.wait_closed();
}
void stay_silent(WireConnection& connection) { connection.wait_closed(); }

Request with_clocks(Request request, Clocks clocks) {
  request.clocks = clocks;
  return request;
}

TEST(Clocks, HeadClockNamesItselfAndItsLimit) {
  WireServer server(&stay_silent);
  HttpClient client;
  const Answer answer = client.fetch(with_clocks(get(server.url()), {1s, 30ms, 1s}));
  EXPECT_EQ(answer.error_class(), ErrorClass::kTimeout);
  EXPECT_EQ(answer.phase(), Phase::kHead);
  EXPECT_THAT(answer.message(), testing::HasSubstr("30 ms (head_timeout)"));
}

TEST(Clocks, IdleClockRunsInTheBody) {
  WireServer server(&begin_and_stay);
  HttpClient client;
  const Answer answer = client.fetch(with_clocks(get(server.url()), {1s, 1s, 30ms}));
  EXPECT_EQ(answer.error_class(), ErrorClass::kTimeout);
  EXPECT_EQ(answer.phase(), Phase::kBody);
  EXPECT_EQ(answer.body, "abc");
  EXPECT_THAT(answer.message(), testing::HasSubstr("30 ms (idle_timeout)"));
}

TEST(Clocks, ConnectClockCoversTheTlsHandshake) {
  WireServer server(&stay_silent);
  HttpClient client;
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  const Answer answer = client.fetch(with_clocks(get(url), {30ms, 1s, 1s}));
  EXPECT_EQ(answer.error_class(), ErrorClass::kTimeout);
  EXPECT_EQ(answer.phase(), Phase::kConnect);
  EXPECT_THAT(answer.message(), testing::HasSubstr("30 ms (connect_timeout)"));
}

TEST(Clocks, HeadClockEndsAnUploadThatNobodyReads) {
  WireServer server([](WireConnection& connection) { connection.wait_reset(); });
  HttpClient client;
  const Answer answer =
      client.fetch(with_clocks(post(server.url(), std::string(32u << 20, 'x')), {1s, 50ms, 1s}));
  EXPECT_EQ(answer.error_class(), ErrorClass::kTimeout);
  EXPECT_EQ(answer.phase(), Phase::kHead);
}

TEST(Clocks, StandStillWhilePaused) {
  WireServer server([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
    connection.wait_closed();
  });
  HttpClient client;
  Recorder recorder;
  recorder.data_hook = [&] { client.transport().pause(recorder.id); };
  client.send(with_clocks(get(server.url()), {1s, 1s, 20ms}), recorder);
  ASSERT_TRUE(recorder.wait_until([](const Answer& answer) { return answer.body == "abc"; }));
  client.wait_for(100ms);  // well after the idle limit
  EXPECT_FALSE(recorder.now().end) << recorder.now().message();
  client.run([&] { client.transport().resume(recorder.id); });
  EXPECT_EQ(recorder.wait().error_class(), ErrorClass::kTimeout);
}

TEST(Clocks, IdleOfNoneLetsABodyBeSilent) {
  std::promise<void> go;
  WireServer server([&](WireConnection& connection) {
    (void)connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
    go.get_future().wait();
    connection.write("def");
  });
  HttpClient client;
  Recorder recorder;
  client.send(with_clocks(get(server.url()), {20ms, 20ms, std::nullopt}), recorder);
  ASSERT_TRUE(recorder.wait_until([](const Answer& answer) { return answer.body == "abc"; }));
  client.wait_for(100ms);
  EXPECT_FALSE(recorder.now().end) << recorder.now().message();
  go.set_value();
  EXPECT_EQ(recorder.wait().body, "abcdef");
}

TEST(Clocks, SetIdleStartsAClockThatTheRequestDidNotHave) {
  WireServer server(&begin_and_stay);
  HttpClient client;
  Recorder recorder;
  recorder.data_hook = [&] { client.transport().set_idle(recorder.id, 30ms); };
  client.send(with_clocks(get(server.url()), {1s, 1s, std::nullopt}), recorder);
  const Answer answer = recorder.wait();
  EXPECT_EQ(answer.error_class(), ErrorClass::kTimeout);
  EXPECT_EQ(answer.phase(), Phase::kBody);
  EXPECT_THAT(answer.message(), testing::HasSubstr("30 ms (idle_timeout)"));
}

TEST(Clocks, SetIdleBeforeTheHeadWaitsForTheBody) {
  std::promise<void> go;
  WireServer server([&](WireConnection& connection) {
    (void)connection.read_request();
    go.get_future().wait();
    connection.write(kStreamHead);
    connection.wait_closed();
  });
  HttpClient client;
  Recorder recorder;
  client.send(with_clocks(get(server.url()), {30s, 30s, std::nullopt}), recorder);
  client.run([&] { client.transport().set_idle(recorder.id, 20ms); });
  client.wait_for(100ms);
  EXPECT_FALSE(recorder.now().end) << recorder.now().message();
  go.set_value();
  EXPECT_EQ(recorder.wait().phase(), Phase::kBody);
}

TEST(Clocks, SetIdleOfAnExchangeThatEndedOrWasCancelledIsIgnored) {
  WireServer server(&begin_and_stay);
  HttpClient client;
  Recorder recorder;
  recorder.data_hook = [&] {
    client.transport().cancel(recorder.id);
    client.transport().set_idle(recorder.id, 1ms);
  };
  client.send(get(server.url()), recorder);
  ASSERT_TRUE(recorder.wait_until([](const Answer& answer) { return answer.body == "abc"; }));
  client.wait_for(50ms);
  client.run([&] {
    client.transport().set_idle(recorder.id, 1ms);
    client.transport().set_idle(0, 1ms);
  });
  client.wait_for(50ms);
  EXPECT_FALSE(recorder.now().end);
}

TEST(Pause, WithBytesWaitingKeepsTheLoopIdle) {
  WireServer server([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write(kStreamHead);
    (void)connection.write_until_blocked(100'000'000);
    connection.wait_closed();
  });
  HttpClient client;
  Recorder recorder;
  recorder.data_hook = [&] { client.transport().pause(recorder.id); };
  client.send(get(server.url()), recorder);
  ASSERT_TRUE(recorder.wait_until([](const Answer& answer) { return !answer.body.empty(); }));
  const auto before = client.cpu_time();
  client.wait_for(200ms);
  EXPECT_LT(client.cpu_time() - before, 100ms);
  client.run([&] { client.transport().cancel(recorder.id); });
}

TEST(Pool, AConnectionThatTheServerClosedKeepsTheLoopIdle) {
  WireServer server([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write(plain_response("x"));
  });
  HttpClient client;
  ASSERT_TRUE(client.fetch(get(server.url())).ok());
  const auto before = client.cpu_time();
  client.wait_for(200ms);
  EXPECT_LT(client.cpu_time() - before, 100ms);
  EXPECT_TRUE(client.fetch(get(server.url())).ok());
}

TEST(Pool, MoreSocketsThanOneBatchAreAllServed) {
  WireServer server([](WireConnection& connection) {
    while (!connection.read_request().empty()) connection.write(plain_response("x"));
  });
  HttpClient client;
  std::vector<Recorder> recorders(200);
  for (Recorder& recorder : recorders) client.send(get(server.url()), recorder);
  for (Recorder& recorder : recorders) EXPECT_TRUE(recorder.wait().ok());
}

TEST(Pause, StopsTheServer) {
  std::promise<std::size_t> taken;
  WireServer server([&](WireConnection& connection) {
    (void)connection.read_request();
    connection.write(kStreamHead);
    taken.set_value(connection.write_until_blocked(100'000'000));
    connection.wait_closed();
  });
  HttpClient client;
  Recorder recorder;
  recorder.head_hook = [&] { client.transport().pause(recorder.id); };
  client.send(get(server.url()), recorder);
  EXPECT_LT(taken.get_future().get(), 50'000'000u);
  EXPECT_LE(recorder.now().body.size(), 65'536u);
  client.run([&] { client.transport().cancel(recorder.id); });
}

TEST(Pause, ResumeDeliversEveryByteInOrder) {
  std::string body;
  for (int i = 0; i < 200'000; ++i) body += std::to_string(i);
  WireServer server(always(plain_response(body)));
  HttpClient client;
  Recorder recorder;
  recorder.data_hook = [&] {
    client.transport().pause(recorder.id);
    client.loop.post([&, id = recorder.id] { client.transport().resume(id); });
  };
  client.send(get(server.url()), recorder);
  const Answer answer = recorder.wait();
  EXPECT_TRUE(answer.ok()) << answer.message();
  EXPECT_EQ(answer.body, body);
}

TEST(Pause, ResumeInsideTheCallbackIsAsIfNothingHappened) {
  const std::string body(300'000, 'x');
  WireServer server(always(plain_response(body)));
  HttpClient client;
  Recorder recorder;
  recorder.data_hook = [&] {
    client.transport().pause(recorder.id);
    client.transport().resume(recorder.id);
  };
  client.send(get(server.url()), recorder);
  EXPECT_EQ(recorder.wait().body, body);
}

/// Cancels in a hook; the script reports when the connection closed.
class Cancel : public testing::Test {
 protected:
  WireServer::Script reporting(WireServer::Script script) {
    return [this, script = std::move(script)](WireConnection& connection) {
      script(connection);
      closed_.set_value();
    };
  }
  void cancel_now() { client_.transport().cancel(recorder_.id); }
  void expect_silence_after_close() {
    ASSERT_EQ(closed_.get_future().wait_for(kPatience), std::future_status::ready);
    client_.run([] {});
    EXPECT_FALSE(recorder_.now().end);
    EXPECT_EQ(client_.stats().active, 0u);
  }

  std::promise<void> closed_;
  HttpClient client_;
  Recorder recorder_;
};

TEST_F(Cancel, BeforeTheRequestLeftSendsNothing) {
  WireServer server(always(plain_response("x")));
  client_.run([&] {
    recorder_.id = client_.transport().send(get(server.url()), recorder_);
    cancel_now();
  });
  client_.run([] {});
  EXPECT_EQ(server.connections(), 0);
  EXPECT_EQ(client_.stats().active, 0u);
}

// libcurl closes the socket of such a connection behind the driver's back, and its number comes
// again.
TEST_F(Cancel, WhileConnectingDoesNotHurtTheNextExchange) {
  WireServer server(always(plain_response("x")));
  for (int turns = 0; turns < 60; ++turns) {
    Recorder recorder;
    client_.send(get(server.url()), recorder);
    for (int turn = 0; turn < turns % 6; ++turn) client_.run([] {});
    client_.run([&] { client_.transport().cancel(recorder.id); });
    const Answer next = client_.fetch(with_clocks(get(server.url()), {2s, 2s, 2s}));
    ASSERT_TRUE(next.ok()) << "after " << turns % 6 << " turns: " << next.message();
  }
}

TEST_F(Cancel, WhileWaitingForTheHeadClosesTheConnection) {
  std::promise<void> asked;
  WireServer server(reporting([&](WireConnection& connection) {
    (void)connection.read_request();
    asked.set_value();
    connection.wait_closed();
  }));
  client_.send(get(server.url()), recorder_);
  asked.get_future().wait();
  client_.run([&] { cancel_now(); });
  expect_silence_after_close();
}

TEST_F(Cancel, InsideOnHeadClosesTheConnection) {
  WireServer server(reporting(&begin_and_stay));
  recorder_.head_hook = [&] { cancel_now(); };
  client_.send(get(server.url()), recorder_);
  expect_silence_after_close();
  EXPECT_EQ(recorder_.now().body, "");
}

TEST_F(Cancel, InsideOnDataClosesTheConnection) {
  WireServer server(reporting(&begin_and_stay));
  recorder_.data_hook = [&] { cancel_now(); };
  client_.send(get(server.url()), recorder_);
  expect_silence_after_close();
  EXPECT_EQ(recorder_.now().body, "abc");
}

TEST_F(Cancel, WhilePausedClosesTheConnection) {
  WireServer server(reporting([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write(kStreamHead);
    (void)connection.write_until_blocked(100'000'000);
    connection.wait_closed();
  }));
  recorder_.data_hook = [&] { client_.transport().pause(recorder_.id); };
  client_.send(get(server.url()), recorder_);
  ASSERT_TRUE(recorder_.wait_until([](const Answer& answer) { return !answer.body.empty(); }));
  client_.run([&] { cancel_now(); });
  expect_silence_after_close();
}

TEST_F(Cancel, OfAnotherExchangeInsideACallbackIsSafe) {
  WireServer server(&begin_and_stay);
  Recorder other;
  client_.send(get(server.url()), other);
  ASSERT_TRUE(other.wait_until([](const Answer& answer) { return answer.body == "abc"; }));
  recorder_.data_hook = [&] {
    client_.transport().cancel(other.id);
    cancel_now();
  };
  client_.send(get(server.url()), recorder_);
  ASSERT_TRUE(recorder_.wait_until([](const Answer& answer) { return answer.body == "abc"; }));
  client_.run([] {});
  EXPECT_EQ(client_.stats().active, 0u);
  EXPECT_FALSE(other.now().end);
}

TEST_F(Cancel, SendInsideACallbackStartsTheNext) {
  WireServer server(always(plain_response("x")));
  Recorder next;
  recorder_.data_hook = [&] { next.id = client_.transport().send(get(server.url()), next); };
  client_.send(get(server.url()), recorder_);
  EXPECT_TRUE(recorder_.wait().ok());
  EXPECT_TRUE(next.wait().ok());
}

TEST(Transport, DestructionWithExchangesUnderWayIsSilent) {
  WireServer server(&begin_and_stay);
  std::vector<std::unique_ptr<Recorder>> recorders;
  HttpClient client;
  for (int i = 0; i < 8; ++i) {
    recorders.push_back(std::make_unique<Recorder>());
    client.send(get(server.url()), *recorders.back());
  }
  ASSERT_TRUE(recorders[0]->wait_until([](const Answer& answer) { return answer.body == "abc"; }));
  client.drop();
  for (const auto& recorder : recorders) EXPECT_FALSE(recorder->now().end);
}

TEST(Transport, ManyAtOnceDoNotLoseTheirConnections) {
  WireServer server(always(plain_response("x")));
  HttpClient client;
  for (int round = 0; round < 2; ++round) {
    std::vector<std::unique_ptr<Recorder>> recorders;
    client.run([&] {
      for (int i = 0; i < 300; ++i) {
        recorders.push_back(std::make_unique<Recorder>());
        (void)client.transport().send(get(server.url()), *recorders.back());
      }
    });
    for (const auto& recorder : recorders) EXPECT_TRUE(recorder->wait().ok());
  }
  EXPECT_LE(client.stats().connections, 300u);
}

}  // namespace
}  // namespace prx::http::test
