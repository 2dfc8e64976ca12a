#include "cli/duration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prx::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(ParseDuration, ReadsWhatTheConfigurationReads) {
  EXPECT_EQ(parse_duration("500ms").value(), 500ms);
  EXPECT_EQ(parse_duration("30s").value(), 30s);
  EXPECT_EQ(parse_duration("1m30s").value(), 90s);
}

TEST(ParseDuration, RefusesWhatIsNoneAndSaysHowToWriteOne) {
  for (const char* text : {"", "5", "s", "-3s", "0s", "5 s", "five", "100000h"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_THAT(duration.error().message, HasSubstr("write 500ms, 30s")) << text;
  }
}

TEST(FormatDuration, HasThreeFiguresAndTheUnitThatFits) {
  EXPECT_EQ(format_duration(0us), "0 us");
  EXPECT_EQ(format_duration(999us), "999 us");
  EXPECT_EQ(format_duration(1'240us), "1.24 ms");
  EXPECT_EQ(format_duration(38'240us), "38.2 ms");
  EXPECT_EQ(format_duration(412'300us), "412 ms");
  EXPECT_EQ(format_duration(999'600us), "1.00 s");
  EXPECT_EQ(format_duration(12'340ms), "12.3 s");
  EXPECT_EQ(format_duration(59'960ms), "1m00s");
  EXPECT_EQ(format_duration(185s), "3m05s");
}

}  // namespace
}  // namespace prx::cli
