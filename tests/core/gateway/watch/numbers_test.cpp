// What calls did, counted: series by what is told of a call, and never more than there is room for.
#include "gateway/watch/numbers.hpp"

#include <gmock/gmock.h>

#include "gateway/watch/call_book.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;

Measurement call_of(std::string_view model, std::string_view error = {}) {
  Measurement out;
  out.kind = Measurement::Kind::kCall;
  out.operation = "chat";
  out.call = "id";
  out.provider_name = "openai";
  out.instance = "mine";
  out.request_model = model;
  out.error_type = error;
  out.duration = 30ms;
  return out;
}

const CallSeries* find(const Numbers& numbers, std::string_view model,
                       std::string_view error = {}) {
  for (const auto& [name, series] : numbers.calls())
    if (series.model == model && series.error_type == error) return &series;
  return nullptr;
}

TEST(Histogram, AValueIsCountedAtTheFirstBoundThatIsNotBelowIt) {
  Histogram values(seconds_bounds());
  values.add(0.0);
  values.add(0.01);
  values.add(0.011);
  values.add(1e9);
  EXPECT_EQ(values.count(0), 2u) << "a bound belongs to its bucket";
  EXPECT_EQ(values.count(1), 1u);
  EXPECT_EQ(values.count(seconds_bounds().size()), 1u) << "above all bounds";
  EXPECT_EQ(values.all(), 4u);
}

TEST(Numbers, ASeriesIsOfOneOutcome) {
  Numbers numbers;
  numbers.take(call_of("a"));
  numbers.take(call_of("a"));
  numbers.take(call_of("a", "rate_limit"));
  ASSERT_NE(find(numbers, "a"), nullptr);
  EXPECT_EQ(find(numbers, "a")->duration.all(), 2u);
  EXPECT_EQ(find(numbers, "a", "rate_limit")->duration.all(), 1u);
}

TEST(Numbers, ModelsThatClientsInventAreCountedTogether) {
  Numbers numbers;
  for (std::size_t i = 0; i < 2 * Numbers::kSeriesMax; ++i)
    numbers.take(call_of("model-" + std::to_string(i)));
  EXPECT_LE(numbers.calls().size(), Numbers::kSeriesMax + 1);
  ASSERT_NE(find(numbers, Numbers::kOther), nullptr);
  EXPECT_EQ(find(numbers, Numbers::kOther)->duration.all(), Numbers::kSeriesMax);
}

TEST(Numbers, TheLoopsAreAddedUp) {
  Numbers a, b;
  a.take(call_of("x"));
  b.take(call_of("x"));
  b.take(call_of("y"));
  Attempt attempt;
  attempt.reason = "hedge";
  Measurement hedge = call_of("x");
  hedge.kind = Measurement::Kind::kAttempt;
  hedge.attempt = &attempt;
  b.take(hedge);
  a.add(b);
  EXPECT_EQ(find(a, "x")->duration.all(), 2u);
  EXPECT_EQ(find(a, "y")->duration.all(), 1u);
  EXPECT_EQ(a.hedges_won(), 1u);
  ASSERT_EQ(a.attempts().size(), 1u);
  EXPECT_EQ(a.attempts().begin()->second.count, 1u);
}

TEST(Numbers, TimesBetweenPiecesBelongToTheLastCall) {
  Numbers numbers;
  Histogram pieces(between_chunks_bounds());
  pieces.add(0.02);
  numbers.take_chunks(pieces);  // there was no call
  numbers.take(call_of("x"));
  numbers.take(call_of("y"));
  numbers.take_chunks(pieces);
  EXPECT_EQ(find(numbers, "x")->between_chunks.all(), 0u);
  EXPECT_EQ(find(numbers, "y")->between_chunks.all(), 1u);
}

TEST(CallBook, TheLastCallsAreKeptWithTheirAttempts) {
  CallBook book;
  const auto now = std::chrono::system_clock::now();
  Attempt attempt;
  attempt.provider = "mine";
  attempt.reason = "first";
  for (std::size_t i = 0; i < CallBook::kCallsMax + 5; ++i) {
    const std::string id = "call-" + std::to_string(i);
    Measurement measured = call_of("x");
    measured.call = id;
    measured.kind = Measurement::Kind::kAttempt;
    measured.attempt = &attempt;
    book.take(measured, now);
    measured.kind = Measurement::Kind::kCall;
    measured.attempt = nullptr;
    book.take(measured, now);
  }
  ASSERT_EQ(book.calls().size(), CallBook::kCallsMax);
  EXPECT_EQ(book.calls().front().id, "call-5");
  ASSERT_EQ(book.calls().back().attempts.size(), 1u);
  EXPECT_EQ(book.calls().back().attempts[0].provider, "mine");
}

TEST(CallBook, CallsThatNeverEndFillNoMemory) {
  CallBook book;
  Attempt attempt;
  for (std::size_t i = 0; i < CallBook::kOpenMax + 10; ++i) {
    const std::string id = "call-" + std::to_string(i);
    Measurement measured = call_of("x");
    measured.call = id;
    measured.kind = Measurement::Kind::kAttempt;
    measured.attempt = &attempt;
    book.take(measured, {});
  }
  Measurement last = call_of("x");
  const std::string id = "call-" + std::to_string(CallBook::kOpenMax + 9);
  last.call = id;
  book.take(last, {});
  EXPECT_EQ(book.calls().back().attempts.size(), 1u) << "the others were forgotten";
  Measurement first = call_of("x");
  first.call = "call-0";
  book.take(first, {});
  EXPECT_TRUE(book.calls().back().attempts.empty());
}

}  // namespace
}  // namespace prx::gateway
