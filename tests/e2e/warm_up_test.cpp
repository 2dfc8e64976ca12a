// The warm-up: a pooled connection that the first chat uses, and what it says about the key.
#include "e2e/rig.hpp"
#include "support/certificates.hpp"
#include "support/nghttpx.hpp"

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
  Rig rig;
  Certificates authority;
  Nghttpx::Options front;
  front.certificate = authority.issue("DNS:localhost,IP:127.0.0.1");
  front.backend_port = rig.simulator->port();
  const Nghttpx proxy(front);
  rig.environment.erase("OPENROUTER_BASE_URL");
  rig.toml += "[providers.openrouter]\napi_key = \"" + std::string(kKey) +
              "\"\nbase_url = \"https://localhost:" + std::to_string(proxy.port()) +
              "/api/v1\"\nca_file = \"" + authority.ca_file() + "\"\nhttp_version = \"2\"\n";
  const auto client = rig.open(true);
  ASSERT_NE(rig.log.wait_for("warm-up of provider 'openrouter': connected"), "") << rig.log.all();
  const ChatResponse answer = expect_answer(client->chat(ask("hi")));
  EXPECT_EQ(answer.attempts.at(0).http_version, 20);
  EXPECT_TRUE(answer.attempts.at(0).connection_reused);
}

TEST(WarmUp, AnOldServerIsAskedAtItsOldPath) {
  sim::SimulatorOptions options;
  options.key_endpoint = sim::KeyEndpoint::kAuthKey;
  Rig rig(options);
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
  Rig rig(options);
  rig.toml += "[providers.openrouter]\napi_keys = [\"sk-or-v1-refused-refused\", \"" +
              std::string(kKey) + "\"]\n";
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
  Rig rig(options);
  for (int i = 0; i < 20; ++i) rig.open(true).reset();
}

}  // namespace
}  // namespace prx::test
