#include <gtest/gtest.h>

#include "check/rule.hpp"

namespace prx::check {
namespace {

class Notes final : public Witness {
 public:
  void at(std::string_view place) override { places.emplace_back(place); }
  void found(const Finding& finding) override { findings.push_back(finding); }
  std::vector<std::string> places;
  std::vector<Finding> findings;
};

TEST(Trial, AnExpectationThatHoldsIsCountedAndNoFinding) {
  Trial trial(7);
  EXPECT_TRUE(trial.expect(true, "one", "two"));
  EXPECT_EQ(trial.expectations(), 1u);
  EXPECT_EQ(trial.failed(), 0u);
  EXPECT_TRUE(trial.findings().empty());
  EXPECT_EQ(trial.seed(), 7u);
}

TEST(Trial, AFindingSaysWhereItWas) {
  Trial trial(0);
  trial.at("byte 3");
  EXPECT_FALSE(trial.expect(false, "an error", "done"));
  EXPECT_EQ(trial.findings(), (std::vector<Finding>{{"an error", "done", "byte 3"}}));
}

TEST(Trial, NoMoreThanEightFindingsAreKeptAndAllAreCounted) {
  Trial trial(0);
  for (std::size_t i = 0; i < Trial::kFindingsMax + 3; ++i) (void)trial.expect(false, "a", "b");
  EXPECT_EQ(trial.findings().size(), Trial::kFindingsMax);
  EXPECT_EQ(trial.failed(), Trial::kFindingsMax + 3);
}

TEST(Trial, TheTextsOfAFindingAreCut) {
  Trial trial(0);
  trial.at(std::string(Trial::kLineMax + 1, 'a'));
  (void)trial.expect(false, std::string(Trial::kLineMax + 1, 'b'),
                     std::string(Trial::kLineMax + 1, 'c'));
  const Finding& finding = trial.findings().front();
  EXPECT_EQ(finding.at.size(), Trial::kLineMax);
  EXPECT_EQ(finding.expected.size(), Trial::kLineMax);
  EXPECT_EQ(finding.happened.size(), Trial::kLineMax);
}

TEST(Trial, AWitnessHearsOfEachStepWhenItIsTaken) {
  Notes notes;
  Trial trial(0, &notes);
  trial.at("first");
  (void)trial.expect(false, "a", "b");
  trial.at("second");
  EXPECT_EQ(notes.places, (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(notes.findings, trial.findings());
}

}  // namespace
}  // namespace prx::check
