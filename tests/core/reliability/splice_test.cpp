#include "reliability/splice.hpp"

#include <gtest/gtest.h>

namespace prx::reliability {
namespace {

using Fate = Splice::Fate;

Delivered text_of(std::string text) {
  Delivered delivered;
  delivered.text = std::move(text);
  return delivered;
}

Delivered call_of(std::string name, std::string arguments) {
  Delivered delivered;
  delivered.tool_calls.push_back({0, "first_id", std::move(name), std::move(arguments)});
  return delivered;
}

TEST(Splice, JoinsAtEverySplitOfEveryPiece) {
  const std::string whole = "The quick brown fox";
  for (std::size_t cut = 0; cut <= whole.size(); ++cut)
    for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
      const Delivered delivered = text_of(whole.substr(0, cut));
      Splice splice(delivered);
      std::string seen = delivered.text;
      for (std::size_t at = 0; at < whole.size(); at += piece) {
        const auto step = splice.text(std::string_view(whole).substr(at, piece));
        ASSERT_NE(step.fate, Fate::kDiffers);
        ASSERT_EQ(step.fate == Fate::kNew, !step.fresh.empty());
        seen += step.fresh;
        ASSERT_EQ(splice.caught_up(), std::min(at + piece, whole.size()) >= cut);
      }
      EXPECT_EQ(seen, whole) << cut << " " << piece;
    }
}

TEST(Splice, SeesADifferenceAtEveryByte) {
  const std::string whole = "abcdefgh";
  const Delivered delivered = text_of(whole);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string other = whole + "tail";
    other[at] = 'X';
    for (std::size_t piece = 1; piece <= other.size(); ++piece) {
      Splice splice(delivered);
      Fate fate = Fate::kBehind;
      for (std::size_t i = 0; i < other.size() && fate != Fate::kDiffers; i += piece)
        fate = splice.text(std::string_view(other).substr(i, piece)).fate;
      EXPECT_EQ(fate, Fate::kDiffers) << at << " " << piece;
    }
  }
}

TEST(Splice, AnEmptyPieceChangesNothing) {
  const Delivered delivered = text_of("ab");
  Splice splice(delivered);
  EXPECT_EQ(splice.text("").fate, Fate::kBehind);
  EXPECT_FALSE(splice.caught_up());
}

TEST(Splice, WithNothingDeliveredAllIsNew) {
  const Delivered delivered;
  Splice splice(delivered);
  EXPECT_TRUE(splice.caught_up());
  EXPECT_EQ(splice.text("ab").fresh, "ab");
  EXPECT_EQ(splice.tool_call(0, "look", "{").fresh, "{");
}

TEST(Splice, ToolCallsMatchByNameAndArgumentsAndKeepTheirIds) {
  const Delivered delivered = call_of("look", R"({"a":)");
  Splice splice(delivered);
  EXPECT_EQ(splice.tool_call(3, "look", "").fate, Fate::kBehind);
  EXPECT_EQ(splice.tool_call(3, "", R"({"a)").fate, Fate::kBehind);
  const auto step = splice.tool_call(3, "", R"(":1})");
  EXPECT_EQ(step.fate, Fate::kNew);
  EXPECT_EQ(step.fresh, "1}");
  EXPECT_EQ(splice.known_id(3, "second_id"), "first_id");
}

TEST(Splice, AToolCallIsCutAtEveryByte) {
  const std::string arguments = R"({"city":"Bern","days":3})";
  for (std::size_t cut = 0; cut <= arguments.size(); ++cut)
    for (std::size_t piece = 1; piece <= arguments.size(); ++piece) {
      const Delivered delivered = call_of("look", arguments.substr(0, cut));
      Splice splice(delivered);
      std::string seen = arguments.substr(0, cut);
      for (std::size_t at = 0; at < arguments.size(); at += piece) {
        const auto step = splice.tool_call(0, at == 0 ? "look" : "",
                                           std::string_view(arguments).substr(at, piece));
        ASSERT_NE(step.fate, Fate::kDiffers);
        seen += step.fresh;
      }
      EXPECT_EQ(seen, arguments);
    }
}

TEST(Splice, AnotherNameOrOtherArgumentsDiffer) {
  const Delivered delivered = call_of("look", R"({"a":1)");
  Splice name(delivered), arguments(delivered);
  EXPECT_EQ(name.tool_call(0, "find", "").fate, Fate::kDiffers);
  EXPECT_EQ(arguments.tool_call(0, "look", R"({"b")").fate, Fate::kDiffers);
}

TEST(Splice, ATextBeforeTheToolCallsIsSaidFirst) {
  Delivered delivered = call_of("look", "{");
  delivered.text = "Let me see.";
  Splice early(delivered), late(delivered);
  EXPECT_EQ(early.tool_call(0, "look", "{").fate, Fate::kDiffers);
  EXPECT_EQ(late.text("Let me see.").fate, Fate::kBehind);
  EXPECT_FALSE(late.caught_up());
  EXPECT_EQ(late.tool_call(0, "look", "{").fate, Fate::kBehind);
  EXPECT_TRUE(late.caught_up());
}

TEST(Splice, NewTextWhereAToolCallWasDiffers) {
  Delivered delivered = call_of("look", "{");
  delivered.text = "Let me see.";
  Splice splice(delivered);
  EXPECT_EQ(splice.text("Let me see. Well").fate, Fate::kDiffers);
}

TEST(Splice, ANewCallBeforeTheKnownOneIsSaidAgainDiffers) {
  const Delivered delivered = call_of("look", R"({"a":1)");
  Splice splice(delivered);
  EXPECT_EQ(splice.tool_call(0, "look", R"({"a")").fate, Fate::kBehind);
  EXPECT_EQ(splice.tool_call(1, "find", "{}").fate, Fate::kDiffers);
}

TEST(Splice, MoreArgumentsOfAnEarlierCallThanTheCallerKnowsDiffer) {
  Delivered delivered = call_of("look", "{}");
  delivered.tool_calls.push_back({1, "other_id", "find", "{"});
  Splice splice(delivered);
  EXPECT_EQ(splice.tool_call(0, "look", "{} ").fate, Fate::kDiffers);
}

TEST(Splice, SeveralCallsMatchInTheirOrder) {
  Delivered delivered = call_of("look", "{}");
  delivered.tool_calls.push_back({1, "other_id", "find", "{"});
  Splice splice(delivered);
  EXPECT_EQ(splice.tool_call(5, "look", "{}").fate, Fate::kBehind);
  EXPECT_EQ(splice.tool_call(6, "find", "{}").fresh, "}");
  EXPECT_EQ(splice.known_id(6, "x"), "other_id");
  EXPECT_EQ(splice.tool_call(7, "new", "{}").fresh, "{}");
  EXPECT_EQ(splice.known_id(7, "x"), "x");
}

}  // namespace
}  // namespace prx::reliability
