#include "catalog/needs.hpp"

#include <gtest/gtest.h>

#include <string>

namespace prx::catalog {
namespace {

/// A body, indexed, with what it needs.
struct Body {
  explicit Body(std::string body) : text(std::move(body)) {}
  const std::string text;
  const json::ObjectIndex index = json::ObjectIndex::parse(text).value();
  RequestNeeds needs{index};
};

std::string message(const std::string& content) {
  return R"({"messages":[{"role":"user","content":)" + content + "}]}";
}

TEST(RequestNeeds, ToolsWhenThereIsOne) {
  EXPECT_TRUE(Body(R"({"tools":[{"type":"function"}]})").needs.tools());
  EXPECT_FALSE(Body(R"({"tools":[ ]})").needs.tools());
  EXPECT_FALSE(Body(R"({"tools":[]})").needs.tools());
  EXPECT_FALSE(Body(R"({"tools":null})").needs.tools());
  EXPECT_FALSE(Body(R"({"tool_choice":"none"})").needs.tools());
}

TEST(RequestNeeds, StructuredOutputWhenThereIsASchema) {
  const auto asks = [](const std::string& format) {
    return Body(R"({"response_format":)" + format + "}").needs.structured_output();
  };
  EXPECT_TRUE(asks(R"({"type":"json_schema","json_schema":{"name":"a"}})"));
  EXPECT_FALSE(asks(R"({"type":"json_object"})"));
  EXPECT_FALSE(asks(R"({"type":"text"})"));
  EXPECT_FALSE(asks("null"));
  EXPECT_FALSE(asks(R"("json_schema")"));
}

TEST(RequestNeeds, VisionWhenAMessageHasAnImage) {
  const std::string image = R"({"type":"image_url","image_url":{"url":"https://x/y.png"}})";
  EXPECT_TRUE(Body(message(R"([{"type":"text","text":"what?"},)" + image + "]")).needs.vision());
  EXPECT_FALSE(Body(message(R"("what is an image_url?")")).needs.vision());
  EXPECT_FALSE(Body(message(R"([{"type":"text","text":"image_url"}])")).needs.vision());
  EXPECT_FALSE(Body(R"({"image_url":"x","messages":[]})").needs.vision());
  EXPECT_FALSE(
      Body(R"({"messages":[{"role":"tool","meta":[)" + image + R"(],"content":"image_url"}]})")
          .needs.vision())
      << "only content is seen";
}

TEST(RequestNeeds, OfMessagesThatAreNoJsonAreThoseOfTheirBeginning) {
  const std::string image = R"({"type":"image_url","image_url":{"url":"x"}})";
  EXPECT_TRUE(Body(message("[" + image + ",tru]")).needs.vision());
  EXPECT_FALSE(Body(R"({"messages":"image_url"})").needs.vision());
  EXPECT_FALSE(Body("{}").needs.vision());
}

TEST(RequestNeeds, DeepMessagesAreReadWithoutRecursion) {
  const std::string deep = std::string(400, '[') + R"("image_url")" + std::string(400, ']');
  EXPECT_FALSE(Body(R"({"messages":)" + deep + "}").needs.vision());
}

std::string words(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "ab";
  return text;
}

TEST(RequestNeeds, TokensAreALowerBoundOfTheText) {
  const std::string text = words(12'000);
  Body body(message('"' + text + '"'));
  EXPECT_EQ(body.needs.tokens_min(900), 1'000U);
  EXPECT_EQ(body.needs.tokens_min(999), 1'000U);
  EXPECT_EQ(body.needs.tokens_min(1'000), 0U) << "it may fit";
  EXPECT_EQ(body.needs.tokens_min(200'000), 0U);
}

TEST(RequestNeeds, TextInPartsCountsAndImagesDoNot) {
  const std::string data = R"({"type":"image_url","image_url":{"url":"data:image/png;base64,)" +
                           words(120'000) + R"("}})";
  const std::string part = R"({"type":"text","text":")" + words(12'000) + R"("})";
  EXPECT_EQ(Body(message("[" + part + "," + data + "]")).needs.tokens_min(500), 1'000U);
  EXPECT_EQ(Body(message("[" + data + "]")).needs.tokens_min(500), 0U);
}

TEST(RequestNeeds, RepeatedBytesDoNotCount) {
  EXPECT_EQ(Body(message('"' + std::string(120'000, ' ') + '"')).needs.tokens_min(10), 0U);
  EXPECT_EQ(Body(message('"' + std::string(120'000, '-') + '"')).needs.tokens_min(10), 0U);
}

TEST(RequestNeeds, AListOfModelsIsSeen) {
  EXPECT_TRUE(Body(R"({"models":["a","b"]})").needs.names_models());
  EXPECT_FALSE(Body(R"({"models":null})").needs.names_models());
  EXPECT_FALSE(Body(R"({"model":"a"})").needs.names_models());
}

TEST(UnmetNeed, IsOneThatTheModelIsKnownNotToMeet) {
  Body body(R"({"tools":[{}],"response_format":{"type":"json_schema"},"messages":[{"content":
    [{"type":"image_url"}]}]})");
  ModelFacts facts;
  EXPECT_EQ(unmet_need(facts, std::nullopt, body.needs), std::nullopt) << "unknown means try";
  facts.vision = false;
  EXPECT_EQ(unmet_need(facts, std::nullopt, body.needs), Need::kVision);
  facts.structured_output = false;
  EXPECT_EQ(unmet_need(facts, std::nullopt, body.needs), Need::kStructuredOutput);
  facts.tools = false;
  EXPECT_EQ(unmet_need(facts, std::nullopt, body.needs), Need::kTools);
  facts.tools = facts.vision = facts.structured_output = true;
  EXPECT_EQ(unmet_need(facts, 100, body.needs), std::nullopt);
  Body plain(message('"' + words(2'400) + '"'));
  EXPECT_EQ(unmet_need(ModelFacts(), 100, plain.needs), Need::kContext);
  EXPECT_EQ(unmet_need(ModelFacts(), 200, plain.needs), std::nullopt);
}

}  // namespace
}  // namespace prx::catalog
