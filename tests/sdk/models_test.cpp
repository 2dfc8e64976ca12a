#include <gtest/gtest.h>

#include "event_log.hpp"

namespace prx::sdk {
namespace {

using Lines = std::vector<std::string>;

test::EventLog models(std::string_view body) {
  test::EventLog log;
  read_models(body, log.sink(), "OpenRouter");
  return log;
}

TEST(Models, EachIsAnItemWithItsExactBytes) {
  const auto log = models(
      R"( {"data": [ {"id":"a\/b", "pricing":{"prompt":"0.0000010"}} , {"name":"no id"},{"id":"c"}],"links":{}})");
  EXPECT_EQ(log.lines, (Lines{R"(item 0 model a/b {"id":"a\/b", "pricing":{"prompt":"0.0000010"}})",
                              R"(item 0 model c {"id":"c"})", "done"}));
}

TEST(Models, OtherListsAreTaken) {
  EXPECT_EQ(models(R"([{"id":"x"}])").lines, (Lines{R"(item 0 model x {"id":"x"})", "done"}));
  EXPECT_EQ(models(R"({"models":[{"id":"x"}]})").count("item"), 1u);
  EXPECT_EQ(models(R"({"data":[]})").lines, Lines{"done"});
}

TEST(Models, BrokenListsAreBadResponses) {
  for (const char* body :
       {"", "<html>", "{\"data\":[{\"id\":\"x\"}", "{\"data\":{}}", "3", "{\"data\":[1,]}"}) {
    const auto log = models(body);
    ASSERT_EQ(log.lines.size(), 1u) << body;
    EXPECT_EQ(log.error.error_class, ErrorClass::kBadResponse) << body;
  }
}

TEST(Models, ErrorInTheBodyIsRead) {
  const auto log = models(R"({"error":{"code":401,"message":"No auth credentials found"}})");
  EXPECT_EQ(log.error.error_class, ErrorClass::kAuth);
  EXPECT_NE(log.error.message.find("No auth credentials found"), std::string::npos);
}

TEST(Models, StopsWhenTheHostSaysSo) {
  test::EventLog log;
  log.stop_after = 1;
  read_models(R"({"data":[{"id":"a"},{"id":"b"}]})", log.sink(), "OpenRouter");
  ASSERT_EQ(log.lines.size(), 2u);
  EXPECT_EQ(log.error.error_class, ErrorClass::kCancelled);
}

}  // namespace
}  // namespace prx::sdk
