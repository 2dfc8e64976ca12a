// OpenRouter's endpoints, not streaming.
#include <gmock/gmock.h>

#include "core/sim/raw_client.hpp"
#include "sim/catalog.hpp"
#include "sim/chat_call.hpp"
#include "sim/simulator.hpp"

namespace prx::sim {
namespace {

using test::chat;
using test::fetch;
using test::is_json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kTools =
    R"(,"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object",)"
    R"("properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":3},"note":{"type":"string"}},)"
    R"("required":["city","days"]}}},{"type":"function","function":{"name":"time"}}])";

class Endpoints : public ::testing::Test {
 protected:
  std::unique_ptr<Simulator> simulator_ = Simulator::start({}).value();
  std::uint16_t port_ = simulator_->port();
};

TEST_F(Endpoints, AnAnswerSaysThatItIsSimulatedAndEchoesThePrompt) {
  const auto reply = chat(port_, "anthropic/claude-sonnet-4", false);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-type"), "application/json");
  EXPECT_TRUE(is_json(reply.body));
  EXPECT_EQ(test::content(reply.body), test::kHelloAnswer);
  EXPECT_THAT(reply.body, HasSubstr(R"({"id":"gen-)"));
  EXPECT_THAT(reply.body,
              HasSubstr(R"("provider":"Anthropic","model":"anthropic/claude-sonnet-4")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("finish_reason":"stop","native_finish_reason":"end_turn")"));
  EXPECT_THAT(reply.body,
              HasSubstr(R"("prompt_tokens":2,"completion_tokens":14,"total_tokens":16,"cost":)"));
  EXPECT_THAT(reply.body, HasSubstr(R"("id":")" + reply.headers.at("x-generation-id")));
}

TEST_F(Endpoints, TheSamePromptGetsTheSameAnswerOfEveryModel) {
  EXPECT_EQ(test::content(chat(port_, "openai/gpt-4o", false).body),
            test::content(chat(port_, "sim/ok", true).body));
}

TEST_F(Endpoints, AToolIsCalledWithItsRequiredArguments) {
  const auto reply = chat(port_, "openai/gpt-4o", false, kTools);
  EXPECT_TRUE(is_json(reply.body));
  EXPECT_THAT(reply.body, HasSubstr(R"("finish_reason":"tool_calls")"));
  EXPECT_THAT(reply.body,
              HasSubstr(R"("name":"weather","arguments":"{\"city\":\"Paris\",\"days\":3}")"));
  EXPECT_THAT(reply.body, Not(HasSubstr(R"("name":"time")")));
}

TEST_F(Endpoints, ToolChoiceForcesOneOrNone) {
  const std::string tools = kTools;
  const auto forced =
      chat(port_, "openai/gpt-4o", false,
           tools + R"(,"tool_choice":{"type":"function","function":{"name":"time"}})");
  EXPECT_THAT(forced.body, HasSubstr(R"("name":"time","arguments":"{}")"));
  const auto none = chat(port_, "openai/gpt-4o", false, tools + R"(,"tool_choice":"none")");
  EXPECT_THAT(none.body, HasSubstr("simulated answer"));
  const auto unknown =
      chat(port_, "openai/gpt-4o", false,
           tools + R"(,"tool_choice":{"type":"function","function":{"name":"no"}})");
  EXPECT_EQ(unknown.status, 400);
}

TEST_F(Endpoints, AllToolsAreCalledWhenTheModelSaysParallel) {
  const auto reply = chat(port_, "sim/parallel-tools", false, kTools);
  EXPECT_THAT(reply.body, HasSubstr(R"("name":"weather")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("name":"time")"));
  EXPECT_THAT(chat(port_, "openai/gpt-4o:parallel", false, kTools).body,
              HasSubstr(R"("name":"time")"));
}

TEST_F(Endpoints, AfterAToolResultTheAnswerIsText) {
  const auto reply =
      fetch(port_, "POST", "/api/v1/chat/completions",
            std::string(R"({"model":"openai/gpt-4o","messages":[{"role":"user","content":"Go."},)"
                        R"({"role":"assistant","content":null,"tool_calls":[]},)"
                        R"({"role":"tool","tool_call_id":"a","content":"sunny"}])") +
                kTools + "}");
  EXPECT_THAT(test::content(reply.body), HasSubstr("Your prompt was: Go. The tool said: sunny"));
  const auto again = fetch(port_, "POST", "/api/v1/chat/completions",
                           std::string(R"({"model":"openai/gpt-4o:again","messages":[)"
                                       R"({"role":"tool","tool_call_id":"a","content":"sunny"}])") +
                               kTools + "}");
  EXPECT_THAT(again.body, HasSubstr(R"("name":"weather")"));
}

TEST_F(Endpoints, MaxTokensCutsTheArgumentsOfACall) {
  const auto cut = chat(port_, "openai/gpt-4o", false, std::string(kTools) + R"(,"max_tokens":1)");
  EXPECT_THAT(cut.body, HasSubstr(R"("name":"weather","arguments":"")"));
  EXPECT_THAT(cut.body, HasSubstr(R"("finish_reason":"length")"));
}

TEST_F(Endpoints, MaxTokensEndsWithLength) {
  const auto reply = chat(port_, "openai/gpt-4o", false, R"(,"max_tokens":3)");
  EXPECT_EQ(test::content(reply.body), "This is a");
  EXPECT_THAT(reply.body, HasSubstr(R"("finish_reason":"length")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("completion_tokens":3)"));
}

TEST_F(Endpoints, ReasoningIsShownUnlessExcluded) {
  const auto shown = chat(port_, "anthropic/claude-sonnet-4:thinking", false);
  EXPECT_TRUE(is_json(shown.body));
  EXPECT_THAT(shown.body, HasSubstr(R"("reasoning":"The prompt has 2 tokens.)"));
  EXPECT_THAT(shown.body, HasSubstr(R"("signature":)"));
  const auto hidden = chat(port_, "openai/o3", false, R"(,"reasoning":{"exclude":true})");
  EXPECT_THAT(hidden.body, HasSubstr(R"("reasoning":null)"));
  EXPECT_THAT(hidden.body, Not(HasSubstr(R"("reasoning_tokens":0)")));
  EXPECT_THAT(chat(port_, "openai/o3", false).body, HasSubstr(R"("reasoning_tokens":0)"));
}

TEST_F(Endpoints, AStructuredAnswerFitsItsSchema) {
  const auto reply = chat(
      port_, "openai/gpt-4o", false,
      R"(,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object",)"
      R"("properties":{"kind":{"enum":["b","a"]},"list":{"type":"array","items":{"type":"number"}}}}}})");
  EXPECT_EQ(test::content(reply.body), R"({\"kind\":\"b\",\"list\":[1.5]})");
}

TEST_F(Endpoints, APrefillIsContinued) {
  const auto reply = fetch(port_, "POST", "/api/v1/chat/completions",
                           R"({"model":"sim/ok","messages":[{"role":"user","content":"Hi"},)"
                           R"({"role":"assistant","content":"This is a simulated"}]})");
  EXPECT_EQ(test::content(reply.body), " answer: no model was asked. Your prompt was: Hi");
}

TEST_F(Endpoints, ALongPromptIsEchoedInPartAndNeverInsideACharacter) {
  std::string prompt;
  while (prompt.size() <= kEchoBytesMax) prompt += "\xc3\xa9\xe6\x97\xa5";
  const auto reply =
      fetch(port_, "POST", "/api/v1/chat/completions",
            R"({"model":"sim/ok","messages":[{"role":"user","content":")" + prompt + R"("}]})");
  EXPECT_TRUE(is_json(reply.body));
  EXPECT_THAT(reply.body, HasSubstr(" ...\""));
}

TEST_F(Endpoints, ModelsNeedNoKeyAndHavePricesContextAndLinks) {
  const auto reply = fetch(port_, "GET", "/api/v1/models", "", "");
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(is_json(reply.body));
  EXPECT_THAT(reply.body, HasSubstr(R"("id":"anthropic/claude-sonnet-4")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("pricing":{"prompt":"0.000003","completion":"0.000015")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("input_modalities":["text","image"])"));
  EXPECT_THAT(reply.body, HasSubstr(R"("supported_parameters":["max_tokens")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("links":{"next":null},"total_count":)" +
                                    std::to_string(catalog().size()) + "}"));
}

TEST_F(Endpoints, OneModelIsFoundUnderBothPaths) {
  for (const auto* path : {"/api/v1/model/openai/gpt-4o", "/api/v1/models/openai/gpt-4o:free",
                           "/api/v1/models/openai/gpt-4o/endpoints"})
    EXPECT_THAT(fetch(port_, "GET", path).body, HasSubstr(R"({"data":{"id":"openai/gpt-4o")"))
        << path;
  const auto missing = fetch(port_, "GET", "/api/v1/model/no/such");
  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(missing.body, HasSubstr("no/such is not a valid model ID"));
}

TEST_F(Endpoints, TheKeyIsUnderKeyAndTheOldPathIsNotThere) {
  const auto reply = fetch(port_, "GET", "/api/v1/key");
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(is_json(reply.body));
  EXPECT_THAT(reply.body, HasSubstr(R"("limit_remaining":null)"));
  EXPECT_EQ(fetch(port_, "GET", "/api/v1/auth/key").status, 404);
}

TEST_F(Endpoints, CreditsWantAManagementKey) {
  EXPECT_EQ(fetch(port_, "GET", "/api/v1/credits").status, 403);
}

TEST_F(Endpoints, AGenerationIsRemembered) {
  const auto id = chat(port_, "openai/gpt-4o", false).headers.at("x-generation-id");
  const auto record = fetch(port_, "GET", "/api/v1/generation?id=" + id);
  EXPECT_EQ(record.status, 200);
  EXPECT_TRUE(is_json(record.body));
  EXPECT_THAT(record.body, HasSubstr(R"("tokens_completion":14)"));
  EXPECT_EQ(fetch(port_, "GET", "/api/v1/generation?id=gen-other").status, 404);
}

TEST_F(Endpoints, EmbeddingsHaveOneVectorPerInput) {
  const auto reply = fetch(port_, "POST", "/api/v1/embeddings",
                           R"({"model":"openai/text-embedding-3-small","input":["one","two"]})");
  EXPECT_TRUE(is_json(reply.body));
  EXPECT_EQ(test::count(reply.body, "\"embedding\":["), 2);
  EXPECT_THAT(reply.body, HasSubstr(R"("total_tokens":2,"cost":4e-08})"));
  EXPECT_EQ(fetch(port_, "POST", "/api/v1/embeddings", R"({"input":7})").status, 400);
}

TEST_F(Endpoints, CompletionsAnswerAPrompt) {
  const auto reply =
      fetch(port_, "POST", "/api/v1/completions", R"({"model":"sim/ok","prompt":"Hi"})");
  EXPECT_TRUE(is_json(reply.body));
  EXPECT_THAT(reply.body, HasSubstr("Your prompt was: Hi\""));
}

TEST_F(Endpoints, RefusesInOpenRoutersShape) {
  const auto unknown = chat(port_, "no/such", false);
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.body,
              HasSubstr(R"({"error":{"message":"no/such is not a valid model ID","code":400)"));
  const auto no_key = fetch(port_, "POST", "/api/v1/chat/completions", "{}", "");
  EXPECT_EQ(no_key.status, 401);
  EXPECT_THAT(no_key.body, HasSubstr(R"("message":"No auth credentials found","code":401)"));
  const auto malformed = fetch(port_, "POST", "/api/v1/chat/completions", "{\"model\":");
  EXPECT_EQ(malformed.status, 400);
  EXPECT_TRUE(is_json(malformed.body));
  EXPECT_EQ(fetch(port_, "POST", "/api/v1/chat/completions", R"({"model":"sim/ok"})").status, 400);
  EXPECT_EQ(fetch(port_, "GET", "/api/v1/nothing").status, 404);
  EXPECT_EQ(fetch(port_, "GET", "/elsewhere").status, 404);
  EXPECT_EQ(fetch(port_, "DELETE", "/api/v1/models").status, 404);
}

TEST_F(Endpoints, AFaultThatCannotBeReadIsNamedInTheError) {
  const auto reply = chat(port_, "sim/cutt", true);
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("unknown fault 'cutt'"));
}

TEST_F(Endpoints, DeepJsonIsNoDanger) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(fetch(port_, "POST", "/api/v1/chat/completions", deep).status, 400);
  std::string schema = R"({"type":"string"})";
  for (int i = 0; i < 40; ++i) schema = R"({"type":"object","properties":{"a":)" + schema + "}}";
  const auto reply = chat(port_, "sim/ok", false,
                          R"(,"tools":[{"function":{"name":"t","parameters":)" + schema + "}}]");
  EXPECT_THAT(reply.body, HasSubstr(R"({\"a\":null})"));
}

TEST(Options, KeysHaveStates) {
  SimulatorOptions options;
  options.keys = {{"sk-a", KeyState::kValid},
                  {"sk-b", KeyState::kInvalid},
                  {"sk-c", KeyState::kNoCredit},
                  {"sk-d", KeyState::kRateLimited}};
  const auto simulator = Simulator::start(options).value();
  const auto status = [&](std::string_view path, std::string_view key) {
    return fetch(simulator->port(), "POST", path, test::chat_body("sim/ok", false), key).status;
  };
  EXPECT_EQ(status("/api/v1/chat/completions", "sk-a"), 200);
  EXPECT_EQ(status("/api/v1/chat/completions", "sk-b"), 401);
  EXPECT_EQ(status("/api/v1/chat/completions", "sk-c"), 402);
  EXPECT_EQ(status("/api/v1/chat/completions", "sk-d"), 429);
  EXPECT_EQ(status("/api/v1/chat/completions", "sk-other"), 401);
  EXPECT_EQ(status("/v1/chat/completions", "sk-c"), 429);
}

TEST(Options, TheKeyEndpointCanBeTheOldOneOrNone) {
  SimulatorOptions options;
  options.key_endpoint = KeyEndpoint::kAuthKey;
  const auto old = Simulator::start(options).value();
  EXPECT_EQ(fetch(old->port(), "GET", "/api/v1/key").status, 404);
  EXPECT_EQ(fetch(old->port(), "GET", "/api/v1/auth/key").status, 200);
  options.key_endpoint = KeyEndpoint::kNeither;
  const auto none = Simulator::start(options).value();
  EXPECT_EQ(fetch(none->port(), "GET", "/api/v1/key").status, 404);
  EXPECT_EQ(fetch(none->port(), "GET", "/api/v1/auth/key").status, 404);
}

TEST(Options, AGenerationsRecordMayComeLate) {
  SimulatorOptions options;
  options.generation_misses = 2;
  const auto simulator = Simulator::start(options).value();
  const auto id = chat(simulator->port(), "sim/ok", false).headers.at("x-generation-id");
  const std::string path = "/api/v1/generation?id=" + id;
  EXPECT_EQ(fetch(simulator->port(), "GET", path).status, 404);
  EXPECT_EQ(fetch(simulator->port(), "GET", path).status, 404);
  EXPECT_EQ(fetch(simulator->port(), "GET", path).status, 200);
  EXPECT_EQ(fetch(simulator->port(), "GET", path).status, 200);
}

TEST(Options, OldGenerationsAreForgotten) {
  const auto simulator = Simulator::start({}).value();
  test::RawClient client(simulator->port());
  std::string first;
  for (int i = 0; i < 1'001; ++i) {
    client.send(
        test::request_text("POST", "/api/v1/chat/completions", test::chat_body("sim/ok", false)));
    const auto id = client.read().headers["x-generation-id"];
    if (i == 0) first = id;
  }
  EXPECT_EQ(fetch(simulator->port(), "GET", "/api/v1/generation?id=" + first).status, 404);
}

TEST(Options, AnyModelAndFixedAnswers) {
  SimulatorOptions options;
  options.any_model = true;
  options.answer = "Fixed.";
  const auto fixed = Simulator::start(options).value();
  EXPECT_EQ(test::content(chat(fixed->port(), "no/such", false).body), "Fixed.");
  options.answer.clear();
  options.answer_tokens = 200;
  const auto filler = Simulator::start(options).value();
  EXPECT_THAT(chat(filler->port(), "sim/ok", false).body, HasSubstr(R"("completion_tokens":200)"));
}

TEST(Start, SaysWhyItCannotListen) {
  SimulatorOptions options;
  options.address = "localhost";
  EXPECT_EQ(Simulator::start(options).error().error_class, ErrorClass::kInvalidRequest);
  const auto simulator = Simulator::start({}).value();
  options.address = "127.0.0.1";
  options.port = simulator->port();
  const auto second = Simulator::start(options);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().error_class, ErrorClass::kNetwork);
  EXPECT_THAT(second.error().message, HasSubstr("127.0.0.1 port"));
}

}  // namespace
}  // namespace prx::sim
