// The SDK tells the class of a status in two places: with the dialect, and without it.
#include <gtest/gtest.h>

#include "prx/sdk/chat_completions.hpp"
#include "prx/sdk/http_provider.hpp"

namespace prx::sdk {
namespace {

TEST(ClassOfStatus, IsThatOfTheDialect) {
  for (int status = -1; status <= 1000; ++status)
    if (is_rejection(status)) {
      EXPECT_EQ(class_of_status(status), classify(status, "")) << status;
    }
}

TEST(ClassOfStatus, AStatusThatDoesNotExistIsABadResponse) {
  for (int status : {-1, 1, 99, 600, 700, 999})
    EXPECT_EQ(class_of_status(status), ErrorClass::kBadResponse) << status;
  EXPECT_EQ(status_error(700, "it").http_status, 0);
}

TEST(ClassOfStatus, NamesWhoAnswered) {
  const Error error = status_error(503, "the server");
  EXPECT_EQ(error.error_class, ErrorClass::kOverloaded);
  EXPECT_EQ(error.http_status, 503);
  EXPECT_EQ(error.message, "the server answered with HTTP status 503");
}

std::int64_t wait_ms_of(std::string_view retry_after) {
  const prx_kv header{str("retry-after"), str(retry_after)};
  const Error error = status_error(HttpHead{429, {&header, 1}}, "it");
  return error.retry_after ? std::int64_t{error.retry_after->count()} : -1;
}

TEST(ClassOfStatus, OfAHeadKnowsHowLongTheServerWantsUsToWait) {
  EXPECT_EQ(wait_ms_of("0"), 0);
  EXPECT_EQ(wait_ms_of("7"), 7'000);
  EXPECT_EQ(wait_ms_of("9000000000000000000"), 366LL * 86'400'000) << "as long as can be";
  EXPECT_EQ(wait_ms_of("99999999999999999999"), 366LL * 86'400'000) << "no integer holds it";
  for (const char* text : {"", "-1", "soon", "7s", "7 ", "+7"})
    EXPECT_EQ(wait_ms_of(text), -1) << text;
  EXPECT_FALSE(status_error(HttpHead{429, {}}, "it").retry_after);
}

}  // namespace
}  // namespace prx::sdk
