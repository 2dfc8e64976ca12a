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

TEST(Redactor, TakesThePartOfASecretOutWhereATextWasCut) {
  Redactor redactor;
  redactor.add("sk-or-v1-0123456789");
  EXPECT_EQ(redactor.redact("Bearer sk-or-v1-012"), "Bearer [redacted]");
  EXPECT_EQ(redactor.redact("Bearer sk-or-v1-012... (provider Acme)"),
            "Bearer [redacted]... (provider Acme)");
  EXPECT_EQ(redactor.redact("SK-OR-V1-0... and sk-or-v1....text/Sk-Or-V1"),
            "[redacted]... and [redacted]....text/[redacted]");
}

TEST(Redactor, APartIsSixBytesOrMoreOfTheBeginning) {
  Redactor redactor;
  redactor.add("sk-or-v1-0123456789");
  EXPECT_EQ(redactor.redact("it was sk-or-"), "it was [redacted]");
  EXPECT_EQ(redactor.redact("it was sk-or"), "it was sk-or");
  EXPECT_EQ(redactor.redact("it was 0123456789"), "it was 0123456789");
  EXPECT_EQ(redactor.redact("keys begin with sk-or-v1- there"), "keys begin with sk-or-v1- there");
}

TEST(Redactor, ASchemeAloneIsNoPart) {
  Redactor redactor;
  redactor.add("Bearer secret-token");
  EXPECT_EQ(redactor.redact("send Authorization: Bearer"), "send Authorization: Bearer");
  EXPECT_EQ(redactor.redact("Authorization: Bearer s..."), "Authorization: [redacted]...");
}

TEST(Redactor, TheLongestPartOfAnySecretGoes) {
  Redactor redactor;
  redactor.add("secret-one-alpha");
  redactor.add("one-alphabet-soup-of-letters");
  redactor.add("abcabcabd-secret");
  EXPECT_EQ(redactor.redact("a secret-one-alph"), "a [redacted]");
  EXPECT_EQ(redactor.redact("a abcabcabcab"), "a abc[redacted]");
}

TEST(Redactor, ASecretWithDotsIsCutAnywhere) {
  Redactor redactor;
  redactor.add("dotted...secret-value");
  EXPECT_EQ(redactor.redact("a dotted...sec... b"), "a [redacted]... b");
  EXPECT_EQ(redactor.redact("a dotted...secret-value b"), "a [redacted] b");
}

TEST(Redactor, ALongTextIsReadOnce) {
  Redactor redactor;
  redactor.add(std::string(4u << 10, '.') + "x");
  redactor.add("secret");
  std::string text, clean;
  for (int i = 0; i < 200'000; ++i) text += "secret", clean += "[redacted]";
  EXPECT_EQ(redactor.redact(text), clean);
  const std::string dots(256u << 10, '.');
  EXPECT_LT(redactor.redact(dots).size(), dots.size());
}

TEST(Redactor, KnowsTheSecretAsUrlsWriteIt) {
  Redactor redactor;
  redactor.add("sk/a+b=c?d");
  EXPECT_EQ(redactor.redact("?key=sk%2Fa%2Bb%3Dc%3fd&x"), "?key=[redacted]&x");
  EXPECT_EQ(redactor.redact("?key=sk%2fa%2bb%3dc%3fd&x"), "?key=[redacted]&x");
  EXPECT_EQ(redactor.redact("?key=sk/a%2Bb=c%3fd 100%"), "?key=[redacted] 100%");
  EXPECT_EQ(redactor.redact("?key=sk%2Fa%2Bb..."), "?key=[redacted]...");
  EXPECT_EQ(redactor.redact("50% of %zz and %2"), "50% of %zz and %2");
}

TEST(Redactor, KnowsTheSecretByEachEscapeOfJson) {
  Redactor redactor;
  redactor.add("sk/a+b=c");
  EXPECT_EQ(redactor.redact(R"("sk\/a+b=c")"), R"("[redacted]")");
  EXPECT_EQ(redactor.redact(R"("sk\u002fa\u002Bb\u003dc")"), R"("[redacted]")");
  EXPECT_EQ(redactor.redact(R"("sk\u002fa\u002Bb...")"), R"("[redacted]...")");
  EXPECT_EQ(redactor.redact(R"(C:\new \u00e9 \u12)"), R"(C:\new \u00e9 \u12)");
}

TEST(Redactor, ATextCutInsideOfAnEscapeKeepsNoPartOfASecret) {
  Redactor redactor;
  redactor.add("sk-or-v1+abc/defghi=");
  const std::string_view forms[] = {
      "sk-or-v1%2Babc%2Fdefghi%3D",       "sk-or-v1\\u002babc\\/defghi\\u003d",
      "sk-or-v1%252Babc%252Fdefghi%253D", "sk-or-v1\\\\u002babc\\\\/defghi\\\\u003d",
      "sk-or-v1%2Babc\\/defghi\\u003d",   "sk-or-v1%5Cu002babc%2Fdefghi%5cu003D"};
  for (const std::string_view form : forms)
    for (std::size_t size = 8; size <= form.size(); ++size) {
      const std::string text = "key " + std::string(form.substr(0, size));
      EXPECT_EQ(redactor.redact(text), "key [redacted]") << text;
      EXPECT_EQ(redactor.redact(text + "... b"), "key [redacted]... b") << text;
    }
}

TEST(Redactor, EscapesOfEscapesAreReadUpToALimit) {
  Redactor redactor;
  redactor.add("sk-or+secret-key");
  std::string text = "sk-or+secret-key";
  const auto escape = [&text](std::string_view mark) {
    const std::size_t at = text.find(mark);
    text.replace(at, 1, mark == "+" ? "%2B" : "%25");
  };
  escape("+");
  for (std::size_t times = 1; times <= Redactor::kEscapesMax; ++times, escape("%"))
    EXPECT_EQ(redactor.redact("a " + text + " b"), "a [redacted] b") << text;
  EXPECT_EQ(redactor.redact("a " + text + " b"), "a " + text + " b");
}

TEST(Redactor, ASecretWithWhatLooksLikeAnEscapeIsFoundAsItIs) {
  Redactor redactor;
  redactor.add("ab%41cd\\/ef");
  EXPECT_EQ(redactor.redact("key ab%41cd\\/ef."), "key [redacted].");
  EXPECT_EQ(redactor.redact("key ab%2541cd%5C%2Fef."), "key [redacted].");
}

TEST(Redactor, KeepsSecretsInUseAndTheNewestOfThoseBefore) {
  const auto of = [](int number) {
    Redactor one;
    one.add("the-key-in-use");
    one.add("secret-" + std::to_string(100'000 + number));
    return one;
  };
  Redactor redactor;
  for (int i = 0; i < 10'000; ++i) redactor.renew(of(i));
  EXPECT_EQ(redactor.size(), Redactor::kRetiredMax + 2);
  EXPECT_EQ(redactor.redact("a the-key-in-use b"), "a [redacted] b");
  const int oldest = 9'999 - static_cast<int>(Redactor::kRetiredMax);
  EXPECT_EQ(redactor.redact("a secret-109999 b"), "a [redacted] b");
  EXPECT_EQ(redactor.redact("a secret-" + std::to_string(100'000 + oldest) + " b"),
            "a [redacted] b");
  EXPECT_NE(redactor.redact("a secret-" + std::to_string(99'999 + oldest) + " b"),
            "a [redacted] b");
}

TEST(Redactor, NamesThatWereCutAreKnownByTheirLengthOrTheirDots) {
  const std::string key = "sk-or-v1-0123456789";
  EXPECT_FALSE(Redactor::was_cut("gen-1700000000-abcdef"));
  EXPECT_TRUE(Redactor::was_cut("gen-..."));
  EXPECT_FALSE(Redactor::was_cut(std::string(Redactor::kCutMin - 1, 'x')));
  EXPECT_TRUE(Redactor::was_cut(std::string(Redactor::kCutMin, 'x')));
  EXPECT_TRUE(Redactor::ends_in_part("gen-SK-OR-V1-0...", key));
  EXPECT_TRUE(Redactor::ends_in_part(std::string(100, 'x') + key.substr(0, 6), key));
  EXPECT_FALSE(Redactor::ends_in_part("gen-sk-or...", key));
  EXPECT_FALSE(Redactor::ends_in_part("sk-or-v1-x...", key));
  EXPECT_FALSE(Redactor::ends_in_part("...", key));
}

}  // namespace
}  // namespace prx
