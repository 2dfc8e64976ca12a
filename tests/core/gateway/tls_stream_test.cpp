// Answers over real TLS: whole, in order, slow, cut.
#include "gateway/http/tls_stream.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <future>

#include "core/gateway/tls_fixture.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;
using namespace test;  // its words
using ::testing::HasSubstr;
using End = TlsClient::End;

std::string letters(std::size_t size) {
  std::string out(size, 'a');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>('a' + i * 7 % 26);
  return out;
}

TEST_F(TlsTest, AConnectionServesOneRequestAfterTheOtherInBothVersions) {
  open();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(port, {version, version, ""});
    ASSERT_TRUE(client.is_up());
    EXPECT_EQ(SSL_version(client.ssl()), version);
    for (int i = 0; i < 3; ++i) {
      client.forget();
      ASSERT_TRUE(client.send(post("hi" + std::to_string(i))));
      EXPECT_TRUE(client.read_until("\r\n\r\nhi" + std::to_string(i)));
    }
  }
  EXPECT_EQ(counts().accepted, 2u);
  EXPECT_EQ(counts().requests, 6u);
}

TEST_F(TlsTest, LargeBodiesArriveWholeBothWays) {
  open();
  const std::string body = letters(3u << 20);
  TlsClient client(port);
  for (int i = 0; i < 2; ++i) {
    client.forget();
    // Written by another thread: the answer does not wait for the last byte to be read.
    auto sent = std::async(std::launch::async, [&] { return client.send(post(body)); });
    ASSERT_TRUE(sent.get());
    ASSERT_TRUE(client.read_until("\r\n\r\n"));
    const std::size_t head = client.text().find("\r\n\r\n") + 4;
    ASSERT_TRUE(client.read_size(head + body.size()));
    EXPECT_TRUE(client.text().substr(head) == body);
  }
}

TEST_F(TlsTest, RequestsSentAheadAreAnsweredInTheirOrder) {
  open();
  TlsClient client(port);
  std::string all;
  for (int i = 0; i < 50; ++i) all += post("body-" + std::to_string(10 + i));
  client.send(all);
  for (int i = 0; i < 50; ++i)
    EXPECT_TRUE(client.read_until("\r\n\r\nbody-" + std::to_string(10 + i)));
}

TEST_F(TlsTest, ARequestThatComesByteByByteIsRead) {
  open();
  TlsClient client(port);
  for (const char c : post("slowly")) client.send({&c, 1});
  EXPECT_TRUE(client.read_until("\r\n\r\nslowly"));
}

TEST_F(TlsTest, WhatIsWrittenInOneTurnIsOneRecord) {
  open();
  TlsClient client(port);
  Responder& stream = begin_stream(client);
  EXPECT_TRUE(client.read_until("\r\n\r\n"));
  client.forget();
  on_loop([&] {
    for (int i = 0; i < 200; ++i) stream.write("data: " + std::to_string(i) + "\n\n");
  });
  char byte = 0;
  std::size_t size = 0;
  ASSERT_EQ(SSL_read_ex(client.ssl(), &byte, 1, &size), 1);
  // What is left of the record is there without looking at the socket.
  std::string rest(static_cast<std::size_t>(SSL_pending(client.ssl())), ' ');
  EXPECT_THAT(rest.size(), ::testing::Gt(2'500u));
  ASSERT_EQ(SSL_read_ex(client.ssl(), rest.data(), rest.size(), &size), 1);
  EXPECT_THAT(rest, HasSubstr("data: 199\n\n"));
  on_loop([&] { stream.end(); });
  EXPECT_TRUE(client.read_until("0\r\n\r\n"));
}

TEST_F(TlsTest, ALastAnswerEndsInTheWordOfTls) {
  open();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(port, {version, version, ""});
    client.send(get("/echo", "Connection: close\r\n"));
    EXPECT_EQ(client.read_end(), End::kNotified);
    EXPECT_THAT(client.text(), HasSubstr("Connection: close"));
  }
}

TEST_F(TlsTest, AnIdleConnectionEndsInTheWordOfTls) {
  ServerLimits limits;
  limits.idle_timeout = 100ms;
  open(limits);
  TlsClient client(port);
  client.send(post("hi"));
  EXPECT_EQ(client.read_end(), End::kNotified);
  EXPECT_EQ(counts().faults, 0u);
}

TEST_F(TlsTest, ABodyThatBreaksOffArrivesAndIsCut) {
  open();
  for (int i = 0; i < 10; ++i) {
    TlsClient client(port, {i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION, 0, ""});
    client.send(get("/break"));
    EXPECT_EQ(client.read_end(), End::kReset);
    EXPECT_THAT(client.text(), HasSubstr("data: half\n\n"));
  }
}

TEST_F(TlsTest, AStopCutsWhatIsUnderWay) {
  open();
  TlsClient client(port);
  Responder& stream = begin_stream(client);
  on_loop([&] { stream.write("half"); });
  EXPECT_TRUE(client.read_until("half"));
  on_loop([&] { server->stop(); });
  EXPECT_EQ(client.read_end(), End::kReset);
}

TEST_F(TlsTest, AClientThatLeavesEndsItsExchangeAtOnce) {
  open();
  int left = 0;
  for (const auto& [reset, notify] :
       {std::pair{false, false}, std::pair{true, false}, std::pair{false, true}}) {
    TlsClient client(port);
    begin_stream(client);
    EXPECT_EQ(alive, 1);
    client.close(reset, notify);
    EXPECT_TRUE(soon([&] { return alive == 0; })) << reset << notify;
    EXPECT_EQ(counts().clients_left, static_cast<std::uint64_t>(++left));
  }
  EXPECT_TRUE(soon([&] { return counts().connections == 0; }));
}

TEST_F(TlsTest, ASlowClientHoldsBackItsOwnAnswerAndReadsAllOfIt) {
  ServerLimits limits;
  limits.unsent_max = 64u << 10;
  open(limits);
  TlsClient client(port), other(port);
  Responder& stream = begin_stream(client);
  const std::size_t sent = write_until_held(stream);
  other.send(post("hi"));
  EXPECT_TRUE(other.read_until("\r\n\r\nhi"));
  auto read = std::async(std::launch::async, [&] { return client.read_until("0\r\n\r\n"); });
  EXPECT_TRUE(soon([&] { return !held; }));
  on_loop([&] { stream.end(); });
  EXPECT_TRUE(read.get());
  EXPECT_GT(client.text().size(), sent);
}

TEST_F(TlsTest, AClientThatNeverReadsIsLeftAfterAWhile) {
  ServerLimits limits;
  limits.write_timeout = 300ms;
  open(limits);
  TlsClient client(port);
  write_until_held(begin_stream(client));
  EXPECT_TRUE(soon([&] { return alive == 0; }));
}

TEST_F(TlsTest, ADrainLetsAnswersEndAndClosesTheOthers) {
  open();
  TlsClient busy(port), idle(port), shaking(port, {}, false);
  Responder& stream = begin_stream(busy);
  idle.send(post("hi"));
  EXPECT_TRUE(idle.read_until("\r\n\r\nhi"));
  EXPECT_TRUE(soon([&] { return counts().accepted == 3; }));
  std::promise<void> drained;
  on_loop([&] {
    server->drain();
    server->on_drained([&] { drained.set_value(); });
  });
  EXPECT_EQ(idle.read_end(), End::kNotified);
  idle.close(false);
  shaking.shake_hands();
  EXPECT_FALSE(shaking.is_up());
  on_loop([&] {
    stream.write("to the end");
    stream.end();
  });
  EXPECT_TRUE(busy.read_until("to the end\r\n0\r\n\r\n"));
  busy.close(false);
  drained.get_future().wait();
}

TEST_F(TlsTest, AConnectionTooManyIsToldSo) {
  ServerLimits limits;
  limits.connections_max = 1;
  open(limits);
  TlsClient one(port), two(port);
  EXPECT_TRUE(two.read_until("HTTP/1.1 503 "));
  EXPECT_EQ(two.read_end(), End::kNotified);
  EXPECT_EQ(counts().refused, 1u);
}

/// The server's end of a client's connection: it is in this process.
int far_end_of(int client) {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  EXPECT_EQ(::getsockname(client, reinterpret_cast<sockaddr*>(&own), &size), 0);
  for (int i = 0; i < 1'024; ++i) {
    sockaddr_in peer{};
    size = sizeof peer;
    if (::getpeername(i, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
        peer.sin_family == AF_INET && peer.sin_port == own.sin_port)
      return i;
  }
  return -1;
}

TEST_F(TlsTest, ItsSocketIsSetUpAsThatOfAPlainConnection) {
  open();
  TlsClient client(port);
  const int socket = far_end_of(client.socket());
  ASSERT_GE(socket, 0);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  EXPECT_EQ(::getsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
  EXPECT_NE(no_delay, 0);
  EXPECT_NE(::fcntl(socket, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(socket, F_GETFD) & FD_CLOEXEC, 0);
}

}  // namespace
}  // namespace prx::gateway
