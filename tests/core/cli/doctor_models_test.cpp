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

  /// prx doctor models for a chain "one" with these targets.
  test::ProcessResult examine_chain(const std::string& targets,
                                    std::vector<std::string> arguments = {}) {
    configure("[reliability]\nretries = 0\n[chains.one]\ntargets = [" + targets + "]\n");
    arguments.insert(arguments.begin(), {"models", "--chain", "one"});
    return examine(std::move(arguments));
  }
};

TEST_F(DoctorModels, HasOneRowForEachTargetOfEveryChain) {
  simulate();
  configure(
      "[chains.one]\ntargets = [{ provider = \"openrouter\", model = \"openai/gpt-4o\" },\n"
      "{ provider = \"openai\", model = \"gpt-4o\" }]\n");
  EXPECT_EQ(examine({"models"}).exit_code, 0) << text();
  EXPECT_EQ(rows(), 3U);
  EXPECT_EQ(row("target", "default#1 openrouter anthropic/claude-sonnet-4").status, "ok");
  EXPECT_EQ(row("target", "one#1 openrouter openai/gpt-4o").status, "ok");
  EXPECT_EQ(row("target", "one#2 openai gpt-4o").status, "ok");
}

TEST_F(DoctorModels, OfOneChainLooksAtThatAlone) {
  simulate();
  examine_chain("{ provider = \"openrouter\", model = \"openai/gpt-4o\" }");
  EXPECT_EQ(rows(), 1U) << text();
}

TEST_F(DoctorModels, AModelThatIsNotListedSuggestsTheNearest) {
  simulate();
  EXPECT_EQ(examine_chain("{ provider = \"openrouter\", model = \"openai/gpt-4oo\" }").exit_code,
            1);
  const DoctorRow target = row("target", "one#1");
  EXPECT_EQ(target.status, "failure");
  EXPECT_THAT(target.what, HasSubstr("models that 'openrouter' lists"));
  EXPECT_THAT(target.remedy, AllOf(HasSubstr("did you mean 'openai/gpt-4o"),
                                   HasSubstr("prx models --provider openrouter")));
}

TEST_F(DoctorModels, AVariantIsItsModelAndAPrefixIsNone) {
  simulate();
  examine_chain(
      "{ provider = \"openrouter\", model = \"openai/gpt-4o:nitro\" },"
      "{ provider = \"openai\", model = \"openai/gpt-4o\" }");
  EXPECT_EQ(row("target", "one#1").status, "ok") << text();
  EXPECT_EQ(row("target", "one#2").status, "ok") << text();
}

TEST_F(DoctorModels, ADeprecatedModelHasItsDate) {
  simulate();
  EXPECT_EQ(examine_chain("{ provider = \"openrouter\", model = \"openai/gpt-4-32k\" },"
                          "{ provider = \"openrouter\", model = \"anthropic/claude-3-opus\" }")
                .exit_code,
            1);
  EXPECT_EQ(row("target", "one#1").status, "failure");
  EXPECT_THAT(row("target", "one#1").what, HasSubstr("deprecated, gone since 2025-06-06"));
  EXPECT_EQ(row("target", "one#2").status, "warning");
  EXPECT_THAT(row("target", "one#2").what, HasSubstr("will be gone on 2999-12-31"));
  EXPECT_THAT(row("target", "one#2").remedy, HasSubstr("choose another model"));
}

TEST_F(DoctorModels, AFallbackThatCanDoLessIsAWarning) {
  simulate();
  EXPECT_EQ(examine_chain("{ provider = \"openrouter\", model = \"anthropic/claude-sonnet-4\" },"
                          "{ provider = \"openrouter\", model = \"deepseek/deepseek-r1\" }")
                .exit_code,
            0);
  EXPECT_EQ(row("target", "one#2").status, "warning");
  EXPECT_THAT(row("target", "one#2").what,
              AllOf(HasSubstr("no tools"), HasSubstr("requests with tools or images skip it")));
  EXPECT_THAT(row("target", "one#2").remedy, HasSubstr("--tools"));
}

TEST_F(DoctorModels, AModelWithoutToolsAloneSaysWhatToDoForThem) {
  simulate();
  examine_chain("{ provider = \"openrouter\", model = \"deepseek/deepseek-r1\" }");
  EXPECT_EQ(row("target", "one#1").status, "ok");
  EXPECT_THAT(row("target", "one#1").what, HasSubstr("no tools, no vision"));
  EXPECT_THAT(row("target", "one#1").remedy, HasSubstr("for requests with tools"));
}

TEST_F(DoctorModels, ToolsThatTheConfigurationAsksForMustBeThere) {
  simulate();
  EXPECT_EQ(examine_chain("{ provider = \"openrouter\", model = \"deepseek/deepseek-r1\", "
                          "extra_body = { tools = [{ type = \"function\", function = { name = "
                          "\"f\" } }] } }")
                .exit_code,
            1);
  EXPECT_THAT(row("target", "one#1").what, HasSubstr("cannot do tools, which extra_body asks for"));
}

TEST_F(DoctorModels, AContextLengthThatPromisesTooMuchIsAWarning) {
  simulate();
  examine_chain(
      "{ provider = \"openrouter\", model = \"openai/gpt-4o\", context_length = 500000 }");
  EXPECT_EQ(row("target", "one#1").status, "warning");
  EXPECT_THAT(row("target", "one#1").remedy, HasSubstr("set it to 128000"));
}

TEST_F(DoctorModels, AFreeModelAtTheEndOfAChainIsAWarningAboutRateLimits) {
  simulate();
  const std::string free =
      "{ provider = \"openrouter\", model = \"meta-llama/llama-3.1-8b-instruct:free\" }";
  examine_chain(free);
  EXPECT_EQ(row("target", "one#1").status, "warning") << text();
  EXPECT_THAT(row("target", "one#1").what, HasSubstr("few requests a minute and a day, then 429"));
  EXPECT_THAT(row("target", "one#1").remedy, HasSubstr("add a fallback"));
  examine_chain(free + ", { provider = \"openrouter\", model = \"openai/gpt-4o\" }");
  EXPECT_EQ(row("target", "one#1").status, "ok");
}

TEST_F(DoctorModels, ATargetWithoutAKeySaysSoItself) {
  simulate();
  environment.erase("OPENAI_API_KEY");
  EXPECT_EQ(examine_chain("{ provider = \"openai\", model = \"gpt-4o\" }").exit_code, 1);
  EXPECT_EQ(row("target", "one#1").what, "OPENAI_API_KEY is not set");
  EXPECT_EQ(simulator().stats().connections, 0U);
}

TEST_F(DoctorModels, AListThatCannotBeReadIsAWarning) {
  sim::SimulatorOptions options;
  sim::FaultRule rule;
  rule.path = "/models";
  rule.faults = sim::parse_faults("503").value();
  options.script.rules.push_back(rule);
  simulate(options);
  EXPECT_EQ(examine_chain("{ provider = \"openrouter\", model = \"openai/gpt-4o\" }").exit_code, 0);
  EXPECT_EQ(row("target", "one#1").status, "warning");
  EXPECT_THAT(row("target", "one#1").what, HasSubstr("its list of models cannot be read"));
}

TEST_F(DoctorModels, LiveMakesOneCallOfOneTokenToExactlyThatTarget) {
  simulate();
  EXPECT_EQ(examine_chain("{ provider = \"openrouter\", model = \"openai/gpt-4o\", extra_body = { "
                          "seed = 7 } }",
                          {"--live"})
                .exit_code,
            0)
      << text();
  EXPECT_THAT(row("target", "one#1").what, AllOf(HasSubstr("answered in "), HasSubstr("cost $0.")));
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
  simulate();
  EXPECT_EQ(examine_chain("{ provider = \"openrouter\", model = \"sim/402\" },"
                          "{ provider = \"openrouter\", model = \"sim/404\" },"
                          "{ provider = \"openrouter\", model = \"sim/429\" }",
                          {"--live"})
                .exit_code,
            1);
  EXPECT_EQ(row("target", "one#1").status, "failure");
  EXPECT_THAT(row("target", "one#1").remedy, HasSubstr("add credits at"));
  EXPECT_EQ(row("target", "one#2").status, "failure");
  EXPECT_THAT(row("target", "one#2").remedy, HasSubstr("choose another model"));
  EXPECT_THAT(row("target", "one#3").what, HasSubstr("the call failed"));
}

TEST_F(DoctorModels, LiveOfAModelThatIsNotListedButAnswersIsAWarning) {
  sim::SimulatorOptions options;
  options.any_model = true;
  simulate(options);
  EXPECT_EQ(examine_chain("{ provider = \"openrouter\", model = \"secret/model\" }", {"--live"})
                .exit_code,
            0);
  EXPECT_EQ(row("target", "one#1").status, "warning");
}

TEST_F(DoctorModels, LiveStopsAtItsTime) {
  simulate();
  EXPECT_EQ(examine_chain("{ provider = \"openrouter\", model = \"sim/silence\" }",
                          {"--live", "--timeout", "400ms"})
                .exit_code,
            1);
  EXPECT_THAT(row("target", "one#1").what, HasSubstr("the call failed"));
  EXPECT_THAT(row("target", "one#1").remedy, HasSubstr("allow more time"));
}

TEST_F(DoctorModels, ANameThatMovesTheCursorIsMadeVisible) {
  sim::SimulatorOptions options;
  sim::FaultRule rule;
  rule.path = "/models";
  rule.faults = sim::parse_faults("400").value();
  options.script.rules.push_back(rule);
  simulate(options);
  configure("[chains.\"a\\u001b[2J\"]\ntargets = [{ provider = \"openrouter\" }]\n");
  EXPECT_EQ(run({"doctor", "models"}).out.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace prx::cli
