// Answers in shapes that nobody can use, or that say more than they may: never an empty success.
#include <gtest/gtest.h>

#include "event_log.hpp"

namespace prx::sdk {
namespace {

using test::chunk;
using test::decode;
using test::EventLog;
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

TEST(ChatShapes, AControlCharacterInAStringIsEscapedInWhatIsHandedOn) {
  const std::string blanks(40, ' ');  // the parser takes them in its wide steps alone
  const auto log = decode(sse(
      {text_chunk("a"),
       "{\"other" + blanks + "\x1a" + blanks + "\":\"" + blanks + "\x1f" + blanks + "\"}", kStop,
       "{\"choices\":[],\"usage\":{\t\"completion_tokens\":4,\"note" + blanks + "\x1c" + blanks +
           "\":1}}",
       "[DONE]"}));
  EXPECT_EQ(log.last(), "done");
  std::string all;
  for (const std::string& line : log.lines) all += line + "\n";
  EXPECT_EQ(all.find_first_of("\x1a\x1c\x1f"), std::string::npos) << all;
  for (const char* escape : {"\\u001a", "\\u001f", "\\u001c"})
    EXPECT_NE(all.find(escape), std::string::npos) << all;
}

TEST(ChatShapes, AChoiceThatCannotBeIsABadResponse) {
  for (const char* index : {"-1", "128", "4294967296", "0.5", "1e300", "\"-1\"", "\"128\"",
                            "\"one\"", "\" 1\"", "true", "[1]", R"({"a":1})"}) {
    const std::string frame = R"({"id":"gen-1","choices":[{"index":)" + std::string(index) +
                              R"(,"delta":{"content":"b"}}]})";
    const auto log = decode(sse({text_chunk("a"), frame, kStop}));
    EXPECT_NE(log.error.message.find("index"), std::string::npos)
        << index << ": " << log.error.message;
    EXPECT_EQ(log.joined("text 0 "), "a") << index << ": no word of it goes out";
  }
}

TEST(ChatShapes, ABlankBehindTheSentinelIsNothing) {
  for (const char* done : {"[DONE] ", "[DONE]\t"})
    EXPECT_EQ(decode(sse({text_chunk("a"), kStop, done})).last(), "done") << done;
  EXPECT_NE(decode(sse({text_chunk("a"), kStop, "[DONE]x"})).last(), "done");
}

TEST(ChatShapes, TheIndexOfAChoiceMayBeWrittenInManyWays) {
  for (const char* index : {"1", "1.0", "\"1\"", "\"1.0\""}) {
    const std::string frame = R"({"id":"gen-1","choices":[{"index":)" + std::string(index) +
                              R"(,"delta":{"content":"b"},"finish_reason":"stop"}]})";
    const auto log = decode(sse({text_chunk("a"), frame, text_chunk("c"), kStop, "[DONE]"}));
    EXPECT_EQ(log.joined("text 0 "), "ac") << index;
    EXPECT_EQ(log.joined("text 1 "), "b") << index;
    EXPECT_EQ(log.last(), "done") << index;
  }
  for (const char* index : {"null", "\"\"", "0", "\"0\"", "false"}) {
    const std::string frame = R"({"id":"gen-1","choices":[{"index":)" + std::string(index) +
                              R"(,"delta":{"content":"b"}}]})";
    EXPECT_EQ(decode(sse({text_chunk("a"), frame, kStop, "[DONE]"})).joined("text 0 "), "ab")
        << index;
  }
}

/// A stream of one choice with these members, then its finish reason and usage.
EventLog stream_of(const std::string& members, const std::string& finish = "stop") {
  return decode(sse({R"({"id":"gen-1","choices":[{"index":0,)" + members + "}]}",
                     R"({"choices":[{"index":0,"delta":{},"finish_reason":")" + finish + R"("}],)" +
                         R"("usage":{"completion_tokens":2}})",
                     "[DONE]"}));
}

TEST(ChatShapes, AnAnswerInTheTextOfAnotherDialectIsNoEmptySuccess) {
  for (const char* members :
       {R"("text":"Hi")", R"("text":"Hi","delta":{"role":"assistant","content":""})",
        R"("delta":{"text":"Hi"})", R"("delta":{"role":"assistant","content":"","text":"Hi"})",
        R"("delta":{"output_text":"Hi"})", R"("delta":{"content":null,"answer":"Hi"})",
        R"("delta":{"function_call":{"name":"f","arguments":"{}"}})"}) {
    const auto log = stream_of(members);
    EXPECT_EQ(log.error.error_class, ErrorClass::kBadResponse) << members;
    EXPECT_NE(log.error.message.find("no content, but a member \""), std::string::npos);
    EXPECT_NE(log.error.message.find("is base_url a Chat Completions endpoint?"), std::string::npos)
        << log.error.message;
    EXPECT_EQ(log.count("finish"), 0u) << "a host may take it for the end of the answer";
  }
  EXPECT_EQ(stream_of(R"("text":"Hi")", "length").error.error_class, ErrorClass::kBadResponse);
}

TEST(ChatShapes, TextBesideAContentIsNotReadTwice) {
  const auto log = stream_of(R"("text":"Hi","delta":{"content":"Hi","text":"Hi"})");
  EXPECT_EQ(log.joined("text 0 "), "Hi");
  EXPECT_EQ(log.last(), "done");
}

TEST(ChatShapes, AnAnswerThatReallyIsEmptyStaysOne) {
  for (const char* members :
       {R"("delta":{"role":"assistant","content":""})", R"("delta":{"role":"assistant"})",
        R"("delta":{},"stop_reason":"</s>")", R"("delta":{"content":"","signature":"s"})",
        R"("delta":{"role":"assistant","name":"bot","id":"m1","type":"message"})",
        R"("text":"","delta":{"text":"","content":null,"function_call":null})",
        R"("delta":{"provider_specific_fields":{"a":1}})"})
    EXPECT_EQ(stream_of(members).last(), "done") << members;
  EXPECT_EQ(stream_of(R"("delta":{"thinking":"hm"})", "length").last(), "done");
  EXPECT_EQ(stream_of(R"("text":"Hi")", "content_filter").last(), "done");
}

TEST(ChatShapes, AnAnswerWithoutChoicesAsksForTheBaseUrl) {
  constexpr std::string_view kAsks = "is base_url a Chat Completions endpoint?";
  const std::string responses =
      "event: response.output_text.delta\n" +
      sse({R"({"type":"response.output_text.delta","delta":"Hi"})",
           R"({"type":"response.completed","response":{"output":[{"type":"message"}]}})"});
  EXPECT_NE(decode(responses).error.message.find(kAsks), std::string::npos);
  EXPECT_NE(decode(responses + "data: [DONE]\n\n").error.message.find(kAsks), std::string::npos);
  const auto whole = decode(R"({"object":"response","output":[{"type":"message"}]})",
                            {.headers = {{"content-type", "application/json"}}});
  EXPECT_NE(whole.error.message.find(kAsks), std::string::npos) << whole.error.message;
  const auto cut = decode(sse({R"({"id":"gen-1","choices":[]})", R"({"id":"gen-1"})"}));
  EXPECT_NE(cut.error.message.find("truncated"), std::string::npos) << cut.error.message;
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
      {choice(R"(,"text":"of another dialect")"), R"(no content, but a member "text")"},
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
