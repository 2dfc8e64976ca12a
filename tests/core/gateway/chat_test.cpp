// Chats of HTTP clients through a chain to the simulator: what they read of answers, errors and
// streams that break.
#include "core/gateway/over_simulator.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;
using namespace test;  // its words

constexpr std::string_view kChatProviders = R"(
[providers.openrouter]
model = "openai/gpt-4o"
[providers.openai]
model = "gpt-4o"
[chains.both]
targets = [{ provider = "openrouter", model = "openai/gpt-4o#503" }, { provider = "openai" }]
[chains.mended]
targets = [{ provider = "openrouter", model = "openai/gpt-4o#cut?after=3" }, { provider = "openai" }]
)";

class Chats : public OverSimulator {
 protected:
  Chats() : OverSimulator(kChatProviders) {}
};

constexpr std::string_view kOpenAiPath = "/v1/chat/completions";
constexpr std::string_view kOpenRouterPath = "/api/v1/chat/completions";

TEST_F(Chats, AnAnswerInOnePieceIsTheServersOwn) {
  const Response response = post(kOpenAiPath, chat_body("openai/gpt-4o", false));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  EXPECT_TRUE(is_json(response.body));
  EXPECT_EQ(content(response.body), kHelloAnswer);
  EXPECT_EQ(response.headers.at("x-prx-target"), "openrouter/openai/gpt-4o");
  EXPECT_EQ(response.headers.at("x-prx-attempts"), "1");
  EXPECT_NE(response.body.find(response.headers.at("x-generation-id")), std::string::npos);
  EXPECT_NE(response.body.find("\"usage\""), std::string::npos);
}

TEST_F(Chats, AStreamIsTheServersChunksAndEndsWithDone) {
  const Response response = post(kOpenRouterPath, chat_body("openai/gpt-4o", true));
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.whole);
  EXPECT_EQ(response.headers.at("content-type"), "text/event-stream; charset=utf-8");
  const auto all = events(response.body);
  EXPECT_EQ(all.back(), "[DONE]");
  EXPECT_EQ(content(response.body), kHelloAnswer);
  EXPECT_EQ(count(response.body, "\"finish_reason\":\"stop\""), 1);
  EXPECT_EQ(count(response.body, "\"usage\":{"), 1);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) EXPECT_TRUE(is_json(all[i])) << all[i];
}

TEST_F(Chats, UsageOfAStreamIsForWhoAsksForIt) {
  const Response without = post(kOpenAiPath, chat_body("openai/gpt-4o", true));
  EXPECT_EQ(count(without.body, "\"usage\":{"), 0);
  EXPECT_EQ(content(without.body), kHelloAnswer);
  const Response with =
      post(kOpenAiPath,
           chat_body("openai/gpt-4o", true, ",\"stream_options\":{\"include_usage\":true}"));
  EXPECT_EQ(count(with.body, "\"usage\":{"), 1);
}

TEST_F(Chats, AFallbackServesUnseen) {
  for (const bool stream : {false, true}) {
    const Response response =
        post(kOpenAiPath, chat_body("chain:both", stream, ",\"prx\":{\"trail\":true}"));
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(content(response.body), kHelloAnswer);
    if (stream)
      EXPECT_NE(response.body.find("\"x-prx-target\":\"openai/gpt-4o\""), std::string::npos)
          << response.body;
    else
      EXPECT_EQ(response.headers.at("x-prx-target"), "openai/gpt-4o");
  }
}

TEST_F(Chats, AMendedStreamIsOneAnswerWithOneId) {
  const Response response =
      post(kOpenAiPath, chat_body("chain:mended", true, ",\"prx\":{\"trail\":true}"));
  EXPECT_TRUE(response.whole);
  EXPECT_EQ(content(response.body), kHelloAnswer);
  EXPECT_NE(response.body.find("\"x-prx-attempts\":\"2\""), std::string::npos) << response.body;
  const auto all = events(response.body);
  const auto id_of = [](const std::string& chunk) {
    const auto at = chunk.find("\"id\":\"");
    return chunk.substr(at, chunk.find('"', at + 6) - at);
  };
  for (std::size_t i = 1; i + 1 < all.size(); ++i) EXPECT_EQ(id_of(all[i]), id_of(all[0]));
}

TEST_F(Chats, ABrokenStreamIsAnErrorAndNoEnd) {
  const Response response = post(kOpenAiPath, chat_body("openai/gpt-4o#cut?after=3", true,
                                                        ",\"prx\":{\"provider\":\"openrouter\"}"));
  EXPECT_EQ(response.status, 200);
  EXPECT_FALSE(response.whole);
  EXPECT_EQ(response.close, Close::kReset);
  EXPECT_EQ(count(response.body, "[DONE]"), 0);
  EXPECT_EQ(count(response.body, "finish_reason\":\"stop"), 0);
  EXPECT_EQ(count(response.body, "data: {\"error\":{"), 1) << response.body;
}

TEST_F(Chats, ErrorsKeepStatusWaitAndCauseInTheDialectOfThePath) {
  const std::string body =
      chat_body("openai/gpt-4o#429?retry_after=70", true, ",\"prx\":{\"provider\":\"openrouter\"}");
  const Response openai = post(kOpenAiPath, body);
  EXPECT_EQ(openai.status, 429);
  EXPECT_NE(openai.body.find("\"param\":null"), std::string::npos) << openai.body;
  const Response openrouter = post(kOpenRouterPath, body);
  EXPECT_EQ(openrouter.status, 429);
  EXPECT_NE(openrouter.body.find("{\"error\":{\"code\":429,"), std::string::npos)
      << openrouter.body;
  EXPECT_NE(openrouter.headers.at("retry-after"), "");
  EXPECT_LE(std::stoi(openai.headers.at("retry-after")), 70);
  EXPECT_EQ(post(kOpenAiPath,
                 chat_body("openai/gpt-4o#402", false, ",\"prx\":{\"provider\":\"openrouter\"}"))
                .status,
            402);
}

TEST_F(Chats, WhatCannotBeReadIsRefusedWithOneLine) {
  for (const auto& [body, told] : std::vector<std::pair<std::string, std::string>>{
           {"", "JSON"},
           {"[1]", "JSON"},
           {"{\"model\":\"m\"}", "messages"},
           {chat_body("m", false, ",\"prx\":{\"chian\":\"x\"}"), "prx.chian is not known"},
           {chat_body("m", false, ",\"prx\":{\"deadline\":\"soon\"}"), "no duration"},
           {chat_body("m", false, ",\"prx\":{\"chain\":1}"), "prx.chain is a string"},
           {chat_body("m", false, ",\"prx\":{\"chain\":\"nowhere\"}"), "nowhere"}}) {
    const Response response = post(kOpenAiPath, body);
    EXPECT_EQ(response.status, 400) << response.body;
    EXPECT_TRUE(is_json(response.body)) << response.body;
    EXPECT_NE(response.body.find(told), std::string::npos) << response.body;
  }
}

TEST_F(Chats, TheMemberOfPrxReachesNoServer) {
  EXPECT_EQ(
      post(kOpenAiPath, chat_body("openai/gpt-4o", false, ",\"prx\":{\"trail\":true}")).status,
      200);
  for (const auto& request : simulator->requests())
    EXPECT_EQ(request.body.find("\"prx\""), std::string::npos);
}

TEST_F(Chats, WhatTheBodyChoosesIsStrongerThanAHeader) {
  const auto answer = [&](std::string_view member) {
    std::string request =
        request_text("POST", "/v1/chat/completions", chat_body("openai/gpt-4o#503", false, member));
    request.insert(request.find("\r\n") + 2, "x-prx-chain: both\r\n");
    RawClient one(port);
    one.send(request);
    return one.read();
  };
  const Response by_header = answer("");
  EXPECT_EQ(by_header.status, 200) << by_header.body;
  EXPECT_EQ(by_header.headers.at("x-prx-target"), "openai/gpt-4o");
  const Response by_body = answer(R"(,"prx":{"provider":"openrouter"})");
  EXPECT_EQ(by_body.status, 503) << by_body.body;
}

TEST_F(Chats, AClientThatLeavesCancelsUpstream) {
  RawClient leaver(port);
  leaver.send(
      request_text("POST", kOpenAiPath, chat_body("openai/gpt-4o#late-token?ms=20000", true)));
  for (int i = 0; i < 500 && simulator->requests().empty(); ++i) std::this_thread::sleep_for(10ms);
  ASSERT_EQ(simulator->requests().size(), 1u);
  leaver.close();
  bool gone = false;
  for (int i = 0; i < 500 && !gone; ++i) {
    gone = simulator->requests().front().outcome == sim::Outcome::kClientGone;
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_TRUE(gone) << "upstream goes on";
  EXPECT_EQ(counts().exchanges, 0u);
}

TEST_F(Chats, ADeadlineOfTheRequestIsKept) {
  const Response response =
      post(kOpenAiPath, chat_body("openai/gpt-4o#late-head?ms=20000", false,
                                  ",\"prx\":{\"deadline\":\"200ms\",\"provider\":\"openrouter\"}"));
  EXPECT_EQ(response.status, 504) << response.body;
}

}  // namespace
}  // namespace prx::gateway
