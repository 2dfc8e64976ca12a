// Lists of models over real sockets: fetched, kept on disk, and what calls make of them.
#include <gmock/gmock.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "catalog_rig.hpp"
#include "support/wire_server.hpp"

namespace prx::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(CatalogTest, IsFetchedOnceAndThenReadByEveryProcess) {
  const auto first = rig.open()->catalog();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_FALSE(first->from_cache);
  EXPECT_EQ(first->provider, "openrouter");
  const auto second = rig.open()->catalog("openrouter");
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_TRUE(second->from_cache);
  EXPECT_EQ(sent("/models"), 1U);
  ASSERT_EQ(first->models.size(), second->models.size());
  for (std::size_t i = 0; i < first->models.size(); ++i) {
    EXPECT_EQ(first->models[i].facts, second->models[i].facts);
    EXPECT_EQ(first->models[i].json, second->models[i].json);
  }
  EXPECT_EQ(second->models.front().facts.id, "anthropic/claude-sonnet-4");
  EXPECT_EQ(second->models.front().facts.context_length, 200'000);
}

TEST_F(CatalogTest, IsFetchedAnewWhenOldOrWhenAsked) {
  const auto client = rig.open();
  ASSERT_TRUE(client->catalog());
  EXPECT_FALSE(client->catalog("", fetching(Fetch::kAlways))->from_cache);
  EXPECT_EQ(sent("/models"), 2U);
  age(std::chrono::hours(23));
  EXPECT_TRUE(client->catalog()->from_cache);
  age(std::chrono::hours(25));
  EXPECT_TRUE(client->catalog("", fetching(Fetch::kNever))->from_cache);
  EXPECT_FALSE(client->catalog()->from_cache);
  EXPECT_EQ(sent("/models"), 3U);
  age(-std::chrono::hours(2));
  EXPECT_FALSE(client->catalog()->from_cache) << "the clock was set back";
}

TEST_F(CatalogTest, OfAProviderThatCannotBeReachedIsTheOldOne) {
  const auto client = rig.open();
  ASSERT_TRUE(client->catalog());
  rig.simulator.reset();
  const auto old = client->catalog("", fetching(Fetch::kAlways));
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_TRUE(old->from_cache);
  ASSERT_TRUE(old->fetch_error);
  EXPECT_EQ(old->fetch_error->error_class, ErrorClass::kNetwork);
  fs::remove_all(folder / "prx");
  EXPECT_EQ(client->catalog().error().error_class, ErrorClass::kNetwork);
  EXPECT_EQ(client->catalog("", fetching(Fetch::kNever)).error().error_class,
            ErrorClass::kNotFound);
}

TEST_F(CatalogTest, IsCancelledAndHasADeadline) {
  WireServer silent([](WireConnection& connection) {
    static_cast<void>(connection.read_request());
    connection.wait_closed();
  });
  rig.environment["OPENROUTER_BASE_URL"] = silent.url();
  const auto client = rig.open();
  std::stop_source stop;
  stop.request_stop();
  CatalogOptions options;
  options.stop = stop.get_token();
  EXPECT_EQ(client->catalog("", options).error().error_class, ErrorClass::kCancelled);
  options = {};
  options.deadline = Milliseconds(20);
  EXPECT_EQ(client->catalog("", options).error().error_class, ErrorClass::kTimeout);
}

TEST_F(CatalogTest, WhoCancelsIsNotGivenTheOldOne) {
  const auto client = rig.open();
  ASSERT_TRUE(client->catalog());
  std::stop_source stop;
  stop.request_stop();
  CatalogOptions options = fetching(Fetch::kAlways);
  options.stop = stop.get_token();
  EXPECT_EQ(client->catalog("", options).error().error_class, ErrorClass::kCancelled);
}

TEST_F(CatalogTest, OfOpenRouterNeedsNoKey) {
  rig.environment.erase("OPENROUTER_API_KEY");
  EXPECT_TRUE(rig.open()->catalog());
}

TEST_F(CatalogTest, OfAnUnknownProviderIsAnError) {
  EXPECT_EQ(rig.open()->catalog("nobody").error().error_class, ErrorClass::kInvalidRequest);
}

TEST_F(CatalogTest, ThatCannotBeWrittenIsFetchedAllTheSame) {
  std::ofstream(folder / "prx") << "no folder";
  const auto client = rig.open();
  EXPECT_TRUE(client->catalog());
  EXPECT_TRUE(client->catalog());
  EXPECT_EQ(sent("/models"), 2U);
  EXPECT_THAT(rig.log.wait_for("was not written"), HasSubstr((folder / "prx/models").string()));
}

TEST_F(CatalogTest, ThatIsDamagedIsAsIfItWereNotThere) {
  const auto client = open_knowing({"deepseek/deepseek-r1"});
  for (const auto& file : fs::directory_iterator(folder / "prx/models"))
    fs::resize_file(file.path(), fs::file_size(file.path()) / 2);
  const auto other = rig.open();
  expect_answer(other->chat(with_tool(ask("hi"))));
  EXPECT_NE(rig.log.wait_for("is not used: it was cut"), "");
  EXPECT_FALSE(other->catalog("openrouter")->from_cache);
}

TEST_F(CatalogTest, HoldsNoKeyThatAServerSaysBack) {
  const std::string body =
      std::string(R"({"data":[{"id":"good"},{"id":"bad","about":")") + kKey + R"("}]})";
  WireServer server(always(plain_response(body)));
  rig.environment["OPENROUTER_BASE_URL"] = server.url();
  ASSERT_TRUE(rig.open()->catalog());
  for (const auto& file : fs::directory_iterator(folder / "prx/models")) {
    std::ifstream stream(file.path());
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_THAT(text, HasSubstr("good"));
    EXPECT_EQ(text.find(kKey), std::string::npos);
  }
}

// --- targets that cannot serve

TEST_F(CatalogTest, ATargetThatCannotCallToolsIsSkippedWithThatReason) {
  const auto client = open_knowing({"deepseek/deepseek-r1", "openai/gpt-4o"});
  std::vector<std::string> told;
  CallOptions options;
  options.on_attempt = [&](const Attempt& attempt) { told.push_back(attempt.reason); };
  const auto answer = expect_answer(client->chat(with_tool(ask("hi")), options));
  ASSERT_THAT(reasons(answer.attempts), ElementsAre("skipped", "first"));
  EXPECT_EQ(told, reasons(answer.attempts));
  const Attempt& skipped = answer.attempts[0];
  EXPECT_EQ(skipped.provider, "openrouter");
  EXPECT_EQ(skipped.model, "deepseek/deepseek-r1");
  EXPECT_EQ(skipped.exchanges, 0U);
  EXPECT_EQ(skipped.cost, 0.0);
  EXPECT_EQ(skipped.error->error_class, ErrorClass::kUnsupported);
  EXPECT_THAT(skipped.error->message,
              HasSubstr("says that model 'deepseek/deepseek-r1' does not support tools; prx models "
                        "--provider openrouter --tools lists others"));
  EXPECT_EQ(answer.model, "openai/gpt-4o");
  EXPECT_EQ(sent("/chat/completions"), 1U);
  EXPECT_NE(rig.log.wait_for("reason=skipped"), "");
}

TEST_F(CatalogTest, AStreamSkipsThemToo) {
  const auto client = open_knowing({"deepseek/deepseek-r1", "openai/gpt-4o"});
  const auto stream = client->stream(with_tool(ask("hi")));
  while (stream->next() != nullptr) continue;
  ASSERT_TRUE(stream->result());
  EXPECT_THAT(reasons(stream->result()->attempts), ElementsAre("skipped", "first"));
}

TEST_F(CatalogTest, ARequestThatNeedsNothingSkipsNobody) {
  const auto client = open_knowing({"deepseek/deepseek-r1", "openai/gpt-4o"});
  const auto before = expect_answer(client->chat(with_tool(ask("hi"))));
  EXPECT_EQ(before.attempts.size(), 2U);
  const auto answer = expect_answer(client->chat(ask("hi")));
  EXPECT_THAT(reasons(answer.attempts), ElementsAre("first"));
  EXPECT_EQ(answer.model, "deepseek/deepseek-r1");
}

TEST_F(CatalogTest, ATargetThatSeesNoImagesIsSkipped) {
  const auto client = open_knowing({"mistralai/mistral-small", "openai/gpt-4o"});
  const auto answer = expect_answer(client->chat(with_image(ask("what is it?"))));
  ASSERT_EQ(answer.attempts.size(), 2U);
  EXPECT_THAT(answer.attempts[0].error->message, HasSubstr("does not support images"));
  EXPECT_EQ(answer.model, "openai/gpt-4o");
}

TEST_F(CatalogTest, ATargetWithoutStructuredOutputIsSkipped) {
  const auto client = open_knowing({"deepseek/deepseek-r1", "openai/gpt-4o"});
  auto request = ask("hi");
  request.response_format =
      R"({"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}})";
  const auto answer = expect_answer(client->chat(request));
  ASSERT_EQ(answer.attempts.size(), 2U);
  EXPECT_THAT(answer.attempts[0].error->message, HasSubstr("does not support structured output"));
}

std::string long_text(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "ab";
  return text;
}

TEST_F(CatalogTest, ATargetForWhichTheTextIsCertainlyTooLongIsSkipped) {
  const auto client = open_knowing({"openai/gpt-3.5-turbo-instruct", "openai/gpt-4o"});
  const auto fits = expect_answer(client->chat(ask(long_text(12 * 4'000))));
  EXPECT_EQ(fits.attempts.size(), 1U) << "perhaps it fits";
  const auto answer = expect_answer(client->chat(ask(long_text(12 * 5'000))));
  ASSERT_EQ(answer.attempts.size(), 2U);
  EXPECT_EQ(answer.attempts[0].error->error_class, ErrorClass::kContextLength);
  EXPECT_THAT(answer.attempts[0].error->message,
              HasSubstr("takes 4095 tokens, and the request has at least 5000; prx models "
                        "--provider openrouter --min-context 5000 lists others"));
}

TEST_F(CatalogTest, TheConfiguredContextWins) {
  const auto client =
      open_knowing({"{ provider = \"openrouter\", model = \"openai/gpt-3.5-turbo-instruct\", "
                    "context_length = 100000 }",
                    "openai/gpt-4o"});
  const auto answer = expect_answer(client->chat(ask(long_text(12 * 5'000))));
  EXPECT_EQ(answer.attempts.size(), 1U);
}

TEST_F(CatalogTest, WhenNobodyCanServeNothingIsSentAndEachSaysWhy) {
  const auto client = open_knowing({"deepseek/deepseek-r1", "openai/gpt-3.5-turbo-instruct"});
  const auto error = expect_failure(client->chat(with_tool(ask("hi"))));
  EXPECT_EQ(error.error_class, ErrorClass::kUnsupported);
  EXPECT_EQ(error.message, error.attempts.at(0).error->message);
  EXPECT_THAT(reasons(error.attempts), ElementsAre("skipped", "skipped"));
  EXPECT_EQ(error.partial.provider, "openrouter");
  EXPECT_EQ(sent("/chat/completions"), 0U);
}

TEST_F(CatalogTest, WhatIsNotKnownIsTried) {
  const auto untold = open({"deepseek/deepseek-r1"});
  EXPECT_EQ(expect_answer(untold->chat(with_tool(ask("hi")))).attempts.size(), 1U) << "no list";
  ASSERT_TRUE(untold->catalog("openrouter"));
  expect_failure(untold->chat(with_tool(ask("hi"))));
  // A model that is not listed.
  EXPECT_EQ(expect_answer(untold->chat(with_tool(ask("hi", "deepseek/deepseek-r1:beta"))))
                .attempts.size(),
            1U);
  // A body whose server chooses among models.
  auto routed = with_tool(ask("hi"));
  routed.extra = R"({"models":["openai/gpt-4o"]})";
  EXPECT_EQ(expect_answer(untold->chat(routed)).attempts.size(), 1U);
  age(std::chrono::hours(24 * 31));
  const auto later = rig.open();
  EXPECT_EQ(expect_answer(later->chat(with_tool(ask("hi")))).attempts.size(), 1U) << "too old";
}

TEST_F(CatalogTest, AnExtraBodyThatDecidesItIsTried) {
  const auto client =
      open_knowing({"{ provider = \"openrouter\", model = \"deepseek/deepseek-r1\", extra_body = { "
                    "tools = [] } }",
                    "{ provider = \"openrouter\", model = \"deepseek/deepseek-r1\", "
                    "extra_body = { model = \"openai/gpt-4o\" } }"});
  const auto answer = expect_answer(client->chat(with_tool(ask("hi"))));
  EXPECT_EQ(answer.attempts.size(), 1U);
  EXPECT_EQ(sent("/chat/completions"), 1U);
}

TEST_F(CatalogTest, AVariantOfAModelHasItsAbilities) {
  const auto client = open_knowing({"deepseek/deepseek-r1:nitro", "openai/gpt-4o:floor"});
  const auto answer = expect_answer(client->chat(with_tool(ask("hi"))));
  ASSERT_EQ(answer.attempts.size(), 2U);
  EXPECT_EQ(answer.attempts[1].model, "openai/gpt-4o:floor");
}

TEST_F(CatalogTest, TurnedOffIsNeitherReadNorWritten) {
  open_knowing({"deepseek/deepseek-r1"});
  auto config = rig.parse();
  ASSERT_TRUE(config);
  ClientOptions options;
  options.warm_up = false;
  options.environment = environment_of(rig.environment);
  options.log = rig.log.sink();
  options.catalog = CatalogUse::kOff;
  const auto client = std::move(Client::open(std::move(*config), std::move(options))).value();
  EXPECT_EQ(expect_answer(client->chat(with_tool(ask("hi")))).attempts.size(), 1U);
  EXPECT_FALSE(client->catalog("openrouter")->from_cache);
  fs::remove_all(folder / "prx");
  ASSERT_TRUE(client->catalog("openrouter"));
  EXPECT_FALSE(fs::exists(folder / "prx"));
}

TEST_F(CatalogTest, SkippedTargetsDoNotStopTheOthersFromFallingBack) {
  const auto client = open_knowing({"sim/503", "deepseek/deepseek-r1", "openai/gpt-4o"});
  const auto answer = expect_answer(client->chat(with_tool(ask("hi"))));
  EXPECT_EQ(answer.attempts.front().reason, "skipped");
  EXPECT_EQ(answer.attempts.back().reason, "fallback");
  EXPECT_EQ(answer.model, "openai/gpt-4o");
}

// --- costs

TEST_F(CatalogTest, ACostThatNobodySaysIsEstimatedFromAnotherList) {
  rig.toml += "\n[default]\nprovider = \"openai\"\nmodel = \"gpt-4o\"\n";
  const auto client = rig.open();
  const auto before = expect_answer(client->chat(ask("hi")));
  EXPECT_EQ(before.attempts[0].cost, std::nullopt) << "no list";
  ASSERT_TRUE(client->catalog("openai"));
  EXPECT_EQ(expect_answer(client->chat(ask("hi"))).attempts[0].cost, std::nullopt)
      << "OpenAI lists no prices";
  rig.openrouter = "model = \"x\"\n";
  const auto both = rig.open();
  ASSERT_TRUE(both->catalog("openrouter"));
  for (const bool stream : {true, false}) {
    CallOptions options;
    options.stream_upstream = stream;
    const auto answer = expect_answer(both->chat(ask("hi"), options));
    const Attempt& attempt = answer.attempts.at(0);
    EXPECT_TRUE(attempt.cost_estimated);
    EXPECT_DOUBLE_EQ(attempt.cost.value_or(0),
                     static_cast<double>(*answer.usage.prompt_tokens) * 0.0000025 +
                         static_cast<double>(*answer.usage.completion_tokens) * 0.00001);
    EXPECT_EQ(answer.usage.cost, std::nullopt) << "the provider's own word";
    EXPECT_TRUE(cost_of(answer.attempts).estimated);
  }
  // Also for who configures no other provider.
  rig.openrouter.clear();
  const auto alone = rig.open();
  EXPECT_TRUE(expect_answer(alone->chat(ask("hi"))).attempts[0].cost_estimated);
  EXPECT_NE(rig.log.wait_for("cost_estimated=yes"), "");
}

TEST_F(CatalogTest, ACostThatTheProviderSaysIsNotEstimated) {
  const auto client = open_knowing({"openai/gpt-4o"});
  const auto answer = expect_answer(client->chat(ask("hi")));
  EXPECT_FALSE(answer.attempts[0].cost_estimated);
  EXPECT_EQ(answer.attempts[0].cost, answer.usage.cost);
  EXPECT_FALSE(cost_of(answer.attempts).estimated);
}

// By OpenRouter's name of it too, as a chain's next target is asked; see the plugin's page.
TEST_F(CatalogTest, TheVendorsPrefixBeforeAModelChangesNoPrice) {
  open_knowing({"openai/gpt-4o"});
  const auto cost_of_model = [&](const std::string& model) {
    Rig openai;
    openai.environment = rig.environment;
    openai.toml += "\n[default]\nprovider = \"openai\"\nmodel = \"" + model + "\"\n";
    return expect_answer(openai.open()->chat(ask("hi"))).attempts.at(0).cost;
  };
  const auto bare = cost_of_model("gpt-4o");
  EXPECT_TRUE(bare);
  EXPECT_EQ(cost_of_model("openai/gpt-4o"), bare);
}

TEST_F(CatalogTest, TheNameOfAnotherServersModelHasNoPrice) {
  open_knowing({"openai/gpt-4o"});
  Rig other;
  other.environment = rig.environment;
  other.toml +=
      "\n[default]\nprovider = \"mine\"\n[providers.mine]\nplugin = \"openai\"\nmodel = "
      "\"gpt-4o\"\napi_key = \"none\"\nbase_url = \"" +
      rig.simulator->openai_base_url() + "\"\n";
  const auto answer = expect_answer(other.open()->chat(ask("hi")));
  EXPECT_EQ(answer.attempts[0].cost, std::nullopt);
}

}  // namespace
}  // namespace prx::test
