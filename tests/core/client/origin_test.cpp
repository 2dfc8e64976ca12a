#include "client/origin.hpp"

#include <gtest/gtest.h>

namespace prx::driver {
namespace {

TEST(Origin, WritesThePortAndLowerCase) {
  EXPECT_EQ(origin_of("https://OpenRouter.AI/api/v1"), "https://openrouter.ai:443");
  EXPECT_EQ(origin_of("HTTP://127.0.0.1:8080"), "http://127.0.0.1:8080");
  EXPECT_EQ(origin_of("http://localhost?x=1"), "http://localhost:80");
  EXPECT_EQ(origin_of("http://[::1]:81/v1"), "http://[::1]:81");
  EXPECT_EQ(origin_of("http://[::1]/v1"), "http://[::1]:80");
}

TEST(Origin, RefusesWhatCouldBeReadInTwoWays) {
  for (const char* url :
       {"https://openrouter.ai@evil.example/", "https://openrouter.ai\\@evil.example/",
        "ftp://openrouter.ai/", "openrouter.ai", "https:///path", "https://openrouter.ai:0/",
        "https://openrouter.ai:65536/", "https://openrouter.ai:80a/", "https://open router.ai/",
        "https://openrouter.ai\n.evil.example/", "file:///etc/passwd", "https://:443/",
        "https://\xc3\xb6.example/", ""})
    EXPECT_EQ(origin_of(url), std::nullopt) << url;
}

}  // namespace
}  // namespace prx::driver
