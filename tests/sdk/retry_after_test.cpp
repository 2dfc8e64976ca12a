#include <gtest/gtest.h>

#include "event_log.hpp"

namespace prx::sdk {
namespace {

using std::chrono::milliseconds;
using test::Headers;

constexpr std::int64_t kNow = 1'700'000'000;  // Tue, 14 Nov 2023 22:13:20 GMT

std::optional<milliseconds> wait(const Headers& headers, std::int64_t now = kNow) {
  return read_retry_after(test::kvs(headers), now);
}

TEST(RetryAfter, SecondsAndFractions) {
  EXPECT_EQ(wait({{"retry-after", "3"}}), milliseconds(3000));
  EXPECT_EQ(wait({{"retry-after", " 1.25 "}}), milliseconds(1250));
  EXPECT_EQ(wait({{"retry-after", "0"}}), milliseconds(0));
}

TEST(RetryAfter, LessThanNothingIsNoWordAtAll) {
  EXPECT_EQ(wait({{"retry-after", "-5"}}), std::nullopt);
  EXPECT_EQ(wait({{"retry-after-ms", "-5"}}), std::nullopt);
}

TEST(RetryAfter, TheLongestOfSeveralCounts) {
  EXPECT_EQ(wait({{"retry-after", "1"}, {"retry-after", "3"}}), milliseconds(3000));
  EXPECT_EQ(wait({{"retry-after", "3"}, {"retry-after", "soon"}}), milliseconds(3000));
}

TEST(RetryAfter, MillisecondsGoFirst) {
  EXPECT_EQ(wait({{"retry-after", "3"}, {"retry-after-ms", "250"}}), milliseconds(250));
}

TEST(RetryAfter, DatesInEachOfTheirForms) {
  EXPECT_EQ(wait({{"retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"}}), milliseconds(30'000));
  EXPECT_EQ(wait({{"retry-after", "Tuesday, 14-Nov-23 22:13:50 GMT"}}), milliseconds(30'000));
  EXPECT_EQ(wait({{"retry-after", "Tue Nov 14 22:13:50 2023"}}), milliseconds(30'000));
  EXPECT_EQ(wait({{"retry-after", "Tue, 14 Nov 2023 22:00:00 GMT"}}), milliseconds(0));
}

TEST(RetryAfter, TheAnswersOwnDateStandsForNow) {
  const Headers headers{{"retry-after", "Tue, 14 Nov 2023 23:00:10 GMT"},
                        {"date", "Tue, 14 Nov 2023 23:00:00 GMT"}};
  EXPECT_EQ(wait(headers), milliseconds(10'000));
  EXPECT_EQ(wait(headers, 0), milliseconds(10'000));
  EXPECT_EQ(wait({{"retry-after", "Tue, 14 Nov 2023 23:00:10 GMT"}}, 0), std::nullopt);
}

TEST(RetryAfter, OpenAiDurations) {
  EXPECT_EQ(wait({{"x-ratelimit-reset-requests", "6m0s"}}), milliseconds(360'000));
  EXPECT_EQ(wait({{"x-ratelimit-reset-tokens", "120ms"}}), milliseconds(120));
  EXPECT_EQ(wait({{"x-ratelimit-reset-tokens", "1h2m3.5s"}}), milliseconds(3'723'500));
  EXPECT_EQ(wait({{"x-ratelimit-reset-requests", "1s"}, {"x-ratelimit-reset-tokens", "6m0s"}}),
            milliseconds(360'000));
  EXPECT_EQ(wait({{"x-ratelimit-reset-requests", "1s"},
                  {"x-ratelimit-remaining-requests", "0"},
                  {"x-ratelimit-reset-tokens", "6m0s"},
                  {"x-ratelimit-remaining-tokens", "900"}}),
            milliseconds(1000));
}

TEST(RetryAfter, ALimitThatHasSomeLeftIsNotWaitedFor) {
  EXPECT_EQ(wait({{"x-ratelimit-reset-requests", "1s"},
                  {"x-ratelimit-reset-tokens", "6m0s"},
                  {"x-ratelimit-remaining-tokens", "149984"}}),
            milliseconds(1000));
  EXPECT_EQ(wait({{"x-ratelimit-reset-tokens", "6m0s"}, {"x-ratelimit-remaining-tokens", "1"}}),
            std::nullopt);
  EXPECT_EQ(wait({{"x-ratelimit-reset", "20"}, {"x-ratelimit-remaining", "3"}}), std::nullopt);
  EXPECT_EQ(wait({{"x-ratelimit-reset", "20"}, {"x-ratelimit-remaining", "0"}}),
            milliseconds(20'000));
  EXPECT_EQ(wait({{"x-ratelimit-reset", "20"}, {"x-ratelimit-remaining", "unknown"}}),
            milliseconds(20'000));
}

TEST(RetryAfter, ResetIsToldApartBySize) {
  EXPECT_EQ(wait({{"x-ratelimit-reset", "20"}}), milliseconds(20'000));
  EXPECT_EQ(wait({{"x-ratelimit-reset", "1700000012"}}), milliseconds(12'000));
  EXPECT_EQ(wait({{"x-ratelimit-reset", "1700000012345"}}), milliseconds(12'345));
  EXPECT_EQ(wait({{"x-ratelimit-reset", "1600000000"}}), milliseconds(0));
  EXPECT_EQ(wait({{"x-ratelimit-reset", "1700000012"}}, 0), std::nullopt);
}

TEST(RetryAfter, NonsenseIsNothing) {
  for (const char* text : {"", "soon", "nan", "inf", "Tue, 99 Nov 2023 22:13:50 GMT",
                           "Tue, 30 Feb 2024 22:13:50 GMT", "1 2", "5 parsecs"})
    EXPECT_EQ(wait({{"retry-after", text}}), std::nullopt) << text;
  EXPECT_EQ(wait({}), std::nullopt);
}

TEST(RetryAfter, HoweverFarAwayItIsNeverMoreThanAYear) {
  const milliseconds longest(std::int64_t{366} * 24 * 3600 * 1000);
  EXPECT_EQ(wait({{"retry-after", "1e300"}}), longest);
  EXPECT_EQ(wait({{"retry-after", "1" + std::string(400, '0')}}), longest);
  EXPECT_EQ(wait({{"x-ratelimit-reset", "1" + std::string(400, '0')}}), longest);
  for (const char* date :
       {"Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 10000 23:59:59 GMT",
        "Fri, 31 Dec 275760 00:00:00 GMT", "Fri, 31 Dec 99999999999999999999 00:00:00 GMT",
        "Fri Dec 31 23:59:59 12000"})
    EXPECT_EQ(wait({{"retry-after", date}}), longest) << date;
}

TEST(RetryAfter, LessThanADoubleCanSayIsNoWait) {
  EXPECT_EQ(wait({{"retry-after", "1e-999"}}), milliseconds(0));
  EXPECT_EQ(wait({{"retry-after", "-1" + std::string(400, '0')}}), milliseconds(0));
  EXPECT_EQ(wait({{"retry-after", "0." + std::string(400, '0') + "1"}}), milliseconds(0));
}

std::optional<milliseconds> next_request(
    const std::vector<std::pair<std::string, std::string>>& headers) {
  std::vector<prx_kv> kvs;
  for (const auto& [name, value] : headers)
    kvs.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
  return read_next_request(kvs);
}

TEST(NextRequest, IsTheShareOfTheWindowThatOneRequestHas) {
  EXPECT_EQ(next_request({{"x-ratelimit-remaining-requests", "0"},
                          {"x-ratelimit-limit-requests", "500"},
                          {"x-ratelimit-reset-requests", "1m0s"}}),
            milliseconds(120));
  EXPECT_EQ(next_request(
                {{"x-ratelimit-remaining-requests", "0"}, {"x-ratelimit-reset-requests", "1.5s"}}),
            milliseconds(1'500));
  EXPECT_EQ(next_request({{"x-ratelimit-remaining-requests", "0"},
                          {"x-ratelimit-limit-requests", "1e9"},
                          {"x-ratelimit-reset-requests", "1ms"}}),
            milliseconds(1));
}

TEST(NextRequest, IsNoneWhileSomeAreLeftOrNothingIsSaid) {
  EXPECT_EQ(
      next_request({{"x-ratelimit-remaining-requests", "1"}, {"x-ratelimit-reset-requests", "1s"}}),
      std::nullopt);
  EXPECT_EQ(next_request({{"x-ratelimit-reset-requests", "1s"}}), std::nullopt);
  EXPECT_EQ(next_request({{"x-ratelimit-remaining-requests", "0"}}), std::nullopt);
  EXPECT_EQ(next_request(
                {{"x-ratelimit-remaining-requests", "0"}, {"x-ratelimit-reset-requests", "soon"}}),
            std::nullopt);
}

}  // namespace
}  // namespace prx::sdk
