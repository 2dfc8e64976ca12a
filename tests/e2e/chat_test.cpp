// Whole answers through the public API: both plugins, streaming and not, pull, push and block; over
// a plain socket, TLS and HTTP/2.
#include <set>

#include "e2e/rig.hpp"

namespace prx::test {
namespace {

class Chat : public OverEachWire {};
PRX_OVER_EACH_WIRE(Chat);

TEST_P(Chat, ABlockingAnswerHasTextUsageCostAndTrail) {
  Rig rig(GetParam());
  const auto client = rig.open();
  const ChatResponse answer = expect_answer(client->chat(ask("hello there")));
  EXPECT_NE(answer.text.find("hello there"), std::string::npos) << answer.text;
  EXPECT_EQ(answer.finish_reason, FinishReason::kStop);
  EXPECT_EQ(answer.provider, "openrouter");
  EXPECT_EQ(answer.model, "anthropic/claude-sonnet-4");
  EXPECT_EQ(answer.id.rfind("gen-", 0), 0u) << answer.id;
  EXPECT_GT(answer.usage.completion_tokens, 0);
  EXPECT_GT(answer.usage.cost, 0.0);
  ASSERT_EQ(answer.attempts.size(), 1u);
  EXPECT_EQ(answer.attempts[0].http_status, 200);
  EXPECT_EQ(answer.attempts[0].key_label, "OPENROUTER_API_KEY");
  EXPECT_EQ(answer.attempts[0].exchanges, 1u);
  EXPECT_EQ(answer.attempts[0].http_version, http_version(GetParam()));
  EXPECT_TRUE(answer.attempts[0].first_token);
}

TEST_P(Chat, TheRequestOnTheWireIsWhatTheDesignSays) {
  Rig rig(GetParam());
  const auto client = rig.open();
  expect_answer(client->chat(ask("hi", "openai/gpt-4o")));
  const auto requests = rig.simulator->requests();
  ASSERT_EQ(requests.size(), 1u);
  const auto& request = requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/api/v1/chat/completions");
  EXPECT_TRUE(request.key_is(kKey));
  EXPECT_EQ(request.header("http-referer"), "https://github.com/theonlyhennygod/openprx");
  EXPECT_EQ(request.header("x-title"), "OpenPRX");
  EXPECT_EQ(request.header("x-openrouter-title"), "OpenPRX");
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(
      request.body,
      R"({"model":"openai/gpt-4o","messages":[{"role":"user","content":"hi"}],"stream":true})");
}

TEST_P(Chat, ConfiguredHeadersAndExtraBodyReachTheWire) {
  Rig rig(GetParam());
  rig.openrouter += R"(
headers = { "X-Title" = "Mine", "X-Team" = "blue" }
extra_body = { seed = 7 }
)";
  const auto client = rig.open();
  expect_answer(client->chat(ask("hi")));
  const auto request = rig.simulator->requests().at(0);
  EXPECT_EQ(request.header("x-title"), "Mine");
  EXPECT_EQ(request.header("x-team"), "blue");
  EXPECT_NE(request.body.find("\"seed\":7"), std::string::npos) << request.body;
}

TEST_P(Chat, AStreamYieldsTokensAndThenItsResult) {
  Rig rig(GetParam());
  const auto client = rig.open();
  const auto stream = client->stream(ask("one two three"));
  std::string text;
  int pieces = 0;
  while (const StreamEvent* event = stream->next()) {
    if (event->type != StreamEvent::Type::kText) continue;
    text += event->text;
    ++pieces;
  }
  EXPECT_EQ(stream->next(), nullptr) << "the end stays the end";
  ASSERT_TRUE(stream->result()) << stream->result().error().message;
  EXPECT_EQ(stream->result()->text, text);
  EXPECT_GT(pieces, 3);
}

TEST_P(Chat, APushedAnswerEndsOnce) {
  struct Counter final : Sink {
    void on_event(const StreamEvent& event) override {
      if (event.type == StreamEvent::Type::kText) text += event.text;
    }
    void on_end(ChatResult result) override {
      const std::lock_guard lock(mutex);
      ++ends;
      whole = result ? result->text : result.error().message;
      done.notify_all();
    }
    std::mutex mutex;
    std::condition_variable done;
    std::string text, whole;
    int ends = 0;
  };
  Rig rig(GetParam());
  const auto client = rig.open();
  Counter sink;
  const auto call = client->start(ask("push"), {}, sink);
  std::unique_lock lock(sink.mutex);
  ASSERT_TRUE(sink.done.wait_for(lock, std::chrono::seconds(10), [&] { return sink.ends > 0; }));
  EXPECT_EQ(sink.ends, 1);
  EXPECT_EQ(sink.text, sink.whole);
}

TEST_P(Chat, TheSameAnswerWithoutUpstreamStreaming) {
  Rig rig(GetParam());
  const auto client = rig.open();
  const ChatResponse streamed = expect_answer(client->chat(ask("same?")));
  CallOptions plain;
  plain.stream_upstream = false;
  const ChatResponse whole = expect_answer(client->chat(ask("same?"), plain));
  EXPECT_EQ(whole.text, streamed.text);
  EXPECT_EQ(whole.usage.completion_tokens, streamed.usage.completion_tokens);
  EXPECT_NE(rig.simulator->requests().at(1).body.find("\"stream\":false"), std::string::npos);
}

TEST_P(Chat, ARawBodyKeepsItsBytes) {
  Rig rig(GetParam());
  const auto client = rig.open();
  const std::string raw =
      R"({ "messages" : [ {"role":"user","content":"\u0068i"} ] ,"stream":true, "model":"openai/gpt-4o", "zzz" : 1.0 })";
  const auto request = ChatRequest::from_json(raw);
  ASSERT_TRUE(request);
  expect_answer(client->chat(*request));
  EXPECT_EQ(rig.simulator->requests().at(0).body, raw);
}

TEST_P(Chat, OpenAiAnswersThroughItsOwnPlugin) {
  Rig rig(GetParam());
  rig.toml += "[default]\nprovider = \"openai\"\nmodel = \"gpt-4o\"\n";
  const auto client = rig.open();
  const ChatResponse answer = expect_answer(client->chat(ask("hello")));
  EXPECT_EQ(answer.provider, "openai");
  EXPECT_EQ(answer.id.rfind("chatcmpl-", 0), 0u) << answer.id;
  EXPECT_GT(answer.usage.completion_tokens, 0) << "usage is asked for";
  const auto request = rig.simulator->requests().at(0);
  EXPECT_EQ(request.target, "/v1/chat/completions");
  EXPECT_NE(request.body.find("\"include_usage\":true"), std::string::npos) << request.body;
}

TEST_P(Chat, ToolCallsAndTheirResultsGoRound) {
  Rig rig(GetParam());
  const auto client = rig.open();
  ChatRequest request = ask("what is the weather in Paris?");
  request.tools = {
      {"get_weather", "weather of a city",
       R"({"type":"object","properties":{"city":{"type":"string"}},"required":["city"]})",
       std::nullopt}};
  const ChatResponse first = expect_answer(client->chat(request));
  EXPECT_EQ(first.finish_reason, FinishReason::kToolCalls);
  ASSERT_EQ(first.tool_calls.size(), 1u);
  EXPECT_EQ(first.tool_calls[0].name, "get_weather");
  Message assistant = Message::assistant(first.text);
  assistant.tool_calls = first.tool_calls;
  request.messages.push_back(assistant);
  request.messages.push_back(Message::tool(first.tool_calls[0].id, "18 degrees"));
  const ChatResponse second = expect_answer(client->chat(request));
  EXPECT_EQ(second.finish_reason, FinishReason::kStop);
  EXPECT_FALSE(second.text.empty());
}

TEST_P(Chat, ReasoningArrivesApartFromTheText) {
  Rig rig(GetParam());
  const auto client = rig.open();
  ChatRequest request = ask("think");
  request.extra = R"({"reasoning":{"effort":"high"}})";
  const ChatResponse answer = expect_answer(client->chat(request));
  EXPECT_FALSE(answer.reasoning.empty());
  EXPECT_FALSE(answer.text.empty());
  EXPECT_EQ(answer.reasoning_details.front(), '[');
}

TEST_P(Chat, ModelsAndHealthAnswer) {
  Rig rig(GetParam());
  const auto client = rig.open();
  const auto models = client->models();
  ASSERT_TRUE(models) << models.error().message;
  std::set<std::string> ids;
  for (const auto& model : *models) ids.insert(model.id);
  EXPECT_TRUE(ids.contains("anthropic/claude-sonnet-4"));
  const auto health = client->health();
  ASSERT_TRUE(health) << health.error().message;
  EXPECT_EQ(health->provider, "openrouter");
  EXPECT_EQ(health->http_version, http_version(GetParam()));
}

TEST_P(Chat, ManyCallsAtOnceAreAllAnswered) {
  Rig rig(GetParam());
  const auto client = rig.open();
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 64; ++i) streams.push_back(client->stream(ask("call " + std::to_string(i))));
  for (int i = 0; i < 64; ++i) {
    ASSERT_TRUE(streams[static_cast<std::size_t>(i)]->result());
    EXPECT_NE(
        streams[static_cast<std::size_t>(i)]->result()->text.find("call " + std::to_string(i)),
        std::string::npos);
  }
  EXPECT_EQ(rig.simulator->stats().requests, 64u) << "the server's count is the trail's";
}

TEST(ChatTrail, AServedAttemptHasAllItsTimes) {
  Rig rig;
  const auto client = rig.open();
  const ChatResponse answer = expect_answer(client->chat(ask("hi")));
  const Attempt& attempt = answer.attempts.at(0);
  ASSERT_TRUE(attempt.connected && attempt.head && attempt.first_token);
  EXPECT_GT(attempt.connected->count(), 0);
  EXPECT_LE(*attempt.connected, *attempt.head);
  EXPECT_LE(*attempt.head, *attempt.first_token);
  EXPECT_LE(*attempt.first_token, attempt.total);
  EXPECT_NE(rig.log.all().find(" connected_ms="), std::string::npos);
}

}  // namespace
}  // namespace prx::test
