#include "reliability/failure.hpp"

#include <gtest/gtest.h>

namespace prx::reliability {
namespace {

Failure failed(std::size_t target, ErrorClass error_class, std::string message = "it broke") {
  Failure failure;
  failure.target = target;
  failure.name = std::string(1, static_cast<char>('a' + target));
  failure.error.error_class = error_class;
  failure.error.message = std::move(message);
  return failure;
}

ErrorClass best_of(const std::vector<Failure>& failures) {
  return most_useful(failures).error_class;
}

TEST(MostUseful, WhatIsWrongWithTheRequestComesFirst) {
  for (const auto one : {ErrorClass::kContentPolicy, ErrorClass::kInvalidRequest}) {
    EXPECT_EQ(best_of({failed(0, ErrorClass::kOverloaded), failed(1, one)}), one);
    EXPECT_EQ(best_of({failed(0, one), failed(1, ErrorClass::kAuth)}), one);
  }
}

TEST(MostUseful, WhatTheFirstTargetCannotDoBeatsWhatPasses) {
  for (const auto one : {ErrorClass::kContextLength, ErrorClass::kUnsupported, ErrorClass::kAuth,
                         ErrorClass::kCredit, ErrorClass::kPermission, ErrorClass::kNotFound})
    EXPECT_EQ(best_of({failed(0, one), failed(1, ErrorClass::kRateLimit)}), one);
}

TEST(MostUseful, WhatPassesBeatsWhatIsWrongWithAFallback) {
  for (const auto one : {ErrorClass::kContextLength, ErrorClass::kUnsupported, ErrorClass::kAuth,
                         ErrorClass::kCredit, ErrorClass::kPermission, ErrorClass::kNotFound})
    EXPECT_EQ(best_of({failed(0, ErrorClass::kTimeout), failed(1, one)}), ErrorClass::kTimeout);
}

TEST(MostUseful, ARateLimitIsToldBeforeOtherThingsThatPass) {
  for (const auto one : {ErrorClass::kOverloaded, ErrorClass::kTimeout, ErrorClass::kNetwork,
                         ErrorClass::kBadResponse, ErrorClass::kInternal})
    EXPECT_EQ(best_of({failed(0, one), failed(1, ErrorClass::kRateLimit)}), ErrorClass::kRateLimit);
}

TEST(MostUseful, OfEqualsItIsTheFirst) {
  const Error error = most_useful(
      {failed(0, ErrorClass::kOverloaded, "one"), failed(0, ErrorClass::kOverloaded, "two")});
  EXPECT_EQ(error.message, "'a': two (2 times)");
  Failure first = failed(0, ErrorClass::kOverloaded), second = failed(1, ErrorClass::kOverloaded);
  first.error.http_status = 503;
  second.error.http_status = 529;
  EXPECT_EQ(most_useful({first, second}).http_status, 503);
}

TEST(MostUseful, OneFailureIsTheErrorAsItIs) {
  Failure failure = failed(0, ErrorClass::kOverloaded, "provider 'a': no room");
  failure.error.provider_code = "busy";
  EXPECT_EQ(most_useful({failure}), failure.error);
}

TEST(MostUseful, SaysWhatEachTargetSaidLast) {
  const Error error = most_useful({failed(0, ErrorClass::kOverloaded, "busy"),
                                   failed(1, ErrorClass::kTimeout, "provider 'b': silent"),
                                   failed(0, ErrorClass::kOverloaded, "still busy")});
  EXPECT_EQ(error.message, "'a': still busy (2 times); provider 'b': silent");
}

TEST(MostUseful, AMessageThatBeginsWithTheTitleIsNotNamedTwice) {
  Failure openai = failed(0, ErrorClass::kOverloaded, "OpenAI answered 503");
  openai.name = "openai";
  Failure groq = failed(1, ErrorClass::kOverloaded, "OpenAI answered 503");
  groq.name = "groq";
  Failure open = failed(2, ErrorClass::kOverloaded, "openai answered 503");
  open.name = "open";
  EXPECT_EQ(most_useful({openai, groq, open}).message,
            "OpenAI answered 503; 'groq': OpenAI answered 503; 'open': openai answered 503");
}

}  // namespace
}  // namespace prx::reliability
