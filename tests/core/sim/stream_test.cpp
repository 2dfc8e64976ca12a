// OpenRouter's streams, well and unwell inside HTTP 200.
#include <gmock/gmock.h>

#include "core/sim/raw_client.hpp"
#include "sim/chat_call.hpp"
#include "sim/simulator.hpp"

namespace prx::sim {
namespace {

using test::chat;
using test::Close;
using test::events;
using test::is_json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Stream : public ::testing::Test {
 protected:
  [[nodiscard]] test::Response ask(std::string_view model, std::string_view members = {}) const {
    return chat(port_, model, true, members);
  }
  std::unique_ptr<Simulator> simulator_ = Simulator::start({}).value();
  std::uint16_t port_ = simulator_->port();
};

TEST(Tokens, BeginWithTheSpaceAndNeverSplitACharacter) {
  EXPECT_EQ(token_length(" one two"), 4u);
  EXPECT_EQ(token_length("one"), 3u);
  EXPECT_EQ(token_length(""), 0u);
  EXPECT_EQ(token_length("  \n"), 3u);
  std::string long_word;
  for (int i = 0; i < 13; ++i) long_word += "\xe6\x97\xa5";
  EXPECT_EQ(token_length(long_word), 36u);
  EXPECT_EQ(count_tokens(long_word), 2u);
}

TEST_F(Stream, HasCommentsDeltasFinishUsageAndDone) {
  const auto reply = ask("anthropic/claude-sonnet-4");
  EXPECT_EQ(reply.headers.at("content-type"), "text/event-stream; charset=utf-8");
  EXPECT_TRUE(reply.whole);
  EXPECT_THAT(reply.body,
              StartsWith(": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\ndata: {"));
  EXPECT_EQ(test::count(reply.body, ": OPENROUTER PROCESSING\n\n"), 3);
  const auto all = events(reply.body);
  ASSERT_EQ(all.size(), 1u + 14u + 1u + 1u + 1u);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    EXPECT_TRUE(is_json(all[i])) << all[i];
    EXPECT_EQ(test::count(all[i], R"("delta":{"role":"assistant","content":")"), 1) << all[i];
  }
  EXPECT_EQ(test::content(reply.body), test::kHelloAnswer);
  EXPECT_THAT(all[15], HasSubstr(R"("finish_reason":"stop","native_finish_reason":"end_turn")"));
  EXPECT_THAT(all[16], HasSubstr(R"("finish_reason":null)"));
  EXPECT_THAT(all[16], HasSubstr(R"("usage":{"prompt_tokens":2,"completion_tokens":14)"));
  EXPECT_EQ(all[17], "[DONE]");
  EXPECT_TRUE(reply.body.ends_with("data: [DONE]\n\n"));
}

TEST_F(Stream, ReasoningComesFirstAndItsSignatureAlone) {
  const auto reply = ask("anthropic/claude-sonnet-4:thinking");
  const auto signature = reply.body.find(
      R"("reasoning":null,"reasoning_details":[{"type":"reasoning.text","signature":)");
  ASSERT_NE(signature, std::string::npos);
  EXPECT_LT(reply.body.find(
                R"("reasoning":"The","reasoning_details":[{"type":"reasoning.text","text":"The")"),
            signature);
  EXPECT_LT(signature, reply.body.find(R"("content":"This")"));
  for (const auto& event : events(reply.body))
    EXPECT_TRUE(event == "[DONE]" || is_json(event)) << event;
}

constexpr const char* kTools =
    R"(,"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object",)"
    R"("properties":{"city":{"type":"string"},"country":{"type":"string"}}}}},)"
    R"({"type":"function","function":{"name":"time"}}])";

TEST_F(Stream, AToolCallOpensOnceAndItsArgumentsComeInPieces) {
  const auto reply = ask("openai/gpt-4o", kTools);
  EXPECT_EQ(test::count(reply.body, R"("name":"weather","arguments":"")"), 1);
  EXPECT_GT(test::count(reply.body, R"({"index":0,"function":{"arguments":)"), 1);
  EXPECT_THAT(reply.body, HasSubstr(R"("finish_reason":"tool_calls")"));
  for (const auto& event : events(reply.body))
    EXPECT_TRUE(event == "[DONE]" || is_json(event)) << event;
}

TEST_F(Stream, ToolQuirksAreThoseOfKnownBackends) {
  const auto tools = std::string("sim/parallel-tools+tool-quirk?shape=");
  EXPECT_THAT(ask(tools + "1", kTools).body, Not(HasSubstr("call_sim")));
  EXPECT_THAT(ask(tools + "2", kTools).body, HasSubstr(R"("tool_calls":[{"id":"call_sim00001")"));
  EXPECT_THAT(ask(tools + "3", kTools).body, HasSubstr(R"({"index":0,"id":"call_sim00001")"));
  EXPECT_THAT(ask(tools + "4", kTools).body, HasSubstr(R"("name":"weather","arguments":null)"));
}

TEST_F(Stream, ToolAnswerSaysWordsAndThenTheArguments) {
  const auto model = "sim/answer?text=well%20then+tool-answer?arguments=%7B%22a%22:%201%7D";
  const auto reply = ask(model, kTools);
  EXPECT_EQ(test::content(reply.body), "well then");
  EXPECT_THAT(reply.body, HasSubstr(R"("arguments":"{\"a\":")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("arguments":" 1}")"));
  const auto plain = chat(port_, model, false, kTools);
  EXPECT_THAT(plain.body, HasSubstr(R"("content":"well then")"));
  EXPECT_THAT(plain.body, HasSubstr(R"("arguments":"{\"a\": 1}")"));
}

TEST_F(Stream, HalfPairsAreTwoDeltas) {
  const auto reply = ask("sim/answer?text=a%F0%9F%98%80b+half-pairs");
  EXPECT_THAT(reply.body, HasSubstr(R"("content":"a")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("content":"\ud83d")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("content":"\ude00")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("content":"b")"));
  const auto cut = ask("sim/answer?text=a%F0%9F%98%80b+half-pairs+cut?after=2");
  EXPECT_THAT(cut.body, HasSubstr(R"("content":"\ud83d")"));
  EXPECT_THAT(cut.body, Not(HasSubstr("ude00")));
}

TEST_F(Stream, ATrickleNeverEndsItsEvent) {
  test::RawClient client(port_);
  client.send(test::request_text("POST", "/api/v1/chat/completions",
                                 test::chat_body("sim/trickle?after=1&ms=1", true)));
  EXPECT_TRUE(client.read_until("data: {\"id\":\"\r\n1\r\nx\r\n1\r\nx\r\n"));
  const auto reply = client.read(std::chrono::milliseconds(30));
  EXPECT_FALSE(reply.whole);
  EXPECT_EQ(reply.close, Close::kOpen);
}

TEST_F(Stream, AHealthyModelWithHashMeetsTheSameFaults) {
  const auto reply = ask("openai/gpt-4o#no-done");
  EXPECT_THAT(reply.body, HasSubstr(R"("finish_reason":"stop")"));
  EXPECT_THAT(reply.body, Not(HasSubstr("[DONE]")));
}

TEST_F(Stream, NoEndHasAllButDoneAndTheEnd) {
  test::RawClient client(port_);
  client.send(
      test::request_text("POST", "/api/v1/chat/completions", test::chat_body("sim/no-end", true)));
  EXPECT_TRUE(client.read_until(R"("usage":)"));
  const auto reply = client.read(std::chrono::milliseconds(30));
  EXPECT_THAT(reply.body, HasSubstr(R"("finish_reason":"stop")"));
  EXPECT_THAT(reply.body, Not(HasSubstr("[DONE]")));
  EXPECT_FALSE(reply.whole);
  EXPECT_EQ(reply.close, Close::kOpen);
}

TEST_F(Stream, ACutMayComeLater) {
  const auto before = std::chrono::steady_clock::now();
  const auto reply = ask("sim/cut?after=2&ms=60");
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(60));
  EXPECT_EQ(reply.close, Close::kFin);
  EXPECT_EQ(events(reply.body).size(), 3u);
}

TEST_F(Stream, ACutComesAfterExactlySoManyTokensForEveryNumber) {
  for (int after = 0; after <= 14; ++after) {
    const auto reply = ask("sim/cut?after=" + std::to_string(after));
    EXPECT_EQ(reply.close, Close::kFin);
    EXPECT_FALSE(reply.whole);
    EXPECT_EQ(events(reply.body).size(), 1u + static_cast<std::size_t>(after));
    EXPECT_THAT(reply.body, Not(HasSubstr(R"("finish_reason":"stop")")));
    EXPECT_THAT(reply.wire, Not(HasSubstr("\r\n0\r\n\r\n")));
  }
}

TEST_F(Stream, ACutMayFallInsideAnEvent) {
  const auto reply = ask("sim/cut?after=2&bytes=20");
  ASSERT_EQ(reply.chunks.back().size(), 20u);
  EXPECT_EQ(reply.chunks.back(), R"(data: {"id":"gen-173)");
}

TEST_F(Stream, ACutAfterMoreTokensThanThereAreComesBeforeTheFinish) {
  const auto reply = ask("sim/cut?after=99");
  EXPECT_EQ(test::content(reply.body), test::kHelloAnswer);
  EXPECT_THAT(reply.body, Not(HasSubstr(R"("finish_reason":"stop")")));
  EXPECT_EQ(reply.close, Close::kFin);
}

TEST_F(Stream, AResetInTheMiddleIsAReset) {
  const auto reply = ask("sim/reset?after=2");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.close, Close::kReset);
}

TEST_F(Stream, AMalformedEventIsOneBrokenLineAndThenItGoesOn) {
  const auto reply = ask("sim/malformed?after=2");
  const auto all = events(reply.body);
  int broken = 0;
  for (const auto& event : all) broken += event != "[DONE]" && !is_json(event);
  EXPECT_EQ(broken, 1);
  EXPECT_FALSE(is_json(all[3]));
  EXPECT_EQ(all.back(), "[DONE]");
}

TEST_F(Stream, EachShapeOfErrorFrameIsAsItWasSeen) {
  const auto last = [&](int shape) {
    const auto reply = ask("sim/error-frame?after=1&shape=" + std::to_string(shape));
    EXPECT_TRUE(reply.whole);
    auto all = events(reply.body);
    if (all.back() == "[DONE]") all.pop_back();
    EXPECT_EQ(all.size(), 3u);
    EXPECT_TRUE(is_json(all.back())) << all.back();
    return all.back();
  };
  EXPECT_THAT(last(1), HasSubstr(R"("finish_reason":"error")"));
  EXPECT_THAT(last(1), HasSubstr(R"(],"error":{"message":"Provider returned error","code":502,)"));
  EXPECT_THAT(last(2), HasSubstr(R"("code":"server_error")"));
  EXPECT_THAT(last(3), StartsWith(R"({"error":{"message")"));
  EXPECT_THAT(last(4), HasSubstr(R"("logprobs":null,"error":{"message")"));
  EXPECT_THAT(ask("sim/error-frame?shape=5").body, HasSubstr("event: error\ndata: {\"error\""));
}

TEST_F(Stream, TheEndMayLackDoneOrFinishOrRepeatIt) {
  const auto no_finish = ask("sim/no-finish");
  EXPECT_TRUE(no_finish.whole);
  EXPECT_THAT(no_finish.body, Not(HasSubstr(R"("finish_reason":"stop")")));
  EXPECT_THAT(no_finish.body, Not(HasSubstr("[DONE]")));
  EXPECT_EQ(test::count(ask("sim/finish-twice").body, R"("finish_reason":"stop")"), 2);
  EXPECT_THAT(ask("sim/usage-no-choices").body, HasSubstr(R"("choices":[],"usage":{)"));
}

TEST_F(Stream, CrlfEndsEveryLine) {
  const auto reply = ask("sim/crlf");
  EXPECT_EQ(test::count(reply.body, "\n"), test::count(reply.body, "\r\n"));
  EXPECT_THAT(reply.body, HasSubstr("data: [DONE]\r\n\r\n"));
}

TEST_F(Stream, SplitMakesPiecesOfThatSize) {
  const auto seven = ask("sim/split");
  for (const auto& chunk : seven.chunks) EXPECT_LE(chunk.size(), 7u);
  EXPECT_EQ(test::content(seven.body), test::kHelloAnswer);
  const auto one = ask("sim/split?size=1");
  EXPECT_EQ(one.chunks.size(), one.body.size());
}

TEST_F(Stream, AnEmptyAnswerUsesNothing) {
  const auto reply = ask("sim/empty");
  EXPECT_EQ(events(reply.body).size(), 4u);
  EXPECT_THAT(reply.body, HasSubstr(R"("completion_tokens":0,"total_tokens":0)"));
  EXPECT_EQ(test::content(reply.body), "");
}

TEST_F(Stream, AnOversizedEventIsAsLongAsAsked) {
  const auto reply = ask("sim/oversized?bytes=300000");
  std::size_t longest = 0;
  for (const auto& event : events(reply.body)) longest = std::max(longest, event.size());
  EXPECT_GT(longest, 300'000u);
  EXPECT_LT(longest, 301'000u);
}

TEST_F(Stream, WrongTypesAndPlainJsonAreStillTheAnswer) {
  const auto wrong = ask("sim/wrong-type");
  EXPECT_EQ(wrong.headers.at("content-type"), "text/plain");
  EXPECT_THAT(wrong.body, HasSubstr("[DONE]"));
  const auto plain = ask("sim/plain-json");
  EXPECT_EQ(plain.headers.at("content-type"), "application/json");
  EXPECT_TRUE(is_json(plain.body));
  const auto truncated = ask("sim/truncated-json");
  EXPECT_TRUE(truncated.whole);
  EXPECT_FALSE(is_json(truncated.body));
}

TEST_F(Stream, TheAnswerCanBeGiven) {
  EXPECT_EQ(test::content(ask("sim/answer?text=Another%20answer.").body), "Another answer.");
}

TEST_F(Stream, MultiByteTextArrivesWhole) {
  const auto reply =
      test::fetch(port_, "POST", "/api/v1/chat/completions",
                  "{\"model\":\"sim/"
                  "split?size=1\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":"
                  "[{\"type\":\"text\",\"text\":\"\xc3\xa9\xf0\x9f\x98\x80\xe6\x97\xa5\"}]}]}");
  EXPECT_THAT(test::content(reply.body), HasSubstr("\xc3\xa9\xf0\x9f\x98\x80\xe6\x97\xa5"));
}

}  // namespace
}  // namespace prx::sim
