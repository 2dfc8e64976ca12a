#include "cli/plan/plan_faults.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "sim/fault.hpp"

namespace prx::cli {
namespace {

using namespace std::chrono_literals;
using reliability::Act;
using reliability::Rehearsal;
using ::testing::HasSubstr;

TEST(PlanFaults, AreStatusesClassesAndBreaksOneAfterTheOther) {
  const auto acts = parse_acts("429:retry-after=2.5:times=2/cut@40/context_length");
  ASSERT_TRUE(acts) << acts.error().message;
  ASSERT_EQ(acts->size(), 3u);
  EXPECT_EQ((*acts)[0].error.error_class, ErrorClass::kRateLimit);
  EXPECT_EQ((*acts)[0].error.http_status, 429);
  EXPECT_EQ((*acts)[0].error.retry_after, 2'500ms);
  EXPECT_EQ((*acts)[0].times, 2);
  EXPECT_EQ((*acts)[1].kind, Act::Kind::kCut);
  EXPECT_EQ((*acts)[1].tokens, 40);
  EXPECT_EQ((*acts)[1].times, 1) << "what comes next must come";
  EXPECT_EQ((*acts)[2].error.error_class, ErrorClass::kContextLength);
  EXPECT_EQ((*acts)[2].times, 0);
  EXPECT_EQ((*parse_acts("late-token?ms=250"))[0].late, 250ms);
  EXPECT_GT((*parse_acts("late-token"))[0].late, Rehearsal::kFirstToken) << "late without a number";
  EXPECT_EQ((*parse_acts("cut?after=1000"))[0].tokens, Rehearsal::kTokens);
  EXPECT_EQ((*parse_acts("auth?times=3"))[0].times, 3);
  EXPECT_EQ((*parse_acts("differs?times=1"))[0].kind, Act::Kind::kDiffers);
}

TEST(PlanFaults, MeanWhatTheyMeanInTheSimulator) {
  const std::pair<const char*, Act::Kind> faults[] = {{"ok", Act::Kind::kAnswer},
                                                      {"503", Act::Kind::kError},
                                                      {"reset", Act::Kind::kReset},
                                                      {"reset?after=3", Act::Kind::kCut},
                                                      {"hang-up", Act::Kind::kReset},
                                                      {"silence", Act::Kind::kSilence},
                                                      {"late-token", Act::Kind::kLateToken},
                                                      {"cut", Act::Kind::kCut},
                                                      {"stall", Act::Kind::kStall},
                                                      {"malformed", Act::Kind::kMalformed},
                                                      {"no-done", Act::Kind::kAnswer},
                                                      {"no-end", Act::Kind::kNoEnd},
                                                      {"no-finish", Act::Kind::kCut},
                                                      {"html", Act::Kind::kError},
                                                      {"empty-body", Act::Kind::kError}};
  for (const auto& [fault, kind] : faults) {
    ASSERT_TRUE(parse_acts(fault)) << fault;
    EXPECT_EQ((*parse_acts(fault))[0].kind, kind) << fault;
    EXPECT_TRUE(sim::parse_faults(fault)) << fault;
  }
  EXPECT_EQ((*parse_acts("no-finish"))[0].tokens, Rehearsal::kTokens);
  for (const auto& [fault, error_class] :
       {std::pair("context-length", ErrorClass::kContextLength),
        std::pair("policy", ErrorClass::kContentPolicy), std::pair("quota", ErrorClass::kCredit)})
    EXPECT_EQ((*parse_acts(fault))[0].error.error_class, error_class) << fault;
}

using Words = std::vector<std::string>;

/// The `words` of a text.
Words quoted(const std::string& text) {
  Words words;
  for (auto at = text.find('`'); at != std::string::npos; at = text.find('`', at)) {
    const auto end = text.find('`', at + 1);
    words.push_back(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return words;
}

/// The `words` in the first two columns of the page's table behind `heading`.
std::vector<std::pair<Words, Words>> rows_of(const std::string& page, const std::string& heading) {
  std::ifstream file(PRX_SOURCE_DIR "/core/docs/" + page);
  std::vector<std::pair<Words, Words>> rows;
  bool in_section = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) in_section = line == heading;
    if (!in_section || !line.starts_with("| `")) continue;
    const auto second = line.find(" | ", 2);
    rows.emplace_back(quoted(line.substr(0, second)),
                      quoted(line.substr(second, line.find(" | ", second + 2) - second)));
  }
  EXPECT_GE(rows.size(), 8u) << page;
  return rows;
}

/// What follows `mark` in the error of a fault, cut at blanks and commas.
Words told(const std::string& fault, std::string_view mark) {
  const auto faults = sim::parse_faults(fault);
  EXPECT_FALSE(faults) << fault;
  std::string message = faults ? "" : faults.error().message;
  message.erase(0, message.find(mark) + mark.size());
  std::replace(message.begin(), message.end(), ',', ' ');
  std::istringstream text(message);
  return {std::istream_iterator<std::string>(text), {}};
}

TEST(PlanFaults, AreThoseOfTheReliabilityGuide) {
  for (const auto& [faults, parameters] : rows_of("reliability.md", "## Rehearsing"))
    for (const auto& fault : faults) EXPECT_TRUE(parse_acts(fault)) << fault;
}

TEST(PlanFaults, OfTheSimulatorAndTheirParametersAreThoseOfItsGuide) {
  Words described;
  for (const auto& [faults, parameters] : rows_of("sim.md", "## Faults by model name")) {
    for (const auto& fault : faults) {
      described.push_back(fault);
      auto taken = told(fault + "?none=1", "it takes: times for");
      std::erase(taken, "");
      EXPECT_THAT(parameters, ::testing::UnorderedElementsAreArray(taken)) << fault;
    }
  }
  for (const auto& name : told("no-such-fault", "a status from 400 to 599"))
    EXPECT_THAT(described, ::testing::Contains(name));
}

TEST(PlanFaults, RefuseWhatIsNoneOrCannotBePlayed) {
  for (const char* text : {"",
                           ":",
                           "/",
                           "42",
                           "600",
                           "cut?after=-1",
                           "cut?after=x",
                           "late-token?ms=x",
                           "late=20s",
                           "ok?after=3",
                           "503*2",
                           "503?times=x",
                           "503?times=0",
                           "auth?for=20",
                           "differs?retry_after=1",
                           "503?",
                           "reset?retry_after=2",
                           "429?retry_after=",
                           "429?retry_after=1e9",
                           "cancelled",
                           "nonsense",
                           "429:",
                           "flap",
                           "html?status=200",
                           "503?for=20",
                           "503+reset",
                           "cut@",
                           "cut@x",
                           "503@2",
                           "429:retry-after=2&times=2",
                           "answer?text=x"}) {
    const auto acts = parse_acts(text);
    ASSERT_FALSE(acts) << text;
    EXPECT_EQ(acts.error().error_class, ErrorClass::kInvalidRequest);
    EXPECT_THAT(acts.error().message, HasSubstr("; ")) << "the remedy of " << text;
    EXPECT_THAT(acts.error().message, HasSubstr("--fail: ")) << text;
  }
}

TEST(PlanFaults, AMessageNamesWhatWasWrittenAndNothingThatARehearsalRefuses) {
  const std::string status = parse_acts("503:ms=1").error().message;
  EXPECT_THAT(status, HasSubstr("fault '503' has no parameter 'ms'; it takes: times retry_after"));
  EXPECT_THAT(status, ::testing::Not(HasSubstr(" for ")));
  EXPECT_THAT(parse_acts("503:for=20").error().message, HasSubstr("has no parameter 'for'"));
  EXPECT_THAT(parse_acts("auth:for=20").error().message,
              ::testing::Not(::testing::HasSubstr("429")));
}

}  // namespace
}  // namespace prx::cli
