#include "telemetry/redactor.hpp"

#include <gtest/gtest.h>

namespace prx {
namespace {

TEST(Redactor, TakesEveryOccurrenceOut) {
  Redactor redactor;
  redactor.add("sk-or-v1-abcdef");
  EXPECT_EQ(redactor.redact("a sk-or-v1-abcdef b sk-or-v1-abcdef"), "a [redacted] b [redacted]");
}

TEST(Redactor, KnowsTheValueBehindAScheme) {
  Redactor redactor;
  redactor.add("Bearer secret-token");
  EXPECT_EQ(redactor.redact("sent secret-token"), "sent [redacted]");
  EXPECT_EQ(redactor.redact("sent Bearer secret-token"), "sent [redacted]");
}

TEST(Redactor, KnowsTheValueAsJsonWritesIt) {
  Redactor redactor;
  redactor.add("pa\"ss\\word");
  EXPECT_EQ(redactor.redact(R"({"key":"pa\"ss\\word"})"), R"({"key":"[redacted]"})");
}

TEST(Redactor, TakesTheLongerOfTwoOverlappingSecrets) {
  Redactor redactor;
  redactor.add("secret-one");
  redactor.add("secret-one-and-more");
  EXPECT_EQ(redactor.redact("secret-one-and-more"), "[redacted]");
}

TEST(Redactor, LeavesOrdinaryWordsAlone) {
  Redactor redactor;
  redactor.add("");
  redactor.add("true");
  EXPECT_EQ(redactor.redact("it is true"), "it is true");
}

TEST(Redactor, ASecretThatIsPartOfItsReplacementEnds) {
  Redactor redactor;
  redactor.add("redacted");
  EXPECT_EQ(redactor.redact("a redacted b redacted"), "a [redacted] b [redacted]");
}

}  // namespace
}  // namespace prx
