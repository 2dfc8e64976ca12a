// Answers that have to be JSON, and conversations that go on, through both plugins, streaming and
// not.
#include "e2e/rig.hpp"
#include "prx/conversation.hpp"

namespace prx::test {
namespace {

struct Asker {
  const char* provider;
  const char* model;
  bool stream;
};
std::ostream& operator<<(std::ostream& out, const Asker& asker) {
  return out << asker.provider << (asker.stream ? " streaming" : " whole");
}

class Structured : public ::testing::TestWithParam<Asker> {
 protected:
  Structured() {
    rig.toml += "[reliability]\nbackoff_base = \"1ms\"\nbackoff_max = \"1ms\"\n";
    rig.openai = "model = \"gpt-4o\"\n";
    client = rig.open();
    options.provider = GetParam().provider;
    options.stream_upstream = GetParam().stream;
  }
  [[nodiscard]] ChatRequest ask_json(const std::string& fault) const {
    ChatRequest request = ask("hello", std::string(GetParam().model) + "#" + fault);
    request.response_format =
        R"({"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}})";
    return request;
  }

  Rig rig;
  std::unique_ptr<Client> client;
  CallOptions options;
};

INSTANTIATE_TEST_SUITE_P(Over, Structured,
                         ::testing::Values(Asker{"openrouter", "openai/gpt-4o", true},
                                           Asker{"openrouter", "openai/gpt-4o", false},
                                           Asker{"openai", "gpt-4o", true},
                                           Asker{"openai", "gpt-4o", false}));

TEST_P(Structured, AnAnswerThatIsJsonIsGiven) {
  const ChatResponse answer =
      expect_answer(client->chat(ask_json("answer?text=%7B\"a\":1%7D"), options));
  EXPECT_EQ(answer.text, R"({"a":1})");
  EXPECT_EQ(answer.attempts.size(), 1u);
}

TEST_P(Structured, AnAnswerThatIsNoJsonIsABadResponse) {
  const CallError error =
      expect_failure(client->chat(ask_json("answer?text=Sure, here it is"), options));
  EXPECT_EQ(error.error_class, ErrorClass::kBadResponse);
  EXPECT_NE(error.message.find("is not the JSON that response_format asks for"), std::string::npos)
      << error.message;
}

TEST_P(Structured, OnlyOneThatNobodySawIsAskedForAgain) {
  const ChatResult result =
      client->chat(ask_json("answer?text=no&times=1+answer?text=%7B%7D"), options);
  if (GetParam().stream) {
    EXPECT_EQ(expect_failure(result).attempts.size(), 1u);
    return;
  }
  const ChatResponse answer = expect_answer(result);
  EXPECT_EQ(answer.text, "{}");
  EXPECT_EQ(answer.attempts.size(), 2u);
}

TEST_P(Structured, ATextFormatIsNotChecked) {
  ChatRequest request = ask("hello", std::string(GetParam().model) + "#answer?text=Sure");
  request.response_format = R"({"type":"text"})";
  EXPECT_EQ(expect_answer(client->chat(request, options)).text, "Sure");
}

TEST_P(Structured, AConversationGoesOn) {
  Conversation talk;
  talk.messages.push_back(Message::user("first question"));
  talk.add(expect_answer(client->chat(talk.request(ask("", GetParam().model)), options)));
  talk.messages.push_back(Message::user("second question"));
  talk.add(expect_answer(client->chat(talk.request(ask("", GetParam().model)), options)));
  EXPECT_EQ(talk.messages.size(), 4u);
  EXPECT_EQ(talk.usage.calls, 2);
  EXPECT_GT(talk.usage.completion_tokens, 0);
  const std::string body = rig.simulator->requests().back().body;
  EXPECT_NE(body.find("first question"), std::string::npos);
  EXPECT_NE(body.find(R"("role":"assistant")"), std::string::npos);
}

}  // namespace
}  // namespace prx::test
