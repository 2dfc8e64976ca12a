// Connections: reuse, limits, who leaves, many at once, and the log.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/sim/raw_client.hpp"
#include "sim/simulator.hpp"

namespace prx::sim {
namespace {

using std::chrono::milliseconds;
using test::chat_body;
using test::fetch;
using test::RawClient;
using test::request_text;
using ::testing::HasSubstr;

constexpr std::string_view kChat = "/api/v1/chat/completions";

TEST(Connection, IsReusedRequestAfterRequest) {
  const auto simulator = Simulator::start({}).value();
  RawClient client(simulator->port());
  for (int i = 0; i < 5; ++i) {
    client.send(request_text("POST", kChat, chat_body("sim/ok", i % 2 == 0)));
    EXPECT_TRUE(client.read().whole);
  }
  EXPECT_EQ(simulator->stats().connections, 1u);
  EXPECT_EQ(simulator->requests().at(4).connection, 1u);
}

/// The flags of the sockets of this process that are bound to the port.
std::vector<int> flags_of_sockets_at(std::uint16_t port) {
  std::vector<int> out;
  for (int descriptor = 0; descriptor < 1'024; ++descriptor) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
    if (address.sin_family == AF_INET && ntohs(address.sin_port) == port)
      out.push_back(::fcntl(descriptor, F_GETFD));
  }
  return out;
}

// A child that kept one open would keep the client waiting for the end of a reply that was cut.
TEST(Connection, IsNotInheritedByChildren) {
  const auto simulator = Simulator::start({}).value();
  RawClient client(simulator->port());
  client.send(request_text("POST", kChat, chat_body("sim/stall", true)));
  ASSERT_TRUE(client.read_until("200 OK"));
  EXPECT_THAT(flags_of_sockets_at(simulator->port()),
              ::testing::AllOf(::testing::SizeIs(2), ::testing::Each(FD_CLOEXEC)));
}

TEST(Connection, IsClosedWhenTheRequestSaysSo) {
  const auto simulator = Simulator::start({}).value();
  RawClient client(simulator->port());
  client.send("GET /api/v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto reply = client.read();
  EXPECT_TRUE(reply.whole);
  EXPECT_EQ(reply.headers.at("connection"), "close");
  EXPECT_EQ(client.read().close, test::Close::kFin);
}

TEST(Connection, PipelinedRequestsAreAnsweredInOrder) {
  SimulatorOptions options;
  options.token_delay = milliseconds(1);
  const auto simulator = Simulator::start(options).value();
  RawClient client(simulator->port());
  client.send(request_text("POST", kChat, chat_body("sim/late-head?ms=20", false)) +
              request_text("GET", "/api/v1/key"));
  EXPECT_THAT(client.read().body, HasSubstr("simulated answer"));
  EXPECT_THAT(client.read().body, HasSubstr("\"label\""));
}

TEST(Connection, AClientThatSendsTooMuchAheadIsDropped) {
  const auto simulator = Simulator::start({}).value();
  RawClient client(simulator->port());
  client.send(request_text("POST", kChat, chat_body("sim/silence", true)));
  client.send(std::string(100'000, 'x'));
  EXPECT_TRUE(
      simulator->wait_for([](const Stats& s) { return s.clients_gone == 1; }, test::kPatience));
}

TEST(Connection, ExpectContinueIsAnswered) {
  const auto simulator = Simulator::start({}).value();
  RawClient client(simulator->port());
  const auto body = chat_body("sim/ok", false);
  client.send(
      "POST /api/v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n"
      "Expect: 100-continue\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n");
  ASSERT_TRUE(client.read_until("HTTP/1.1 100 Continue\r\n\r\n"));
  client.send(body);
  EXPECT_TRUE(client.read_until("simulated answer"));
}

TEST(Limits, ABodyAboveTheLimitIs413AndOneAtTheLimitIsRead) {
  SimulatorOptions options;
  options.body_max = 1'000;
  const auto simulator = Simulator::start(options).value();
  std::string body = chat_body("sim/ok", false);
  body.insert(1, 1'000 - body.size(), ' ');
  EXPECT_EQ(fetch(simulator->port(), "POST", kChat, body).status, 200);
  const auto refused = fetch(simulator->port(), "POST", kChat, body + " ");
  EXPECT_EQ(refused.status, 413);
  EXPECT_TRUE(test::is_json(refused.body));
}

TEST(Limits, TheDefaultBodyLimitIs32MiB) {
  const auto simulator = Simulator::start({}).value();
  std::string body = chat_body("sim/ok", false);
  body.insert(1, (32u << 20) - body.size(), ' ');
  EXPECT_EQ(fetch(simulator->port(), "POST", kChat, body).status, 200);
  EXPECT_EQ(fetch(simulator->port(), "POST", kChat, body + " ").status, 413);
}

TEST(Limits, AHeadAboveTheLimitIs431AndNonsenseIs400) {
  const auto simulator = Simulator::start({}).value();
  RawClient large(simulator->port());
  large.send("GET /v1/models HTTP/1.1\r\nX-Large: " + std::string(70'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(large.read().status, 431);
  RawClient nonsense(simulator->port());
  nonsense.send("nonsense\r\n\r\n");
  EXPECT_EQ(nonsense.read().status, 400);
}

TEST(Limits, ConnectionsAboveTheLimitAreClosed) {
  SimulatorOptions options;
  options.connections_max = 1;
  const auto simulator = Simulator::start(options).value();
  RawClient first(simulator->port());
  first.send(request_text("GET", "/api/v1/models"));
  EXPECT_EQ(first.read().status, 200);
  RawClient second(simulator->port());
  EXPECT_EQ(second.read().close, test::Close::kFin);
  EXPECT_EQ(simulator->stats().connections_refused, 1u);
}

TEST(ClientGone, IsSeenWhileWaitingForATokenAndCounted) {
  SimulatorOptions options;
  options.token_delay = std::chrono::hours(1);
  const auto simulator = Simulator::start(options).value();
  for (const bool reset : {false, true}) {
    RawClient client(simulator->port());
    client.send(request_text("POST", kChat, chat_body("sim/ok", true)));
    ASSERT_TRUE(client.read_until("\"This\""));
    client.close(reset);
  }
  ASSERT_TRUE(simulator->wait_for(
      [](const Stats& s) { return s.clients_gone == 2 && s.connections_open == 0; },
      test::kPatience));
  const auto record = simulator->requests().at(0);
  EXPECT_EQ(record.outcome, Outcome::kClientGone);
  EXPECT_GT(record.bytes_sent, 0u);
  EXPECT_LT(record.duration, test::kPatience);
  const auto id = "gen-1735689600-sim00000000000000001";
  EXPECT_THAT(fetch(simulator->port(), "GET", std::string("/api/v1/generation?id=") + id).body,
              HasSubstr("\"cancelled\":true"));
}

TEST(ClientGone, IsSeenWhileItDoesNotRead) {
  const auto simulator = Simulator::start({}).value();
  RawClient client(simulator->port());
  client.send(request_text("POST", kChat, chat_body("sim/oversized?bytes=16000000", true)));
  ASSERT_TRUE(client.read_until("xxxx"));
  client.close(true);
  EXPECT_TRUE(
      simulator->wait_for([](const Stats& s) { return s.clients_gone == 1; }, test::kPatience));
}

TEST(Pacing, WaitsBeforeTheFirstTokenAndBetweenTokens) {
  SimulatorOptions options;
  options.first_token_delay = milliseconds(40);
  options.token_delay = milliseconds(5);
  const auto simulator = Simulator::start(options).value();
  const auto before = std::chrono::steady_clock::now();
  EXPECT_TRUE(test::chat(simulator->port(), "sim/ok", true).whole);
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(40 + 13 * 5));
}

TEST(Pacing, OneWriteGathersTheSameBytes) {
  SimulatorOptions options;
  options.answer_tokens = 200;
  const auto each = Simulator::start(options).value();
  options.one_write = true;
  const auto gathered = Simulator::start(options).value();
  const auto one = test::chat(gathered->port(), "sim/ok", true);
  EXPECT_EQ(test::events(one.body).size(), 1u + 200u + 3u);
  EXPECT_EQ(test::content(one.body), test::content(test::chat(each->port(), "sim/ok", true).body));
}

TEST(Many, TwoHundredPacedStreamsRunAtOnce) {
  SimulatorOptions options;
  options.token_delay = milliseconds(10);
  const auto simulator = Simulator::start(options).value();
  std::vector<RawClient> clients;
  for (int i = 0; i < 200; ++i) {
    clients.emplace_back(simulator->port());
    clients.back().send(request_text("POST", kChat, chat_body("sim/ok", true)));
  }
  for (auto& client : clients) {
    const auto reply = client.read();
    EXPECT_TRUE(reply.whole);
    EXPECT_EQ(test::content(reply.body), test::kHelloAnswer);
  }
  EXPECT_TRUE(
      simulator->wait_for([](const Stats& s) { return s.complete == 200; }, test::kPatience));
  EXPECT_EQ(simulator->stats().connections, 200u);
}

TEST(Stop, DropsConnectionsInEveryState) {
  SimulatorOptions options;
  options.token_delay = std::chrono::hours(1);
  auto simulator = Simulator::start(options).value();
  std::vector<RawClient> clients;
  for (const auto* model : {"sim/ok", "sim/silence", "sim/stall?after=0",
                            "sim/late-head?ms=3600000", "sim/stall?after=0&comments=1"}) {
    clients.emplace_back(simulator->port());
    clients.back().send(request_text("POST", kChat, chat_body(model, true)));
  }
  clients.emplace_back(simulator->port());
  clients.back().send("POST /api/v1/chat/comp");
  ASSERT_TRUE(simulator->wait_for(
      [](const Stats& s) { return s.requests == 5 && s.connections == 6; }, test::kPatience));
  simulator.reset();
  for (auto& client : clients) EXPECT_NE(client.read().close, test::Close::kOpen);
}

TEST(Log, HasTheRequestAndNeverTheKey) {
  const auto simulator = Simulator::start({}).value();
  const auto body = chat_body("sim/ok", false);
  (void)fetch(simulator->port(), "POST", "/api/v1/chat/completions?x=1", body, "sk-secret");
  ASSERT_TRUE(simulator->wait_for([](const Stats& s) { return s.complete == 1; }, test::kPatience));
  const auto record = simulator->requests().at(0);
  EXPECT_EQ(record.number, 1u);
  EXPECT_EQ(record.method, "POST");
  EXPECT_EQ(record.target, "/api/v1/chat/completions?x=1");
  EXPECT_EQ(record.body, body);
  EXPECT_EQ(record.status, 200);
  EXPECT_EQ(record.outcome, Outcome::kComplete);
  EXPECT_EQ(record.header("content-type"), "application/json");
  EXPECT_EQ(record.header("authorization"), "");
  EXPECT_TRUE(record.key_is("sk-secret"));
  EXPECT_FALSE(record.key_is("sk-other"));
  for (const auto& [name, value] : record.headers)
    EXPECT_EQ(value.find("sk-secret"), std::string::npos);
}

TEST(Log, KeepsTheLastRequestsAndTheStartOfBodies) {
  SimulatorOptions options;
  options.log_requests_max = 2;
  options.log_body_max = 10;
  const auto simulator = Simulator::start(options).value();
  for (int i = 0; i < 3; ++i)
    (void)fetch(simulator->port(), "POST", kChat, chat_body("sim/ok", false));
  const auto requests = simulator->requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].number, 2u);
  EXPECT_EQ(requests[1].body.size(), 10u);
  EXPECT_GT(requests[1].body_size, 10u);
}

TEST(Log, CanBeOff) {
  SimulatorOptions options;
  options.log_requests_max = 0;
  const auto simulator = Simulator::start(options).value();
  (void)fetch(simulator->port(), "POST", kChat, chat_body("sim/ok", false));
  EXPECT_TRUE(simulator->requests().empty());
  EXPECT_EQ(simulator->stats().requests, 1u);
}

TEST(WaitFor, GivesUpAfterItsTime) {
  const auto simulator = Simulator::start({}).value();
  EXPECT_FALSE(
      simulator->wait_for([](const Stats& s) { return s.requests > 0; }, milliseconds(10)));
}

TEST(Urls, NameAddressAndPort) {
  const auto simulator = Simulator::start({}).value();
  const auto port = std::to_string(simulator->port());
  EXPECT_EQ(simulator->base_url(), "http://127.0.0.1:" + port + "/api/v1");
  EXPECT_EQ(simulator->openai_base_url(), "http://127.0.0.1:" + port + "/v1");
}

}  // namespace
}  // namespace prx::sim
