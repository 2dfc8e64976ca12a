// [reliability] share_health: what one prx chat tells the next.
#include <sys/stat.h>

#include <algorithm>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kPrimary = "/api/v1/chat/completions";

class SharedHealth : public ProgramTest {
 protected:
  SharedHealth() {
    environment["OPENAI_API_KEY"] = "sk-another-key-of-the-test";
    environment["XDG_RUNTIME_DIR"] = home / "run";
    std::filesystem::create_directory(home / "run");
    ::chmod((home / "run").c_str(), 0700);
    share(true);
  }
  void share(bool on) {
    configure(std::string("[providers.openrouter]\n[providers.openai]\nmodel = \"gpt-4o\"\n"
                          "[reliability]\nfallback_providers = [\"openai\"]\n"
                          "backoff_base = \"1ms\"\nbackoff_max = \"2ms\"\nshare_health = ") +
              (on ? "true\n" : "false\n"));
  }
  /// The primary always fails so.
  void simulate_fault(const std::string& fault) {
    sim::SimulatorOptions options;
    sim::FaultRule rule;
    rule.path = kPrimary;
    rule.faults = sim::parse_faults(fault).value();
    options.script.rules.push_back(rule);
    simulate(std::move(options));
  }
  /// How often the primary has been asked.
  [[nodiscard]] std::ptrdiff_t asked() {
    const auto requests = simulator().requests();
    return std::count_if(requests.begin(), requests.end(),
                         [](const auto& one) { return one.target == kPrimary; });
  }
  /// A chat that the fallback answers; true when the primary was asked too.
  [[nodiscard]] bool chat_asks_primary() {
    const auto before = asked();
    const auto result = run({"chat", "--json", "Hello"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_STREQ(parse_json(result.out)["provider"].GetString(), "openai");
    return asked() > before;
  }
};

class DeadPrimary : public SharedHealth, public ::testing::WithParamInterface<const char*> {};

TEST_P(DeadPrimary, IsLeftAloneByTheNextProcess) {
  simulate_fault(GetParam());
  EXPECT_TRUE(chat_asks_primary());
  EXPECT_FALSE(chat_asks_primary());
  EXPECT_FALSE(chat_asks_primary());
}

TEST_P(DeadPrimary, IsAskedAgainWhenNothingIsShared) {
  share(false);
  simulate_fault(GetParam());
  EXPECT_TRUE(chat_asks_primary());
  EXPECT_TRUE(chat_asks_primary());
  EXPECT_FALSE(std::filesystem::exists(home / "run/prx"));
}

INSTANTIATE_TEST_SUITE_P(Faults, DeadPrimary,
                         ::testing::Values("503", "reset", "429?retry_after=60",
                                           "503?retry_after=60", "401", "402"));

TEST_F(SharedHealth, IsOnlyOfFailuresThatCount) {
  simulate_fault("404");
  EXPECT_TRUE(chat_asks_primary());
  EXPECT_TRUE(chat_asks_primary());
}

TEST_F(SharedHealth, IsOfOneKeyAlone) {
  simulate_fault("401");
  EXPECT_TRUE(chat_asks_primary());
  environment["OPENROUTER_API_KEY"] = "sk-or-v1-a-new-key-of-the-test";
  EXPECT_TRUE(chat_asks_primary());
}

TEST_F(SharedHealth, ThatIsDamagedIsAWarningAndNoFailure) {
  simulate_fault("503");
  EXPECT_TRUE(chat_asks_primary());
  write("run/prx/health.v1", std::string(100, 'x'));
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("share_health is off: "), HasSubstr("health.v1"),
                                HasSubstr("remove it when no prx runs")));
}

TEST_F(SharedHealth, OfAllTargetsDeadIsNoReasonToAskNobody) {
  sim::SimulatorOptions options;
  sim::FaultRule rule;
  rule.faults = sim::parse_faults("503").value();
  options.script.rules.push_back(rule);
  simulate(std::move(options));
  EXPECT_NE(run({"chat", "Hello"}).exit_code, 0);
  const auto before = simulator().requests().size();
  EXPECT_NE(run({"chat", "Hello"}).exit_code, 0);
  EXPECT_GT(simulator().requests().size(), before);
}

}  // namespace
}  // namespace prx::cli
