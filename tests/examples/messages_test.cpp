// The Messages API through the whole core: a dialect that is not that of Chat Completions, alone
// and in chains beside OpenRouter.
#include <gmock/gmock.h>

#include "e2e/rig.hpp"
#include "prx/conversation.hpp"
#include "support/messages_server.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kOtherKey = "sk-ant-0123456789abcdef";

class Messages : public ::testing::Test {
 protected:
  Messages() {
    rig.environment["PRX_PLUGIN_PATH"] += std::string(":") + PRX_EXAMPLES;
    rig.environment["ANTHROPIC_API_KEY"] = kOtherKey;
    rig.environment["ANTHROPIC_BASE_URL"] = server.url();
  }
  /// A client that asks the server, and then `fallbacks`.
  std::unique_ptr<Client> open(const std::string& fallbacks = "",
                               const std::string& reliability = "retries = 0\n") {
    rig.toml += "[default]\nprovider = \"anthropic\"\n[reliability]\n" + reliability;
    if (!fallbacks.empty()) rig.toml += "fallback_providers = [" + fallbacks + "]\n";
    return rig.open();
  }

  static constexpr const char* kSaid = "Half of it and the other half.";  ///< by OpenRouter
  static sim::SimulatorOptions same_words() {
    sim::SimulatorOptions options;
    options.answer = kSaid;
    return options;
  }
  Rig rig{Wire::kPlain, same_words()};
  MessagesServer::Script script = [](const MessagesRequest&) { return messages_stream("Hello."); };
  MessagesServer server{kOtherKey,
                        [this](const MessagesRequest& request) { return script(request); }};
};

TEST_F(Messages, AnAnswerIsTextUsageAndReason) {
  const ChatResponse answer = expect_answer(open()->chat(ask("Hi")));
  EXPECT_EQ(answer.text, "Hello.");
  EXPECT_EQ(answer.finish_reason, FinishReason::kStop);
  EXPECT_EQ(answer.model, "claude-test");
  EXPECT_EQ(answer.usage.prompt_tokens, 16);
  EXPECT_EQ(answer.usage.cached_tokens, 5);
  EXPECT_EQ(answer.usage.completion_tokens, 7);
}

TEST_F(Messages, AWholeAnswerIsReadToo) {
  script = [](const MessagesRequest&) { return messages_whole("Hello."); };
  auto raw =
      ChatRequest::from_json(R"({"messages":[{"role":"user","content":"Hi"}],"stream":false})");
  EXPECT_EQ(expect_answer(open()->chat(*raw)).text, "Hello.");
  EXPECT_THAT(server.requests().at(0).body, HasSubstr("\"stream\":false"));
}

TEST_F(Messages, TheServerSeesItsKeyWhereItWantsItAndNoOther) {
  expect_answer(open()->chat(ask("Hi")));
  const MessagesRequest request = server.requests().at(0);
  EXPECT_EQ(request.header("x-api-key"), kOtherKey);
  EXPECT_EQ(request.header("authorization"), "");
  EXPECT_EQ(request.header("anthropic-version"), "2023-06-01");
  EXPECT_THAT(request.line, HasSubstr("POST /v1/messages "));
  EXPECT_THAT(rig.log.all(), Not(HasSubstr("0123456789abcdef")));
}

TEST_F(Messages, AToolTurnGoesBackAsItWasSigned) {
  script = [](const MessagesRequest& request) {
    if (request.number > 1) return messages_stream("It is 20 degrees.");
    MessagesReply reply = messages_stream("");
    reply.body = messages_tool_turn(R"(Where \u0069s it?)", R"(c2ln\/bmVk==)", "toolu_1",
                                    R"({\"at\": [1.50, 1e400]})");
    return reply;
  };
  const auto client = open();
  ChatRequest request = ask("How warm?");
  request.tools = {{"look", "Looks", R"({"type":"object"})"}};
  const ChatResponse first = expect_answer(client->chat(request));
  ASSERT_EQ(first.tool_calls.size(), 1u);
  EXPECT_EQ(first.tool_calls[0].arguments, R"({"at": [1.50, 1e400]})");
  EXPECT_EQ(first.reasoning, "Where is it?");
  request.messages.push_back(Message::answer(first));
  request.messages.push_back(Message::tool(first.tool_calls[0].id, "20"));
  EXPECT_EQ(expect_answer(client->chat(request)).text, "It is 20 degrees.");
  EXPECT_THAT(
      server.requests().at(1).body,
      HasSubstr(
          R"({"role":"assistant","content":[{"type":"thinking","thinking":"Where \u0069s it?","signature":"c2ln\/bmVk=="},{"type":"text","text":"Let me look."},{"type":"tool_use","id":"toolu_1","name":"look","input":{"at": [1.50, 1e400]}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"20"}]}]})"));
}

TEST_F(Messages, AnOverloadMovesOnToOpenRouter) {
  script = [](const MessagesRequest&) {
    return messages_error(529, "overloaded_error", "Overloaded");
  };
  const ChatResponse answer = expect_answer(open("\"openrouter\"")->chat(ask("Hi")));
  ASSERT_EQ(answer.attempts.size(), 2u);
  EXPECT_EQ(answer.attempts[0].provider, "anthropic");
  EXPECT_EQ(answer.attempts[0].error->error_class, ErrorClass::kOverloaded);
  EXPECT_EQ(answer.attempts[0].error->request_id, "req_test");
  EXPECT_EQ(answer.attempts[1].provider, "openrouter");
}

TEST_F(Messages, OpenRouterMovesOnToIt) {
  rig.environment["OPENROUTER_BASE_URL"] = "http://127.0.0.1:1/v1";  // nobody listens there
  rig.toml +=
      "[default]\nprovider = \"openrouter\"\n"
      "[reliability]\nretries = 0\nfallback_providers = [\"anthropic\"]\n";
  const ChatResponse answer = expect_answer(rig.open()->chat(ask("Hi")));
  EXPECT_EQ(answer.text, "Hello.");
  ASSERT_EQ(answer.attempts.size(), 2u);
  EXPECT_EQ(answer.attempts[1].provider, "anthropic");
  EXPECT_THAT(server.requests().at(0).body, HasSubstr("\"model\":\"claude-sonnet-4-5\""));
}

TEST_F(Messages, AWishThatItDoesNotHaveMovesOnWithoutAskingIt) {
  ChatRequest request = ask("Hi");
  request.extra = R"({"logprobs":true})";
  const ChatResponse answer = expect_answer(open("\"openrouter\"")->chat(request));
  EXPECT_EQ(answer.attempts[0].error->error_class, ErrorClass::kUnsupported);
  EXPECT_EQ(answer.attempts[1].provider, "openrouter");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Messages, AnAnswerThatBreaksOffGoesOnElsewhere) {
  script = [](const MessagesRequest&) {
    MessagesReply reply = messages_stream(kSaid);
    reply.body.resize(reply.body.rfind("event: content_block_delta"));
    return reply;
  };
  const ChatResponse answer = expect_answer(open("\"openrouter\"")->chat(ask("Hi")));
  EXPECT_EQ(answer.text, kSaid) << "the first half of one, the other half of the other";
  ASSERT_EQ(answer.attempts.size(), 2u);
  EXPECT_EQ(answer.attempts[0].error->error_class, ErrorClass::kBadResponse);
}

TEST_F(Messages, AnErrorInMidStreamIsTyped) {
  script = [](const MessagesRequest&) {
    MessagesReply reply = messages_stream("Half");
    reply.body.resize(reply.body.find("event: content_block_stop"));
    reply.body +=
        "event: error\ndata: " + messages_error(529, "overloaded_error", "Overloaded").body +
        "\n\n";
    return reply;
  };
  const CallError error = expect_failure(open()->chat(ask("Hi")));
  EXPECT_EQ(error.error_class, ErrorClass::kOverloaded);
  EXPECT_EQ(error.partial.text, "Half");
}

struct Refusal {
  int status;
  const char* type;
  const char* message;
  const char* headers;
  ErrorClass error_class;
};
class MessagesRefused : public Messages, public ::testing::WithParamInterface<Refusal> {};
INSTANTIATE_TEST_SUITE_P(
    Each, MessagesRefused,
    ::testing::Values(Refusal{400, "invalid_request_error", "prompt is too long: 3 > 2 maximum", "",
                              ErrorClass::kContextLength},
                      Refusal{400, "invalid_request_error", "Your credit balance is too low", "",
                              ErrorClass::kCredit},
                      Refusal{403, "permission_error", "no", "", ErrorClass::kPermission},
                      Refusal{404, "not_found_error", "model: m", "", ErrorClass::kNotFound},
                      Refusal{413, "request_too_large", "large", "", ErrorClass::kInvalidRequest},
                      Refusal{429, "rate_limit_error", "slow", "retry-after: 90\r\n",
                              ErrorClass::kRateLimit},
                      Refusal{500, "api_error", "oops", "", ErrorClass::kOverloaded}),
    [](const auto& each) {
      return std::to_string(each.param.status) + "_" +
             std::string(to_string(each.param.error_class));
    });

TEST_P(MessagesRefused, IsATypedError) {
  const Refusal& refusal = GetParam();
  script = [&refusal](const MessagesRequest&) {
    return messages_error(refusal.status, refusal.type, refusal.message, refusal.headers);
  };
  const CallError error = expect_failure(open()->chat(ask("Hi")));
  EXPECT_EQ(error.error_class, refusal.error_class) << error.message;
  ASSERT_EQ(error.attempts.size(), 1u);
  EXPECT_EQ(error.attempts[0].http_status, refusal.status);
  if (refusal.status == 429) {
    EXPECT_EQ(error.attempts[0].error->retry_after, 90s);
  }
}

TEST_F(Messages, AWrongKeyIsSaidSo) {
  rig.environment["ANTHROPIC_API_KEY"] = "sk-ant-wrong";
  EXPECT_EQ(expect_failure(open()->chat(ask("Hi"))).error_class, ErrorClass::kAuth);
}

TEST_F(Messages, CutAtAnyByteItIsNeverASuccess) {
  const std::string whole = messages_stream("Hello.").body;
  std::atomic<std::size_t> cut = 0;
  script = [&cut](const MessagesRequest&) {
    MessagesReply reply = messages_stream("Hello.");
    reply.cut = cut;
    return reply;
  };
  const auto client = open();
  for (; cut < whole.size() - 1; cut += 7) {
    const CallError error = expect_failure(client->chat(ask("Hi")));
    EXPECT_TRUE(error.error_class == ErrorClass::kBadResponse ||
                error.error_class == ErrorClass::kNetwork)
        << cut << ": " << error.message;
  }
}

TEST_F(Messages, ModelsComePageByPage) {
  script = [](const MessagesRequest& request) {
    MessagesReply reply;
    const bool is_first = request.line.find("after_id=") == std::string::npos;
    reply.body = is_first ? R"({"data":[{"id":"claude-a"}],"has_more":true,"last_id":"claude-a"})"
                          : R"({"data":[{"id":"claude-b"}],"has_more":false})";
    return reply;
  };
  const auto client = open();
  const auto models = client->models("anthropic");
  ASSERT_TRUE(models) << models.error().message;
  ASSERT_EQ(models->size(), 2u);
  EXPECT_EQ((*models)[1].id, "claude-b");
  EXPECT_TRUE(client->health("anthropic"));
}

}  // namespace
}  // namespace prx::test
