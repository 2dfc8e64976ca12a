// What the access log of a gateway says of calls, and what it never says.
#include <gmock/gmock.h>
#include <rapidjson/document.h>

#include <fstream>
#include <thread>

#include "core/config/support.hpp"
#include "core/gateway/over_simulator.hpp"
#include "gateway/access/digest.hpp"

namespace prx::gateway {
namespace {

using namespace test;  // its words
using namespace std::chrono_literals;
using config::testing::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kTwoTargets = R"(
[chains.two]
targets = [{ provider = "openrouter", model = "openai/gpt-4o#503?times=9" },
           { provider = "openai", model = "gpt-4o-mini" }]
)";
constexpr const char* kCarol = "prx-carol-0123456789abcdef";

class Logged : public OverSimulator {
 protected:
  Logged() : OverSimulator(kTwoTargets) {
    ServeKeyConfig key;
    key.name = "carol";
    key.sha256 = hex(sha256(kCarol).value());
    key.calls_max = 1;
    ServeConfig serve;
    serve.listen = "127.0.0.1:0";
    serve.keys = {key};
    serve.access_log = (folder.path() / "access.log").string();
    gateway = std::move(Gateway::open({client.get()}, serve)).value();
    port =
        static_cast<std::uint16_t>(std::stoi(gateway->url().substr(gateway->url().rfind(':') + 1)));
  }
  [[nodiscard]] Response ask(std::string_view path, const std::string& body) const {
    return fetch(port, "POST", path, body, kCarol);
  }
  [[nodiscard]] std::string text() const {
    std::ifstream in(folder.path() / "access.log");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// The lines of all requests, once the gateway has ended.
  std::vector<rapidjson::Document> lines() {
    gateway.reset();
    std::istringstream in(text());
    std::vector<rapidjson::Document> out;
    for (std::string line; std::getline(in, line);) {
      out.emplace_back().Parse(line.c_str());
      EXPECT_TRUE(out.back().IsObject()) << line;
    }
    return out;
  }
  const TemporaryFolder folder;
};

TEST_F(Logged, ACallThatFellBack) {
  const Response answer = ask("/v1/chat/completions", chat_body("chain:two", false));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto all = lines();
  ASSERT_EQ(all.size(), 1u);
  const auto& line = all[0];
  EXPECT_STREQ(line["client"].GetString(), "127.0.0.1");
  EXPECT_STREQ(line["key"].GetString(), "carol");
  EXPECT_STREQ(line["method"].GetString(), "POST");
  EXPECT_STREQ(line["path"].GetString(), "/v1/chat/completions");
  EXPECT_EQ(line["status"].GetInt(), 200);
  EXPECT_STREQ(line["model"].GetString(), "chain:two");
  EXPECT_STREQ(line["target"].GetString(), "openai/gpt-4o-mini");
  EXPECT_EQ(std::to_string(line["attempts"].GetInt()), answer.headers.at("x-prx-attempts"));
  EXPECT_GE(line["attempts"].GetInt(), 2);
  EXPECT_GT(line["prompt_tokens"].GetInt(), 0);
  EXPECT_GT(line["completion_tokens"].GetInt(), 0);
  EXPECT_STREQ(line["outcome"].GetString(), "complete");
  EXPECT_GE(line["duration_ms"].GetDouble(), line["first_byte_ms"].GetDouble());
}

TEST_F(Logged, StreamsAndEmbeddingsSayWhatTheyCost) {
  EXPECT_EQ(ask("/v1/chat/completions", chat_body("openai/gpt-4o", true)).status, 200);
  EXPECT_EQ(
      ask("/api/v1/embeddings", R"({"input":"a","model":"openai/text-embedding-3-small"})").status,
      200);
  const auto all = lines();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_GT(all[0]["cost"].GetDouble(), 0.0);
  EXPECT_STREQ(all[1]["model"].GetString(), "openai/text-embedding-3-small");
  EXPECT_STREQ(all[1]["target"].GetString(), "openrouter/openai/text-embedding-3-small");
  EXPECT_GT(all[1]["cost"].GetDouble(), 0.0);
}

TEST_F(Logged, AChainThatWasChosenBesideTheModel) {
  EXPECT_EQ(ask("/v1/chat/completions",
                chat_body("openai/gpt-4o-mini", false, R"(,"prx":{"chain":"two"})"))
                .status,
            200);
  const auto all = lines();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_STREQ(all[0]["model"].GetString(), "openai/gpt-4o-mini");
  EXPECT_STREQ(all[0]["chain"].GetString(), "two");
}

TEST_F(Logged, WhoWasRefusedAndWhoLeft) {
  EXPECT_EQ(fetch(port, "GET", "/v1/models", "", "prx-wrong").status, 401);
  RawClient streaming(port);
  streaming.send(request_text("POST", "/v1/chat/completions",
                              chat_body("openai/gpt-4o#stall?after=2", true), kCarol));
  ASSERT_TRUE(streaming.read_until("data: "));
  EXPECT_EQ(ask("/v1/chat/completions", chat_body("openai/gpt-4o", false)).status, 429);
  streaming.close(true);
  for (int i = 0; i < 1'000 && count(text(), "client_left") == 0; ++i)
    std::this_thread::sleep_for(10ms);
  const auto all = lines();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0]["status"].GetInt(), 401);
  EXPECT_FALSE(all[0].HasMember("key"));
  EXPECT_EQ(all[1]["status"].GetInt(), 429);
  EXPECT_STREQ(all[1]["key"].GetString(), "carol");
  EXPECT_FALSE(all[1].HasMember("attempts"));
  EXPECT_STREQ(all[2]["outcome"].GetString(), "client_left");
  EXPECT_STREQ(all[2]["model"].GetString(), "openai/gpt-4o#stall?after=2");
}

TEST_F(Logged, AStreamThatNobodyCouldMendWasCut) {
  RawClient one(port);
  one.send(request_text("POST", "/v1/chat/completions",
                        chat_body("openai/gpt-4o#reset?after=2", true), kCarol));
  EXPECT_FALSE(one.read().whole);
  const auto all = lines();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_STREQ(all[0]["outcome"].GetString(), "cut");
  EXPECT_GE(all[0]["attempts"].GetInt(), 1);
}

TEST_F(Logged, NoPromptNoAnswerAndNoKeyIsInIt) {
  const std::string question = R"({"model":"openai/gpt-4o","user":"u-secret","messages":[)"
                               R"({"role":"user","content":"my secret question"}]})";
  const Response answer =
      fetch(port, "POST", "/v1/chat/completions?key=query-secret", question, kCarol);
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(ask("/v1/chat/completions", R"({"model":7,"messages":"my secret question"})").status,
            400);
  EXPECT_EQ(fetch(port, "POST", "/v1/chat/completions", question, "prx-wrong-secret").status, 401);
  EXPECT_EQ(lines().size(), 3u);
  const std::string said = text();
  for (const char* const word : {"secret", "question", "simulated", "0123456789abcdef", "prx-"})
    EXPECT_THAT(said, Not(HasSubstr(word)));
}

}  // namespace
}  // namespace prx::gateway
