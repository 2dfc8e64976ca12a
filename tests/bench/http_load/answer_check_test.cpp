#include "bench/http_load/answer_check.hpp"

#include <gtest/gtest.h>

#include "bench/common/payload.hpp"

namespace prx::bench {
namespace {

Expected expected(Answer answer, std::size_t events = 3) {
  HttpLoadOptions options;
  options.answer = answer;
  options.stream_events = events;
  return expected_answer(options);
}

std::string stamped(std::size_t number) {
  std::string event = stamped_event();
  write_stamp(event.data(), {number, std::chrono::nanoseconds(1'000 + number)});
  return event;
}

const AnswerCheck::OnEvent kIgnore = [](std::chrono::nanoseconds) {};

TEST(BenchAnswerCheck, TheWholeAnswerIsComplete) {
  for (const Answer answer : {Answer::kJson, Answer::kStream, Answer::kRefused}) {
    const Expected right = expected(answer);
    AnswerCheck check(right);
    EXPECT_FALSE(check.complete());
    EXPECT_TRUE(check.take(right.body.substr(0, 7), kIgnore));
    EXPECT_FALSE(check.complete());
    EXPECT_TRUE(check.take(right.body.substr(7), kIgnore));
    EXPECT_TRUE(check.complete());
    EXPECT_FALSE(check.take("x", kIgnore));
  }
}

TEST(BenchAnswerCheck, OneOtherByteIsWrong) {
  const Expected right = expected(Answer::kStream);
  std::string body = right.body;
  body[body.size() / 2] ^= 1;
  AnswerCheck check(right);
  EXPECT_FALSE(check.take(body, kIgnore));
}

TEST(BenchAnswerCheck, EachStampedEventIsToldCutAnywhere) {
  const Expected right = expected(Answer::kStamped);
  const std::string body = stamped(0) + stamped(1) + stamped(2) + right.body;
  AnswerCheck check(right);
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    std::vector<long> sent;
    const auto note = [&](std::chrono::nanoseconds time) { sent.push_back(time.count()); };
    check.restart();
    EXPECT_TRUE(check.take(std::string_view(body).substr(0, cut), note)) << cut;
    EXPECT_TRUE(check.take(std::string_view(body).substr(cut), note)) << cut;
    EXPECT_TRUE(check.complete());
    EXPECT_EQ(sent, (std::vector<long>{1'000, 1'001, 1'002}));
  }
}

TEST(BenchAnswerCheck, AnEventThatIsLostOrDoubledIsWrong) {
  const Expected right = expected(Answer::kStamped);
  AnswerCheck lost(right), doubled(right), missing(right);
  EXPECT_FALSE(lost.take(stamped(0) + stamped(2), kIgnore));
  EXPECT_FALSE(doubled.take(stamped(0) + stamped(0), kIgnore));
  EXPECT_FALSE(missing.take(stamped(0) + stamped(1) + right.body, kIgnore));
}

}  // namespace
}  // namespace prx::bench
