// What a provider signs, and wants back as it came: reasoning, annotations, and what it adds to a
// tool call. Over both plugins, streaming and not.
#include <gmock/gmock.h>

#include <mutex>

#include "prx/conversation.hpp"
#include "prx/tool_box.hpp"
#include "rig.hpp"
#include "support/wire_server.hpp"

namespace prx::test {
namespace {

using ::testing::HasSubstr;

/// Blanks and escapes that no writer would choose.
constexpr std::string_view kSignature =
    R"("extra_content":{ "google" : {"thought_signature":"A\/+=\u00e9 " } })";

/// An answer, as deltas and as a message.
struct Turn {
  std::vector<std::string> deltas;
  std::string message, finish;
};

Turn tool_call() {
  const std::string signature(kSignature);
  return {{R"({"tool_calls":[{"index":0,"id":"c1","type":"function",)" + signature +
               R"(,"function":{"name":"now","arguments":""}}]})",
           R"({"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]})"},
          R"({"role":"assistant","content":null,"tool_calls":[{"id":"c1",)" + signature +
              R"(,"type":"function","function":{"name":"now","arguments":"{}"}}]})",
          "tool_calls"};
}

Turn thoughts() {
  return {{R"({"reasoning":"hm","reasoning_details":[{"type":"reasoning.text", "text":"hm"}]})",
           R"({"reasoning_details":[{"signature" :"x\/y\u003d"}]})", R"({"content":"It is 12."})",
           R"({"annotations":[{"type":"file", "file":{"hash":"h\/"}}]})"},
          R"({"role":"assistant","content":"It is 12.","reasoning":"hm","reasoning_details":)"
          R"([{"type":"reasoning.text", "text":"hm"},{"signature" :"x\/y\u003d"}],)"
          R"("annotations":[{"type":"file", "file":{"hash":"h\/"}}]})",
          "stop"};
}

std::string response(const std::string& type, const std::string& body) {
  return "HTTP/1.1 200 OK\r\ncontent-type: " + type +
         "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Answers the first request with a turn, and others in words; remembers what it was sent.
class SigningServer {
 public:
  SigningServer(bool streams, Turn first)
      : streams_(streams),
        first_(std::move(first)),
        server_([this](WireConnection& connection) { serve(connection); }) {}

  [[nodiscard]] std::string url() const { return server_.url("/v1"); }
  [[nodiscard]] std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve(WireConnection& connection) {
    const Turn later{{R"({"content":"done"})"}, R"({"role":"assistant","content":"done"})", "stop"};
    for (std::string request = connection.read_request(); !request.empty();
         request = connection.read_request()) {
      bool is_first = false;
      {
        const std::lock_guard lock(mutex_);
        is_first = requests_.empty();
        requests_.push_back(std::move(request));
      }
      const Turn& turn = is_first ? first_ : later;
      connection.write(streams_ ? stream(turn) : whole(turn));
    }
  }
  static std::string choice(const std::string& what, const std::string& finish) {
    return R"({"id":"g","model":"m","choices":[{"index":0,)" + what + R"(,"finish_reason":)" +
           finish + "}]}";
  }
  static std::string stream(const Turn& turn) {
    std::string body;
    for (const std::string& delta : turn.deltas)
      body += "data: " + choice("\"delta\":" + delta, "null") + "\n\n";
    body += "data: " + choice(R"("delta":{})", '"' + turn.finish + '"') + "\n\ndata: [DONE]\n\n";
    return response("text/event-stream", body);
  }
  static std::string whole(const Turn& turn) {
    return response("application/json",
                    choice("\"message\":" + turn.message, '"' + turn.finish + '"'));
  }

  const bool streams_;
  const Turn first_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  WireServer server_;
};

struct SignedWay {
  std::string provider, name;
  bool streams;
};
std::ostream& operator<<(std::ostream& out, const SignedWay& way) { return out << way.name; }

class Signed : public ::testing::TestWithParam<SignedWay> {
 protected:
  [[nodiscard]] std::unique_ptr<Client> open(const SigningServer& server) {
    rig.environment["OPENROUTER_BASE_URL"] = rig.environment["OPENAI_BASE_URL"] = server.url();
    rig.toml += "[default]\nprovider = \"" + GetParam().provider + "\"\nmodel = \"m\"\n";
    return rig.open();
  }
  [[nodiscard]] static CallOptions options() {
    CallOptions made;
    made.stream_upstream = GetParam().streams;
    return made;
  }
  Rig rig;
};
INSTANTIATE_TEST_SUITE_P(Over, Signed,
                         ::testing::Values(SignedWay{"openrouter", "OpenRouterStreaming", true},
                                           SignedWay{"openrouter", "OpenRouterWhole", false},
                                           SignedWay{"openai", "OpenAiStreaming", true},
                                           SignedWay{"openai", "OpenAiWhole", false}),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(Signed, CallsAreToldBackByteForByteAndSoAfterTheyWereSaved) {
  SigningServer server(GetParam().streams, tool_call());
  const auto client = open(server);
  ToolBox tools;
  ASSERT_TRUE(tools.add({"now", "", R"({"type":"object"})", {}, {}},
                        [](const ToolInput&) -> Result<std::string> { return std::string("12"); }));
  Conversation talk;
  talk.messages = {Message::user("when?")};
  RunOptions run_options;
  run_options.call = options();
  const RunResult run = client->run(talk, tools, run_options);
  ASSERT_TRUE(run) << run.error().message;
  const std::string call =
      R"({"id":"c1","type":"function","function":{"name":"now","arguments":"{}"},)" +
      std::string(kSignature) + "}";
  EXPECT_EQ(run->rounds[0].response.tool_calls[0].json, call);
  ASSERT_EQ(server.requests().size(), 2u);
  EXPECT_THAT(server.requests()[1], HasSubstr("\"tool_calls\":[" + call + "]"));

  const auto loaded = Conversation::from_json(*talk.to_json());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->messages, talk.messages);
}

TEST_P(Signed, CallsReachWhoReadsEvents) {
  SigningServer server(GetParam().streams, tool_call());
  const auto client = open(server);
  CallOptions with_deltas = options();
  with_deltas.tool_call_deltas = true;
  std::string pieces, whole;
  const auto stream = client->stream(ask("when?"), with_deltas);
  while (const StreamEvent* const event = stream->next()) {
    if (event->type == StreamEvent::Type::kToolCallDelta) pieces += event->json;
    if (event->type == StreamEvent::Type::kToolCall) whole += event->json;
  }
  ASSERT_TRUE(stream->result());
  EXPECT_EQ(pieces, "{" + std::string(kSignature) + "}");
  EXPECT_EQ(whole, stream->result()->tool_calls.at(0).json);
}

TEST_P(Signed, ThoughtsAndAnnotationsGoBackToWhoTakesThem) {
  SigningServer server(GetParam().streams, thoughts());
  const auto client = open(server);
  Conversation talk;
  talk.messages = {Message::user("when?")};
  talk.add(expect_answer(client->chat(talk.request(), options())));
  talk.messages.push_back(Message::user("sure?"));
  expect_answer(client->chat(talk.request(), options()));
  ASSERT_EQ(server.requests().size(), 2u);
  const std::string said = R"({"role":"assistant","content":"It is 12.")";
  const std::string more =
      R"(,"reasoning":"hm","reasoning_details":[{"type":"reasoning.text", "text":"hm"},)"
      R"({"signature" :"x\/y\u003d"}],"annotations":[{"type":"file", "file":{"hash":"h\/"}}])";
  const bool takes = GetParam().provider == "openrouter";
  EXPECT_THAT(server.requests()[1], HasSubstr(said + (takes ? more : "") + "}"));

  const auto loaded = Conversation::from_json(*talk.to_json());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->messages, talk.messages);
}

}  // namespace
}  // namespace prx::test
