// A good answer whose head says that the key has no request left: the next call goes by it.
#include "e2e/rig.hpp"
#include "support/wire_server.hpp"

namespace prx::test {
namespace {

constexpr std::string_view kWhole =
    R"({"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"from the wire"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})";
constexpr std::string_view kStream =
    "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"from "
    "the "
    "wire\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

class RateLimit : public ::testing::TestWithParam<bool> {
 protected:
  /// Answers with such headers, and closes.
  [[nodiscard]] static WireServer::Script with(const std::string& headers) {
    return [headers](WireConnection& connection) {
      const std::string body(GetParam() ? kStream : kWhole);
      (void)connection.read_request();
      connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: " +
                       std::string(GetParam() ? "text/event-stream" : "application/json") +
                       "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
                       "\r\n" + body);
    };
  }
  /// Who answers two calls, one after the other, of a chain openai, openrouter.
  static std::vector<std::string> served_by(WireServer& server) {
    Rig rig;
    rig.environment["OPENAI_BASE_URL"] = server.url("/v1");
    rig.toml +=
        "[default]\nprovider = \"openai\"\n[reliability]\nfallback_providers = "
        "[\"openrouter\"]\n";
    const auto client = rig.open();
    CallOptions options;
    options.stream_upstream = GetParam();
    std::vector<std::string> providers;
    for (int i = 0; i < 2; ++i)
      providers.push_back(expect_answer(client->chat(ask("hi"), options)).provider);
    return providers;
  }
};

TEST_P(RateLimit, AKeyWithoutARequestLeftIsSparedForAWhile) {
  WireServer server(
      with("x-ratelimit-limit-requests: 2\r\nx-ratelimit-remaining-requests: 0\r\n"
           "x-ratelimit-reset-requests: 1h0m0s\r\n"));
  EXPECT_EQ(served_by(server), (std::vector<std::string>{"openai", "openrouter"}));
}

TEST_P(RateLimit, AKeyWithRequestsLeftIsUsedAgain) {
  WireServer server(
      with("x-ratelimit-limit-requests: 2\r\nx-ratelimit-remaining-requests: 1\r\n"
           "x-ratelimit-reset-requests: 1h0m0s\r\n"));
  EXPECT_EQ(served_by(server), (std::vector<std::string>{"openai", "openai"}));
}

INSTANTIATE_TEST_SUITE_P(Streaming, RateLimit, ::testing::Bool());

}  // namespace
}  // namespace prx::test
