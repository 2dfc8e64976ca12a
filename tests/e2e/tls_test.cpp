// TLS and HTTP/2 through nghttpx in front of the simulator.
#include "e2e/rig.hpp"
#include "support/certificates.hpp"
#include "support/nghttpx.hpp"

namespace prx::test {
namespace {

class Tls : public ::testing::Test {
 protected:
  /// The provider's table, pointed at a proxy.
  void point_at(const Nghttpx& proxy, const std::string& host, bool with_ca, const char* version) {
    rig.environment.erase("OPENROUTER_BASE_URL");
    rig.toml += "[providers.openrouter]\napi_key = \"" + std::string(kKey) +
                "\"\nbase_url = \"https://" + host + ":" + std::to_string(proxy.port()) +
                "/api/v1\"\nhttp_version = \"" + version + "\"\n";
    if (with_ca) rig.toml += "ca_file = \"" + authority.ca_file() + "\"\n";
  }
  Nghttpx::Options front(const std::string& names = "DNS:localhost,IP:127.0.0.1") {
    Nghttpx::Options options;
    options.certificate = authority.issue(names);
    options.backend_port = rig.simulator->port();
    return options;
  }

  Rig rig;
  Certificates authority;
};

TEST_F(Tls, Http2IsNegotiatedAndItsConnectionReused) {
  const Nghttpx proxy(front());
  point_at(proxy, "localhost", true, "2");
  const auto client = rig.open();
  for (int i = 0; i < 5; ++i) {
    const ChatResponse answer = expect_answer(client->chat(ask("hi")));
    EXPECT_EQ(answer.attempts.at(0).http_version, 20);
    EXPECT_EQ(answer.attempts.at(0).connection_reused, i > 0);
  }
}

TEST_F(Tls, Http11WhenAskedFor) {
  const Nghttpx proxy(front());
  point_at(proxy, "localhost", true, "1.1");
  const auto client = rig.open();
  const ChatResponse answer = expect_answer(client->chat(ask("hi")));
  EXPECT_EQ(answer.attempts.at(0).http_version, 11);
}

TEST_F(Tls, ACutStreamIsAnErrorThereToo) {
  const Nghttpx proxy(front());
  for (const char* version : {"2", "1.1"}) {
    sim::SimulatorOptions paced;
    paced.token_delay = std::chrono::milliseconds(20);
    Rig own(paced);
    Nghttpx::Options options = front();
    options.backend_port = own.simulator->port();
    const Nghttpx its_proxy(options);
    own.environment.erase("OPENROUTER_BASE_URL");
    own.toml += "[providers.openrouter]\napi_key = \"" + std::string(kKey) +
                "\"\nbase_url = \"https://localhost:" + std::to_string(its_proxy.port()) +
                "/api/v1\"\nhttp_version = \"" + version + "\"\nca_file = \"" +
                authority.ca_file() + "\"\n";
    const auto client = own.open();
    const CallError error = expect_failure(client->chat(ask("hi", "sim/cut?after=3")));
    EXPECT_EQ(error.error_class, ErrorClass::kBadResponse) << error.message;
    EXPECT_FALSE(error.partial.text.empty());
  }
}

TEST_F(Tls, AnUnknownAuthorityIsRejected) {
  const Nghttpx proxy(front());
  point_at(proxy, "localhost", false, "auto");
  const auto client = rig.open();
  const CallError error = expect_failure(client->chat(ask("hi")));
  EXPECT_EQ(error.error_class, ErrorClass::kNetwork);
  EXPECT_NE(error.message.find("ca_file"), std::string::npos) << error.message;
  EXPECT_EQ(rig.simulator->stats().requests, 0u);
}

TEST_F(Tls, ACertificateForAnotherHostIsRejected) {
  const Nghttpx proxy(front("DNS:elsewhere.example"));
  point_at(proxy, "localhost", true, "auto");
  const auto client = rig.open();
  const CallError error = expect_failure(client->chat(ask("hi")));
  EXPECT_EQ(error.error_class, ErrorClass::kNetwork);
  EXPECT_EQ(rig.simulator->stats().requests, 0u);
}

}  // namespace
}  // namespace prx::test
