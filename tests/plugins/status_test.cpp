// The SDK tells the class of a status in two places: with the dialect, and without it.
#include <gtest/gtest.h>

#include "prx/sdk/chat_completions.hpp"
#include "prx/sdk/http_provider.hpp"

namespace prx::sdk {
namespace {

TEST(ClassOfStatus, IsThatOfTheDialect) {
  for (int status = 300; status <= 599; ++status)
    EXPECT_EQ(class_of_status(status), classify(status, "")) << status;
}

TEST(ClassOfStatus, NamesWhoAnswered) {
  const Error error = status_error(503, "the server");
  EXPECT_EQ(error.error_class, ErrorClass::kOverloaded);
  EXPECT_EQ(error.http_status, 503);
  EXPECT_EQ(error.message, "the server answered with HTTP status 503");
}

}  // namespace
}  // namespace prx::sdk
