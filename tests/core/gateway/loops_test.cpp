// A gateway of several loops: each has connections of its own, and limits are those of all.
#include <gmock/gmock.h>

#include <algorithm>
#include <future>
#include <list>

#include "client/client_group.hpp"
#include "client/client_loop.hpp"
#include "core/gateway/over_simulator.hpp"
#include "gateway/access/digest.hpp"

namespace prx::gateway {
namespace {

using namespace test;  // its words
using ::testing::HasSubstr;

constexpr std::size_t kLoops = 3;
constexpr std::string_view kSlowModel = "openai/gpt-4o#stall?after=2";

class Loops : public ::testing::Test {
 protected:
  Loops() : simulator(std::move(sim::Simulator::start({})).value()) {
    serve.listen = "127.0.0.1:0";
    const prx::test::Variables variables{
        {"OPENROUTER_API_KEY", "sk-or-v1-0123456789abcdef"},
        {"OPENROUTER_BASE_URL", simulator->base_url()},
        {"PRX_PLUGIN_PATH", std::string(PRX_BINARY_DIR) + "/lib/prx/plugins"}};
    std::vector<ClientOptions> options(kLoops);
    for (ClientOptions& one : options) {
      one.warm_up = false;
      one.environment = prx::test::environment_of(variables);
      one.log = [](LogLevel, std::string_view) {};
    }
    auto config = prx::test::parse_config("[reliability]\nretries = 0\n", variables);
    clients = std::move(ClientGroup::open(config.value(), std::move(options))).value();
    for (std::size_t i = 0; i < kLoops; ++i) all.push_back(&(*clients)[i]);
  }
  void open() { gateway = std::move(Gateway::open(all, serve)).value(); }
  [[nodiscard]] std::uint16_t port() const {
    const std::string& url = gateway->url();
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  /// Connections that each loop has accepted.
  [[nodiscard]] std::size_t loops_with_connections() const {
    const auto counts = gateway->loop_counts();
    return static_cast<std::size_t>(std::count_if(
        counts.begin(), counts.end(), [](const ServerCounts& one) { return one.accepted > 0; }));
  }
  /// So many that each loop has some: that one of three has none is less likely than 2^-30.
  void connect(std::size_t count = 60) {
    for (std::size_t i = 0; i < count; ++i) {
      connections.emplace_back(port()).send(request_text("GET", "/healthz"));
      ASSERT_EQ(connections.back().read().status, 200);
    }
  }

  const std::unique_ptr<sim::Simulator> simulator;
  std::unique_ptr<ClientGroup> clients;
  Gateway::Clients all;
  ServeConfig serve;
  std::unique_ptr<Gateway> gateway;
  std::list<RawClient> connections;
};

TEST_F(Loops, EachHasConnectionsOfItsOwnAndAnswers) {
  open();
  ASSERT_EQ(gateway->loops(), kLoops);
  connect();
  EXPECT_EQ(loops_with_connections(), kLoops);
  EXPECT_EQ(gateway->counts().accepted, connections.size());
  for (RawClient& one : connections) {
    one.send(request_text("POST", "/v1/chat/completions", chat_body("openai/gpt-4o", false)));
    const Response response = one.read();
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_THAT(response.body, HasSubstr(kHelloAnswer));
  }
  EXPECT_EQ(gateway->counts().requests, 2 * connections.size());
}

TEST_F(Loops, ASocketOfSomebodyElseIsSharedByAll) {
  auto given = listen_at(serve.listen);
  ASSERT_TRUE(given);
  auto listener = listener_of(std::move(given->socket));
  ASSERT_TRUE(listener);
  std::vector<Listener> listeners;
  listeners.push_back(std::move(*listener));
  gateway = std::move(Gateway::open_on(std::move(listeners), all, serve)).value();
  connect();
  EXPECT_EQ(gateway->counts().accepted, connections.size());
}

TEST_F(Loops, NoOtherServerSharesThePort) {
  open();
  serve.listen = gateway->url().substr(std::string_view("http://").size());
  const auto second = Gateway::open(all, serve);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("another program has it"));
}

TEST_F(Loops, ConnectionsCountTogether) {
  serve.connections_max = 20;
  open();
  connect(20);
  for (int i = 0; i < 10; ++i) {
    RawClient one(port());
    one.send(request_text("GET", "/healthz"));
    EXPECT_EQ(one.read().status, 503);
  }
  EXPECT_EQ(gateway->counts().refused, 10u);
  connections.pop_back();
  for (;;) {  // a place that has become free is had again
    RawClient one(port());
    one.send(request_text("GET", "/healthz"));
    if (one.read().status == 200) break;
  }
}

TEST_F(Loops, CallsOfAKeyCountTogether) {
  const std::string key = "prx-sk-0123456789";
  ServeKeyConfig config;
  config.name = "alice";
  config.sha256 = hex(sha256(key).value());
  config.calls_max = 5;
  serve.keys.push_back(config);
  open();
  int refused = 0;
  for (int i = 0; i < 30; ++i) {
    RawClient& one = connections.emplace_back(port());
    one.send(request_text("POST", "/v1/chat/completions", chat_body(std::string(kSlowModel), true),
                          key));
    if (connections.size() <= 5) {
      ASSERT_TRUE(one.read_until("data: "));
      continue;
    }
    refused += one.read().status == 429 ? 1 : 0;
  }
  EXPECT_EQ(refused, 25);
  EXPECT_EQ(gateway->counts().exchanges, 5u);
}

TEST_F(Loops, ADrainEndsWithTheLastAnswerOfAnyLoop) {
  open();
  connect();
  std::list<RawClient> busy;
  for (int i = 0; i < 12; ++i) {
    RawClient& one = busy.emplace_back(port());
    one.send(
        request_text("POST", "/v1/chat/completions", chat_body(std::string(kSlowModel), true)));
    ASSERT_TRUE(one.read_until("data: "));
  }
  std::promise<void> drained;
  auto done = drained.get_future();
  gateway->drain([&] { drained.set_value(); });
  while (busy.size() > 1) busy.pop_back();
  EXPECT_EQ(done.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  busy.clear();
  EXPECT_EQ(done.wait_for(sim::test::kPatience), std::future_status::ready);
}

TEST_F(Loops, EachHasATurnBeforeItIsSaidThatTheyAnswer) {
  open();
  std::promise<void> told;
  auto done = told.get_future();
  std::promise<void> go;
  const auto gone = go.get_future().share();
  ClientLoop::of(*all.back()).post([gone] { gone.wait(); });
  gateway->answers([&] { told.set_value(); });
  EXPECT_EQ(done.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  go.set_value();
  EXPECT_EQ(done.wait_for(sim::test::kPatience), std::future_status::ready);
}

TEST(LoopsOf, WhatIsConfiguredOrOneForEachCore) {
  ServeConfig config;
  EXPECT_GE(loops_of(config), 1u);
  EXPECT_LE(loops_of(config), kLoopsMax);
  config.loops = 40;
  EXPECT_EQ(loops_of(config), 40u);
}

}  // namespace
}  // namespace prx::gateway
