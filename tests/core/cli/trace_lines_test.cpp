#include "cli/chat/trace_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prx::cli {
namespace {

Attempt ended(std::optional<ErrorClass> error_class) {
  Attempt attempt;
  attempt.provider = "acme";
  if (!error_class) return attempt;
  attempt.error.emplace();
  attempt.error->error_class = *error_class;
  return attempt;
}

/// The numbers of the lines on stderr, in their order.
std::vector<std::string> numbers(const std::string& text) {
  std::vector<std::string> out;
  const std::string begin = "attempt ";
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1))
    out.push_back(text.substr(at + begin.size(), 1));
  return out;
}

TEST(TraceLines, WhatWasGivenUpIsToldBeforeTheNextFailure) {
  TraceLines lines(nullptr, {});
  const auto hook = lines.hook();
  ::testing::internal::CaptureStderr();
  hook(ended(ErrorClass::kNetwork));
  hook(ended(ErrorClass::kCancelled));
  hook(ended(ErrorClass::kNetwork));
  hook(ended(std::nullopt));
  const auto told = numbers(::testing::internal::GetCapturedStderr());
  ::testing::internal::CaptureStderr();
  lines.tell_rest();
  const auto rest = numbers(::testing::internal::GetCapturedStderr());
  EXPECT_THAT(told, ::testing::ElementsAre("1", "2", "3"));
  EXPECT_THAT(rest, ::testing::ElementsAre("4")) << "the end of the answer is still on its way";
}

}  // namespace
}  // namespace prx::cli
