// Answers in shapes that nobody can use, or that say more than they may: never an empty success.
#include <gtest/gtest.h>

#include "event_log.hpp"

namespace prx::sdk {
namespace {

using test::chunk;
using test::decode;
using test::Exchange;
using test::kStop;
using test::sse;
using test::text_chunk;

TEST(ChatShapes, EmptyWholeAnswersAreBadResponsesUnlessTokensWereUsed) {
  const Exchange json{.headers = {{"content-type", "application/json"}}};
  const auto answer = [](const std::string& message, const std::string& tokens) {
    return R"({"choices":[{"index":0,"message":)" + message +
           R"(,"finish_reason":"stop"}],"usage":{"completion_tokens":)" + tokens + "}}";
  };
  for (const char* message : {"{}", R"({"content":null})", R"({"content":""})", R"({"content":[]})",
                              R"({"content":[{"type":"text","text":""}]})"}) {
    EXPECT_NE(decode(answer(message, "0"), json).error.message.find("empty answer"),
              std::string::npos)
        << message;
    EXPECT_EQ(decode(answer(message, "3"), json).last(), "done") << message;
  }
  for (const char* message :
       {R"({"content":null,"refusal":"no"})", R"({"content":null,"reasoning":"hm"})",
        R"({"content":null,"tool_calls":[{"id":"a","function":{"name":"f"}}]})"})
    EXPECT_EQ(decode(answer(message, "0"), json).last(), "done") << message;
}

TEST(ChatShapes, AnEventWithoutDataKeepsTheStreamAlive) {
  const std::string whole = sse({text_chunk("a"), kStop, "[DONE]"});
  for (const char* empty : {"data:\n\n", "data: \n\n", "data\n\n", "event: ping\ndata:  \n\n"})
    EXPECT_EQ(decode(empty + whole).last(), "done") << empty;
}

TEST(ChatShapes, UsageAfterTheFinishReasonIsToldBeforeTheEnd) {
  const auto log =
      decode(sse({text_chunk("a"), kStop, R"({"choices":[],"usage":{"completion_tokens":4}})"}));
  ASSERT_GE(log.lines.size(), 2u);
  EXPECT_EQ(log.lines[log.lines.size() - 2].substr(0, 5), "usage")
      << log.lines[log.lines.size() - 2];
}

TEST(ChatShapes, AChoiceThatCannotBeIsABadResponse) {
  for (const char* index : {"-1", "128", "4294967296"}) {
    const std::string frame = R"({"id":"gen-1","choices":[{"index":)" + std::string(index) +
                              R"(,"delta":{"content":"b"}}]})";
    const auto log = decode(sse({text_chunk("a"), frame, kStop}));
    EXPECT_NE(log.error.message.find("index of a choice"), std::string::npos)
        << index << ": " << log.error.message;
  }
}

TEST(ChatShapes, AWholeAnswerInAnUnusableShapeIsABadResponseThatSaysWhat) {
  const auto choice = [](const std::string& members) {
    return R"({"choices":[{"index":0,"finish_reason":"stop")" + members +
           R"(}],"usage":{"completion_tokens":4}})";
  };
  const std::pair<std::string, std::string> cases[] = {
      {choice(R"(,"message":{"content":{"words":"x"}})"), R"("content" is an object)"},
      {choice(R"(,"message":{"content":{}})"), "done"},
      {choice(R"(,"message":{"content":5})"), R"("content" is a number)"},
      {choice(R"(,"message":{"content":true})"), R"("content" is a boolean)"},
      {choice(R"(,"message":{"content":["x",5]})"), R"("content" is a number)"},
      {choice(R"(,"message":{"content":[{"text":"untyped"}]})"), R"("content" is an object)"},
      {choice(R"(,"message":"words")"), R"("message" is a string)"},
      {choice(R"(,"message":["words"])"), R"("message" is an array)"},
      {choice(R"(,"message":null)"), "choice 0 has no message"},
      {choice(R"(,"text":"of another dialect")"), "choice 0 has no message"},
      {choice(R"(,"message":{"tool_calls":"f"})"), R"("tool_calls" is a string)"},
      {choice(R"(,"message":{"tool_calls":{"id":"a"}})"), R"("tool_calls" is an object)"},
      {choice(R"(,"message":{"tool_calls":["f"]})"),
       R"("tool_calls" has an element that is not an object)"},
      {choice(R"(,"message":{"tool_calls":[{"function":"f"}]})"), R"("function" is a string)"},
      {choice(R"(,"message":{"tool_calls":[{"function":{"name":7}}]})"), R"("name" is a number)"},
      {R"({"choices":{"0":"x"}})", R"("choices" is an object)"},
      {R"({"choices":"x"})", R"("choices" is a string)"},
      {R"({"choices":7})", R"("choices" is a number)"},
      {R"({"choices":["x"]})", R"("choices" has an element that is not an object)"},
      {R"({"choices":[[]]})", R"("choices" has an element that is not an object)"},
      {R"({"choices":null})", "the answer has no choices"},
      {R"({"choices":[]})", "the answer has no choices"},
      {R"({"id":"gen-1","object":"chat.completion"})", "the answer has no choices"}};
  for (const auto& [body, expected] : cases) {
    const auto log = decode(body, {.headers = {{"content-type", "application/json"}}});
    EXPECT_NE(log.last().find(expected), std::string::npos) << body << "\n" << log.last();
    if (expected != "done") {
      EXPECT_EQ(log.error.error_class, ErrorClass::kBadResponse) << body;
    }
  }
}

TEST(ChatShapes, AChunkInAnUnusableShapeIsABadResponse) {
  for (const char* delta : {R"({"content":{"a":1}})", R"({"content":12})", R"("words")",
                            R"(["words"])", "7", R"({"tool_calls":true})"}) {
    const auto log = decode(sse({text_chunk("x"), chunk(delta), kStop, "[DONE]"}));
    EXPECT_EQ(log.error.error_class, ErrorClass::kBadResponse) << delta;
    EXPECT_NE(log.error.message.find("cannot be used"), std::string::npos) << log.error.message;
  }
  for (const char* delta : {"null", "{}", "\"\"", R"({"content":[],"tool_calls":[]})"})
    EXPECT_EQ(decode(sse({text_chunk("x"), chunk(delta), kStop, "[DONE]"})).last(), "done")
        << delta;
}

TEST(ChatShapes, MoreOfAChoiceAfterItsFinishReasonIsABadResponse) {
  for (const char* delta :
       {R"({"content":"late"})", R"({"reasoning":"late"})", R"({"refusal":"late"})",
        R"({"content":["late"]})",
        R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]})"}) {
    const auto log = decode(sse({text_chunk("x"), kStop, chunk(delta), "[DONE]"}));
    EXPECT_EQ(log.error.error_class, ErrorClass::kBadResponse) << delta;
    EXPECT_NE(log.error.message.find("after its finish reason"), std::string::npos);
    EXPECT_EQ(log.joined("text 0 "), "x");
  }
}

TEST(ChatShapes, TextAfterAFinishReasonIsFoundInAFrameLikeTheOneBefore) {
  const std::string other = R"({"id":"gen-1","choices":[{"index":1,"delta":{"content":"b"}}]})";
  const auto log = decode(sse({other, text_chunk("x"), text_chunk("y"), kStop, text_chunk("z")}));
  EXPECT_EQ(log.joined("text 0 "), "xy");
  EXPECT_NE(log.error.message.find("after its finish reason"), std::string::npos);
}

TEST(ChatShapes, WhatSaysNothingMayFollowTheFinishReason) {
  for (const char* delta :
       {"{}", R"({"role":"assistant","content":"","reasoning":null,"tool_calls":[]})",
        R"({"annotations":[{"u":1}]})", R"({"reasoning_details":[{"signature":"s"}]})",
        R"({"tool_calls":[{"index":0,"function":{"arguments":""}}]})"})
    EXPECT_EQ(decode(sse({text_chunk("x"), kStop, chunk(delta), kStop, "[DONE]"})).last(), "done")
        << delta;
}

/// Some servers repeat in a "message" what the deltas said.
TEST(ChatShapes, AMessageThatRepeatsItsDeltasSaysNothingNew) {
  const auto both = [](const std::string& piece, const std::string& all, const std::string& rest) {
    return R"({"choices":[{"index":0,"delta":{"content":")" + piece +
           R"("},"message":{"role":"assistant","content":")" + all + "\"}" + rest + "}]}";
  };
  const std::string last = R"({"choices":[{"index":0,"message":{"content":"abc"})";
  const std::string finish = R"(,"finish_reason":"stop")";
  for (const auto& frames : std::vector<std::vector<std::string>>{
           {both("a", "a", ""), both("b", "ab", ""), both("c", "abc", ""), both("", "abc", finish)},
           {text_chunk("a"), text_chunk("b"), text_chunk("c"), last + finish + "}]}"},
           {text_chunk("a"), text_chunk("bc"), kStop, last + "}]}"}}) {
    std::vector<std::string> events = frames;
    events.emplace_back("[DONE]");
    const auto log = decode(sse(events));
    EXPECT_EQ(log.joined("text 0 "), "abc");
    EXPECT_EQ(log.last(), "done");
  }
}

TEST(ChatShapes, AMessageBesideAnEmptyDeltaIsTheAnswer) {
  const auto log = decode(sse(
      {R"({"choices":[{"index":0,"delta":{},"message":{"content":"abc"},"finish_reason":"stop"}]})",
       "[DONE]"}));
  EXPECT_EQ(log.joined("text 0 "), "abc");
}

TEST(ChatShapes, AFinishReasonThatIsAFailureIsOne) {
  for (const std::string reason : {"network_error", "abort", "cancelled"}) {
    const auto log = decode(
        sse({text_chunk("x"), chunk("{}", "\"finish_reason\":\"" + reason + '"'), "[DONE]"}));
    EXPECT_EQ(log.error.error_class, ErrorClass::kOverloaded) << reason;
    EXPECT_NE(log.error.message.find(reason), std::string::npos);
  }
}

TEST(ChatShapes, AContentEncodingThatNobodyAskedForIsNamed) {
  for (const char* media : {"application/json", "text/event-stream"}) {
    const auto log = decode("\x1f\x8b\x08 packed",
                            {.headers = {{"content-type", media}, {"content-encoding", "GZip"}}});
    EXPECT_EQ(log.lines, (std::vector<std::string>{
                             "error bad_response 200 OpenRouter: the answer is gzip-encoded "
                             "though no encoding was asked for"}));
  }
  EXPECT_NE(decode("\x1f\x8b\x08 packed").error.message.find("gzip data"), std::string::npos);
  EXPECT_EQ(
      decode(sse({text_chunk("x"), kStop}),
             {.headers = {{"content-type", "text/event-stream"}, {"content-encoding", "identity"}}})
          .last(),
      "done");
}

}  // namespace
}  // namespace prx::sdk
