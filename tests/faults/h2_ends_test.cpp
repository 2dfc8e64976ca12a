// HTTP/2 ends a request in ways of its own, and libcurl would send some of them again by itself.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "faults/stage.hpp"
#include "support/h2_server.hpp"
#include "support/open_client.hpp"

namespace prx::faults {
namespace {

using test::H2End;
using test::H2Server;

constexpr const char* kBody =
    R"(data: {"id":"g","model":"m","choices":[{"index":0,"delta":{"content":"hello"},)"
    R"("finish_reason":"stop"}],"usage":{"completion_tokens":1}})"
    "\n\ndata: [DONE]\n\n";

class H2EndsTest : public ::testing::TestWithParam<H2End> {
 protected:
  static const House& house() {
    static const House one;
    return one;
  }
  static std::unique_ptr<Client> open(const H2Server& server) {
    return test::open_client(
        "[providers.openrouter]\nbase_url = \"https://localhost:" + std::to_string(server.port()) +
            "/api/v1\"\napi_key = \"sk-wall-0123456789abcdef\"\nmodel = \"m\"\nca_file = \"" +
            house().authority.ca_file() +
            "\"\n[reliability]\nbackoff_base = \"10ms\"\nbackoff_max = \"10ms\"\n",
        {{"PRX_PLUGIN_PATH", (house().folder / "plugins").string()}});
  }
  static ChatResponse ask(Client& client) {
    ChatRequest request;
    request.messages = {Message::user("hello")};
    const ChatResult result = client.chat(request);
    EXPECT_TRUE(result) << result.error().message;
    return result ? *result : ChatResponse{};
  }
};

TEST_P(H2EndsTest, OnANewConnectionItIsOneFailedAttempt) {
  H2Server server(house().good, kBody,
                  [&](int request) { return request == 1 ? GetParam() : H2End::kAnswer; });
  const auto client = open(server);
  const ChatResponse answer = ask(*client);
  EXPECT_EQ(answer.text, "hello");
  ASSERT_EQ(answer.attempts.size(), 2u);
  EXPECT_EQ(answer.attempts[0].error->error_class, ErrorClass::kNetwork);
  EXPECT_EQ(answer.attempts[0].exchanges, 1u);
  EXPECT_EQ(answer.attempts[1].exchanges, 1u);
  EXPECT_EQ(server.requests(), 2) << "what the server got is what the trail says";
}

TEST_P(H2EndsTest, OnAConnectionThatIsUsedAgainToo) {
  const H2Server* self = nullptr;
  std::atomic<int> connections = 0;  // when the second request came
  H2Server server(house().good, kBody, [&](int request) {
    if (request == 2) connections = self->connections();
    return request == 2 ? GetParam() : H2End::kAnswer;
  });
  self = &server;
  const auto client = open(server);
  EXPECT_EQ(ask(*client).attempts.size(), 1u);
  const ChatResponse answer = ask(*client);
  EXPECT_EQ(connections, 1);
  EXPECT_EQ(answer.text, "hello");
  ASSERT_EQ(answer.attempts.size(), 2u);
  EXPECT_EQ(answer.attempts[0].error->error_class, ErrorClass::kNetwork);
  EXPECT_EQ(server.requests(), 3) << "what the server got is what the trail says";
}

INSTANTIATE_TEST_SUITE_P(Each, H2EndsTest,
                         ::testing::Values(H2End::kRefuseStream, H2End::kResetStream,
                                           H2End::kGoAway, H2End::kGoAwayStays));

TEST_F(H2EndsTest, AGoAwayAfterAnAnswerCostsNothing) {
  H2Server server(house().good, kBody, [](int) { return H2End::kAnswerAndGo; });
  const auto client = open(server);
  for (int call = 0; call < 3; ++call) EXPECT_EQ(ask(*client).text, "hello");
  EXPECT_EQ(server.requests(), 3);
}

}  // namespace
}  // namespace prx::faults
