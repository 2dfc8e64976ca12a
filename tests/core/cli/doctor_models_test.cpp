// prx doctor's rows about targets, and prx doctor models.
#include "doctor_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class DoctorModels : public DoctorFixture {
 protected:
  DoctorModels() { environment["OPENAI_API_KEY"] = kKey; }

  void SetUp() override { simulate(); }

  /// The exit code of prx doctor models for a chain "one" of these targets, and its rows.
  int examine_chain(const std::vector<std::string>& targets, std::vector<std::string> more = {}) {
    configure_chain(targets);
    more.insert(more.begin(), {"models", "--chain", "one"});
    return examine(std::move(more)).exit_code;
  }
  int examine_live(const std::vector<std::string>& targets) {
    return examine_chain(targets, {"--live"});
  }
  [[nodiscard]] DoctorRow target(int place) const {
    return row("target", "one#" + std::to_string(place));
  }
};

TEST_F(DoctorModels, HasOneRowForEachTargetOfEveryChain) {
  configure_chain({"openrouter openai/gpt-4o", "openai gpt-4o"});
  EXPECT_EQ(examine({"models"}).exit_code, 0) << text();
  EXPECT_EQ(rows(), 3U);
  EXPECT_EQ(row("target", "default#1 openrouter anthropic/claude-sonnet-4").status, "ok");
  EXPECT_EQ(row("target", "one#1 openrouter openai/gpt-4o").status, "ok");
  EXPECT_EQ(row("target", "one#2 openai gpt-4o").status, "ok");
}

TEST_F(DoctorModels, OfOneChainLooksAtThatAlone) {
  examine_chain({"openrouter openai/gpt-4o"});
  EXPECT_EQ(rows(), 1U) << text();
}

TEST_F(DoctorModels, AModelThatIsNotListedSuggestsTheNearest) {
  EXPECT_EQ(examine_chain({"openrouter openai/gpt-4oo", "openai gpt-4oo"}), 1);
  EXPECT_EQ(target(1).status, "failure");
  EXPECT_THAT(target(1).what, HasSubstr("models that 'openrouter' lists"));
  EXPECT_THAT(target(1).remedy, AllOf(HasSubstr("did you mean 'openai/gpt-4o"),
                                      HasSubstr("prx models --provider openrouter")));
  EXPECT_EQ(target(2).status, "failure");
  EXPECT_THAT(target(2).remedy,
              AllOf(HasSubstr("did you mean 'gpt-4o"), HasSubstr("prx models --provider openai")));
}

TEST_F(DoctorModels, AVariantIsItsModelAndAPrefixIsNone) {
  examine_chain({"openrouter openai/gpt-4o:nitro", "openai openai/gpt-4o"});
  EXPECT_EQ(target(1).status, "ok") << text();
  EXPECT_EQ(target(2).status, "ok") << text();
}

TEST_F(DoctorModels, APrefixIsPartOfTheNameAtAServerThatIsNotTheVendors) {
  environment.erase("OPENAI_BASE_URL");  // else that server passes for the vendor's
  configure_chain({"mine openai/gpt-4o", "mine gpt-4o"},
                  "[providers.mine]\nplugin = \"openai\"\napi_key = \"none\"\nbase_url = \"" +
                      simulator().openai_base_url() + "\"\n");
  EXPECT_EQ(examine({"models", "--chain", "one"}).exit_code, 1);
  EXPECT_THAT(target(1).what, HasSubstr("not among the"));
  EXPECT_THAT(target(1).remedy, HasSubstr("did you mean 'gpt-4o'"));
  EXPECT_EQ(target(2).status, "ok");
}

TEST_F(DoctorModels, APriceThatItsOwnListDoesNotHaveIsThatOfAnother) {
  const char* const price = "at 'openrouter' $2.50 in and $10.00 out per million tokens";
  examine_chain({"openai gpt-4o", "openai openai/gpt-4o", "openrouter openai/gpt-4o"});
  EXPECT_THAT(target(1).what, HasSubstr(price));
  EXPECT_THAT(target(2).what, HasSubstr(price));
  EXPECT_THAT(target(3).what, AllOf(HasSubstr("$2.50 in"), Not(HasSubstr("at '"))));
  examine_chain({"openai gpt-4o"});
  EXPECT_THAT(target(1).what, Not(HasSubstr("per million"))) << "nobody else is asked";
}

TEST_F(DoctorModels, ADeprecatedModelHasItsDate) {
  EXPECT_EQ(examine_chain({"openrouter openai/gpt-4-32k", "openrouter anthropic/claude-3-opus",
                           "openai gpt-4-32k"}),
            1);
  EXPECT_EQ(target(1).status, "failure");
  EXPECT_THAT(target(1).what, HasSubstr("deprecated, gone since 2025-06-06"));
  EXPECT_EQ(target(2).status, "warning");
  EXPECT_THAT(target(2).what, HasSubstr("will be gone on 2999-12-31"));
  EXPECT_THAT(target(2).remedy, HasSubstr("choose another model"));
  EXPECT_EQ(target(3).status, "failure");
  EXPECT_THAT(target(3).what, HasSubstr("deprecated, gone since 2025-06-06"));
}

TEST_F(DoctorModels, AFallbackThatCanDoLessIsAWarning) {
  EXPECT_EQ(
      examine_chain({"openrouter anthropic/claude-sonnet-4", "openrouter deepseek/deepseek-r1"}),
      0);
  EXPECT_EQ(target(2).status, "warning");
  EXPECT_THAT(target(2).what,
              AllOf(HasSubstr("no tools"), HasSubstr("requests with tools or images skip it")));
  EXPECT_THAT(target(2).remedy, HasSubstr("--tools"));
}

TEST_F(DoctorModels, AModelWithoutToolsAloneSaysWhatToDoForThem) {
  examine_chain({"openrouter deepseek/deepseek-r1"});
  EXPECT_EQ(target(1).status, "ok");
  EXPECT_THAT(target(1).what, HasSubstr("no tools, no vision"));
  EXPECT_THAT(target(1).remedy, HasSubstr("for requests with tools"));
}

TEST_F(DoctorModels, WhatTheConfigurationAsksForMustBeThere) {
  const std::string r1 = "openrouter deepseek/deepseek-r1 ";
  const std::string image =
      "[{ role = \"user\", content = [{ type = \"image_url\", image_url = { url = "
      "\"https://example.org/a.png\" } }] }]";
  EXPECT_EQ(examine_chain({r1 + "extra_body = { tools = [{ type = \"function\", function = { name "
                                "= \"f\" } }] }",
                           r1 + "extra_body = { messages = " + image + " }"}),
            1);
  EXPECT_EQ(target(1).status, "failure");
  EXPECT_THAT(target(1).what, HasSubstr("cannot do tools, which extra_body asks for"));
  EXPECT_EQ(target(2).status, "failure");
  EXPECT_THAT(target(2).what, HasSubstr("cannot do images, which extra_body asks for"));
}

TEST_F(DoctorModels, AContextLengthThatPromisesTooMuchIsAWarning) {
  examine_chain({"openrouter openai/gpt-4o context_length = 500000"});
  EXPECT_EQ(target(1).status, "warning");
  EXPECT_THAT(target(1).remedy, HasSubstr("set it to 128000"));
}

TEST_F(DoctorModels, AFreeModelAtTheEndOfAChainIsAWarningAboutRateLimits) {
  const std::string free = "openrouter meta-llama/llama-3.1-8b-instruct:free";
  examine_chain({free});
  EXPECT_EQ(target(1).status, "warning") << text();
  EXPECT_THAT(target(1).what, HasSubstr("few requests a minute and a day, then 429"));
  EXPECT_THAT(target(1).remedy, HasSubstr("add a fallback"));
  examine_chain({free, "openrouter openai/gpt-4o"});
  EXPECT_EQ(target(1).status, "ok");
}

TEST_F(DoctorModels, ATargetWithoutAKeySaysSoItself) {
  environment.erase("OPENAI_API_KEY");
  EXPECT_EQ(examine_chain({"openai gpt-4o"}), 1);
  EXPECT_EQ(target(1).what, "OPENAI_API_KEY is not set");
  EXPECT_EQ(simulator().stats().connections, 0U);
}

TEST_F(DoctorModels, AListThatCannotBeReadIsAWarning) {
  simulate(with_fault("/models", "503"));
  EXPECT_EQ(examine_chain({"openrouter openai/gpt-4o"}), 0);
  EXPECT_EQ(target(1).status, "warning");
  EXPECT_THAT(target(1).what, HasSubstr("its list of models cannot be read"));
}

TEST_F(DoctorModels, LiveMakesOneCallOfOneTokenToExactlyThatTarget) {
  EXPECT_EQ(examine_live({"openrouter openai/gpt-4o extra_body = { seed = 7 }"}), 0) << text();
  EXPECT_THAT(target(1).what, AllOf(HasSubstr("answered in "), HasSubstr("cost $0.")));
  int calls = 0;
  for (const auto& request : simulator().requests()) {
    if (request.method != "POST") continue;
    ++calls;
    rapidjson::Document body;
    body.Parse(request.body.data(), request.body.size());
    EXPECT_STREQ(body["model"].GetString(), "openai/gpt-4o");
    EXPECT_EQ(body["seed"].GetInt(), 7);
    EXPECT_TRUE(
        (body.HasMember("max_tokens") && body["max_tokens"].GetInt() == 1) ||
        (body.HasMember("max_completion_tokens") && body["max_completion_tokens"].GetInt() == 1));
  }
  EXPECT_EQ(calls, 1);
}

TEST_F(DoctorModels, LiveSaysWhyACallFails) {
  EXPECT_EQ(examine_live({"openrouter sim/402", "openrouter sim/404", "openrouter sim/429"}), 1);
  EXPECT_EQ(target(1).status, "failure");
  EXPECT_THAT(target(1).remedy, HasSubstr("add credits at"));
  EXPECT_EQ(target(2).status, "failure");
  EXPECT_THAT(target(2).remedy, HasSubstr("choose another model"));
  EXPECT_THAT(target(3).what, HasSubstr("the call failed"));
}

TEST_F(DoctorModels, LiveIsNotTriedAgain) {
  EXPECT_EQ(examine_chain({"openrouter sim/503"}, {"--live"}), 1);
  const auto requests = simulator().requests();
  EXPECT_EQ(std::count_if(requests.begin(), requests.end(),
                          [](const auto& request) { return request.method == "POST"; }),
            1);
}

TEST_F(DoctorModels, LiveOfAModelThatIsNotListedButAnswersIsAWarning) {
  sim::SimulatorOptions options;
  options.any_model = true;
  simulate(options);
  EXPECT_EQ(examine_live({"openrouter secret/model"}), 0);
  EXPECT_EQ(target(1).status, "warning");
}

TEST_F(DoctorModels, LiveStopsAtItsTime) {
  EXPECT_EQ(examine_chain({"openrouter sim/silence"}, {"--live", "--timeout", "400ms"}), 1);
  EXPECT_THAT(target(1).what, HasSubstr("the call failed"));
  EXPECT_THAT(target(1).remedy, HasSubstr("allow more time"));
}

TEST_F(DoctorModels, ANameThatMovesTheCursorIsMadeVisible) {
  simulate(with_fault("/models", "400"));
  configure("[chains.\"a\\u001b[2J\"]\ntargets = [{ provider = \"openrouter\" }]\n");
  EXPECT_EQ(run({"doctor", "models"}).out.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace prx::cli
