// The OpenAI plugin against servers that differ: what it learns, and what a fallback to it can do.
#include <gmock/gmock.h>

#include "rig.hpp"

namespace prx::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Both ways of a call: streamed upstream, and a raw body that is answered in one piece.
enum class Way { kStreamed, kWhole };

ChatRequest limited(const std::string& model, Way way) {
  if (way == Way::kWhole) {
    auto raw = ChatRequest::from_json(
        R"({"model":")" + model +
        R"(","messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}],)"
        R"("max_tokens":3,"stream":false})");
    return std::move(*raw);
  }
  ChatRequest request = ask("q", model);
  request.messages.insert(request.messages.begin(), Message::system("s"));
  request.max_tokens = 3;
  return request;
}

class Switches : public ::testing::TestWithParam<Way> {};
INSTANTIATE_TEST_SUITE_P(Both, Switches, ::testing::Values(Way::kStreamed, Way::kWhole),
                         [](const auto& each) {
                           return each.param == Way::kWhole ? "Whole" : "Streamed";
                         });

/// A rig whose default is the OpenAI plugin, in front of a server that serves every model.
std::unique_ptr<Rig> openai_rig() {
  sim::SimulatorOptions options;
  options.any_model = true;
  auto rig = std::make_unique<Rig>(Wire::kPlain, std::move(options));
  rig->toml += "[default]\nprovider = \"openai\"\n";
  return rig;
}

TEST_P(Switches, TheNameOfTheLimitIsLearnedOnce) {
  const auto rig = openai_rig();
  const auto client = rig->open();
  for (const char* const model : {"o3", "gpt-5"}) {
    const ChatResponse answer = expect_answer(client->chat(limited(model, GetParam())));
    EXPECT_EQ(answer.finish_reason, FinishReason::kLength) << "the limit arrived";
    EXPECT_EQ(answer.attempts.size(), 1u);
    EXPECT_EQ(answer.attempts[0].http_status, 200);
    EXPECT_EQ(answer.attempts[0].exchanges, model == std::string("o3") ? 2u : 1u);
  }
  const auto requests = rig->simulator->requests();
  ASSERT_EQ(requests.size(), 3u) << "one refusal for both";
  EXPECT_EQ(requests[0].status, 400);
  EXPECT_THAT(requests[0].body, HasSubstr("\"max_tokens\":3"));
  EXPECT_THAT(requests[1].body, HasSubstr("\"max_completion_tokens\":3"));
}

TEST_P(Switches, ARoleIsLearnedForItsModel) {
  const auto rig = openai_rig();
  rig->openai += "max_tokens_field = \"max_completion_tokens\"\n";
  const auto client = rig->open();
  for (int i = 0; i < 2; ++i) expect_answer(client->chat(limited("o1-mini", GetParam())));
  expect_answer(client->chat(limited("gpt-4o", GetParam())));
  const auto requests = rig->simulator->requests();
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_THAT(requests[1].body, HasSubstr("developer"));
  EXPECT_THAT(requests[2].body, HasSubstr("developer"));
  EXPECT_THAT(requests[3].body, Not(HasSubstr("developer")));
}

TEST_P(Switches, AnOldServerIsLivedWith) {
  for (const char* const model : {"sim/old-server", "sim/old-server?shape=2"}) {
    const auto rig = openai_rig();
    rig->openai += "max_tokens_field = \"auto\"\n";
    const auto client = rig->open();
    for (int i = 0; i < 2; ++i)
      EXPECT_EQ(expect_answer(client->chat(limited(model, GetParam()))).finish_reason,
                FinishReason::kLength);
    EXPECT_EQ(rig->simulator->requests().size(), GetParam() == Way::kWhole ? 2u : 3u) << model;
  }
}

TEST_P(Switches, AnExplicitSettingIsNotCorrected) {
  const auto rig = openai_rig();
  rig->openai += "max_tokens_field = \"max_tokens\"\n";
  const CallError error = expect_failure(rig->open()->chat(limited("o3", GetParam())));
  EXPECT_EQ(error.error_class, ErrorClass::kUnsupported);
  EXPECT_EQ(error.http_status, 400);
  EXPECT_EQ(error.provider_code, "unsupported_parameter");
  EXPECT_THAT(error.message, HasSubstr("max_tokens"));
  EXPECT_EQ(rig->simulator->requests().size(), 1u);
}

TEST(SwitchesOf, AnotherWordRefusesTheConfiguration) {
  Rig rig;
  rig.openai += "include_usage = \"yes\"\n";
  rig.toml += "[default]\nprovider = \"openai\"\nmodel = \"gpt-4o\"\n";
  EXPECT_THAT([&] { rig.open(); },
              ::testing::ThrowsMessage<std::exception>(
                  HasSubstr(R"(include_usage "yes" is none of "auto", "always", "never")")));
}

/// A rig whose server answers the second request with that fault.
std::unique_ptr<Rig> second_fails(const std::string& fault) {
  sim::SimulatorOptions options;
  options.any_model = true;
  options.script =
      sim::script_from_json(R"({"rules":[{"nth":2,"fault":")" + fault + "\"}]}").value();
  auto rig = std::make_unique<Rig>(Wire::kPlain, std::move(options));
  rig->toml += "[default]\nprovider = \"openai\"\n";
  return rig;
}

TEST_P(Switches, TheSecondRequestIsUnderTheClocksOfTheCall) {
  const auto rig = second_fails("silence");
  CallOptions call;
  call.deadline = std::chrono::milliseconds(300);
  const CallError error = expect_failure(rig->open()->chat(limited("gpt-5", GetParam()), call));
  EXPECT_EQ(error.error_class, ErrorClass::kTimeout) << error.message;
  EXPECT_EQ(rig->simulator->requests().size(), 2u);
}

TEST_P(Switches, TheSecondRefusalIsReportedInItsOwnWords) {
  const auto rig = second_fails("quota");
  const CallError error = expect_failure(rig->open()->chat(limited("gpt-5", GetParam())));
  EXPECT_EQ(error.error_class, ErrorClass::kCredit) << error.message;
  EXPECT_EQ(error.http_status, 429);
  EXPECT_EQ(error.provider_code, "insufficient_quota");
}

/// A request as one writes it for OpenRouter, with a turn that it answered.
constexpr const char* kForOpenRouter =
    R"({"model":"anthropic/claude-sonnet-4#503","messages":[)"
    R"({"role":"system","content":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}]},)"
    R"({"role":"user","content":"q"},{"role":"assistant","content":"a","reasoning":"r",)"
    R"("reasoning_details":[{"type":"reasoning.text","text":"r","signature":"s"}],"annotations":[]},)"
    R"({"role":"user","content":"q2"}],"provider":{"sort":"price","max_price":{"prompt":"1"}},)"
    R"("models":["a/b"],"route":"fallback","transforms":["middle-out"],"plugins":[{"id":"web"}],)"
    R"("usage":{"include":true},"session_id":"s","trace":{"trace_id":"t"},"include_reasoning":true,)"
    R"("max_tokens":3,"stream":)";

TEST_P(Switches, ABodyForOpenRouterIsServedByAStrictFallback) {
  Rig rig;
  rig.toml +=
      "[reliability]\nfallback_providers = [\"openai\"]\n\n[default]\nprovider = \"openrouter\"\n";
  rig.openai += "model = \"gpt-4o#strict\"\n";
  const auto client = rig.open();
  const std::string stream = GetParam() == Way::kStreamed ? "true}" : "false}";
  const auto request = ChatRequest::from_json(kForOpenRouter + stream);
  ASSERT_TRUE(request) << request.error().message;
  const ChatResponse answer = expect_answer(client->chat(*request));
  EXPECT_EQ(answer.provider, "openai");
  EXPECT_EQ(answer.finish_reason, FinishReason::kLength);
  const auto last = rig.simulator->requests().back();
  EXPECT_EQ(last.target, "/v1/chat/completions");
  EXPECT_THAT(last.body, Not(HasSubstr("signature")));
}

TEST_P(Switches, OpenRouterIsToldOfATypoBeforeAnythingIsSent) {
  Rig rig;
  const auto request = ChatRequest::from_json(
      std::string(R"({"model":"openai/gpt-4o","messages":[{"role":"user","content":"q"}],)") +
      R"("provider":{"ordr":["a"]},"stream":)" +
      (GetParam() == Way::kStreamed ? "true}" : "false}"));
  ASSERT_TRUE(request);
  const CallError error = expect_failure(rig.open()->chat(*request));
  EXPECT_EQ(error.error_class, ErrorClass::kInvalidRequest);
  EXPECT_THAT(error.message, HasSubstr(R"(did you mean "order"?)"));
  EXPECT_TRUE(rig.simulator->requests().empty());
}

}  // namespace
}  // namespace prx::test
