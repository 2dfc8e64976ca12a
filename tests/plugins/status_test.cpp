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

}  // namespace
}  // namespace prx::sdk
