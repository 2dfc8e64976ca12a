// Cancelling, letting go and reading slowly, over real sockets: plain, TLS and HTTP/2.
#include <thread>

#include "e2e/rig.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;

class Cancel : public OverEachWire {};
PRX_OVER_EACH_WIRE(Cancel);

sim::SimulatorOptions slow() {
  sim::SimulatorOptions options;
  options.token_delay = 50ms;
  options.answer_tokens = 400;
  return options;
}

bool client_went(Rig& rig) {
  return rig.simulator->wait_for([](const sim::Stats& stats) { return stats.clients_gone == 1; },
                                 5s);
}

TEST_P(Cancel, AStoppedTokenReachesUpstreamAtOnce) {
  Rig rig(GetParam(), slow());
  const auto client = rig.open();
  std::stop_source stop;
  CallOptions options;
  options.stop = stop.get_token();
  const auto stream = client->stream(ask("long"), options);
  ASSERT_NE(stream->next(), nullptr);
  stop.request_stop();
  EXPECT_TRUE(client_went(rig));
  ASSERT_FALSE(stream->result());
  EXPECT_EQ(stream->result().error().error_class, ErrorClass::kCancelled);
  EXPECT_FALSE(stream->result().error().partial.text.empty());
}

TEST_P(Cancel, DestroyingAStreamReachesUpstream) {
  Rig rig(GetParam(), slow());
  const auto client = rig.open();
  auto stream = client->stream(ask("long"));
  ASSERT_NE(stream->next(), nullptr);
  stream.reset();
  EXPECT_TRUE(client_went(rig));
}

TEST_P(Cancel, DestroyingTheClientEndsItsStreams) {
  Rig rig(GetParam(), slow());
  auto client = rig.open();
  const auto stream = client->stream(ask("long"));
  ASSERT_NE(stream->next(), nullptr);
  client.reset();
  EXPECT_TRUE(client_went(rig));
  ASSERT_FALSE(stream->result());
  EXPECT_EQ(stream->result().error().error_class, ErrorClass::kCancelled);
}

TEST_P(Cancel, AStreamFromAnotherThreadEndsNext) {
  Rig rig(GetParam(), slow());
  const auto client = rig.open();
  const auto stream = client->stream(ask("long"));
  ASSERT_NE(stream->next(), nullptr);
  std::thread other([&] { stream->cancel(); });
  while (stream->next() != nullptr) {
  }
  other.join();
  EXPECT_EQ(stream->result().error().error_class, ErrorClass::kCancelled);
}

TEST_P(Cancel, TheNextCallIsNotHurt) {
  Rig rig(GetParam(), slow());
  const auto client = rig.open();
  client->stream(ask("long")).reset();
  ChatRequest small = ask("short");
  small.max_tokens = 3;
  EXPECT_EQ(expect_answer(client->chat(small)).finish_reason, FinishReason::kLength);
}

TEST_P(Cancel, TheDeadlineEndsACallAsATimeout) {
  Rig rig(GetParam(), slow());
  const auto client = rig.open();
  ChatRequest small = ask("connect first, so that no handshake counts");
  small.max_tokens = 1;
  expect_answer(client->chat(small));
  CallOptions options;
  options.deadline = 120ms;
  const CallError error = expect_failure(client->chat(ask("long"), options));
  EXPECT_EQ(error.error_class, ErrorClass::kTimeout);
  EXPECT_NE(error.message.find("deadline of 120 ms"), std::string::npos) << error.message;
  EXPECT_TRUE(client_went(rig));
}

TEST_P(Cancel, ASlowReaderHoldsItsUpstreamAndLosesNothing) {
  sim::SimulatorOptions options;
  options.answer_tokens = 60'000;
  Rig rig(GetParam(), options);
  const auto client = rig.open();
  const auto stream = client->stream(ask("very long"));
  ASSERT_NE(stream->next(), nullptr);
  // The bound of the queue (1 MiB of text, 1,024 events) and the sockets' buffers hold less than
  // the answer.
  EXPECT_FALSE(
      rig.simulator->wait_for([](const sim::Stats& stats) { return stats.complete == 1; }, 300ms));
  std::size_t tokens = 1;
  while (const StreamEvent* event = stream->next())
    if (event->type == StreamEvent::Type::kText) ++tokens;
  ASSERT_TRUE(stream->result()) << stream->result().error().message;
  EXPECT_GE(tokens, 60'000u);
}

}  // namespace
}  // namespace prx::test
