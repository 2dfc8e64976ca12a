// prx plan.
#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PlanProgram : public ProgramTest {
 protected:
  PlanProgram() {
    environment["OPENAI_API_KEY"] = kKey;
    configure(
        "[default]\nprovider = \"openrouter\"\n"
        "[providers.openai]\nmodel = \"gpt-4o\"\nhead_timeout = \"9s\"\n"
        "[reliability]\nfallback_providers = [\"openai\"]\nretries = 1\n"
        "[chains.careful]\nretries = 0\n"
        "targets = [{ provider = \"openai\", model = \"gpt-4o-mini\", idle_timeout = \"7s\" }]\n");
  }
};

TEST_F(PlanProgram, ShowsTargetsModelsAndOrigins) {
  const auto result = run({"plan"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("chain default"),
                    HasSubstr("1. openrouter  anthropic/claude-sonnet-4  # model: default"),
                    HasSubstr("2. openai  gpt-4o  # model: [providers.openai] model")));
  EXPECT_THAT(result.out, ::testing::ContainsRegex("retries = 1 +# .*config.toml:8:"));
  EXPECT_THAT(result.out, ::testing::ContainsRegex("2. head_timeout = 9s +# .*config.toml:5:"));
  EXPECT_THAT(result.out, ::testing::ContainsRegex("wait_max = 1m +# default"));
}

TEST_F(PlanProgram, ShowsTheChainThatIsAskedFor) {
  const auto result = run({"plan", "--chain", "careful"});
  EXPECT_THAT(result.out, AllOf(HasSubstr("chain careful"), HasSubstr("1. openai  gpt-4o-mini")));
  EXPECT_THAT(result.out, ::testing::ContainsRegex("retries = 0 +# .*config.toml:10:"));
  EXPECT_THAT(result.out, ::testing::ContainsRegex("1. idle_timeout = 7s +# .*config.toml:11:"));
  EXPECT_EQ(run({"plan", "--chain", "carefull"}).exit_code, 3);
}

TEST_F(PlanProgram, TakesProviderAndModelAsAChatDoes) {
  const auto provider = run({"plan", "--provider", "openai"});
  EXPECT_THAT(provider.out, AllOf(HasSubstr("chain default"), HasSubstr("1. openai  gpt-4o  #")));
  const auto model = run({"plan", "--chain", "careful", "--model", "gpt-5"});
  EXPECT_THAT(model.out, HasSubstr("1. openai  gpt-5  # model: asked for"));
  environment["PRX_MODEL"] = "anthropic/claude-sonnet-4";
  EXPECT_THAT(run({"plan"}).out, HasSubstr("claude-sonnet-4  # model: env PRX_MODEL"));
}

TEST_F(PlanProgram, WarnsOfTwoOwnersOfFailover) {
  const std::string fallback = "[reliability]\nfallback_providers = [\"openai\"]\n";
  const std::string models =
      "[providers.openrouter]\nextra_body = { models = [\"openai/gpt-4o\"] }\n";
  configure(fallback + models);
  const auto result = run({"plan"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("target 1 (openrouter) has a `models` list in extra_body"));
  const auto json = parse_json(run({"plan", "--json"}).out);
  ASSERT_EQ(json["warnings"].Size(), 1u);
  configure(models);
  EXPECT_EQ(run({"plan"}).err, "");
  configure(fallback);
  EXPECT_EQ(run({"plan"}).err, "");
}

TEST_F(PlanProgram, SaysWhichTargetIsLeftOut) {
  environment.erase("OPENAI_API_KEY");
  const auto result = run({"plan"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("left out: OPENAI_API_KEY is not set"));
}

// --- what a request needs

class PlanNeedsProgram : public PlanProgram {
 protected:
  PlanNeedsProgram() {
    simulate();
    environment["XDG_CACHE_HOME"] = home / "cache";
    configure(
        "[default]\nchain = \"c\"\n[chains.c]\ntargets = [\n"
        "{ provider = \"openrouter\", model = \"deepseek/deepseek-r1\", context_length = 1000 },\n"
        "{ provider = \"openrouter\", model = \"openai/gpt-4o\" },\n]\n");
  }
  static std::string line_with(const std::string& text, const std::string& begin) {
    const auto at = text.find(begin);
    if (at == std::string::npos) return "(none)";
    const auto from = at + begin.size();
    return text.substr(from, text.find('\n', from) - from);
  }
};

TEST_F(PlanNeedsProgram, SkipsAsTheTrailOfAChatSays) {
  EXPECT_THAT(run({"plan", "--tools"}).out, ::testing::Not(HasSubstr("skipped"))) << "unknown: try";
  run({"models"});
  const auto shown = run({"plan", "--tools"});
  EXPECT_EQ(shown.exit_code, 0);
  const std::string why = line_with(shown.out, "     skipped: ");
  EXPECT_THAT(why, HasSubstr("says that model 'deepseek/deepseek-r1' does not support tools; "));
  const auto chat = run({"chat", "--trace", "--param",
                         R"(tools=[{"type":"function","function":{"name":"now"}}])", "hi"});
  EXPECT_EQ(line_with(chat.err, "openrouter deepseek/deepseek-r1 | unsupported: "), why);
  EXPECT_THAT(run({"plan"}).out, ::testing::Not(HasSubstr("skipped")));
}

TEST_F(PlanNeedsProgram, KnowsEachNeed) {
  run({"models"});
  EXPECT_THAT(line_with(run({"plan", "--vision"}).out, "skipped: "),
              HasSubstr("'deepseek/deepseek-r1' does not support images"));
  EXPECT_THAT(line_with(run({"plan", "--structured"}).out, "skipped: "),
              HasSubstr("'deepseek/deepseek-r1' does not support structured output"));
  const auto longer = run({"plan", "--context", "1001"});
  EXPECT_THAT(line_with(longer.out, "skipped: "),
              HasSubstr("the configuration says that model 'deepseek/deepseek-r1' takes 1000 "
                        "tokens, and the request has at least 1001; "));
  EXPECT_THAT(run({"plan", "--context", "1000"}).out, ::testing::Not(HasSubstr("skipped")));
  const auto json = parse_json(run({"plan", "--json", "--context", "99000000"}).out);
  EXPECT_TRUE(json["targets"][0]["skipped"].IsString());
  EXPECT_THAT(json["targets"][1]["skipped"].GetString(), HasSubstr("the list of models of "));
  EXPECT_TRUE(parse_json(run({"plan", "--json"}).out)["targets"][0]["skipped"].IsNull());
  EXPECT_EQ(run({"plan", "--context", "0"}).exit_code, 2);
}

TEST_F(PlanNeedsProgram, PlaysTheOthers) {
  run({"models"});
  const auto others = run({"plan", "--tools", "--fail", "2=503:times=1"});
  EXPECT_EQ(others.exit_code, 0) << others.err;
  EXPECT_THAT(others.out, ::testing::Not(HasSubstr("deepseek")));
  EXPECT_THAT(run({"plan", "--tools", "--fail", "1=503"}).err,
              HasSubstr("'1' is left out of the chain: provider 'openrouter' was not asked: "));
  const auto nobody = run({"plan", "--context", "99000000", "--fail", "1=503"});
  EXPECT_EQ(nobody.exit_code, 2);
  EXPECT_EQ(nobody.exit_code, run({"chat", "--model", "deepseek/deepseek-r1", "--param",
                                   R"(tools=[{"type":"function"}])", "--no-fallback", "hi"})
                                  .exit_code);
  EXPECT_THAT(nobody.err, HasSubstr("takes 1000 tokens, and the request has at least 99000000"));
}

// --- faults

TEST_F(PlanProgram, PlaysAFaultAndExitsAsTheCallWould) {
  const auto answered = run({"plan", "--fail", "openrouter=429?retry_after=20"});
  EXPECT_EQ(answered.exit_code, 0) << answered.err;
  EXPECT_THAT(answered.out, AllOf(HasSubstr("openai starts (fallback)"),
                                  HasSubstr("answered by openai"), HasSubstr("2 attempts")));
  const auto both = run({"plan", "--fail", "openrouter=429:retry-after=2,openai=cut@40"});
  EXPECT_EQ(both.exit_code, 8) << both.err;
  EXPECT_THAT(both.out, AllOf(HasSubstr("openrouter fails: rate_limit, Retry-After 2.000 s"),
                              HasSubstr("openai is delivered"), HasSubstr("4 attempts in")));
  const auto failed = run({"plan", "--fail", "openrouter=503,openai=503"});
  EXPECT_EQ(failed.exit_code, 5);
  const auto by_place = run({"plan", "--fail", "1=reset", "--fail", "2=auth"});
  EXPECT_EQ(by_place.exit_code, 6) << by_place.out;
}

TEST_F(PlanProgram, TakesTheTimeoutOfAChatAsItsDeadline) {
  const auto shown = run({"plan", "--timeout", "3s"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, ::testing::ContainsRegex("deadline = 3s +# flag --timeout"));
  const auto played =
      run({"plan", "--timeout", "3s", "--fail", "openrouter=silence,openai=silence"});
  EXPECT_EQ(played.exit_code, 6);
  EXPECT_THAT(played.out, HasSubstr("   3.000 s  the call fails: timeout"));
  EXPECT_EQ(run({"plan", "--timeout", "3"}).exit_code, 2);
}

TEST_F(PlanProgram, RehearsesWithoutAnyKey) {
  environment.erase("OPENAI_API_KEY");
  environment.erase("OPENROUTER_API_KEY");
  const auto result = run({"plan", "--fail", "openrouter=404"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("answered by openai"));
  EXPECT_THAT(result.err, HasSubstr("no target has a key; rehearsed as if each had one"));
}

TEST_F(PlanProgram, SaysThatAFaultsTargetIsLeftOutAndWhy) {
  environment.erase("OPENAI_API_KEY");
  for (const char* fault : {"openai=503", "2=503"}) {
    const auto result = run({"plan", "--fail", fault});
    EXPECT_EQ(result.exit_code, 2) << fault;
    EXPECT_THAT(result.err, AllOf(HasSubstr("is left out of the chain: OPENAI_API_KEY is not set"),
                                  HasSubstr("--no-keys")));
  }
  const auto other = run({"plan", "--fail", "openia=503"});
  EXPECT_THAT(other.err, HasSubstr("the chain asks no target 'openia'"));
}

TEST_F(PlanProgram, WithoutKeysEveryTargetHasOne) {
  environment.erase("OPENAI_API_KEY");
  const auto shown = run({"plan", "--no-keys"});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_EQ(shown.err, "");
  EXPECT_THAT(shown.out, ::testing::Not(HasSubstr("left out")));
  const auto played = run({"plan", "--no-keys", "--fail", "openrouter=404,openai=503"});
  EXPECT_EQ(played.err, "");
  EXPECT_THAT(played.out, HasSubstr("openai fails: overloaded"));
}

TEST_F(PlanProgram, AFaultOfAProviderIsOneOfAllItsTargets) {
  configure(
      "[default]\nchain = \"two\"\n[chains.two]\nretries = 0\ntargets = [\n"
      "  { provider = \"openrouter\", model = \"openai/gpt-4o\" },\n"
      "  { provider = \"openrouter\", model = \"openai/gpt-5\" },\n"
      "  { provider = \"openai\", model = \"gpt-4o\" }]\n");
  const auto both = run({"plan", "--fail", "openrouter=503,openai=503"});
  EXPECT_EQ(both.exit_code, 5) << both.out;
  EXPECT_THAT(both.out, AllOf(HasSubstr("openrouter openai/gpt-4o fails: overloaded"),
                              HasSubstr("openrouter openai/gpt-5 fails: overloaded"),
                              HasSubstr("'openrouter openai/gpt-4o': answers 503; 'openrouter "
                                        "openai/gpt-5': answers 503; 'openai': answers 503")));
  const auto first = run({"plan", "--fail", "1=503"});
  EXPECT_THAT(first.out, HasSubstr("answered by openrouter openai/gpt-5\n"));
  const auto named = run({"plan", "--fail", "openrouter openai/gpt-4o=503,2=reset"});
  EXPECT_THAT(named.out, HasSubstr("answered by openai\n"));
  const auto nobody = run({"plan", "--fail", "nobody=503"});
  EXPECT_THAT(nobody.err, HasSubstr("valid are openrouter openai/gpt-4o, openrouter openai/gpt-5, "
                                    "openai"));
  EXPECT_EQ(run({"plan", "--fail", "openrouter=503,2=429"}).exit_code, 2);
}

TEST_F(PlanProgram, TellsEqualModelsOfAProviderApartByTheirPlaces) {
  configure(
      "[default]\nchain = \"two\"\n[chains.two]\nretries = 0\ntargets = [\n"
      "  { provider = \"openai\", model = \"gpt-4o\" },\n"
      "  { provider = \"openai\", model = \"gpt-4o\", extra_body = { seed = 7 } }]\n");
  EXPECT_THAT(run({"plan", "--fail", "1=503"}).out,
              AllOf(HasSubstr("openai gpt-4o (target 1) fails"),
                    HasSubstr("answered by openai gpt-4o (target 2)\n")));
}

TEST_F(PlanProgram, NoFallbackShowsAndPlaysTheFirstTargetAlone) {
  const auto shown = run({"plan", "--no-fallback"});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("1. openrouter"), ::testing::Not(HasSubstr("2. "))));
  const auto played = run({"plan", "--no-fallback", "--fail", "openrouter=503"});
  EXPECT_EQ(played.exit_code, 5);
  EXPECT_THAT(played.out, AllOf(HasSubstr("2 attempts in"), ::testing::Not(HasSubstr("openai"))));
}

TEST_F(PlanProgram, AnAttemptThatTheDeadlineEndsHasFailedAsTheTrailOfACallSays) {
  const auto played = run({"plan", "--timeout", "3s", "--fail", "openrouter=silence"});
  EXPECT_THAT(played.out, HasSubstr("openrouter fails: timeout: the deadline of 3000 ms ran out"));
}

TEST_F(PlanProgram, PrintsTheTimelineAsData) {
  const auto played =
      parse_json(run({"plan", "--json", "--fail", "openrouter=429:retry-after=20"}).out);
  EXPECT_STREQ(played["model"].GetString(), "gpt-4o");
  const auto& moments = played["moments"];
  const auto& start = moments[0];
  EXPECT_STREQ(start["event"].GetString(), "start");
  EXPECT_EQ(start["attempt"].GetInt(), 1);
  EXPECT_EQ(start["place"].GetInt(), 1);
  EXPECT_STREQ(start["provider"].GetString(), "openrouter");
  EXPECT_STREQ(start["model"].GetString(), "anthropic/claude-sonnet-4");
  EXPECT_STREQ(start["reason"].GetString(), "first");
  EXPECT_STREQ(start["mode"].GetString(), "whole");
  EXPECT_EQ(start["wait_ms"].GetInt(), 0);
  EXPECT_TRUE(start["class"].IsNull());
  const auto& failed = moments[1];
  EXPECT_STREQ(failed["event"].GetString(), "fail");
  EXPECT_STREQ(failed["class"].GetString(), "rate_limit");
  EXPECT_EQ(failed["http_status"].GetInt(), 429);
  EXPECT_EQ(failed["retry_after_ms"].GetInt(), 20'000);
  EXPECT_TRUE(failed["reason"].IsNull());
  const auto& answer = moments[moments.Size() - 1];
  EXPECT_STREQ(answer["event"].GetString(), "answer");
  EXPECT_EQ(answer["attempt"].GetInt(), 2);
  EXPECT_EQ(answer["place"].GetInt(), 2);
}

TEST_F(PlanProgram, PrintsOneObjectWithJson) {
  const auto plan = parse_json(run({"plan", "--json"}).out);
  EXPECT_STREQ(plan["chain"].GetString(), "default");
  EXPECT_EQ(plan["targets"].Size(), 2u);
  const auto played = parse_json(run({"plan", "--json", "--fail", "openrouter=silence"}).out);
  EXPECT_TRUE(played["answered"].GetBool());
  EXPECT_STREQ(played["served_by"].GetString(), "openai");
  EXPECT_EQ(played["attempts"].GetInt(), 2);
}

TEST_F(PlanProgram, RefusesWhatIsNoFault) {
  for (const char* fault : {"openrouter", "nobody=429", "openrouter=fish", "openrouter=",
                            "openrouter=flap", "openrouter=cut@x", "openrouter=503,1=429", "",
                            "openrouter=503,", ",openrouter=503", "openrouter=503:times=0"}) {
    const auto result = run({"plan", "--fail", fault});
    EXPECT_EQ(result.exit_code, 2) << fault;
    EXPECT_THAT(result.err, HasSubstr("--fail")) << fault;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

}  // namespace
}  // namespace prx::cli
