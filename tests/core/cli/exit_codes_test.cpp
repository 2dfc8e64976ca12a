#include "cli/exit_codes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace prx::cli {
namespace {

TEST(ExitCode, KeyAndCreditAreFour) {
  EXPECT_EQ(exit_code(ErrorClass::kAuth), 4);
  EXPECT_EQ(exit_code(ErrorClass::kCredit), 4);
}

TEST(ExitCode, RateLimitAndOverloadAreFive) {
  EXPECT_EQ(exit_code(ErrorClass::kRateLimit), 5);
  EXPECT_EQ(exit_code(ErrorClass::kOverloaded), 5);
}

TEST(ExitCode, NetworkAndTimeoutAreSix) {
  EXPECT_EQ(exit_code(ErrorClass::kNetwork), 6);
  EXPECT_EQ(exit_code(ErrorClass::kTimeout), 6);
}

TEST(ExitCode, ARefusalOfTheProviderIsSeven) {
  for (const ErrorClass refusal :
       {ErrorClass::kInvalidRequest, ErrorClass::kNotFound, ErrorClass::kUnsupported,
        ErrorClass::kContextLength, ErrorClass::kContentPolicy, ErrorClass::kPermission}) {
    EXPECT_EQ(exit_code(refusal), 7) << to_string(refusal);
  }
}

TEST(ExitCode, ARefusalBeforeAnyAttemptIsTwo) {
  CallError error(fail(ErrorClass::kInvalidRequest, "too large").error());
  EXPECT_EQ(exit_code(error), 2);
  error.attempts.emplace_back();
  EXPECT_EQ(exit_code(error), 7);
  EXPECT_EQ(exit_code(CallError(fail(ErrorClass::kAuth, "no key").error())), 4);
}

TEST(ExitCode, ARequestThatNoTargetCanServeIsTwo) {
  CallError error(fail(ErrorClass::kUnsupported, "no tools").error());
  error.attempts.emplace_back().reason = "skipped";
  EXPECT_EQ(exit_code(error), 2);
  error.attempts.emplace_back().reason = "first";
  EXPECT_EQ(exit_code(error), 7);
}

TEST(ExitCode, ARefusalByThePluginBeforeAnythingIsSentIsTwo) {
  CallError error(fail(ErrorClass::kInvalidRequest, "provider: unknown key \"sotr\"").error());
  error.attempts.emplace_back().refused_unsent = true;
  EXPECT_EQ(exit_code(error), 2);
  error.attempts.emplace_back().reason = "fallback";
  EXPECT_EQ(exit_code(error), 7) << "somebody was asked";
}

TEST(ExitCode, BrokenAnswersAndBugsAreEight) {
  EXPECT_EQ(exit_code(ErrorClass::kBadResponse), 8);
  EXPECT_EQ(exit_code(ErrorClass::kInternal), 8);
  EXPECT_EQ(exit_code(static_cast<ErrorClass>(999)), 8);
}

TEST(ExitCode, CancelledIsThatOfAnInterrupt) { EXPECT_EQ(exit_code(ErrorClass::kCancelled), 130); }

TEST(ExitCode, HelpNamesEveryCode) {
  const std::string help(exit_codes_help());
  for (const char* code : {"  0 ", "  1 ", "  2 ", "  3 ", "  4 ", "  5 ", "  6 ", "  7 ", "  8 ",
                           "130", "141", "143"})
    EXPECT_NE(help.find(code), std::string::npos) << code;
}

}  // namespace
}  // namespace prx::cli
