// Names: once for all who ask, kept for a while, and no one waits for a stuck look-up.
#include "http/resolver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

#include "core/http/http_client.hpp"
#include "support/wire_server.hpp"

namespace prx::http::test {
namespace {

using namespace std::chrono_literals;
using prx::test::always;
using prx::test::plain_response;
using prx::test::WireServer;

/// A look-up that waits until the test lets it go.
class Gate {
 public:
  ~Gate() { open(); }
  void open() {
    if (!opened_.exchange(true)) gate_.set_value();
  }
  [[nodiscard]] LookUp look_up(std::vector<std::string> answer) {
    return [this, answer = std::move(answer)](const std::string&,
                                              std::uint16_t) -> Result<std::vector<std::string>> {
      ++calls;
      opening_.wait();
      return answer;
    };
  }
  std::atomic<int> calls = 0;

 private:
  std::atomic<bool> opened_ = false;
  std::promise<void> gate_;
  std::shared_future<void> opening_ = gate_.get_future().share();
};

TransportOptions resolving(LookUp look_up) {
  TransportOptions options;
  options.resolver.look_up = std::move(look_up);
  return options;
}

std::string named(const WireServer& server) {
  return "http://api.example.test:" + std::to_string(server.port()) + "/";
}

TEST(Resolver, OneLookUpServesAllWhoAsk) {
  WireServer server(always(plain_response("x")));
  Gate gate;
  HttpClient client(resolving(gate.look_up({"127.0.0.1"})));
  std::vector<std::unique_ptr<Recorder>> recorders;
  for (int i = 0; i < 20; ++i) {
    recorders.push_back(std::make_unique<Recorder>());
    client.send(get(named(server)), *recorders.back());
  }
  gate.open();
  for (const auto& recorder : recorders) EXPECT_TRUE(recorder->wait().ok());
  EXPECT_TRUE(client.fetch(get(named(server))).ok());
  EXPECT_EQ(gate.calls, 1);
}

TEST(Resolver, CancelDoesNotWaitForAStuckLookUp) {
  Gate gate;
  HttpClient client(resolving(gate.look_up({"127.0.0.1"})));
  Recorder recorder;
  client.send(get("http://api.example.test/"), recorder);
  client.run([&] { client.transport().cancel(recorder.id); });
  EXPECT_EQ(client.stats().active, 0u);
  gate.open();
  EXPECT_FALSE(recorder.now().end);
}

TEST(Resolver, ConnectClockEndsAStuckLookUp) {
  Gate gate;
  HttpClient client(resolving(gate.look_up({"127.0.0.1"})));
  Request request = get("http://api.example.test/");
  request.clocks.connect = 20ms;
  const Answer answer = client.fetch(std::move(request));
  gate.open();  // the workers wait for what runs
  EXPECT_EQ(answer.error_class(), ErrorClass::kTimeout);
  EXPECT_EQ(answer.phase(), Phase::kConnect);
}

TEST(Resolver, DestructionDoesNotWaitForAStuckLookUp) {
  Gate gate;
  HttpClient client(resolving(gate.look_up({"127.0.0.1"})));
  Recorder recorder;
  client.send(get("http://api.example.test/"), recorder);
  client.drop();
  gate.open();
  EXPECT_FALSE(recorder.now().end);
}

TEST(Resolver, FailuresAreNotKept) {
  WireServer server(always(plain_response("x")));
  std::atomic<int> calls = 0;
  HttpClient client(
      resolving([&](const std::string&, std::uint16_t) -> Result<std::vector<std::string>> {
        if (++calls == 1) return fail(ErrorClass::kNetwork, "no such host");
        return std::vector<std::string>{"127.0.0.1"};
      }));
  EXPECT_EQ(client.fetch(get(named(server))).message(), "no such host");
  EXPECT_TRUE(client.fetch(get(named(server))).ok());
}

TEST(Resolver, AnswersExpire) {
  WireServer server(always(plain_response("x")));
  Gate gate;
  gate.open();
  TransportOptions options = resolving(gate.look_up({"127.0.0.1"}));
  options.resolver.ttl = 0s;
  HttpClient client(options);
  EXPECT_TRUE(client.fetch(get(named(server))).ok());
  EXPECT_TRUE(client.fetch(get(named(server))).ok());
  EXPECT_EQ(gate.calls, 2);
}

TEST(Resolver, TriesEachAddressInOrder) {
  WireServer server(always(plain_response("x")));
  Gate gate;
  gate.open();
  HttpClient client(resolving(gate.look_up({"::1", "127.0.0.1"})));
  EXPECT_TRUE(client.fetch(get(named(server))).ok());
}

TEST(Resolver, MoreNamesThanAreKeptAreAskedForAgain) {
  WireServer server(always(plain_response("x")));
  Gate gate;
  gate.open();
  TransportOptions options = resolving(gate.look_up({"127.0.0.1"}));
  options.resolver.entries_max = 2;
  HttpClient client(std::move(options));
  const std::string port = std::to_string(server.port());
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(
        client.fetch(get("http://api" + std::to_string(i % 5) + ".example.test:" + port + "/"))
            .ok());
  EXPECT_GT(gate.calls, 5);
}

TEST(Resolver, AddressesAndLocalhostNeedNoLookUp) {
  WireServer server(always(plain_response("x")));
  Gate gate;
  HttpClient client(resolving(gate.look_up({})));
  EXPECT_TRUE(client.fetch(get(server.url())).ok());
  EXPECT_TRUE(client.fetch(get("http://localhost:" + std::to_string(server.port()) + "/")).ok());
  EXPECT_EQ(gate.calls, 0);
}

TEST(Resolver, TooManyWaitingLookUpsFailAtOnce) {
  const auto made = AsioLoop::open().value();
  AsioLoop& loop = *made;
  Gate gate;
  std::promise<Result<Addresses>> refused;
  std::unique_ptr<Resolver> resolver;
  Workers workers(Workers::Options{1, 0});
  loop.post([&] {
    resolver = std::make_unique<Resolver>(loop, workers, Resolver::Options{gate.look_up({}), 60s});
    resolver->ask("a.test", 80, [&](const Result<Addresses>& found) { refused.set_value(found); });
  });
  const auto found = refused.get_future().get();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().error_class, ErrorClass::kInternal);
  std::promise<void> gone;
  loop.post([&] { resolver.reset(), gone.set_value(); });
  gone.get_future().wait();
}

TEST(Resolver, SystemResolvesNumbersWithoutNetwork) {
  const auto found = look_up_system("127.0.0.1", 80);
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, testing::ElementsAre("127.0.0.1"));
}

}  // namespace
}  // namespace prx::http::test
