// Client::post(): requests that are no chats, through a chain like chats.
#include <gmock/gmock.h>

#include <stop_token>
#include <thread>

#include "e2e/rig.hpp"

namespace prx::test {
namespace {

using ::testing::HasSubstr;

EndpointRequest embed(std::string model) {
  return {"/embeddings", R"({"input":"a","model":")" + std::move(model) + R"(","user":"u"})"};
}

TEST(Endpoint, TheAnswerIsTheServersWithWhatIsKnownOfIt) {
  Rig rig;
  const auto client = rig.open();
  const auto answer = client->post(embed("openai/text-embedding-3-small"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->json, HasSubstr("\"embedding\":["));
  EXPECT_EQ(answer->provider, "openrouter");
  EXPECT_EQ(answer->model, "openai/text-embedding-3-small");
  EXPECT_EQ(answer->usage.prompt_tokens, 1);
  EXPECT_FALSE(answer->usage.completion_tokens.has_value());
  ASSERT_EQ(answer->attempts.size(), 1u);
  EXPECT_EQ(answer->attempts[0].reason, "first");
}

/// A chain in force of both providers, whose retries do not wait.
constexpr std::string_view kEmbedders =
    "[reliability]\nretries = 0\nbackoff_base = \"1ms\"\n[default]\nchain = \"both\"\n"
    "[chains.both]\ntargets = [{ provider = \"openrouter\", extra_body = { seed = 2 } },"
    " { provider = \"openai\", model = \"gpt-4o-mini\" }]\n";

TEST(Endpoint, TheNextTargetIsAskedForTheSameModelAsItNamesIt) {
  sim::SimulatorOptions simulated;
  simulated.script.rules.emplace_back();
  simulated.script.rules[0].path = "/api/v1/embeddings";
  simulated.script.rules[0].faults = sim::parse_faults("503").value();
  Rig rig(Wire::kPlain, simulated);
  rig.toml += kEmbedders;
  const auto client = rig.open();
  const auto answer = client->post(embed("openai/text-embedding-3-small"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->provider, "openai");
  EXPECT_EQ(answer->attempts.back().model, "text-embedding-3-small");
  EXPECT_EQ(answer->attempts.back().reason, "fallback");
}

TEST(Endpoint, NothingButTheModelIsChanged) {
  Rig rig;
  rig.toml += kEmbedders;
  rig.openrouter = "extra_body = { temperature = 0.5 }\n";
  const auto client = rig.open();
  ASSERT_TRUE(client->post(embed("openai/text-embedding-3-small")));
  CallOptions openai;
  openai.provider = "openai";
  ASSERT_TRUE(client->post(embed("text-embedding-3-small"), openai));
  const auto requests = rig.simulator->requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].body, embed("openai/text-embedding-3-small").body);
  EXPECT_EQ(requests[1].body, embed("text-embedding-3-small").body);
}

TEST(Endpoint, AChainByItsNameAsksEachTargetForItsOwnModel) {
  Rig rig;
  rig.toml += kEmbedders;
  rig.openai = "model = \"gpt-4o\"\n";
  rig.openrouter = "model = \"openai/text-embedding-3-small#500\"\n";
  const auto client = rig.open();
  const auto answer = client->post(embed("chain:both"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->attempts.front().model, "openai/text-embedding-3-small#500");
  EXPECT_EQ(answer->attempts.back().model, "gpt-4o-mini");
}

TEST(Endpoint, TargetsWithoutTheOperationAreLeftOut) {
  Rig rig;
  rig.environment["PRX_PLUGIN_PATH"] += ":" PRX_E2E_PLUGINS;
  rig.environment["WORKER_KEY"] = "sk-worker-key";
  rig.toml +=
      "[chains.mixed]\ntargets = [{ provider = \"worker\" }, { provider = \"openrouter\" }]\n";
  const auto client = rig.open();
  CallOptions options;
  options.chain = "mixed";
  const auto answer = client->post(embed("openai/text-embedding-3-small"), options);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->provider, "openrouter");
  EXPECT_EQ(answer->attempts.size(), 1u);

  options.chain = "";
  options.provider = "worker";
  const auto none = client->post(embed("m"), options);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().error_class, ErrorClass::kUnsupported);
  EXPECT_THAT(none.error().message, HasSubstr("'worker'"));
}

TEST(Endpoint, ItIsMeasuredUnderItsOwnName) {
  Rig rig;
  std::vector<std::string> told;
  auto config = rig.parse();
  ASSERT_TRUE(config);
  ClientOptions options;
  options.warm_up = false;
  options.environment = environment_of(rig.environment);
  options.metrics = [&](const Measurement& one) {  // on the loop; read once post() returned
    told.push_back(std::string(one.operation) +
                   (one.kind == Measurement::Kind::kCall ? " call" : "") + ' ' +
                   std::to_string(one.input_tokens.value_or(-1)));
  };
  auto client = std::move(Client::open(std::move(*config), std::move(options))).value();
  ASSERT_TRUE(client->post(embed("openai/text-embedding-3-small")));
  ASSERT_TRUE(client->post({"/completions", R"({"model":"openai/gpt-4o","prompt":"p"})"}));
  client.reset();
  EXPECT_EQ(told, (std::vector<std::string>{"embeddings 1", "embeddings call 1",
                                            "text_completion 1", "text_completion call 1"}));
}

TEST(Endpoint, WhatCannotBeAskedIsSaidAtOnce) {
  Rig rig;
  const auto client = rig.open();
  const auto refused = [&](EndpointRequest request) {
    const auto answer = client->post(request);
    EXPECT_FALSE(answer);
    return answer ? Error{} : Error(answer.error());
  };
  EXPECT_THAT(refused({"/embeddings", "[]"}).message, HasSubstr("request body"));
  EXPECT_THAT(refused({"/embeddings", "{}"}).message, HasSubstr("names no model"));
  EXPECT_THAT(refused({"/completions", R"({"model":"m","stream":true})"}).message,
              HasSubstr("leave \"stream\" out"));
  EXPECT_EQ(refused({"embeddings", R"({"model":"m"})"}).error_class, ErrorClass::kInvalidRequest);
  EXPECT_EQ(refused({"", R"({"model":"m"})"}).error_class, ErrorClass::kInvalidRequest);
  EXPECT_EQ(rig.simulator->stats().requests, 0u);
}

TEST(Endpoint, ADeadlineAndACancelEndIt) {
  Rig rig;
  const auto client = rig.open();
  CallOptions options;
  options.deadline = Milliseconds(50);
  const auto late = client->post(embed("m#silence"), options);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().error_class, ErrorClass::kTimeout);
  std::stop_source source;
  options.deadline.reset();
  options.stop = source.get_token();
  std::thread stopper([&] {
    while (rig.simulator->stats().requests < 2) std::this_thread::yield();
    source.request_stop();
  });
  const auto stopped = client->post(embed("m#silence"), options);
  stopper.join();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().error_class, ErrorClass::kCancelled);
}

}  // namespace
}  // namespace prx::test
