// Embeddings and completions of HTTP clients: through the chain, answered as they came.
#include <gmock/gmock.h>

#include <thread>

#include "core/gateway/over_simulator.hpp"

namespace prx::gateway {
namespace {

using namespace test;  // its words
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kEndpointProviders = R"(
[providers.openrouter]
model = "openai/gpt-4o"
[providers.openai]
model = "gpt-4o"
[chains.both]
targets = [{ provider = "openrouter", model = "openai/text-embedding-3-small#503" },
           { provider = "openai", model = "text-embedding-3-small" }]
)";

class Endpoints : public OverSimulator {
 protected:
  Endpoints() : OverSimulator(kEndpointProviders) {}
};

std::string embed(std::string_view model) {
  return R"({"input":["a","b"],"model":")" + std::string(model) + "\"}";
}
std::string complete(std::string_view members) {
  return R"({"prompt":"Say hello.","model":"openai/gpt-4o")" + std::string(members) + "}";
}

TEST_F(Endpoints, EmbeddingsAreTheServersOwn) {
  for (const char* const path : {"/v1/embeddings", "/api/v1/embeddings"}) {
    const Response response = post(path, embed("openai/text-embedding-3-small"));
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.headers.at("content-type"), "application/json");
    EXPECT_EQ(count(response.body, "\"embedding\":["), 2);
    EXPECT_THAT(response.body, HasSubstr("\"usage\":{\"prompt_tokens\":2"));
    EXPECT_EQ(response.headers.at("x-prx-target"), "openrouter/openai/text-embedding-3-small");
    EXPECT_EQ(response.headers.at("x-prx-attempts"), "1");
  }
}

TEST_F(Endpoints, AChainFallsBackToItsNextTarget) {
  const Response response = post("/v1/embeddings", embed("chain:both"));
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.headers.at("x-prx-target"), "openai/text-embedding-3-small");
  EXPECT_GE(std::stoi(response.headers.at("x-prx-attempts")), 2);
}

TEST_F(Endpoints, ANamedModelIsTheModelOfEachTarget) {
  const Response response = post(
      "/v1/embeddings", R"({"input":"a","model":"openai/text-embedding-3-small#503?times=9","prx":)"
                        R"({"chain":"both"}})");
  EXPECT_EQ(response.status, 503) << "a chat model of the next target would be no help";
  EXPECT_THAT(response.body, Not(HasSubstr("gpt-4o")));
}

TEST_F(Endpoints, CompletionsComeInOnePieceAndAsAStreamOfOneChunk) {
  const Response whole = post("/v1/completions", complete(""));
  ASSERT_EQ(whole.status, 200) << whole.body;
  EXPECT_THAT(whole.body, HasSubstr("\"object\":\"text_completion\""));

  const Response stream = post(
      "/v1/completions",
      complete(R"(,"stream":true,"stream_options":{"include_usage":true},"prx":{"trail":true})"));
  ASSERT_EQ(stream.status, 200) << stream.body;
  EXPECT_TRUE(stream.whole);
  EXPECT_EQ(stream.headers.at("content-type"), "text/event-stream; charset=utf-8");
  const auto all = events(stream.body);
  ASSERT_EQ(all.size(), 2u) << stream.body;
  EXPECT_TRUE(is_json(all[0]));
  EXPECT_THAT(all[0], HasSubstr("\"usage\""));
  EXPECT_EQ(all[1], "[DONE]");
  EXPECT_THAT(stream.body, HasSubstr(": prx {\"X-Generation-Id\":\"gen-"));
  EXPECT_FALSE(stream.headers.at("x-generation-id").empty());

  const auto silent = events(post("/v1/completions", complete(R"(,"stream":true)")).body);
  ASSERT_EQ(silent.size(), 2u);
  EXPECT_THAT(silent[0], Not(HasSubstr("\"usage\""))) << "nobody asked for it";
}

TEST_F(Endpoints, AnErrorIsTheServersInTheDialectOfThePath) {
  const Response openai =
      post("/v1/embeddings", embed("openai/text-embedding-3-small#429?retry_after=70"));
  EXPECT_EQ(openai.status, 429);
  EXPECT_EQ(openai.headers.at("retry-after"), "70");
  EXPECT_THAT(openai.body, HasSubstr("\"param\":null"));
  const Response openrouter = post("/api/v1/embeddings", embed("openai/gpt-4o#402"));
  EXPECT_EQ(openrouter.status, 402);
  EXPECT_THAT(openrouter.body, HasSubstr("\"code\":402"));
}

TEST_F(Endpoints, ABodyThatCannotBePassedOnIsSaidAtOnce) {
  const auto refused = [&](const std::string& body) {
    const Response response = post("/v1/embeddings", body);
    EXPECT_EQ(response.status, 400) << body;
    return response.body;
  };
  EXPECT_THAT(refused("[1]"), HasSubstr("invalid_request_error"));
  EXPECT_THAT(refused(R"({"input":"a"})"), HasSubstr("names no model"));
  EXPECT_THAT(refused(R"({"model":"chain:none","input":"a"})"), HasSubstr("unknown chain"));
  EXPECT_THAT(refused(R"({"model":"m","prx":{"to":1}})"), HasSubstr("prx.to is not known"));
}

TEST_F(Endpoints, AClientThatGoesAwayCancelsTheCall) {
  {
    RawClient gone(port);
    gone.send(request_text("POST", "/v1/embeddings", embed("openai/gpt-4o#silence")));
    while (counts().exchanges == 0) std::this_thread::yield();
  }
  while (counts().exchanges != 0) std::this_thread::yield();
  EXPECT_EQ(counts().clients_left, 1u);
}

}  // namespace
}  // namespace prx::gateway
