// The warm-up: a pooled connection that the first chat uses, and what it says about the key.
#include "e2e/rig.hpp"

namespace prx::test {
namespace {

TEST(WarmUp, TheFirstChatFindsItsConnectionReady) {
  Rig rig;
  const auto client = rig.open(true);
  ASSERT_NE(rig.log.wait_for("warm-up of provider 'openrouter': connected"), "") << rig.log.all();
  const ChatResponse answer = expect_answer(client->chat(ask("hi")));
  EXPECT_TRUE(answer.attempts.at(0).connection_reused);
  EXPECT_EQ(rig.simulator->stats().connections, 1u);
  EXPECT_EQ(rig.simulator->requests().at(0).target, "/api/v1/key");
}

TEST(WarmUp, OverTlsAndHttp2NoSecondHandshakeHappens) {
  for (const Wire wire : {Wire::kTls, Wire::kHttp2}) {
    SCOPED_TRACE(wire);
    Rig rig(wire);
    const auto client = rig.open(true);
    ASSERT_NE(rig.log.wait_for("warm-up of provider 'openrouter': connected"), "") << rig.log.all();
    const ChatResponse answer = expect_answer(client->chat(ask("hi")));
    EXPECT_EQ(answer.attempts.at(0).http_version, http_version(wire));
    EXPECT_TRUE(answer.attempts.at(0).connection_reused);
    const ProxySeen seen = rig.front->proxy.seen(2);
    ASSERT_EQ(seen.requests.size(), 2u);
    EXPECT_EQ(seen.requests[0].path, "/api/v1/key");
    EXPECT_EQ(seen.requests[1].path, "/api/v1/chat/completions");
    EXPECT_EQ(seen.accepted, 1) << "as the proxy counts, not our own trail";
    EXPECT_EQ(seen.handshakes, 1);
  }
}

TEST(WarmUp, AnOldServerIsAskedAtItsOldPath) {
  sim::SimulatorOptions options;
  options.key_endpoint = sim::KeyEndpoint::kAuthKey;
  Rig rig(Wire::kPlain, options);
  const auto client = rig.open(true);
  ASSERT_NE(rig.log.wait_for("warm-up of provider 'openrouter': connected"), "") << rig.log.all();
  const auto requests = rig.simulator->requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[1].target, "/api/v1/auth/key");
}

TEST(WarmUp, ARefusedKeyMarksItsLaneAndTheNextKeyIsUsed) {
  sim::SimulatorOptions options;
  options.keys = {{"sk-or-v1-refused-refused", sim::KeyState::kInvalid},
                  {kKey, sim::KeyState::kValid}};
  Rig rig(Wire::kPlain, options);
  rig.openrouter += "api_keys = [\"sk-or-v1-refused-refused\", \"" + std::string(kKey) + "\"]\n";
  const auto client = rig.open(true);
  ASSERT_NE(rig.log.wait_for("warm-up of provider 'openrouter': "), "");
  expect_answer(client->chat(ask("hi")));
  EXPECT_TRUE(rig.simulator->requests().back().key_is(kKey));
}

TEST(WarmUp, BeingOfflineNeverFailsOpen) {
  Rig rig;
  const auto port = rig.simulator->port();
  rig.simulator.reset();
  rig.environment["OPENROUTER_BASE_URL"] = "http://127.0.0.1:" + std::to_string(port) + "/api/v1";
  const auto client = rig.open(true);
  EXPECT_NE(client, nullptr);
  EXPECT_NE(rig.log.wait_for("warm-up of provider 'openrouter': "), "");
}

TEST(WarmUp, AClientMayCloseWhileItRuns) {
  sim::SimulatorOptions options;
  options.script = {};
  Rig rig(Wire::kPlain, options);
  for (int i = 0; i < 20; ++i) rig.open(true).reset();
}

}  // namespace
}  // namespace prx::test
