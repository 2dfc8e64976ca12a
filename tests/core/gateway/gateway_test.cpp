// The whole gateway over the simulator: its endpoints, who may ask, and how it ends.
#include "gateway/gateway.hpp"

#include <gmock/gmock.h>

#include <future>

#include "core/gateway/over_simulator.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;
using namespace test;  // its words
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kChains =
    "[chains.two]\ntargets = [{ provider = \"openrouter\", model = \"openai/gpt-4o\", "
    "context_length = 1000 }, { provider = \"openai\", model = \"gpt-4o\" }]\n";

class GatewayTest : public OverSimulator {
 protected:
  GatewayTest() : OverSimulator(kChains) {}
};

TEST_F(GatewayTest, ChatsGoThroughTheChainOfTheirModel) {
  for (const char* const path : {"/v1/chat/completions", "/api/v1/chat/completions"}) {
    for (const char* const model : {"openai/gpt-4o", "chain:two"}) {
      const Response response = fetch(port, "POST", path, chat_body(model, false));
      EXPECT_EQ(response.status, 200) << response.body;
      EXPECT_THAT(response.body, HasSubstr(kHelloAnswer));
      EXPECT_EQ(response.headers.at("x-prx-target"), "openrouter/openai/gpt-4o");
    }
  }
}

TEST_F(GatewayTest, ModelsAreTheChainsAndWhatTheProviderLists) {
  const Response response = get("/v1/models");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_TRUE(is_json(response.body));
  EXPECT_THAT(response.body,
              StartsWith(R"({"object":"list","data":[{"id":"chain:default","object":"model")"));
  EXPECT_THAT(response.body, HasSubstr(R"("id":"chain:two")"));
  EXPECT_THAT(response.body, HasSubstr("Asks openrouter/openai/gpt-4o, then openai/gpt-4o"));
  EXPECT_THAT(response.body, HasSubstr("\"context_length\":1000"));
  EXPECT_THAT(response.body, HasSubstr("\"pricing\"")) << "what OpenRouter says of a model stays";
  const int models = count(response.body, "\"object\":\"model\"");
  EXPECT_GT(models, 4);
  EXPECT_THAT(response.body,
              HasSubstr("\"links\":{\"next\":null},\"total_count\":" + std::to_string(models)));
  EXPECT_EQ(get("/api/v1/models").body, response.body);
}

TEST_F(GatewayTest, OneModelIsFoundByItsIdHoweverItIsEscaped) {
  for (const char* const path : {"/v1/models/openai/gpt-4o", "/v1/models/openai%2Fgpt-4o"}) {
    const Response response = get(path);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_THAT(response.body, HasSubstr(R"("id":"openai/gpt-4o")"));
  }
  for (const char* const path : {"/api/v1/models/openai/gpt-4o", "/api/v1/model/openai/gpt-4o"})
    EXPECT_THAT(get(path).body, StartsWith(R"({"data":{"id":"openai/gpt-4o")")) << path;
  EXPECT_THAT(get("/v1/models/chain%3atwo").body, HasSubstr(R"("id":"chain:two")"));
  const Response none = get("/v1/models/no%2Fmodel%");
  EXPECT_EQ(none.status, 404);
  EXPECT_THAT(none.body, HasSubstr("no/model%"));
  EXPECT_THAT(none.body, HasSubstr("model_not_found"));
}

TEST_F(GatewayTest, AKeyIsToldOfAndNeverTold) {
  const Response response = get("/api/v1/key");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_THAT(response.body, StartsWith("{\"data\":{\"label\":")) << "wrapped once";
  EXPECT_TRUE(is_json(response.body));
  EXPECT_THAT(response.body, HasSubstr("\"usage\""));
  EXPECT_THAT(response.body, Not(HasSubstr("0123456789abcdef")));
}

TEST_F(GatewayTest, AListIsNotWaitedForByWhoHasLeft) {
  for (int i = 0; i < 20; ++i) {
    RawClient one(port);
    one.send(request_text("GET", "/v1/models"));
    one.close(i % 2 == 0);
  }
  EXPECT_EQ(get("/v1/models").status, 200);
}

TEST_F(GatewayTest, WhatIsNotThereIsSaidInTheDialectOfThePath) {
  const Response openai = get("/v1/nothing");
  EXPECT_EQ(openai.status, 404);
  EXPECT_THAT(openai.body, HasSubstr(R"("code":"unknown_url")"));
  EXPECT_THAT(openai.body, HasSubstr("POST /v1/chat/completions"));
  const Response openrouter = get("/api/v1/nothing");
  EXPECT_THAT(openrouter.body, StartsWith(R"({"error":{"code":404,)"));
  const Response wrong = get("/v1/chat/completions");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.at("allow"), "POST");
  EXPECT_EQ(fetch(port, "POST", "/v1/models", "{}").headers.at("allow"), "GET, HEAD");
  RawClient client_without_host(port);
  client_without_host.send("GET /api/v1/x HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client_without_host.read().body, StartsWith(R"({"error":{"code":400,)"));
}

TEST_F(GatewayTest, APageThatWasLedHereByANameOfItsOwnIsRefused) {
  for (const char* const host : {"evil.example", "evil.example:80", "127.0.0.1.evil.example"}) {
    RawClient one(port);
    one.send("POST /v1/chat/completions HTTP/1.1\r\nHost: " + std::string(host) +
             "\r\nContent-Length: 2\r\n\r\n{}");
    EXPECT_EQ(one.read().status, 403) << host;
  }
  RawClient own(port);
  own.send("GET /healthz HTTP/1.1\r\nHost: LOCALHOST:1\r\n\r\n");
  EXPECT_EQ(own.read().status, 200);
}

TEST_F(GatewayTest, APageOfAnotherOriginSpendsNothing) {
  const auto asked_from = [&](std::string_view origin) {
    RawClient one(port);
    const std::string body = chat_body("openai/gpt-4o", false);
    one.send(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
        "Origin: " +
        std::string(origin) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
        body);
    return one.read().status;
  };
  for (const char* const origin :
       {"https://evil.example", "null", "http://127.0.0.1.evil.example", "", "localhost"})
    EXPECT_EQ(asked_from(origin), 403) << origin;
  for (const char* const origin : {"http://localhost:3000", "http://127.0.0.1", "https://[::1]:1"})
    EXPECT_EQ(asked_from(origin), 200) << origin;
}

TEST_F(GatewayTest, AnOldClientNeedsNoHostAndGivesNoOther) {
  RawClient old(port), foreign(port);
  old.send("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.read().status, 200);
  foreign.send("GET /healthz HTTP/1.0\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(foreign.read().status, 403);
}

TEST_F(GatewayTest, ADrainLetsAnswersEndAndIsNotReady) {
  RawClient streaming(port), kept(port);
  kept.send(request_text("GET", "/readyz"));
  EXPECT_EQ(kept.read().status, 200);
  streaming.send(request_text("POST", "/v1/chat/completions",
                              chat_body("openai/gpt-4o#slow?size=40&ms=5", true)));
  ASSERT_TRUE(streaming.read_until("data: "));
  std::promise<void> drained;
  gateway->drain([&] { drained.set_value(); });
  const Response response = streaming.read();
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.whole);
  EXPECT_THAT(response.body, HasSubstr("[DONE]"));
  streaming.close();
  EXPECT_EQ(drained.get_future().wait_for(10s), std::future_status::ready);
}

TEST_F(GatewayTest, WhatIsUnderWayWhenItIsDestroyedEndsInAReset) {
  RawClient streaming(port);
  streaming.send(
      request_text("POST", "/v1/chat/completions", chat_body("openai/gpt-4o#stall?after=2", true)));
  ASSERT_TRUE(streaming.read_until("data: "));
  RawClient asking(port);
  asking.send(request_text("GET", "/v1/models"));
  gateway.reset();
  const Response response = streaming.read();
  EXPECT_FALSE(response.whole);
  EXPECT_EQ(response.close, Close::kReset);
}

}  // namespace
}  // namespace prx::gateway
