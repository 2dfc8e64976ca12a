// Client::account over the real plugins and sockets: what is asked, and how it is read.
#include "e2e/rig.hpp"

namespace prx::test {
namespace {

class AccountOf : public OverEachWire {};
PRX_OVER_EACH_WIRE(AccountOf);

TEST_P(AccountOf, AKeyIsReadWithItsLimitAndUsage) {
  sim::SimulatorOptions options;
  options.account.limit = 5.0;
  options.account.limit_reset = "weekly";
  options.account.usage = 1.5;
  options.account.free_tier = true;
  options.account.expires = "2999-01-31T00:00:00Z";
  Rig rig(GetParam(), options);
  const auto client = rig.open();
  const auto account = client->account();
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->provider, "openrouter");
  EXPECT_EQ(account->key_label, "OPENROUTER_API_KEY");
  EXPECT_EQ(account->limit, 5.0);
  EXPECT_EQ(account->limit_remaining, 3.5);
  EXPECT_EQ(account->limit_reset, "weekly");
  EXPECT_EQ(account->limited, true);
  EXPECT_EQ(account->usage, 1.5);
  EXPECT_EQ(account->usage_today, 0.05);
  EXPECT_EQ(account->usage_this_week, 0.1);
  EXPECT_EQ(account->usage_this_month, 1.5);
  EXPECT_EQ(account->free_tier, true);
  EXPECT_EQ(account->management_key, false);
  EXPECT_EQ(account->expires, "2999-01-31T00:00:00Z");
  EXPECT_EQ(account->credits_left(), std::nullopt);
}

TEST_P(AccountOf, WhatOnlyAManagementKeyMayReadIsAPartWithANote) {
  Rig rig(GetParam());
  const auto account = rig.open()->account();
  ASSERT_TRUE(account) << account.error().message;
  ASSERT_EQ(account->parts.size(), 2U);
  EXPECT_EQ(account->parts[0].name, "key");
  EXPECT_NE(account->parts[0].json.find("\"usage_daily\":0.05"), std::string::npos);
  EXPECT_EQ(account->parts[0].note, "");
  EXPECT_EQ(account->parts[1].name, "credits");
  EXPECT_EQ(account->parts[1].json, "null");
  EXPECT_NE(account->parts[1].note.find("management key"), std::string::npos);
}

TEST_P(AccountOf, AServerThatRefusesIsReachedAllTheSame) {
  sim::SimulatorOptions options;
  options.keys = {{"another", sim::KeyState::kValid, {}}};
  Rig rig(GetParam(), options);
  const auto client = rig.open();
  const auto reached = client->reach();
  ASSERT_TRUE(reached) << reached.error().message;
  EXPECT_EQ(reached->health.provider, "openrouter");
  EXPECT_EQ(reached->health.http_version, http_version(GetParam()));
  EXPECT_GT(reached->health.latency.count(), 0);
  ASSERT_TRUE(reached->refusal);
  EXPECT_EQ(reached->refusal->error_class, ErrorClass::kAuth);
  const auto health = client->health();
  ASSERT_FALSE(health);
  EXPECT_EQ(health.error(), *reached->refusal);
}

TEST(Account, AServerThatIsNotThereIsNotReached) {
  Rig rig;
  rig.environment["OPENROUTER_BASE_URL"] = "http://127.0.0.1:1/api/v1";
  const auto reached = rig.open()->reach();
  ASSERT_FALSE(reached);
  EXPECT_EQ(reached.error().error_class, ErrorClass::kNetwork);
}

TEST(Account, AServerThatAcceptsTheKeyRefusesNothing) {
  Rig rig;
  const auto reached = rig.open()->reach();
  ASSERT_TRUE(reached) << reached.error().message;
  EXPECT_FALSE(reached->refusal);
}

TEST(Account, AManagementKeyReadsTheCredits) {
  sim::SimulatorOptions options;
  options.account.management = true;
  Rig rig(Wire::kPlain, options);
  const auto account = rig.open()->account();
  ASSERT_TRUE(account);
  EXPECT_EQ(account->credits_total, 10.0);
  EXPECT_EQ(account->credits_left(), 7.5);
  EXPECT_EQ(account->management_key, true);
  EXPECT_EQ(account->limited, false);
}

TEST(Account, APluginWithoutTheOperationIsNotAsked) {
  Rig rig;
  rig.openai += "model = \"gpt-4o\"\n";
  const auto account = rig.open()->account("openai");
  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().error_class, ErrorClass::kUnsupported);
  EXPECT_NE(account.error().message.find("'openai'"), std::string::npos);
  EXPECT_EQ(rig.simulator->stats().requests, 0U);
}

TEST(Account, WithoutAKeyNobodyIsAsked) {
  Rig rig;
  rig.environment.erase("OPENROUTER_API_KEY");
  const auto account = rig.open()->account();
  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().error_class, ErrorClass::kAuth);
  EXPECT_EQ(rig.simulator->stats().requests, 0U);
}

TEST(Account, TheKeyOfTheOptionsIsSent) {
  constexpr const char* kSecond = "sk-or-v1-fedcba9876543210";
  Rig rig;
  rig.environment["SECOND"] = kSecond;
  rig.openrouter += "api_keys = [\"${OPENROUTER_API_KEY}\", \"${SECOND}\"]\n";
  const auto client = rig.open();
  CallOptions options;
  options.key = 1;
  const auto account = client->account("openrouter", options);
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->key_label, "SECOND");
  ASSERT_TRUE(client->health("openrouter", options));
  for (const auto& request : rig.simulator->requests()) EXPECT_TRUE(request.key_is(kSecond));
  options.key = 2;
  const auto none = client->account("openrouter", options);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().error_class, ErrorClass::kInvalidRequest);
}

TEST(Account, ARejectedKeyAndADeadlineAreErrors) {
  sim::SimulatorOptions options;
  options.keys = {{"another", sim::KeyState::kValid, {}}};
  Rig rejected(Wire::kPlain, options);
  const auto unknown = rejected.open()->account();
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().error_class, ErrorClass::kAuth);
  sim::SimulatorOptions silent;
  silent.script.rules.emplace_back();
  silent.script.rules[0].path = "/key";
  silent.script.rules[0].faults = sim::parse_faults("silence").value();
  Rig slow(Wire::kPlain, silent);
  CallOptions call;
  call.deadline = Milliseconds(100);
  const auto late = slow.open()->account("", call);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().error_class, ErrorClass::kTimeout);
}

// A server that says the key back is not believed to keep it to itself.
TEST(Account, PartsDoNotHoldTheKey) {
  sim::SimulatorOptions options;
  options.account.label = kKey;
  Rig rig(Wire::kPlain, options);
  const auto account = rig.open()->account();
  ASSERT_TRUE(account);
  EXPECT_EQ(account->label, "[redacted]");
  for (const AccountPart& part : account->parts) EXPECT_EQ(part.json.find(kKey), std::string::npos);
}

}  // namespace
}  // namespace prx::test
