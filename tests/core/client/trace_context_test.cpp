// What may be passed on as a W3C trace context.
#include "client/trace_context.hpp"

#include <gtest/gtest.h>

#include <string>

namespace prx::driver {
namespace {

TEST(TraceContext, IsAsTheStandardHasIt) {
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  for (const std::string& text : {std::string(), good, "cc" + good.substr(2) + "-what-comes-later"})
    EXPECT_TRUE(check_traceparent(text)) << text;
  const std::string zeros(32, '0');
  for (const std::string& text :
       {std::string(good + "-more"), good.substr(1), "ff" + good.substr(2), "0g" + good.substr(2),
        std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"),
        "00-" + zeros + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + zeros.substr(16) + "-01",
        "cc" + good.substr(2) + "more", "cc" + good.substr(2) + "-a\r\nEvil: 1", good + "\n"})
    EXPECT_FALSE(check_traceparent(text)) << text;
}

}  // namespace
}  // namespace prx::driver
