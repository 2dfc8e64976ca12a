// Frames of a process that nobody trusts: each is read whole, or refused, and never past its end.
#include <gtest/gtest.h>

#include <random>

#include "isolation/wire_values.hpp"
#include "prx/sdk/abi.hpp"

namespace prx::isolation {
namespace {

/// A copy of exactly its size on the heap, so that ASan sees a read past its end.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {
    bytes_.shrink_to_fit();
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;
};

std::string fields_of(const std::string& frame) { return frame.substr(sizeof(FrameHead)); }

std::string whole_event() {
  prx_event event{};
  event.type = PRX_EV_USAGE;
  event.choice = 1;
  event.text = sdk::str("text");
  event.json = sdk::str("{}");
  prx_usage usage{};
  usage.total_tokens = 7;
  usage.cost = 0.25;
  prx_error error{};
  error.code = PRX_E_OVERLOADED;
  error.message = sdk::str("busy");
  std::string frame;
  {
    FrameWriter out(frame, Kind::kEvent, 5);
    put(out, event, &usage, &error);
  }
  return frame;
}

std::string whole_send() {
  const prx_kv header{sdk::str("a"), sdk::str("b")};
  prx_http_req request{};
  request.method = sdk::str("POST");
  request.url = sdk::str("https://a.example/");
  request.headers = &header;
  request.header_count = 1;
  request.body = sdk::str("{}");
  std::string frame;
  {
    FrameWriter out(frame, Kind::kSend, 5);
    put_send(out, 9, request, false, 0);
  }
  return frame;
}

bool reads_event(std::string_view bytes) {
  const Fields fields(bytes);
  FrameReader in(fields.view());
  WireEvent wire;
  get_event(in, wire);
  return in.done();
}

bool reads_send(std::string_view bytes) {
  const Fields fields(bytes);
  FrameReader in(fields.view());
  WireSend wire;
  return get_send(in, wire);
}

TEST(Wire, AnEventCrossesWithAllItPointsTo) {
  const std::string frame = whole_event();
  FrameHead head;
  std::memcpy(&head, frame.data(), sizeof head);
  EXPECT_EQ(head.size, frame.size() - sizeof head);
  EXPECT_EQ(head.kind, Kind::kEvent);
  EXPECT_EQ(head.id, 5u);
  const std::string fields = fields_of(frame);
  FrameReader in(fields);
  WireEvent wire;
  get_event(in, wire);
  ASSERT_TRUE(in.done());
  EXPECT_EQ(wire.event.choice, 1u);
  EXPECT_EQ(sdk::view(wire.event.text), "text");
  EXPECT_EQ(sdk::view(wire.event.json), "{}");
  EXPECT_EQ(wire.event.usage->total_tokens, 7);
  EXPECT_EQ(wire.event.usage->cost, 0.25);
  EXPECT_EQ(wire.event.error->code, PRX_E_OVERLOADED);
  EXPECT_EQ(sdk::view(wire.event.error->message), "busy");
}

TEST(Wire, ARequestCrossesWithItsHeaders) {
  const std::string fields = fields_of(whole_send());
  FrameReader in(fields);
  WireSend wire;
  ASSERT_TRUE(get_send(in, wire));
  EXPECT_EQ(wire.exchange, 9u);
  EXPECT_EQ(sdk::view(wire.request.url), "https://a.example/");
  ASSERT_EQ(wire.request.header_count, 1u);
  EXPECT_EQ(sdk::view(wire.request.headers[0].value), "b");
  EXPECT_EQ(sdk::view(wire.request.body), "{}");
}

TEST(Wire, AFrameThatIsCutAnywhereOrHasMoreIsRefused) {
  const std::string event = fields_of(whole_event()), send = fields_of(whole_send());
  for (std::size_t size = 0; size < event.size(); ++size)
    EXPECT_FALSE(reads_event(event.substr(0, size))) << size;
  for (std::size_t size = 0; size < send.size(); ++size)
    EXPECT_FALSE(reads_send(send.substr(0, size))) << size;
  EXPECT_FALSE(reads_event(event + "x"));
  EXPECT_FALSE(reads_send(send + "x"));
}

TEST(Wire, MoreHeadersThanARequestMayHaveAreRefused) {
  const std::vector<prx_kv> headers(65);
  prx_http_req request{};
  request.headers = headers.data();
  for (const std::size_t count : {64u, 65u}) {
    request.header_count = count;
    std::string frame;
    {
      FrameWriter out(frame, Kind::kSend, 5);
      put_send(out, 9, request, false, 0);
    }
    EXPECT_EQ(reads_send(fields_of(frame)), count == 64);
  }
}

TEST(Wire, ChangedBytesAreNeverReadPastTheEnd) {
  std::mt19937 random(1);  // a fixed seed: the same bytes each time
  for (int i = 0; i < 20'000; ++i) {
    std::string event = fields_of(whole_event()), send = fields_of(whole_send());
    for (int change = 0; change < 3; ++change) {
      event[random() % event.size()] = static_cast<char>(random());
      send[random() % send.size()] = static_cast<char>(random());
    }
    static_cast<void>(reads_event(event));
    static_cast<void>(reads_send(send));
  }
}

}  // namespace
}  // namespace prx::isolation
