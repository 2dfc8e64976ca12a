// What a client of a stream reads: the source's frames as they came, edited only where they must
// be.
#include "gateway/chat/chunk_writer.hpp"

#include <gtest/gtest.h>

namespace prx::gateway {
namespace {

using Type = StreamEvent::Type;

StreamEvent event(Type type, std::string_view text = {}, std::string_view frame = {}) {
  StreamEvent out;
  out.type = type;
  out.text = text;
  out.frame = frame;
  return out;
}
StreamEvent meta(std::string_view id, std::string_view frame = {}) {
  StreamEvent out = event(Type::kMeta, {}, frame);
  out.id = id;
  out.name = "m";
  return out;
}

std::string written(std::initializer_list<StreamEvent> events, ChunkOptions options = {}) {
  options.created = 7;
  ChunkWriter writer(std::move(options));
  std::string out;
  for (const StreamEvent& each : events) writer.write(each, out);
  return out;
}

TEST(ChunkWriter, FramesGoOnAsTheyCameOnceEach) {
  StreamEvent same = event(Type::kText, "a");
  same.same_frame = true;
  EXPECT_EQ(written({meta("g", R"({ "id":"g", "x" : 1 })"), same,
                     event(Type::kText, "b", R"({"id":"g","y":[2]})")}),
            "data: { \"id\":\"g\", \"x\" : 1 }\n\ndata: {\"id\":\"g\",\"y\":[2]}\n\n");
}

TEST(ChunkWriter, AFrameOfSeveralLinesIsOneEvent) {
  EXPECT_EQ(written({event(Type::kText, "a", "{\n\"x\":1}")}), "data: {\ndata: \"x\":1}\n\n");
}

TEST(ChunkWriter, JsonOfSeveralLinesIsOneLineOfAChunk) {
  StreamEvent item = event(Type::kItem), usage = event(Type::kUsage);
  item.name = "annotations";
  item.json = "[\n1]";
  usage.json = "{\r\n\"total_tokens\":1}";
  const std::string out = written({item, usage});
  EXPECT_NE(out.find("\"annotations\":[ 1]"), std::string::npos) << out;
  EXPECT_NE(out.find("\"usage\":{  \"total_tokens\":1}}\n\n"), std::string::npos) << out;
}

TEST(ChunkWriter, UsageIsTakenOutOfWhatAClientDidNotAskItOf) {
  const std::string_view both =
      R"({"id":"g","choices":[{"delta":{"content":"a"}}],"usage":{"total_tokens":1}})";
  const std::string_view alone = R"({"id":"g","choices":[],"usage":{"total_tokens":1}})";
  const std::string_view word = R"({"id":"g","choices":[{"delta":{"content":"\"usage\""}}]})";
  const auto events = {event(Type::kText, "a", both), event(Type::kUsage, "", alone),
                       event(Type::kText, "", word)};
  EXPECT_EQ(written(events, {false, "", 0}),
            "data: {\"id\":\"g\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: " +
                std::string(word) + "\n\n");
  EXPECT_NE(written(events, {true, "", 0}).find(alone), std::string::npos);
}

TEST(ChunkWriter, AnAnswerThatAnotherGoesOnWithKeepsItsId) {
  const std::string out =
      written({meta("first", R"({"id":"first"})"), meta("second"), event(Type::kText, "seam"),
               event(Type::kText, "b", R"({"id":"second","z":1})")});
  EXPECT_EQ(out.find("second"), std::string::npos) << out;
  EXPECT_NE(out.find(R"({"id":"first","z":1})"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("content":"seam")"), std::string::npos) << out;
}

TEST(ChunkWriter, WhatHasNoFrameIsWrittenAsChunks) {
  StreamEvent call = event(Type::kToolCallDelta, "{\"a\"");
  call.id = "c1";
  call.name = "add";
  StreamEvent more = event(Type::kToolCallDelta, ":1}");
  StreamEvent finish = event(Type::kFinish, "tool_calls");
  finish.name = "tool_use";
  StreamEvent usage = event(Type::kUsage);
  usage.json = R"({"total_tokens":3})";
  EXPECT_EQ(
      written({meta("g"), event(Type::kReasoning, "r"), event(Type::kText, "a\"b"), call, more,
               event(Type::kToolCall, "{\"a\":1}"), finish, usage}),
      R"(data: {"id":"g","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","reasoning":"r"},"finish_reason":null}]})"
      "\n\n"
      R"(data: {"id":"g","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":{"content":"a\"b"},"finish_reason":null}]})"
      "\n\n"
      R"(data: {"id":"g","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"add","arguments":"{\"a\""}}]},"finish_reason":null}]})"
      "\n\n"
      R"(data: {"id":"g","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]},"finish_reason":null}]})"
      "\n\n"
      R"(data: {"id":"g","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls","native_finish_reason":"tool_use"}]})"
      "\n\n"
      R"(data: {"id":"g","object":"chat.completion.chunk","created":7,"model":"m","choices":[],"usage":{"total_tokens":3}})"
      "\n\n");
}

// @openrouter/sdk takes a chunk only with id, model, object, created and choices.
TEST(ChunkWriter, AnErrorOfOpenRoutersIsAChunkOfTheAnswer) {
  ChunkWriter writer({true, "m", 7});
  std::string out;
  writer.write(meta("g", R"({"id":"g"})"), out);
  out.clear();
  writer.write_error(R"({"error":{"code":502}})", out);
  EXPECT_EQ(out, R"(data: {"id":"g","object":"chat.completion.chunk","created":7,"model":"m",)"
                 R"("choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],)"
                 "\"error\":{\"code\":502}}\n\n");
}

TEST(ChunkWriter, ProgressIsAComment) {
  EXPECT_EQ(written({event(Type::kProgress, "loading")}), ": loading\n\n");
  EXPECT_EQ(written({event(Type::kProgress, "two\nlines")}), "");
}

TEST(WholeAnswer, HasWhatTheResponseHas) {
  ChatResponse response;
  response.id = "g";
  response.model = "m";
  response.text = "hi";
  response.finish_reason = FinishReason::kStop;
  response.usage.json = R"({"total_tokens":3})";
  EXPECT_EQ(
      whole_answer(response, 7),
      R"({"id":"g","object":"chat.completion","created":7,"model":"m","system_fingerprint":null,"choices":[{"index":0,"message":{"role":"assistant","content":"hi","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"total_tokens":3}})");
}

}  // namespace
}  // namespace prx::gateway
