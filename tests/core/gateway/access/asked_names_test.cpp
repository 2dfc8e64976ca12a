// What a request asks for, wherever it says so.
#include "gateway/access/asked_names.hpp"

#include <gmock/gmock.h>

namespace prx::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

HttpRequest post(std::string body) {
  HttpRequest out;
  out.method = "POST";
  out.path = "/v1/chat/completions";
  out.body = std::move(body);
  return out;
}

std::vector<std::string> names(const HttpRequest& request) {
  const auto out = asked_names(request);
  EXPECT_TRUE(out) << out.error().message;
  return out ? *out : std::vector<std::string>{"(error)"};
}

TEST(AskedNames, AModelIsItselfAndAChainToo) {
  EXPECT_THAT(names(post(R"({"model":"openai/gpt-4o"})")), ElementsAre("openai/gpt-4o"));
  EXPECT_THAT(names(post(R"({"model":"chain:two"})")), ElementsAre("chain:two"));
  EXPECT_THAT(names(post(R"({"mod\u0065l":"a\/b"})")), ElementsAre("a/b")) << "however written";
  EXPECT_THAT(names(post(R"({"model":null,"messages":[]})")), IsEmpty());
}

TEST(AskedNames, EverythingThatChoosesIsAmongThem) {
  HttpRequest request =
      post(R"({"prx":{"chain":"a","provider":"b","trail":true},"model":"m","models":["n","o"],)"
           R"("preset":"p"})");
  request.add("X-Prx-Chain", "c");
  request.add("x-prx-provider", "d");
  EXPECT_THAT(names(request), UnorderedElementsAre("chain:a", "provider:b", "m", "n", "o",
                                                   "@preset/p", "chain:c", "provider:d"));
}

TEST(AskedNames, WhatCannotBeReadIsRefused) {
  for (const char* const body :
       {"", "[]", R"({"model":5})", R"({"models":"m"})", R"({"models":[5]})", R"({"prx":5})",
        R"({"prx":{"chain":5}})", R"({"preset":{}})", R"({"model":"a","model":"b"})"}) {
    const auto out = asked_names(post(body));
    ASSERT_FALSE(out) << body;
    EXPECT_EQ(out.error().error_class, ErrorClass::kInvalidRequest) << body;
  }
}

}  // namespace
}  // namespace prx::gateway
