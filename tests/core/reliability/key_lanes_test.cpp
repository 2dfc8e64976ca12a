#include "reliability/key_lanes.hpp"

#include <gtest/gtest.h>

namespace prx::reliability {
namespace {

using namespace std::chrono_literals;

Error of(ErrorClass error_class) {
  Error error;
  error.error_class = error_class;
  return error;
}

const MonotonicTime kNow{1h};

TEST(KeyLanes, PicksTheFirstKeyWhileNothingIsKnown) {
  const KeyLanes lanes;
  EXPECT_EQ(lanes.pick("a", 3, kNow), 0u);
  EXPECT_EQ(lanes.pick("a", 0, kNow), 0u);
}

TEST(KeyLanes, ARefusedKeyRestsFiveMinutes) {
  KeyLanes lanes;
  const Error refused = of(ErrorClass::kAuth);
  lanes.record("a", 0, &refused, kNow);
  EXPECT_EQ(lanes.pick("a", 2, kNow), 1u);
  EXPECT_TRUE(lanes.cooling("a", 0, kNow + 299s));
  EXPECT_FALSE(lanes.cooling("a", 0, kNow + 300s));
  EXPECT_EQ(lanes.pick("a", 2, kNow + 300s), 0u);
}

TEST(KeyLanes, ASingleDeadKeyIsStillTried) {
  KeyLanes lanes;
  const Error no_credit = of(ErrorClass::kCredit);
  lanes.record("a", 0, &no_credit, kNow);
  EXPECT_EQ(lanes.pick("a", 1, kNow), 0u);
}

TEST(KeyLanes, OfCoolingKeysTheOneThatIsBackFirstIsTried) {
  KeyLanes lanes;
  const Error refused = of(ErrorClass::kAuth);
  lanes.record("a", 0, &refused, kNow + 1s);
  lanes.record("a", 1, &refused, kNow);
  EXPECT_EQ(lanes.pick("a", 2, kNow + 2s), 1u);
}

TEST(KeyLanes, OtherFailuresSayNothingAboutTheKey) {
  KeyLanes lanes;
  for (const auto error_class :
       {ErrorClass::kNetwork, ErrorClass::kRateLimit, ErrorClass::kNotFound}) {
    const Error error = of(error_class);
    lanes.record("a", 0, &error, kNow);
    EXPECT_FALSE(lanes.cooling("a", 0, kNow)) << to_string(error_class);
  }
}

TEST(KeyLanes, ASuccessEndsTheRest) {
  KeyLanes lanes;
  const Error refused = of(ErrorClass::kAuth);
  lanes.record("a", 0, &refused, kNow);
  lanes.record("a", 0, nullptr, kNow);
  EXPECT_FALSE(lanes.cooling("a", 0, kNow));
}

TEST(KeyLanes, ProvidersDoNotShareLanes) {
  KeyLanes lanes;
  const Error refused = of(ErrorClass::kAuth);
  lanes.record("a", 0, &refused, kNow);
  EXPECT_FALSE(lanes.cooling("b", 0, kNow));
}

}  // namespace
}  // namespace prx::reliability
