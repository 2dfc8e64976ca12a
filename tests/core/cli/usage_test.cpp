// prx usage: what is left and what was used, as the provider says it.
#include "doctor_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using UsageVerb = DoctorFixture;

sim::SimulatorOptions limited() {
  sim::SimulatorOptions options;
  options.account.limit = 5.0;
  options.account.limit_reset = "monthly";
  options.account.usage = 1.25;
  return options;
}

TEST_F(UsageVerb, ShowsLimitAndUsageAndExplainsTheCredits) {
  simulate(limited());
  const auto result = run({"usage"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(ContainsRegex("^PROVIDER +KEY +CREDIT LEFT +KEY LEFT +KEY LIMIT"),
                    ContainsRegex("openrouter +\\.\\.\\.c2e7 +- +\\$3\\.75 +\\$5\\.00 monthly "
                                  "+\\$0\\.05 +\\$0\\.10 +\\$1\\.25")));
  EXPECT_THAT(result.err, AllOf(HasSubstr("management key; make one at https://openrouter.ai/"),
                                HasSubstr("https://openrouter.ai/credits")));
}

TEST_F(UsageVerb, AManagementKeyIsToldTheCredit) {
  sim::SimulatorOptions options;
  options.account.management = true;
  simulate(options);
  const auto result = run({"usage"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("$7.50"));
  EXPECT_THAT(result.err, IsEmpty());
}

TEST_F(UsageVerb, JsonHasEveryNumber) {
  simulate(limited());
  const auto result = run({"usage", "--json"});
  EXPECT_EQ(result.exit_code, 0);
  const auto json = parse_json(result.out);
  const auto& account = json["accounts"][0];
  EXPECT_STREQ(account["provider"].GetString(), "openrouter");
  EXPECT_STREQ(account["key"].GetString(), "...c2e7");
  EXPECT_DOUBLE_EQ(account["limit"].GetDouble(), 5.0);
  EXPECT_DOUBLE_EQ(account["limit_remaining"].GetDouble(), 3.75);
  EXPECT_STREQ(account["limit_reset"].GetString(), "monthly");
  EXPECT_DOUBLE_EQ(account["usage_today"].GetDouble(), 0.05);
  EXPECT_FALSE(account["free_tier"].GetBool());
  EXPECT_TRUE(account["credits_left"].IsNull());
  EXPECT_THAT(account["note"].GetString(), HasSubstr("management key"));
  EXPECT_TRUE(account["error"].IsNull());
}

TEST_F(UsageVerb, AProviderWithoutTheOperationHasOneLineAndIsNotAsked) {
  simulate();
  environment["OPENAI_API_KEY"] = kKey;
  const auto result = run({"usage", "--provider", "openai"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, AllOf(HasSubstr("'openai'"), HasSubstr("no operation that tells")));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_EQ(simulator().stats().requests, 0U);
}

TEST_F(UsageVerb, AsksTheProvidersOfTheChainOrAll) {
  simulate();
  environment["OPENAI_API_KEY"] = kKey;
  configure("[providers.openai]\nmodel = \"gpt-4o\"\n");
  EXPECT_EQ(parse_json(run({"usage", "--json"}).out)["accounts"].Size(), 1U);
  EXPECT_EQ(parse_json(run({"usage", "--json", "--all"}).out)["accounts"].Size(), 2U);
}

TEST_F(UsageVerb, FailsWithTheDocumentedExitCodes) {
  sim::SimulatorOptions options;
  options.keys = {{kKey, sim::KeyState::kInvalid, {}}};
  simulate(options);
  const auto rejected = run({"usage"});
  EXPECT_EQ(rejected.exit_code, 4);
  EXPECT_THAT(rejected.err, HasSubstr("rejected the key from OPENROUTER_API_KEY"));
  environment["OPENROUTER_BASE_URL"] = "http://127.0.0.1:1/api/v1";
  EXPECT_EQ(run({"usage"}).exit_code, 6);
  environment.erase("OPENROUTER_API_KEY");
  const auto missing = run({"usage"});
  EXPECT_EQ(missing.exit_code, 4);
  EXPECT_THAT(missing.err, HasSubstr("OPENROUTER_API_KEY is not set"));
  EXPECT_EQ(run({"usage", "--provider", "nobody"}).exit_code, 3);
  EXPECT_EQ(run({"usage", "--all", "--provider", "openai"}).exit_code, 2);
  EXPECT_EQ(run({"usage", "--timeout", "5"}).exit_code, 2);
}

TEST_F(UsageVerb, AnAnswerThatTellsNoAccountIsABrokenOne) {
  for (const auto& [body, what] :
       {std::pair("null", "null"), {"[1]", "a list"}, {"{}", "an object"}, {"7", "a number"}}) {
    answer_accounts_with(body);
    const auto result = run({"usage"});
    EXPECT_EQ(result.exit_code, 8) << body;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err,
                ContainsRegex("^prx: openrouter: OpenRouter: the answer from "
                              "http://127.0.0.1:[0-9]+/api/v1/key is " +
                              std::string(what) + ", which tells no account; check base_url\n$"));
    const auto json = parse_json(run({"usage", "--json"}).out);
    EXPECT_STREQ(json["accounts"][0]["error"]["class"].GetString(), "bad_response");
  }
}

TEST_F(UsageVerb, AbsurdAmountsAndWordsLeaveTheTableReadable) {
  answer_accounts_with(
      R"({"data":{"label":"k","limit":1e300,"limit_remaining":-1e300,"limit_reset":")" +
      std::string(500, 'x') + R"(","usage":123456789012345678901234567890,"usage_daily":-1e30,)" +
      R"("total_credits":1e300,"total_usage":-1e300}})");
  const auto result = run({"usage"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("\\$2\\.00e\\+300 +-\\$1\\.00e\\+300 +\\$1\\.00e\\+300 "
                                        "periodic +-\\$1\\.00e\\+30 +- +- +\\$1\\.23e\\+29\n$"));
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120U) << line;
  const auto json = parse_json(run({"usage", "--json"}).out);
  EXPECT_DOUBLE_EQ(json["accounts"][0]["limit"].GetDouble(), 1e300) << "whole for programs";
  EXPECT_EQ(json["accounts"][0]["limit_reset"].GetStringLength(), 500U);
}

TEST_F(UsageVerb, AKeyOfAPoolThatFailsLeavesTheOthers) {
  sim::SimulatorOptions options;
  options.keys = {{kKey, sim::KeyState::kValid, {}}};
  simulate(options);
  environment["K2"] = "sk-or-v1-never-heard-of-it-0000";
  configure("[providers.openrouter]\napi_keys = [\"${K2}\", \"${OPENROUTER_API_KEY}\"]\n");
  const auto result = run({"usage"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.out, ContainsRegex("openrouter +\\.\\.\\.c2e7"));
  EXPECT_THAT(result.err, HasSubstr("rejected the key from K2"));
}

}  // namespace
}  // namespace prx::cli
