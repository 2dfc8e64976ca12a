// Keys, found by what clients send, and what they may.
#include "gateway/access/key_ring.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "gateway/access/key_body.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr MonotonicTime kNow{1'000s};
const WallTime kDate{480'000h};

ServeKeyConfig config_of(const std::string& name, const std::string& key) {
  ServeKeyConfig out;
  out.name = name;
  out.sha256 = hex(sha256(key).value());
  return out;
}

TEST(Digest, IsTheOneOfSha256sum) {
  EXPECT_EQ(hex(sha256("abc").value()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of_hex(hex(sha256("abc").value())), sha256("abc"));
  EXPECT_EQ(digest_of_hex("ba78"), std::nullopt);
  EXPECT_EQ(digest_of_hex(std::string(63, 'a') + 'g'), std::nullopt);
}

TEST(Digest, FreshKeysAreNeverTheSame) {
  const std::string key = make_key().value();
  EXPECT_THAT(key, StartsWith("prx-"));
  EXPECT_EQ(key.size(), 68u);
  EXPECT_NE(key, make_key().value());
}

TEST(Pattern, AStarIsAnyText) {
  struct Case {
    const char *pattern, *text;
    bool is;
  };
  for (const Case& one :
       {Case{"*", "", true}, Case{"*", "a/b", true}, Case{"", "", true}, Case{"", "a", false},
        Case{"openai/*", "openai/gpt-4o", true}, Case{"openai/*", "openai", false},
        Case{"openai/*", "x/openai/gpt-4o", false}, Case{"*:free", "a/b:free", true},
        Case{"*:free", "a/b:free2", false}, Case{"a*b*c", "a1b2b3c", true},
        Case{"a*b*c", "a1b2b3", false}, Case{"**a**", "a", true}, Case{"a", "A", false},
        Case{"a.c", "abc", false}, Case{"chain:*", "chain:careful", true}})
    EXPECT_EQ(matches(one.pattern, one.text), one.is) << one.pattern << " over " << one.text;
}

TEST(Pattern, ManyStarsTakeNoLongerThanThePatternTimesTheText) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(matches(pattern + "b", std::string(20'000, 'a')));
}

TEST(KeyRing, FindsAKeyByWhatWasSentAlone) {
  std::vector<ServeKeyConfig> keys;
  for (int i = 0; i < 100; ++i)
    keys.push_back(config_of("k" + std::to_string(i), "prx-" + std::to_string(i)));
  const KeyRing ring(keys, nullptr);
  EXPECT_TRUE(ring.asks());
  for (int i = 0; i < 100; ++i) {
    const auto key = ring.find("prx-" + std::to_string(i));
    ASSERT_TRUE(key);
    EXPECT_EQ(key->name(), "k" + std::to_string(i));
  }
  for (const std::string& wrong : {std::string(), std::string("prx-100"), keys[0].sha256})
    EXPECT_EQ(ring.find(wrong), nullptr) << wrong;
}

TEST(KeyRing, WithoutKeysNobodyIsAsked) {
  const KeyRing ring({}, nullptr);
  EXPECT_FALSE(ring.asks());
  EXPECT_EQ(ring.find("prx-1"), nullptr);
  ServeKeyConfig broken;
  broken.sha256 = "none";
  EXPECT_TRUE(KeyRing({broken}, nullptr).asks()) << "a key that cannot be used opens no door";
}

TEST(KeyRing, AKeyMayWhatItsListSays) {
  ServeKeyConfig config = config_of("a", "prx-1");
  EXPECT_TRUE(AccessKey(config, std::make_shared<KeyUse>()).allows("anything"));
  config.models = {"openai/*", "chain:careful"};
  const AccessKey key(config, std::make_shared<KeyUse>());
  EXPECT_TRUE(key.allows("openai/gpt-4o"));
  EXPECT_TRUE(key.allows("chain:careful"));
  EXPECT_FALSE(key.allows("chain:other"));
}

TEST(KeyRing, EachLimitRefusesAndCountsNothing) {
  ServeKeyConfig config = config_of("a", "prx-1");
  config.calls_max = 1;
  config.requests_per_minute = 2;
  config.budget = 1.0;
  const AccessKey key(config, std::make_shared<KeyUse>());
  EXPECT_EQ(key.enter(kNow, kDate, true), std::nullopt);
  const auto second = key.enter(kNow, kDate, true);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->which, Limit::Which::kCalls);
  key.leave();
  EXPECT_EQ(key.enter(kNow, kDate, true), std::nullopt) << "the refused one used up no rate";
  key.leave();
  const auto third = key.enter(kNow, kDate, true);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->which, Limit::Which::kRate);
  EXPECT_EQ(third->wait, 30s);
  EXPECT_EQ(key.use().calls.count(), 0);
  key.spend(1.0, kDate);
  const auto spent = key.enter(kNow + 1h, kDate + 1h, true);
  ASSERT_TRUE(spent);
  EXPECT_EQ(spent->which, Limit::Which::kBudget);
  EXPECT_EQ(spent->wait, 23h);
  EXPECT_EQ(key.enter(kNow + 1h, kDate + 1h, false), std::nullopt) << "what costs nothing";
  key.leave();
  EXPECT_EQ(key.enter(kNow + 2h, kDate + 24h, true), std::nullopt) << "the next day";
}

TEST(KeyRing, AReloadKeepsWhatANameHasUsed) {
  const KeyRing before({config_of("a", "prx-1"), config_of("b", "prx-2")}, nullptr);
  before.find("prx-1")->spend(2.0, kDate);
  const KeyRing after({config_of("a", "prx-new"), config_of("c", "prx-2")}, &before);
  EXPECT_EQ(after.find("prx-1"), nullptr);
  EXPECT_EQ(after.find("prx-new")->spent(kDate), 2.0) << "another key of the same name";
  EXPECT_EQ(after.find("prx-2")->spent(kDate), 0.0) << "another name";
}

TEST(KeyRing, AKeyIsToldOfItsBudgetInOpenRoutersWords) {
  ServeKeyConfig config = config_of("a", "prx-1");
  EXPECT_EQ(key_body(AccessKey(config, std::make_shared<KeyUse>()), kDate),
            R"({"data":{"label":"a","usage":0,"limit":null,"limit_remaining":null,)"
            R"("is_free_tier":false,"rate_limit":{"requests":-1,"interval":"60s"}}})");
  config.budget = 2.0;
  config.requests_per_minute = 60;
  const AccessKey key(config, std::make_shared<KeyUse>());
  key.spend(0.5, kDate);
  EXPECT_THAT(key_body(key, kDate), HasSubstr(R"("usage":0.5,"limit":2,"limit_remaining":1.5,)"));
}

/// Several loops and one that reloads, as a service under load has them. For TSan.
TEST(KeyRing, IsUsedByManyThreadsWhileItIsReloaded) {
  constexpr int kThreads = 4, kRounds = 2'000;
  ServeKeyConfig config = config_of("a", "prx-1");
  config.calls_max = 3;
  config.requests_per_minute = 1'000'000;
  config.budget = 10'000.0;
  std::array<std::shared_ptr<const KeyRing>, 2> rings;
  rings[0] = std::make_shared<const KeyRing>(std::vector{config}, nullptr);
  rings[1] = std::make_shared<const KeyRing>(std::vector{config}, rings[0].get());
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        const auto key = rings[static_cast<std::size_t>((i + t) % 2)]->find("prx-1");
        if (key->enter(kNow + std::chrono::milliseconds(i), kDate, true)) continue;
        ++admitted;
        key->spend(0.001, kDate);
        key->leave();
      }
    });
  for (auto& thread : threads) thread.join();
  const auto key = rings[0]->find("prx-1");
  EXPECT_GT(admitted, 0);
  EXPECT_EQ(key->use().calls.count(), 0);
  EXPECT_EQ(key->use().spent.in(window_of(config.budget_window, kDate)), admitted * 1'000'000LL);
}

}  // namespace
}  // namespace prx::gateway
