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

TEST_F(PlanProgram, SaysWhichTargetIsLeftOut) {
  environment.erase("OPENAI_API_KEY");
  const auto result = run({"plan"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("left out: OPENAI_API_KEY is not set"));
}

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
                            "openrouter=flap", "openrouter=cut@x", "openrouter=503,1=429"}) {
    const auto result = run({"plan", "--fail", fault});
    EXPECT_EQ(result.exit_code, 2) << fault;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

}  // namespace
}  // namespace prx::cli
