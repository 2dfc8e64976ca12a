// Everything a request can say reaches the wire, through both plugins, streaming and not.
#include <gmock/gmock.h>

#include <algorithm>

#include "e2e/rig.hpp"
#include "prx/attachment.hpp"
#include "prx/conversation.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::test {
namespace {

using json::ObjectIndex;
using ::testing::HasSubstr;
using ::testing::Not;

struct RequestWay {
  const char* provider;
  const char* model;
  const char* name;
  bool streams;
};
std::ostream& operator<<(std::ostream& out, const RequestWay& way) { return out << way.name; }

class WholeRequest : public ::testing::TestWithParam<RequestWay> {
 protected:
  WholeRequest() {
    rig.openai = "model = \"gpt-4o\"\n";
    client = rig.open();
    options.provider = GetParam().provider;
    options.stream_upstream = GetParam().streams;
  }
  [[nodiscard]] ChatRequest hello() const { return ask("hello", GetParam().model); }
  [[nodiscard]] bool is_openrouter() const {
    return std::string_view(GetParam().provider) == "openrouter";
  }
  /// The body that arrived when this was asked for and answered.
  std::string arrived(const ChatRequest& request) {
    expect_answer(client->chat(request, options));
    const auto requests = rig.simulator->requests();
    return requests.empty() ? "" : requests.back().body;
  }

  Rig rig;
  std::unique_ptr<Client> client;
  CallOptions options;
};

INSTANTIATE_TEST_SUITE_P(
    Over, WholeRequest,
    ::testing::Values(RequestWay{"openrouter", "openai/gpt-4o", "OpenRouterStreaming", true},
                      RequestWay{"openrouter", "openai/gpt-4o", "OpenRouterWhole", false},
                      RequestWay{"openai", "gpt-4o", "OpenAiStreaming", true},
                      RequestWay{"openai", "gpt-4o", "OpenAiWhole", false}),
    [](const auto& instance) { return instance.param.name; });

void set_sampling(ChatRequest& request) {
  request.temperature = 0.5;
  request.top_p = 0.9;
  request.frequency_penalty = -1;
  request.presence_penalty = 1;
  request.repetition_penalty = 1.1;
  request.min_p = 0.05;
  request.top_k = 40;
  request.max_tokens = 700;
  request.seed = -3;
  request.stop = {"never said"};
  request.logprobs = true;
  request.top_logprobs = 2;
  request.logit_bias = R"({"50256":-100})";
}

void set_the_rest(ChatRequest& request) {
  request.reasoning_effort = "low";
  request.verbosity = "high";
  request.response_format = R"({"type":"text"})";
  request.prediction = R"({"type":"content","content":"x"})";
  request.modalities = {"text"};
  request.audio = R"({"voice":"alloy","format":"wav"})";
  request.metadata = R"({"k":"v"})";
  request.service_tier = "flex";
  request.user = "u";
  request.prompt_cache_key = "p";
  request.extra = R"({"of_tomorrow":{"deep":[1]}})";
}

/// What the two above must become, written by hand: a line of theirs, a member here.
constexpr const char* kSet =
    R"({"temperature":0.5,"top_p":0.9,"frequency_penalty":-1,"presence_penalty":1,)"
    R"("repetition_penalty":1.1,"min_p":0.05,"top_k":40,"max_tokens":700,"seed":-3,)"
    R"("stop":["never said"],"logprobs":true,"top_logprobs":2,"logit_bias":{"50256":-100},)"
    R"("reasoning_effort":"low","verbosity":"high","response_format":{"type":"text"},)"
    R"("prediction":{"type":"content","content":"x"},"modalities":["text"],)"
    R"("audio":{"voice":"alloy","format":"wav"},"metadata":{"k":"v"},"service_tier":"flex",)"
    R"("user":"u","prompt_cache_key":"p","of_tomorrow":{"deep":[1]}})";

/// What is OpenRouter's own.
void set_routing(ChatRequest& request) {
  request.provider = R"({"order":["azure"],"allow_fallbacks":false})";
  request.models = {"openai/gpt-4o-mini"};
  request.route = "fallback";
  request.transforms = {"middle-out"};
  request.plugins = R"([{"id":"web"}])";
  request.session_id = "s";
  request.top_a = 0.1;
  request.reasoning = R"({"effort":"high","exclude":true})";
}

constexpr const char* kRouting =
    R"({"provider":{"order":["azure"],"allow_fallbacks":false},"models":["openai/gpt-4o-mini"],)"
    R"("route":"fallback","transforms":["middle-out"],"plugins":[{"id":"web"}],"session_id":"s",)"
    R"("top_a":0.1,"reasoning":{"effort":"high","exclude":true}})";

/// Names of the members of `want` that are not in `body` with the same bytes.
std::vector<std::string> missing_from(std::string_view body, std::string_view want) {
  const auto have = ObjectIndex::parse(body), wanted = ObjectIndex::parse(want);
  std::vector<std::string> missing;
  if (!have || !wanted) return {"no JSON object"};
  for (const auto& member : wanted->members())
    if (have->find(member.key) != member.value) missing.emplace_back(member.key);
  return missing;
}

TEST_P(WholeRequest, EveryParameterArrivesAsItWasSet) {
  ChatRequest request = hello();
  set_sampling(request);
  set_the_rest(request);
  EXPECT_THAT(missing_from(arrived(request), kSet), ::testing::IsEmpty());
  const auto body = request.body();
  ASSERT_TRUE(body);
  EXPECT_THAT(missing_from(kSet, *body), ::testing::UnorderedElementsAre("model", "messages"))
      << "what was set beside them is not in the list";
}

TEST_P(WholeRequest, WhatIsOpenRoutersOwnGoesToOpenRouterAlone) {
  ChatRequest request = hello();
  set_routing(request);
  const auto missing = missing_from(arrived(request), kRouting);
  if (is_openrouter())
    EXPECT_THAT(missing, ::testing::IsEmpty());
  else
    EXPECT_THAT(missing,
                ::testing::UnorderedElementsAre("provider", "models", "route", "transforms",
                                                "plugins", "session_id", "top_a", "reasoning"));
}

TEST_P(WholeRequest, EachChoiceOfToolsArrives) {
  ChatRequest request = hello();
  request.tools = {{"look", "looks", R"({"type":"object","properties":{}})", true, {}}};
  request.parallel_tool_calls = false;
  const std::pair<const char*, const char*> kChoices[] = {
      {"auto", R"("tool_choice":"auto")"},
      {"none", R"("tool_choice":"none")"},
      {"required", R"("tool_choice":"required")"},
      {"look", R"("tool_choice":{"type":"function","function":{"name":"look"}})"}};
  for (const auto& [choice, member] : kChoices) {
    request.tool_choice = choice;
    const std::string body = arrived(request);
    EXPECT_THAT(body, HasSubstr(member));
    EXPECT_THAT(body, HasSubstr(R"("parallel_tool_calls":false)"));
    EXPECT_THAT(body, HasSubstr(R"("strict":true)"));
  }
}

TEST_P(WholeRequest, EveryKindOfPartArrives) {
  const std::string png("\x89PNG\r\n\x1a\n....", 12), wav("RIFF....WAVEfmt ", 16);
  ChatRequest request = hello();
  Message& message = request.messages.front();
  message.parts = {Part::of_text("look"), Part::image("https://example.org/a.png", "low")};
  message.parts.push_back(*attach(Part::Type::kImage, png, "a.png"));
  message.parts.push_back(*attach(Part::Type::kAudio, wav, "a.wav"));
  message.parts.push_back(*attach(Part::Type::kFile, "%PDF-1.7", "a.pdf"));
  const std::string body = arrived(request);
  EXPECT_THAT(body, HasSubstr(R"({"type":"text","text":"look"})"));
  EXPECT_THAT(body, HasSubstr(R"({"url":"https://example.org/a.png","detail":"low"})"));
  EXPECT_THAT(body, HasSubstr(R"("url":"data:image/png;base64,)"));
  EXPECT_THAT(body, HasSubstr(R"("format":"wav")"));
  EXPECT_THAT(body, HasSubstr(R"("filename":"a.pdf")"));
}

/// A history of every role, as a client of OpenRouter saved it.
constexpr const char* kHistory =
    R"({"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"weather?"},)"
    R"({"role":"assistant","content":null,"reasoning":"hm","reasoning_details":)"
    R"([{"type":"reasoning.encrypted","data":"s\u00ef=","index":0}],"annotations":[{"type":"x"}],)"
    R"("tool_calls":[{"id":"c1","type":"function","function":{"name":"look",)"
    R"("arguments":"{ \"city\" : \"Z\u00fcrich\" }"}}]},)"
    R"({"role":"tool","tool_call_id":"c1","content":"sunny"},)"
    R"({"role":"assistant","content":null,"refusal":"no more"},{"role":"user","content":"why?"}]})";

TEST_P(WholeRequest, AHistoryFromAFileGoesOnByteForByte) {
  auto talk = Conversation::from_json(kHistory);
  ASSERT_TRUE(talk) << talk.error().message;
  const std::string body = arrived(talk->request(ask("", GetParam().model)));
  EXPECT_THAT(body, HasSubstr(R"("arguments":"{ \"city\" : \"Z)"));
  EXPECT_THAT(body, HasSubstr(R"({"role":"tool","content":"sunny","tool_call_id":"c1"})"));
  EXPECT_THAT(body, HasSubstr(R"("refusal":"no more")"));
  const auto details = HasSubstr(R"([{"type":"reasoning.encrypted","data":"s\u00ef=","index":0}])");
  if (is_openrouter()) {
    EXPECT_THAT(body, details);
    EXPECT_THAT(body, HasSubstr(R"("annotations":[{"type":"x"}])"));
  } else {
    EXPECT_THAT(body, Not(HasSubstr("reasoning"))) << "a strict server refuses what it never said";
  }
}

TEST_P(WholeRequest, AHistoryThatBreaksOffIsRefusedBeforeAnythingIsSent) {
  ChatRequest request = hello();
  request.messages.push_back(Message::tool("c9", "nobody asked"));
  EXPECT_THAT(expect_failure(client->chat(request, options)).message, HasSubstr("c9"));
  request.messages.back() = Message::assistant("");
  request.messages.back().tool_calls = {{"c8", "look", "{}", {}}};
  request.messages.push_back(Message::user("and?"));
  EXPECT_THAT(expect_failure(client->chat(request, options)).message, HasSubstr("c8"));
  EXPECT_TRUE(rig.simulator->requests().empty());
}

}  // namespace
}  // namespace prx::test
