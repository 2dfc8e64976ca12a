#include "isolation/channel.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>

namespace prx::isolation {
namespace {

using namespace std::chrono_literals;

class ChannelTest : public ::testing::Test, private ChannelObserver {
 protected:
  ChannelTest() : loop(std::move(AsioLoop::open()).value()) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    other.reset(ends[1]);
    channel = std::make_shared<Channel>(*loop, os::Descriptor(ends[0]),
                                        static_cast<ChannelObserver&>(*this));
  }
  void say(std::string_view bytes) {
    ASSERT_EQ(::write(other.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    pump();
  }
  void pump() { ASSERT_TRUE(channel->pump(std::chrono::steady_clock::now() + 10s)); }
  static std::string frame(std::uint64_t id, std::string_view text) {
    std::string out;
    FrameWriter(out, Kind::kLog, id).put(text);
    return out;
  }

  std::unique_ptr<AsioLoop> loop;
  os::Descriptor other;
  std::shared_ptr<Channel> channel;
  std::vector<std::pair<std::uint64_t, std::string>> frames;
  std::optional<std::string> end;
  bool close_at_first = false, let_go_at_first = false;

 private:
  void on_frame(Kind, std::uint64_t id, std::string_view fields) override {
    frames.emplace_back(id, fields);
    if (close_at_first || let_go_at_first) channel->close();
    if (let_go_at_first) channel.reset();
  }
  void on_channel_end(const std::string& why) override { end = why; }
};

TEST_F(ChannelTest, AFrameMayComeInPiecesCutAnywhere) {
  const std::string bytes = frame(1, "one") + frame(2, "");
  for (const char byte : bytes) say({&byte, 1});
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].second.substr(4), "one");
  EXPECT_EQ(frames[1].first, 2u);
}

TEST_F(ChannelTest, HalfAFrameAndThenNothingIsAnEndWithoutIt) {
  say(frame(1, "one").substr(0, 18));
  other.reset();
  pump();
  EXPECT_TRUE(frames.empty());
  EXPECT_EQ(end, "");
}

TEST_F(ChannelTest, AnImpossibleSizeEndsItAtOnceAndTakesNoMemory) {
  FrameHead head{static_cast<std::uint32_t>(kFrameMax) + 1, Kind::kLog, 1};
  say({reinterpret_cast<const char*>(&head), sizeof head});
  EXPECT_EQ(end, "sent a frame of impossible size");
}

TEST_F(ChannelTest, NothingIsHeardAfterItIsClosedFromAFrame) {
  close_at_first = true;
  say(frame(1, "one") + frame(2, "two"));
  EXPECT_EQ(frames.size(), 1u);
  EXPECT_FALSE(end);
}

TEST_F(ChannelTest, ItMayBeLetGoOfFromAFrame) {
  let_go_at_first = true;
  say(frame(1, "one") + frame(2, "two"));
  EXPECT_EQ(frames.size(), 1u);
  EXPECT_FALSE(end);
}

TEST_F(ChannelTest, WhoDoesNotReadIsEndedWhenTheQueueIsFull) {
  const std::string piece(std::size_t{32} << 20, 'x');
  for (std::size_t size = 0; size <= Channel::kQueueMax; size += piece.size())
    channel->append(piece);
  pump();
  EXPECT_EQ(end, "did not read what it was sent");
}

TEST_F(ChannelTest, WhoIsGoneIsAnEndAndNoSignal) {
  other.reset();
  channel->send(Kind::kPing, 1);
  pump();
  EXPECT_EQ(end, "");
}

}  // namespace
}  // namespace prx::isolation
