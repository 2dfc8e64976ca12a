// Where the gateway listens, and as whom it may be asked.
#include "gateway/listener.hpp"

#include <gmock/gmock.h>

#include "config/listen_place.hpp"

namespace prx::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ListenAt, GivesTheAddressWithThePortThatItGot) {
  const auto four = listen_at("127.0.0.1:0");
  ASSERT_TRUE(four);
  EXPECT_THAT(four->authority, StartsWith("127.0.0.1:"));
  EXPECT_NE(four->authority, "127.0.0.1:0");
  const auto named = listen_at("localhost:0");
  ASSERT_TRUE(named);
  EXPECT_THAT(named->authority, StartsWith("127.0.0.1:"));
}

TEST(ListenAt, SaysWhyItCannot) {
  const auto first = listen_at("127.0.0.1:0");
  ASSERT_TRUE(first);
  const auto taken = listen_at(first->authority);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().error_class, ErrorClass::kNetwork);
  EXPECT_THAT(taken.error().message, HasSubstr("another program has it"));
  const auto elsewhere = listen_at("192.0.2.1:0");  // of documentation: nobody's
  ASSERT_FALSE(elsewhere);
  EXPECT_THAT(elsewhere.error().message, HasSubstr("take an address of this machine"));
}

TEST(ListenPlace, IsAnAddressAndAPort) {
  for (const char* const bad : {"", ":", "8383", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                                "127.0.0.1:65536", "127.0.0.1:-1", "::1:80", "[::1]", "[::1:80",
                                "example.org:80", "127.0.0.1:80x", "[127.0.0.1]:80", " :80"})
    EXPECT_FALSE(config::listen_place(bad)) << bad;
  for (const char* const good : {"127.0.0.1:0", "127.3.2.1:65535", "[::1]:80", "localhost:80"}) {
    const auto place = config::listen_place(good);
    ASSERT_TRUE(place) << good;
    EXPECT_TRUE(place->loopback) << good;
  }
  for (const char* const far : {"0.0.0.0:80", "[::]:80", "192.0.2.1:80"}) {
    const auto place = config::listen_place(far);
    ASSERT_TRUE(place) << far;
    EXPECT_FALSE(place->loopback) << far;
    EXPECT_THAT(config::check_serve_listen(far, false).error().message,
                HasSubstr("other machines"));
  }
}

TEST(LoopbackHost, IsThisMachineByItsOwnNamesAlone) {
  for (const char* const own : {"localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:8383",
                                "127.8.8.8", "[::1]", "[::1]:8383"})
    EXPECT_TRUE(is_loopback_host(own)) << own;
  for (const char* const other :
       {"", ":80", "evil.example", "evil.example:8383", "localhost.evil.example",
        "127.0.0.1.evil.example", "128.0.0.1", "[::2]", "127.0.0.1@evil.example", "0.0.0.0"})
    EXPECT_FALSE(is_loopback_host(other)) << other;
}

}  // namespace
}  // namespace prx::gateway
