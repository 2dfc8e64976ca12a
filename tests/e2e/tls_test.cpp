// What only a wire with TLS has: ALPN, handshakes and certificates. The proxy is the witness.
#include <set>

#include "e2e/rig.hpp"

namespace prx::test {
namespace {

constexpr int kCalls = 5;

// One connection and one handshake for several calls, streamed and not, by the proxy's own count.
void expect_one_connection(Wire wire, const std::string& alpn) {
  Rig rig(wire);
  const auto client = rig.open();
  for (int i = 0; i < kCalls; ++i) {
    CallOptions options;
    options.stream_upstream = i % 2 == 0;
    const ChatResponse answer = expect_answer(client->chat(ask("hi"), options));
    EXPECT_EQ(answer.attempts.at(0).connection_reused, i > 0) << "the trail agrees";
  }
  const ProxySeen seen = rig.front->proxy.seen(kCalls);
  EXPECT_EQ(seen.accepted, 1);
  EXPECT_EQ(seen.handshakes, 1);
  EXPECT_EQ(seen.negotiated, std::vector<std::string>{alpn});
  ASSERT_EQ(seen.requests.size(), static_cast<std::size_t>(kCalls));
  for (const auto& request : seen.requests) {
    EXPECT_EQ(request.alpn, alpn);
    EXPECT_EQ(request.client, seen.requests[0].client);
    EXPECT_EQ(request.status, 200);
  }
}

TEST(Tls, Http2IsNegotiatedAndItsConnectionReused) { expect_one_connection(Wire::kHttp2, "h2"); }

TEST(Tls, Http11IsNegotiatedWhenAskedForAndItsConnectionReused) {
  expect_one_connection(Wire::kTls, "http/1.1");
}

TEST(Tls, ConnectionsOfABurstServeTheNextOne) {
  Rig rig(Wire::kHttp2);
  const auto client = rig.open();
  constexpr std::size_t kAtOnce = 8;
  for (int burst = 0; burst < 2; ++burst) {
    std::vector<std::unique_ptr<Stream>> streams;
    for (std::size_t i = 0; i < kAtOnce; ++i) streams.push_back(client->stream(ask("hi")));
    for (const auto& stream : streams) EXPECT_TRUE(stream->result());
  }
  const ProxySeen seen = rig.front->proxy.seen(2 * kAtOnce);
  EXPECT_EQ(seen.requests.size(), 2 * kAtOnce);
  std::set<std::string> clients;
  for (const auto& request : seen.requests) clients.insert(request.client);
  EXPECT_EQ(seen.handshakes, static_cast<int>(clients.size())) << "none for nothing";
  EXPECT_LE(clients.size(), kAtOnce) << "the second burst makes none";
}

void expect_refused(Rig& rig, const std::string& hint) {
  const auto client = rig.open();
  const CallError error = expect_failure(client->chat(ask("hi")));
  EXPECT_EQ(error.error_class, ErrorClass::kNetwork);
  EXPECT_NE(error.message.find(hint), std::string::npos) << error.message;
  EXPECT_EQ(rig.simulator->stats().requests, 0u);
}

TEST(Tls, AnUnknownAuthorityIsRejected) {
  Rig rig(Wire::kHttp2);
  rig.openrouter.clear();  // without ca_file
  expect_refused(rig, "ca_file");
}

TEST(Tls, ACertificateForAnotherHostIsRejected) {
  Rig rig;
  rig.put_front("auto", {.names = "DNS:elsewhere.example"});
  expect_refused(rig, "certificate");
}

TEST(Tls, AnExpiredCertificateIsRejected) {
  Rig rig;
  rig.put_front("auto", {.expired = true});
  expect_refused(rig, "certificate");
}

}  // namespace
}  // namespace prx::test
