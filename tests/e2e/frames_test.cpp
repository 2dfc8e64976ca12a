// What a host that sends answers on is given: each frame of the source once and in order, words of
// its own only where a stream was mended, and no end before there is one.
#include <rapidjson/document.h>

#include "e2e/rig.hpp"

namespace prx::test {
namespace {

/// As a gateway does it.
struct Forwarded {
  std::vector<std::string> frames;  ///< of the source
  std::string text;                 ///< of all frames, and of events without one
  std::size_t own = 0;              ///< events that had to be written anew
  std::size_t finished_at = 0;      ///< how many frames and words had gone out before a finish
  bool finished = false;
};

std::string text_in(const std::string& frame) {
  rapidjson::Document json;
  json.Parse(frame.data(), frame.size());
  EXPECT_FALSE(json.HasParseError()) << frame;
  if (json.HasParseError() || !json.HasMember("choices")) return {};
  std::string text;
  for (const auto& choice : json["choices"].GetArray())
    for (const char* const part : {"delta", "message"})
      if (choice.HasMember(part) && choice[part].HasMember("content") &&
          choice[part]["content"].IsString())
        text += choice[part]["content"].GetString();
  return text;
}

Forwarded forward(Stream& stream) {
  Forwarded out;
  std::size_t sent = 0;
  while (const StreamEvent* const event = stream.next()) {
    if (event->type == StreamEvent::Type::kFinish) {
      out.finished = true;
      out.finished_at = sent;
    }
    if (event->type == StreamEvent::Type::kToolCall) continue;
    if (!event->frame.empty()) {
      ++sent;
      out.frames.emplace_back(event->frame);
      out.text += text_in(out.frames.back());
    } else if (!event->same_frame && event->type == StreamEvent::Type::kText) {
      ++sent;
      ++out.own;
      out.text += event->text;
    }
  }
  return out;
}

class Frames : public ::testing::Test {
 protected:
  void open() {
    rig.toml += "[reliability]\nbackoff_base = \"1ms\"\nbackoff_max = \"1ms\"\n" + chain;
    rig.openai = "model = \"gpt-4o\"\n";
    client = rig.open();
    options.frames = true;
    options.tool_call_deltas = true;
  }
  Rig rig;
  std::string chain;
  std::unique_ptr<Client> client;
  CallOptions options;
};

TEST_F(Frames, EachOfAStreamIsGivenOnceAndWhatEndsItComesLast) {
  open();
  const auto stream = client->stream(ask("hello", "openai/gpt-4o"), options);
  const Forwarded out = forward(*stream);
  const ChatResponse answer = expect_answer(stream->result());
  EXPECT_EQ(out.text, answer.text);
  EXPECT_EQ(out.own, 0u);
  ASSERT_GT(out.frames.size(), 4u);
  EXPECT_NE(out.frames.front().find("\"role\""), std::string::npos);
  EXPECT_NE(out.frames.back().find("\"usage\""), std::string::npos);
  EXPECT_TRUE(out.finished);
  EXPECT_GE(out.finished_at, out.frames.size() - 2) << "the finish reason, then usage";
  for (const std::string& frame : out.frames)
    EXPECT_NE(frame.find(answer.id), std::string::npos) << frame;
}

TEST_F(Frames, TheFrameOfAnAnswerInOnePieceIsAllOfIt) {
  open();
  options.stream_upstream = false;
  const auto stream = client->stream(ask("hello", "openai/gpt-4o"), options);
  const Forwarded out = forward(*stream);
  const ChatResponse answer = expect_answer(stream->result());
  ASSERT_EQ(out.frames.size(), 1u);
  EXPECT_EQ(out.text, answer.text);
  EXPECT_NE(out.frames.front().find("\"usage\""), std::string::npos);
}

TEST_F(Frames, OfToolCallsTheyHaveAllThatCame) {
  open();
  ChatRequest request = ask("What is the weather?", "openai/gpt-4o#tool-answer?arguments={}");
  request.tools = {{"weather", "", R"({"type":"object"})", {}, {}}};
  const auto stream = client->stream(request, options);
  const Forwarded out = forward(*stream);
  ASSERT_EQ(expect_answer(stream->result()).tool_calls.size(), 1u);
  EXPECT_EQ(out.own, 0u);
  std::string all;
  for (const std::string& frame : out.frames) all += frame;
  EXPECT_NE(all.find("\"tool_calls\""), std::string::npos);
  EXPECT_NE(all.find("\"finish_reason\":\"tool_calls\""), std::string::npos);
}

TEST_F(Frames, WhatEndsAnAnswerComesBehindItsToolCalls) {
  open();
  ChatRequest request = ask("What is the weather?", "openai/gpt-4o#tool-answer?arguments={}");
  request.tools = {{"weather", "", R"({"type":"object"})", {}, {}}};
  for (const bool streamed : {true, false}) {
    SCOPED_TRACE(streamed);
    options.stream_upstream = streamed;
    const auto stream = client->stream(request, options);
    std::string order;
    while (const StreamEvent* const event = stream->next()) {
      if (event->type == StreamEvent::Type::kToolCall) order += "call ";
      if (event->type == StreamEvent::Type::kFinish) order += "finish ";
    }
    EXPECT_EQ(order, "call finish ");
  }
}

TEST_F(Frames, AMendedStreamSaysEachWordOnce) {
  chain = "fallback_providers = [\"openai\"]\n";
  for (int after = 1; after < 6; ++after) {
    SCOPED_TRACE(after);
    rig.toml = "[log]\nlevel = \"trace\"\n";
    open();
    options.provider.clear();
    const auto stream =
        client->stream(ask("hello", "openai/gpt-4o#cut?after=" + std::to_string(after)), options);
    const Forwarded out = forward(*stream);
    const ChatResponse answer = expect_answer(stream->result());
    EXPECT_EQ(out.text, answer.text);
    EXPECT_TRUE(out.finished);
    EXPECT_LE(out.own, 1u) << "the seam alone";
  }
}

TEST_F(Frames, AnAnswerThatBreaksHasNoEnd) {
  open();
  options.provider = "openrouter";
  const auto stream = client->stream(ask("hello", "openai/gpt-4o#cut?after=3"), options);
  const Forwarded out = forward(*stream);
  expect_failure(stream->result());
  EXPECT_GT(out.frames.size(), 1u);
  EXPECT_FALSE(out.finished);
}

TEST_F(Frames, WithoutThemNothingElseIsGiven) {
  open();
  options.frames = false;
  const auto stream = client->stream(ask("hello", "openai/gpt-4o"), options);
  while (const StreamEvent* const event = stream->next()) {
    EXPECT_EQ(event->frame, "");
    EXPECT_LE(event->type, StreamEvent::Type::kRestart);
  }
}

}  // namespace
}  // namespace prx::test
