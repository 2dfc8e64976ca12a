// A connection over a stream that the test plays, in virtual time: orders of events that real
// sockets seldom have. tests/fuzz/fuzz_gateway.cpp looks for others.
#include "gateway/http/connection.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/virtual_loop.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;

/// Takes `room` bytes; gives what the test hands to it.
struct PlayedStream final : ByteStream {
  void read(std::span<char> into, Read handler) override {
    into_ = into;
    read_ = std::move(handler);
  }
  std::size_t read_now(std::span<char>) override { return 0; }
  bool write(std::string& bytes, Written handler) override {
    EXPECT_FALSE(ended);
    if (bytes.size() > room) {
      pending_ = &bytes;
      written_ = std::move(handler);
      return false;
    }
    out += std::exchange(bytes, {});
    return true;
  }
  [[nodiscard]] std::uint64_t written() const override { return out.size(); }
  [[nodiscard]] bool delivered() const override { return false; }
  void end_writing() override { ended = true; }
  void close(bool reset) override {
    closed = true;
    was_reset = reset;
    read_ = nullptr;
    written_ = nullptr;
  }

  void receive(std::string_view bytes) {
    ASSERT_TRUE(read_);
    std::copy(bytes.begin(), bytes.end(), into_.begin());
    std::exchange(read_, nullptr)(bytes.size());
  }
  [[nodiscard]] bool is_read() const { return static_cast<bool>(read_); }
  void make_room() {
    room = 1u << 20;
    out += std::exchange(*pending_, {});
    std::exchange(written_, nullptr)(true);
  }

  std::string out;
  std::size_t room = 1u << 20;
  bool ended = false, closed = false, was_reset = false;

 private:
  std::span<char> into_;
  std::string* pending_ = nullptr;
  Read read_;
  Written written_;
};

/// Ends its answer from inside the call that lets it go on.
struct EndsWhenLetGoOn final : Exchange {
  explicit EndsWhenLetGoOn(Responder& to) : responder(to) {}
  void hold_back(bool on) override {
    if (on) return;
    responder.write("last");
    responder.end();
  }
  Responder& responder;
};

class ConnectionTest : public ::testing::Test {
 protected:
  void open(Handler handler) {
    ServerLimits limits;
    limits.unsent_max = 64;
    limits.ahead_max = 64;
    parts = std::make_shared<ServerParts>(loop, limits, std::move(handler), FaultBody(),
                                          std::make_shared<InFlight>());
    parts->take(stream, "");
  }
  ~ConnectionTest() override { parts->stop(); }
  static std::unique_ptr<Exchange> answer_now(HttpRequest&&, Responder& responder) {
    responder.send({200, ""}, "ok");
    return nullptr;
  }
  prx::test::VirtualLoop loop;
  std::shared_ptr<PlayedStream> stream = std::make_shared<PlayedStream>();
  std::shared_ptr<ServerParts> parts;
};

TEST_F(ConnectionTest, AnAnswerThatBreaksOffIsCutAlsoForWhoHasClosedItsHalf) {
  open([](HttpRequest&&, Responder& responder) -> std::unique_ptr<Exchange> {
    responder.begin({200, ""});
    responder.write("half");
    responder.reset();
    return nullptr;
  });
  stream->receive("GET / HTTP/1.0\r\n\r\n");
  stream->receive("");
  loop.advance(5s);
  EXPECT_TRUE(stream->closed);
  EXPECT_TRUE(stream->was_reset) << "of HTTP/1.0, a clean end makes it whole";
}

TEST_F(ConnectionTest, AnAnswerThatEndsWhereItIsLetGoOnIsWrittenBeforeTheEnd) {
  open([](HttpRequest&&, Responder& responder) -> std::unique_ptr<Exchange> {
    auto out = std::make_unique<EndsWhenLetGoOn>(responder);
    responder.begin({200, ""});
    responder.write(std::string(100, 'x'));
    return out;
  });
  stream->room = 0;
  stream->receive("GET / HTTP/1.0\r\n\r\n");
  loop.run_ready();
  stream->make_room();
  loop.run_ready();
  EXPECT_TRUE(stream->ended);
  EXPECT_EQ(stream->out.substr(stream->out.size() - 5), "xlast");
}

TEST_F(ConnectionTest, ALineOfAHeadMayBeLongerThanWhatIsTakenAheadOfAnAnswer) {
  open(&answer_now);
  stream->receive("GET / HTTP/1.1\r\nHost: x\r\nX-A: " + std::string(100, 'a'));
  ASSERT_TRUE(stream->is_read());
  stream->receive("\r\n\r\n");
  loop.run_ready();
  EXPECT_EQ(stream->out.substr(0, 12), "HTTP/1.1 200");
}

TEST_F(ConnectionTest, AnEmptyLineKeepsNoServerFromDraining) {
  open(&answer_now);
  stream->receive("\r");
  parts->drain();
  loop.run_ready();
  EXPECT_TRUE(stream->ended);
}

}  // namespace
}  // namespace prx::gateway
