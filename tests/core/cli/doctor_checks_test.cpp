// What prx doctor makes of answers, without asking anybody: rows, and the limits that make one bad.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <ctime>
#include <mutex>

#include "cli/doctor/account.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/doctor/provider.hpp"
#include "cli/doctor/target.hpp"

namespace prx::cli {
namespace {

using ::testing::HasSubstr;

std::string date_in(std::chrono::hours wait) {
  const std::time_t when =
      std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + wait);
  std::tm parts{};
  ::gmtime_r(&when, &parts);
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

TEST(DoctorChecks, ARowIsAsBadAsItsWorstFinding) {
  Check row;
  row.add(CheckStatus::kFailure, "a", "mend a");
  row.add(CheckStatus::kWarning, "b", "mend b");
  EXPECT_EQ(row.status, CheckStatus::kFailure);
  EXPECT_EQ(row.what, "a; b");
  EXPECT_EQ(row.remedy, "mend a; mend b");
}

/// The row about a provider that answers its health check in that time.
Check reached_in(const std::string& plugin, std::chrono::microseconds latency) {
  Config config;
  config.providers.push_back({});
  config.providers[0].name = config.providers[0].plugin_id = plugin;
  ProviderAnswers answers;
  answers.provider = plugin;
  answers.health = Reach{{plugin, latency, 11, false}, {}};
  Checks checks;
  judge_provider(config, answers, checks);
  return checks.empty() ? Check{} : checks[0];
}

TEST(DoctorChecks, AServerIsSlowAboveItsLimitAndTheRemedyIsThePlugins) {
  for (const std::string plugin : {"openrouter", "openai"}) {
    const Check at = reached_in(plugin, kSlowAnswer);
    EXPECT_EQ(at.status, CheckStatus::kOk);
    EXPECT_EQ(at.what, "answers in 2.00 s over HTTP/1.1");
    const Check above = reached_in(plugin, kSlowAnswer + std::chrono::microseconds(1));
    EXPECT_EQ(above.status, CheckStatus::kWarning);
    EXPECT_THAT(above.what, HasSubstr("that is slow (more than 2.00 s)"));
    EXPECT_THAT(above.remedy, HasSubstr("prx doctor --live shows the time of each target"));
    EXPECT_THAT(above.remedy, HasSubstr("choose a faster model or another provider"));
    EXPECT_EQ(above.remedy.find("sort = \"latency\"") != std::string::npos, plugin == "openrouter");
  }
}

TEST(DoctorChecks, OnlyAFailureIsAnExitCode) {
  Checks checks(2);
  EXPECT_EQ(checks_exit_code(checks), 0);
  checks[0].status = CheckStatus::kWarning;
  EXPECT_EQ(checks_exit_code(checks), 0);
  checks[1].status = CheckStatus::kFailure;
  EXPECT_EQ(checks_exit_code(checks), 1);
}

TEST(DoctorChecks, AnOverloadAndARateLimitPass) {
  for (const auto& [error_class, status] :
       {std::pair(ErrorClass::kRateLimit, CheckStatus::kWarning),
        {ErrorClass::kOverloaded, CheckStatus::kWarning},
        {ErrorClass::kAuth, CheckStatus::kFailure},
        {ErrorClass::kNetwork, CheckStatus::kFailure}}) {
    Error error;
    error.error_class = error_class;
    EXPECT_EQ(failed_check("reach", "x", error, {}).status, status) << to_string(error_class);
  }
}

TEST(DoctorChecks, ABrokenAnswerThatNamesItsRemedyNeedsNoOther) {
  Error error;
  error.error_class = ErrorClass::kBadResponse;
  error.message = "X: the answer is not JSON; check base_url";
  EXPECT_EQ(failed_check("key", "x", error, {}).what, "X: the answer is not JSON");
  EXPECT_EQ(failed_check("key", "x", error, {}).remedy, "check base_url");
  error.message = "X: the answer ended early";
  EXPECT_THAT(failed_check("key", "x", error, {}).remedy, HasSubstr("try again"));
}

TEST(DoctorAccount, DaysAreCountedFromDatesAlone) {
  EXPECT_EQ(days_until(date_in(std::chrono::hours(0))), 0);
  EXPECT_EQ(days_until(date_in(std::chrono::hours(48)) + "T10:00:00Z"), 2);
  EXPECT_LT(days_until("2020-01-31").value(), 0);
  for (const char* text : {"", "soon", "2020-13-01", "2020-02-31", "20200131xx", "2020-1-011"})
    EXPECT_EQ(days_until(text), std::nullopt) << text;
}

TEST(DoctorAccount, AKeyThatEndsWithinAWeekIsAWarning) {
  const auto status_of = [](std::chrono::hours wait) {
    Account account;
    account.expires = date_in(wait);
    Check row;
    judge_key_itself(account, {}, row);
    return row.status;
  };
  EXPECT_EQ(status_of(kExpirySoon), CheckStatus::kWarning);
  EXPECT_EQ(status_of(kExpirySoon + std::chrono::hours(24)), CheckStatus::kOk);
  EXPECT_EQ(status_of(-std::chrono::hours(24)), CheckStatus::kFailure);
}

TEST(DoctorAccount, LittleCreditIsAWarning) {
  const auto status_of = [](double used) {
    Account account;
    account.credits_total = 100.0;
    account.credits_used = used;
    Checks checks;
    judge_account(account, "x", {}, checks);
    return checks.at(0).status;
  };
  EXPECT_EQ(status_of(89.0), CheckStatus::kOk);
  EXPECT_EQ(status_of(91.0), CheckStatus::kWarning);
  EXPECT_EQ(status_of(100.0), CheckStatus::kFailure);
}

TEST(DoctorAccount, RequestsToFreeModelsAreTold) {
  Account account;
  account.free_requests_daily = 1000.0;
  Checks checks;
  judge_account(account, "x", {}, checks);
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks[0].check, "limits");
  EXPECT_EQ(checks[0].what, "1,000 requests a day to free models");
  account.free_requests_daily = 1e300;
  judge_account(account, "x", {}, checks);
  EXPECT_THAT(checks[1].what, HasSubstr("1,000,000,000,000 requests"));
}

TEST(DoctorAccount, AWordForWhenALimitBeginsAnewIsShort) {
  Account account;
  EXPECT_EQ(reset_text(account), "");
  account.limit_reset = "monthly";
  EXPECT_EQ(reset_text(account), " monthly");
  account.limit_reset = std::string(1'000, 'x');
  EXPECT_EQ(reset_text(account), " periodic");
}

TEST(DoctorAccount, AnAccountThatSaysNothingHasNoRow) {
  Checks checks;
  judge_account({}, "x", {}, checks);
  EXPECT_TRUE(checks.empty());
}

TEST(DoctorTarget, ALateFirstTokenIsAWarningThatSaysWhatToDo) {
  ProviderConfig provider;
  provider.name = "openrouter";
  provider.plugin_id = "openrouter";
  Config config;
  config.providers = {provider};
  driver::PlannedChain chain;
  chain.targets.resize(1);
  chain.targets[0].provider = &provider;
  chain.targets[0].model = "m";
  ChatResponse answer;
  answer.attempts.resize(1);
  const auto judged = [&](std::chrono::microseconds first_token) {
    answer.attempts[0].first_token = first_token;
    const std::optional<ChatResult> live(answer);
    TargetQuestion question;
    question.config = &config;
    question.chain = &chain;
    question.live = &live;
    return judge_target(question);
  };
  EXPECT_EQ(judged(kSlowToken).status, CheckStatus::kOk);
  const Check slow = judged(kSlowToken + std::chrono::milliseconds(1));
  EXPECT_EQ(slow.status, CheckStatus::kWarning);
  EXPECT_THAT(slow.remedy, HasSubstr("sort = \"latency\""));
  EXPECT_THAT(slow.what, HasSubstr("cost not told"));
}

TEST(DoctorProvider, AtMostSoManyAreAskedAtOnce) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t running = 0, most = 0, ran = 0;
  in_parallel(kAtOnceMax * 2, [&](std::size_t) {
    std::unique_lock lock(mutex);
    most = std::max(most, ++running);
    changed.notify_all();  // the first ones wait until all threads are there
    changed.wait_for(lock, std::chrono::seconds(10), [&] { return most == kAtOnceMax; });
    --running;
    ++ran;
  });
  EXPECT_EQ(most, kAtOnceMax);
  EXPECT_EQ(ran, kAtOnceMax * 2);
}

}  // namespace
}  // namespace prx::cli
