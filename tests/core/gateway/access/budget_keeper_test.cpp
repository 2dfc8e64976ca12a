// Budgets outlive their service, and several services count together.
#include "gateway/access/budget_keeper.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>

#include "core/config/support.hpp"
#include "os/file.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;
using config::testing::environment;
using config::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ServeKeyConfig config_of(const std::string& name) {
  ServeKeyConfig out;
  out.name = name;
  out.sha256 = hex(sha256(name).value());
  out.budget = 100.0;
  out.budget_window = std::nullopt;
  return out;
}

class BudgetKeeperTest : public ::testing::Test {
 protected:
  std::shared_ptr<const KeyRing> ring(const ServeKeyConfig& config = config_of("a")) const {
    return std::make_shared<const KeyRing>(std::vector{config}, nullptr);
  }
  std::unique_ptr<BudgetKeeper> keep(std::shared_ptr<const KeyRing> keys,
                                     std::chrono::milliseconds every = 1h) {
    return std::make_unique<BudgetKeeper>(
        state, std::move(keys), [this](std::string_view line) { said.emplace_back(line); }, every);
  }
  static double spent(const std::shared_ptr<const KeyRing>& keys) {
    return keys->find("a")->spent(std::chrono::system_clock::now());
  }
  static void spend(const std::shared_ptr<const KeyRing>& keys, double dollars) {
    keys->find("a")->spend(dollars, std::chrono::system_clock::now());
  }
  std::string text() const {
    const auto file = os::read_file(state / "serve-budgets", 1 << 20, os::FileKind::kRegular);
    return file ? file->text : file.error().message;
  }
  TemporaryFolder folder;
  const std::filesystem::path state = folder.path() / "state" / "prx";
  std::vector<std::string> said;
};

TEST(StateFolder, IsWhereXdgSays) {
  EXPECT_EQ(state_folder(environment({{"XDG_STATE_HOME", "/s"}, {"HOME", "/h"}})), "/s/prx");
  EXPECT_EQ(state_folder(environment({{"XDG_STATE_HOME", "s"}, {"HOME", "/h"}})),
            "/h/.local/state/prx");
  EXPECT_EQ(state_folder(environment({})), "");
}

TEST(BudgetText, IsReadAsItIsWritten) {
  const BudgetLines lines{{"a", {86'400'000, 20'000, 1'500'000'000}}, {"b-2", {0, 0, 7}}};
  EXPECT_EQ(budget_text(lines), "prx serve budgets 1\na 86400000 20000 1500000000\nb-2 0 0 7\n");
  EXPECT_EQ(read_budgets(budget_text(lines)).value(), lines);
}

TEST(BudgetText, WhatIsNoLineIsLeftOut) {
  const auto lines = read_budgets(
      "prx serve budgets 1\n\na\na 1\na 1 2\na 1 2 x\na 1 2 3 4\n 1 2 3\nb 1 2 -3\nc 1 2 3");
  ASSERT_TRUE(lines);
  EXPECT_THAT(*lines, ElementsAre(std::pair<const std::string, BudgetLine>("c", {1, 2, 3})));
  EXPECT_FALSE(read_budgets("prx serve budgets 2\nc 1 2 3\n"));
  EXPECT_FALSE(read_budgets(""));
}

TEST_F(BudgetKeeperTest, ARestartForgivesNothing) {
  const auto first = ring();
  keep(first);
  EXPECT_FALSE(std::filesystem::exists(state / "serve-budgets")) << "nothing was spent";
  {
    const auto keeper = keep(first);
    spend(first, 1.5);
  }
  EXPECT_EQ(text(), "prx serve budgets 1\na 0 0 1500000000\n");
  const auto second = ring();
  const auto keeper = keep(second);
  EXPECT_EQ(spent(second), 1.5);
  EXPECT_THAT(said, IsEmpty());
  struct stat status {};
  ASSERT_EQ(::stat((state / "serve-budgets").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(BudgetKeeperTest, ServicesOfOneUserCountTogether) {
  const auto one = ring(), other = ring();
  auto first = keep(one), second = keep(other);
  spend(one, 1.0);
  spend(other, 2.0);
  first.reset();
  second.reset();
  EXPECT_EQ(spent(other), 3.0);
  EXPECT_EQ(text(), "prx serve budgets 1\na 0 0 3000000000\n");
}

TEST_F(BudgetKeeperTest, WhatWasSpentIsWrittenWhileItRuns) {
  const auto keys = ring();
  const auto keeper = keep(keys, 1ms);
  for (const double dollars : {1.0, 2.0}) {
    spend(keys, dollars);
    const std::string wanted = std::to_string(static_cast<int>(spent(keys))) + "000000000\n";
    bool written = false;
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (!written && std::chrono::steady_clock::now() < until)
      written = text().find(wanted) != std::string::npos;
    EXPECT_TRUE(written) << text();
  }
}

TEST_F(BudgetKeeperTest, KeysThatAreAddedLaterAreKeptToo) {
  const auto before = std::make_shared<const KeyRing>(std::vector<ServeKeyConfig>{}, nullptr);
  const auto after = ring();
  {
    const auto keeper = keep(before);
    keeper->keep(after);
    spend(after, 1.0);
  }
  EXPECT_THAT(text(), HasSubstr("a 0 0 1000000000"));
}

TEST_F(BudgetKeeperTest, OtherWindowsAndOtherKeysStayWhatTheyAre) {
  std::filesystem::create_directories(state);
  const auto today = window_of(24h, std::chrono::system_clock::now());
  std::ofstream(state / "serve-budgets")
      << "prx serve budgets 1\na 86400000 " << today << " 5000000000\ngone 60000 7 9\nz 0 0 11\n";
  ServeKeyConfig daily = config_of("a");
  daily.budget_window = 24h;
  const auto of_day = ring(daily), for_good = ring();
  keep(of_day);
  EXPECT_EQ(spent(of_day), 5.0);
  {
    const auto keeper = keep(for_good);
    EXPECT_EQ(spent(for_good), 0.0) << "another window";
    spend(for_good, 1.0);
  }
  EXPECT_EQ(text(), "prx serve budgets 1\na 0 0 1000000000\nz 0 0 11\n") << "what is over is gone";
}

TEST_F(BudgetKeeperTest, WhatCannotBeKeptIsSaidOnceAndCountsAllTheSame) {
  std::ofstream(folder.path() / "state") << "a file in the way";
  const auto keys = ring();
  {
    const auto keeper = keep(keys);
    spend(keys, 1.0);
  }
  ASSERT_EQ(said.size(), 1u);
  EXPECT_THAT(said[0], HasSubstr("budgets cannot be kept: " + state.string()));
  EXPECT_EQ(spent(keys), 1.0);
}

TEST_F(BudgetKeeperTest, AFileOfSomebodyElseIsNotOverwritten) {
  std::filesystem::create_directories(state);
  std::ofstream(state / "serve-budgets") << "mine\n";
  const auto keys = ring();
  {
    const auto keeper = keep(keys);
    spend(keys, 1.0);
  }
  EXPECT_EQ(text(), "mine\n");
  ASSERT_EQ(said.size(), 1u);
  EXPECT_THAT(said[0], HasSubstr("correct or remove it"));
}

}  // namespace
}  // namespace prx::gateway
