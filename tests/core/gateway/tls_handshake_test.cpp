// Who may speak TLS with the server, for how long, and what it does with the others.
#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "core/gateway/tls_fixture.hpp"
#include "core/sim/raw_client.hpp"
#include "gateway/http/tls_stream.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;
using namespace test;  // its words
using sim::test::Close;
using sim::test::RawClient;
using sim::test::Response;
using ::testing::HasSubstr;

TEST_F(TlsTest, AHandshakeHasALimitAndIsNoRequest) {
  ServerLimits limits;
  limits.head_timeout = 200ms;
  open(limits);
  TlsClient silent(port, {}, false);
  RawClient begun(port);
  begun.send({"\x16\x03\x01\x02\x00\x01", 6});
  EXPECT_EQ(begun.read().close, Close::kFin);
  EXPECT_TRUE(soon([&] { return counts().connections == 0; }));
  silent.shake_hands();
  EXPECT_FALSE(silent.is_up());
  EXPECT_EQ(counts().accepted, 2u);
  EXPECT_EQ(counts().requests, 0u);
  EXPECT_EQ(counts().faults, 0u);
  EXPECT_EQ(counts().clients_left, 0u);
}

TEST_F(TlsTest, ARefusedConnectionThatDoesNotShakeHandsGoesToo) {
  ServerLimits limits;
  limits.connections_max = 1;
  limits.head_timeout = 200ms;
  open(limits);
  TlsClient one(port), two(port, {}, false);
  EXPECT_TRUE(soon([&] { return counts().refused == 1; }));
  EXPECT_TRUE(soon([&] { return counts().refusing == 0; }));
  EXPECT_EQ(counts().connections, 1u);
}

TEST_F(TlsTest, AFinishedHandshakeHasNoLimitAnyMore) {
  ServerLimits limits;
  limits.head_timeout = 100ms;
  open(limits);
  TlsClient client(port), silent(port, {}, false);
  EXPECT_TRUE(soon([&] { return counts().connections == 1; })) << "the later one's limit is over";
  client.send(post("hi"));
  EXPECT_TRUE(client.read_until("\r\n\r\nhi"));
}

TEST_F(TlsTest, PlainHttpIsToldSo) {
  open();
  for (const char* const method : {"GET", "POST", "HEAD", "PUT"}) {
    RawClient client(port);
    client.send(std::string(method) + " /v1/models HTTP/1.1\r\nHost: x\r\n\r\n");
    const Response response = client.read();
    EXPECT_EQ(response.status, 400) << method;
    EXPECT_THAT(response.body, HasSubstr("this port speaks TLS"));
  }
  RawClient noise(port);
  noise.send("\x80\x02\x03\xff nothing that anybody speaks\r\n\r\n");
  EXPECT_EQ(noise.read().status, 0);
  EXPECT_EQ(counts().requests, 0u);
}

TEST_F(TlsTest, OldVersionsAndOtherProtocolsAreRefused) {
  open();
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION})
    EXPECT_FALSE(TlsClient(port, {version, version, ""}).is_up());
  EXPECT_FALSE(TlsClient(port, {0, 0, "\x02h2"}).is_up());
  TlsClient both(port, {0, 0, "\x02h2\x08http/1.1"});
  ASSERT_TRUE(both.is_up());
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(both.ssl(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");
}

TEST_F(TlsTest, AnotherNegotiationEndsTheConnection) {
  open();
  TlsClient client(port, {TLS1_2_VERSION, TLS1_2_VERSION, ""});
  begin_stream(client);
  EXPECT_TRUE(client.read_until("\r\n\r\n"));
  ASSERT_EQ(SSL_renegotiate(client.ssl()), 1);
  EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
  EXPECT_TRUE(soon([&] { return alive == 0; }));
}

TEST_F(TlsTest, ADamagedRecordEndsTheConnection) {
  open();
  TlsClient client(port);
  begin_stream(client);
  EXPECT_TRUE(client.read_until("\r\n\r\n"));
  EXPECT_EQ(alive, 1);
  client.send_raw({"\x17\x03\x03\x00\x20 is of nobody's making, that is. ", 37});
  EXPECT_TRUE(soon([&] { return alive == 0; }));
}

TEST_F(TlsTest, ATicketResumesASession) {
  open();
  TlsClient first(port);
  first.send(post("hi"));
  EXPECT_TRUE(first.read_until("\r\n\r\nhi"));  // and the tickets before it
  SSL_SESSION* const session = SSL_get1_session(first.ssl());
  TlsClient second(port, {}, false);
  SSL_set_session(second.ssl(), session);
  SSL_SESSION_free(session);
  second.shake_hands();
  EXPECT_TRUE(SSL_session_reused(second.ssl()));
  second.send(post("ho"));
  EXPECT_TRUE(second.read_until("\r\n\r\nho"));
}

TEST_F(TlsTest, KeysThatAreAskedForOnAndOnByWhoReadsNothingEndTheConnection) {
  open();
  TlsClient client(port, {TLS1_3_VERSION, TLS1_3_VERSION, ""});
  write_until_held(begin_stream(client));
  EXPECT_EQ(alive, 1);
  const auto asked = [&] {
    return SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1 && client.send("x");
  };
  int times = 0;
  while (alive == 1 && times < 20'000 && asked()) ++times;
  EXPECT_TRUE(soon([&] { return alive == 0; }));
  EXPECT_GT(times, 100) << "a few are taken";
}

}  // namespace
}  // namespace prx::gateway
