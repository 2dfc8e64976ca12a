// prx doctor: configuration, plugins, keys, credit, limits, and whether providers answer.
#include <sys/stat.h>

#include <chrono>

#include "doctor_fixture.hpp"
#include "support/certificates.hpp"
#include "support/nghttpx.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

using Doctor = DoctorFixture;

constexpr const char* kAnswers = "^answers in [0-9.]+ .?s over HTTP/1.1";

sim::SimulatorOptions with_key(const char* key, sim::KeyState state,
                               sim::SimulatorAccount account = {}) {
  sim::SimulatorOptions options;
  options.keys = {{key, state, std::move(account)}};
  return options;
}

sim::SimulatorOptions with_account(sim::SimulatorAccount account) {
  sim::SimulatorOptions options;
  options.account = std::move(account);
  return options;
}

TEST_F(Doctor, OfAHealthySetupHasARowForEverythingAndExitsZero) {
  simulate();
  const auto result = examine();
  EXPECT_EQ(result.exit_code, 0) << text();
  EXPECT_EQ(row("configuration", home / "config/prx/config.toml").status, "ok");
  EXPECT_THAT(row("plugin", "openrouter").what,
              AllOf(HasSubstr("version 0."), HasSubstr("ABI 1.0"), HasSubstr("trusted: /")));
  EXPECT_THAT(row("reach", "openrouter").what, ContainsRegex(kAnswers));
  EXPECT_EQ(row("key", "openrouter").what, "...c2e7 (env OPENROUTER_API_KEY) is accepted");
  EXPECT_THAT(row("credit", "openrouter").what, HasSubstr("used $0.05 today, $0.25 this month"));
  EXPECT_THAT(row("credit", "openrouter").remedy,
              AllOf(HasSubstr("management key"), HasSubstr("https://openrouter.ai/credits")));
  EXPECT_THAT(row("target", "default#1 openrouter anthropic/claude-sonnet-4").what,
              AllOf(HasSubstr("listed"), HasSubstr("tools, vision"),
                    HasSubstr("$3.00 in and $15.00 out per million tokens")));
  EXPECT_EQ(rows(), 6U) << text();
  for (const auto& request : simulator().requests())
    EXPECT_EQ(request.method, "GET") << "no model is called without --live";
}

TEST_F(Doctor, IsATableForPeople) {
  simulate();
  const auto result = run({"doctor"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, ContainsRegex("^STATUS +CHECK +WHAT +REMEDY\n"));
  EXPECT_THAT(result.out, ContainsRegex("ok +key openrouter +\\.\\.\\.c2e7 "));
}

TEST_F(Doctor, AWrongConfigurationIsAFailureWithItsPlace) {
  const std::string file = configure("[default]\nmodle = \"x\"\n");
  EXPECT_EQ(examine().exit_code, 1);
  EXPECT_EQ(rows(), 1U);
  EXPECT_EQ(row("configuration", "").status, "failure");
  EXPECT_THAT(row("configuration", "").what, HasSubstr(file + ":2:1: unknown key 'modle'"));
  EXPECT_THAT(row("configuration", "").remedy, HasSubstr("model"));
}

TEST_F(Doctor, AFileThatOthersCanWriteIsAWarning) {
  simulate();
  const std::string file = home / "config/prx/config.toml";
  ::chmod(file.c_str(), 0666);
  EXPECT_EQ(examine().exit_code, 0) << "a warning alone";
  EXPECT_EQ(row("configuration", file).status, "warning");
  EXPECT_EQ(row("configuration", file).remedy, "chmod go-w " + file);
}

TEST_F(Doctor, AWarningOfTheConfigurationIsARow) {
  simulate();
  configure("[providers.openrouter]\napi_keys = [\"${OPENROUTER_API_KEY}\", \"${K2}\"]\n");
  EXPECT_EQ(examine().exit_code, 0);
  EXPECT_THAT(text(), HasSubstr("K2 is not set"));
  EXPECT_EQ(row("key", "openrouter").status, "ok");
}

TEST_F(Doctor, APluginThatOthersCanWriteIsAFailureSaidOnce) {
  simulate();
  ASSERT_EQ(::chmod((home / "plugins/openrouter.so").c_str(), 0666), 0);
  configure("[plugins.openrouter]\npath = \"" + (home / "plugins/openrouter.so").string() + "\"\n");
  EXPECT_EQ(examine().exit_code, 1) << text();
  EXPECT_EQ(row("plugin", "openrouter").status, "failure") << text();
  EXPECT_THAT(text(), HasSubstr("chmod go-w"));
  EXPECT_EQ(row("target", "").status, "") << "the plugin's row says it";
  EXPECT_EQ(simulator().stats().requests, 0U);
}

TEST_F(Doctor, AMissingKeyIsAFailureWithTheRemedyAndNobodyIsAsked) {
  simulate();
  environment.erase("OPENROUTER_API_KEY");
  EXPECT_EQ(examine().exit_code, 1);
  EXPECT_EQ(row("key", "openrouter").status, "failure");
  EXPECT_EQ(row("key", "openrouter").what, "no key: OPENROUTER_API_KEY is not set");
  EXPECT_EQ(row("key", "openrouter").remedy,
            "export it or set [providers.openrouter] api_key; get one at "
            "https://openrouter.ai/keys");
  EXPECT_EQ(rows(), 3U) << "no row repeats it: " << text();
  EXPECT_EQ(simulator().stats().connections, 0U);
}

TEST_F(Doctor, AMissingKeyOfAProviderThatNoChainNeedsIsAWarning) {
  simulate();
  configure("[providers.openai]\nmodel = \"gpt-4o\"\n");
  EXPECT_EQ(examine().exit_code, 0) << text();
  EXPECT_EQ(row("key", "openai").status, "warning");
}

TEST_F(Doctor, ARevokedKeyIsAFailureWithItsSource) {
  simulate(with_key(kKey, sim::KeyState::kInvalid));
  EXPECT_EQ(examine().exit_code, 1);
  const DoctorRow key = row("key", "openrouter");
  EXPECT_EQ(key.status, "failure");
  EXPECT_THAT(key.what,
              AllOf(HasSubstr("...c2e7 (env OPENROUTER_API_KEY): "), HasSubstr("User not found")));
  EXPECT_THAT(key.remedy, HasSubstr("https://openrouter.ai/keys"));
  EXPECT_EQ(row("reach", "openrouter").status, "ok") << "it answered";
  EXPECT_THAT(row("reach", "openrouter").what, ContainsRegex(kAnswers));
}

TEST_F(Doctor, EveryKeyOfAPoolIsTriedByItself) {
  sim::SimulatorOptions options;
  options.keys = {{kKey, sim::KeyState::kValid, {}}, {kOtherKey, sim::KeyState::kInvalid, {}}};
  simulate(options);
  environment["K2"] = kOtherKey;
  configure("[providers.openrouter]\napi_keys = [\"${OPENROUTER_API_KEY}\", \"${K2}\"]\n");
  EXPECT_EQ(examine().exit_code, 1);
  EXPECT_EQ(row("key", "openrouter key 1").status, "ok");
  EXPECT_EQ(row("key", "openrouter key 2").status, "failure");
  EXPECT_THAT(row("key", "openrouter key 2").what, HasSubstr("...7e12"));
}

TEST_F(Doctor, ThePoolOfAProviderWithoutAccountsIsTriedToo) {
  sim::SimulatorOptions options;
  options.keys = {{kKey, sim::KeyState::kValid, {}}, {kOtherKey, sim::KeyState::kInvalid, {}}};
  simulate(options);
  environment["OPENAI_API_KEY"] = kKey;
  environment["K2"] = kOtherKey;
  configure(
      "[default]\nprovider = \"openai\"\n[providers.openai]\nmodel = \"gpt-4o\"\n"
      "api_keys = [\"${OPENAI_API_KEY}\", \"${K2}\"]\n");
  EXPECT_EQ(examine().exit_code, 1);
  EXPECT_EQ(row("key", "openai key 1").status, "ok");
  EXPECT_EQ(row("key", "openai key 2").status, "failure");
}

TEST_F(Doctor, AGoodKeyOfAPoolReadsTheModels) {
  sim::SimulatorOptions options;
  options.keys = {{kOtherKey, sim::KeyState::kValid, {}}};
  simulate(options);
  environment["OPENAI_API_KEY"] = kKey;
  environment["K2"] = kOtherKey;
  configure(
      "[default]\nprovider = \"openai\"\n[providers.openai]\nmodel = \"gpt-4o\"\n"
      "api_keys = [\"${OPENAI_API_KEY}\", \"${K2}\"]\n");
  EXPECT_EQ(examine().exit_code, 1) << text();
  EXPECT_EQ(row("target", "default#1 openai gpt-4o").status, "ok") << text();
}

TEST_F(Doctor, ARejectedKeyIsSaidOnceAndCallsNoModel) {
  simulate(with_key(kOtherKey, sim::KeyState::kValid));
  environment["OPENAI_API_KEY"] = kKey;
  configure("[default]\nprovider = \"openai\"\n[providers.openai]\nmodel = \"gpt-4o\"\n");
  EXPECT_EQ(examine({"--live"}).exit_code, 1);
  EXPECT_EQ(row("key", "openai").status, "failure");
  EXPECT_EQ(row("target", "").status, "") << text();
  for (const auto& request : simulator().requests()) EXPECT_EQ(request.method, "GET");
}

TEST_F(Doctor, NoCreditPointsToTheShop) {
  simulate(with_key(kKey, sim::KeyState::kNoCredit));
  EXPECT_EQ(examine().exit_code, 1);
  EXPECT_EQ(row("key", "openrouter").status, "failure");
  EXPECT_EQ(row("key", "openrouter").remedy, "add credits at https://openrouter.ai/credits");
}

TEST_F(Doctor, SpentCreditOfAnAccountIsAFailure) {
  sim::SimulatorAccount account;
  account.management = true;  // only such keys are told
  account.credits_used = account.credits;
  simulate(with_account(account));
  EXPECT_EQ(examine().exit_code, 1);
  EXPECT_EQ(row("credit", "openrouter").status, "failure");
  EXPECT_THAT(row("credit", "openrouter").what, HasSubstr("$0.00 of $10.00 credit left"));
  EXPECT_THAT(row("credit", "openrouter").remedy, HasSubstr("https://openrouter.ai/credits"));
  EXPECT_THAT(row("key", "openrouter").what, HasSubstr("management key, which may not chat"));
}

TEST_F(Doctor, AUsedUpLimitOfAKeyIsAFailureAndALowOneAWarning) {
  sim::SimulatorAccount account;
  account.limit = 5.0;
  account.limit_reset = "monthly";
  account.usage = 5.5;
  simulate(with_account(account));
  EXPECT_EQ(examine().exit_code, 1);
  EXPECT_EQ(row("credit", "openrouter").status, "failure");
  EXPECT_THAT(row("credit", "openrouter").what,
              HasSubstr("-$0.50 of the key's monthly limit of $5.00 left"));
  EXPECT_THAT(row("credit", "openrouter").remedy, HasSubstr("raise the limit of the key"));
  account.usage = 4.75;
  simulate(with_account(account));
  EXPECT_EQ(examine().exit_code, 0);
  EXPECT_EQ(row("credit", "openrouter").status, "warning");
}

TEST_F(Doctor, AFreeTierIsAWarningAboutRateLimits) {
  sim::SimulatorAccount account;
  account.free_tier = true;
  simulate(with_account(account));
  EXPECT_EQ(examine().exit_code, 0);
  EXPECT_EQ(row("limits", "openrouter").status, "warning");
  EXPECT_THAT(row("limits", "openrouter").what, HasSubstr("429"));
  EXPECT_THAT(row("limits", "openrouter").remedy, HasSubstr("add credits at"));
}

TEST_F(Doctor, AKeyThatEndedOrEndsSoonIsSaid) {
  sim::SimulatorAccount account;
  account.expires = "2020-01-31T00:00:00Z";
  simulate(with_account(account));
  EXPECT_EQ(examine().exit_code, 1);
  EXPECT_THAT(row("key", "openrouter").what, HasSubstr("it ended on 2020-01-31"));
  account.expires = "2999-01-31T00:00:00Z";
  simulate(with_account(account));
  EXPECT_EQ(examine().exit_code, 0);
  EXPECT_THAT(row("key", "openrouter").what, HasSubstr("it ends on 2999-01-31"));
}

TEST_F(Doctor, ARateLimitIsAWarning) {
  simulate(with_key(kKey, sim::KeyState::kRateLimited));
  EXPECT_EQ(examine().exit_code, 0) << text();
  EXPECT_EQ(row("key", "openrouter").status, "warning");
  EXPECT_THAT(row("key", "openrouter").remedy, HasSubstr("try again"));
  EXPECT_EQ(row("reach", "openrouter").status, "ok");
  EXPECT_THAT(row("reach", "openrouter").what, ContainsRegex(kAnswers));
}

TEST_F(Doctor, AServerThatIsOverloadedIsReached) {
  simulate(with_fault("/key", "503"));
  EXPECT_EQ(examine().exit_code, 0) << text();
  EXPECT_EQ(row("reach", "openrouter").status, "warning");
  EXPECT_THAT(row("reach", "openrouter").what,
              AllOf(ContainsRegex(kAnswers), HasSubstr("answered 503")));
}

TEST_F(Doctor, AnAnswerThatTellsNoAccountMakesNoGoodKey) {
  for (const char* body : {"{}", R"({"data":[]})", R"({"object":"list","data":[{"id":"m"}]})"}) {
    answer_accounts_with(body);
    EXPECT_EQ(examine().exit_code, 1) << body;
    EXPECT_EQ(row("reach", "openrouter").status, "ok") << body;
    EXPECT_EQ(row("key", "openrouter").status, "failure") << body;
    EXPECT_THAT(row("key", "openrouter").what,
                AllOf(HasSubstr("...c2e7 (env OPENROUTER_API_KEY): "), HasSubstr("/api/v1/key is "),
                      HasSubstr("which tells no account")))
        << body;
    EXPECT_EQ(row("key", "openrouter").remedy, "check base_url");
  }
}

TEST_F(Doctor, AnAnswerThatIsNoObjectIsSaidOnce) {
  for (const char* body : {"null", "[]", "12"}) {
    answer_accounts_with(body);
    EXPECT_EQ(examine().exit_code, 1) << body;
    EXPECT_EQ(row("reach", "openrouter").status, "failure");
    EXPECT_THAT(row("reach", "openrouter").what, HasSubstr("/api/v1/key is "));
    EXPECT_EQ(row("key", "openrouter").what,
              "...c2e7 (env OPENROUTER_API_KEY) could not be checked");
  }
}

TEST_F(Doctor, AServerThatIsNotThereIsAFailureSaidOnce) {
  environment["OPENROUTER_BASE_URL"] = "http://127.0.0.1:1/api/v1";
  EXPECT_EQ(examine().exit_code, 1);
  EXPECT_EQ(row("reach", "openrouter").status, "failure");
  EXPECT_THAT(row("reach", "openrouter").remedy,
              HasSubstr("check the connection and OPENROUTER_BASE_URL"));
  EXPECT_EQ(rows(), 3U) << text();
}

TEST_F(Doctor, ASlowAnswerIsAWarningThatSaysWhatToDo) {
  simulate(with_fault("/key", "late-head?ms=2100", 1));
  EXPECT_EQ(examine().exit_code, 0);
  EXPECT_EQ(row("reach", "openrouter").status, "warning");
  EXPECT_THAT(row("reach", "openrouter").what, HasSubstr("slow"));
  EXPECT_THAT(
      row("reach", "openrouter").remedy,
      AllOf(HasSubstr("--live"), HasSubstr("another provider"), HasSubstr("sort = \"latency\"")));
}

TEST_F(Doctor, AProviderThatHangsHoldsNoOther) {
  simulate();
  simulate_other(with_fault("", "silence"));
  configure(other_table());
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(examine({"--timeout", "500ms"}).exit_code, 0) << "no chain needs the other: " << text();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_EQ(row("reach", "other").status, "warning");
  EXPECT_THAT(row("reach", "other").what, HasSubstr("deadline ran out"));
  EXPECT_EQ(row("reach", "openrouter").status, "ok");
  EXPECT_EQ(row("target", "default#1 openrouter").status, "ok");
}

TEST_F(Doctor, AKeyIsSentToItsOwnProviderAlone) {
  simulate();
  sim::Simulator& other = simulate_other();
  configure("[reliability]\nfallback_providers = [\"other\"]\n" + other_table());
  EXPECT_EQ(examine({"--live"}).exit_code, 0) << text();
  const auto expect_only = [](const sim::Simulator& one, const char* own, const char* foreign) {
    EXPECT_GE(one.requests().size(), 4U);
    for (const auto& request : one.requests()) {
      EXPECT_TRUE(request.key_is(own)) << request.target;
      std::string all = request.target + request.body;
      for (const auto& [name, value] : request.headers) all += name + value;
      EXPECT_THAT(all, AllOf(Not(HasSubstr(foreign)), Not(HasSubstr(own))));
    }
  };
  expect_only(simulator(), kKey, kOtherKey);
  expect_only(other, kOtherKey, kKey);
}

TEST_F(Doctor, AServerThatWantsAKeyAlthoughNoneIsConfiguredSaysSo) {
  simulate();
  configure(
      "[default]\nprovider = \"ollama\"\n[providers.ollama]\nmodel = \"gpt-4o\"\nbase_url = \"" +
      simulator().openai_base_url() + "\"\n");
  EXPECT_EQ(examine().exit_code, 1) << text();
  EXPECT_EQ(row("key", "ollama").status, "failure");
  EXPECT_THAT(row("key", "ollama").remedy, HasSubstr("[providers.ollama] api_key"));
  EXPECT_GE(simulator().requests().size(), 1U);
  for (const auto& request : simulator().requests()) EXPECT_EQ(request.key_hash, 0U);
}

TEST_F(Doctor, APluginThatThrowsIsAFailureOfItsOwn) {
  std::filesystem::copy_file(PRX_CLI_FIXTURE_DIR "/throws.so", home / "plugins/throws.so");
  ::chmod((home / "plugins/throws.so").c_str(), 0755);
  configure("[default]\nprovider = \"throws\"\nmodel = \"m\"\n");
  for (const auto& arguments : std::vector<std::vector<std::string>>{{}, {"models"}}) {
    EXPECT_EQ(examine(arguments).exit_code, 1) << text();
    EXPECT_THAT(text(), HasSubstr("the wheel came off"));
    EXPECT_EQ(row("target", "").status, "");
  }
}

TEST_F(Doctor, TheNegotiatedHttpVersionIsShown) {
  simulate();
  test::Certificates authority;
  const test::Nghttpx proxy({authority.issue("DNS:localhost,IP:127.0.0.1", false),
                             simulator().port(), "h2,http/1.1", false});
  environment["OPENROUTER_BASE_URL"] =
      "https://localhost:" + std::to_string(proxy.port()) + "/api/v1";
  for (const auto& [asked, shown] : {std::pair("2", "over HTTP/2"), {"1.1", "over HTTP/1.1"}}) {
    configure("[providers.openrouter]\nca_file = \"" + authority.ca_file() +
              "\"\nhttp_version = \"" + asked + "\"\n");
    EXPECT_EQ(examine().exit_code, 0) << text();
    EXPECT_THAT(row("reach", "openrouter").what, HasSubstr(shown));
  }
}

TEST_F(Doctor, WhatAServerSaysMovesNoCursor) {
  simulate();
  configure("[default]\nmodel = \"openai/gpt-4o\"\n[log]\nfile = \"" + home.string() + "\"\n");
  const auto result = run({"doctor"});
  EXPECT_EQ(result.exit_code, 1) << "a folder is no log";
  EXPECT_THAT(result.out, AllOf(HasSubstr("[log] file"), Not(HasSubstr("\x1b"))));
}

TEST_F(Doctor, ArgumentsAreChecked) {
  EXPECT_EQ(run({"doctor", "--timeout", "5"}).exit_code, 2);
  EXPECT_EQ(run({"doctor", "modles"}).exit_code, 2);
  EXPECT_EQ(run({"doctor", "--provider", "a", "--chain", "b"}).exit_code, 2);
}

TEST_F(Doctor, APluginThatCanOnlyChatIsAskedNothingElse) {
  const std::filesystem::path file = home / "plugins/template-in_process.so";
  std::filesystem::copy_file(PRX_TEMPLATE_DIR "/template_in_process.so", file);
  ::chmod(file.c_str(), 0755);
  const auto listed = run({"plugin", "info", file, "--json"});
  const std::string id = parse_json(listed.out)["id"].GetString();
  configure("[default]\nprovider = \"" + id + "\"\nmodel = \"m\"\n");
  const auto result = examine();
  EXPECT_EQ(result.exit_code, 0) << text();
  EXPECT_EQ(row("reach", id).status, "ok");
  EXPECT_EQ(row("reach", id).what, "not asked: the plugin has no health operation");
  EXPECT_EQ(row("target", "default#1").status, "ok") << text();
}

}  // namespace
}  // namespace prx::cli
