// Every rule has a plugin that breaks it and no other: the proof that the checker bites.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <set>
#include <sstream>

#include "check/rules/system_call_filter.hpp"
#include "check/runner.hpp"
#include "check_fixture.hpp"
#include "file_mutations.hpp"

namespace prx::check {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct MutantRow {
  std::string rule, name;
  std::set<std::string> also;  ///< what cannot but fail with it
  bool is_tried = false;       ///< here: not all are where a sanitizer is on
  friend void PrintTo(const MutantRow& row, std::ostream* out) { *out << row.name; }
};

/// mutants/CMakeLists.txt writes them.
std::vector<MutantRow> rows() {
  std::vector<MutantRow> all;
  std::ifstream file(PRX_MUTANT_TABLE);
  for (std::string line; std::getline(file, line);) {
    std::istringstream cells(line);
    MutantRow row;
    std::string also, id;
    std::getline(cells, row.rule, '\t');
    std::getline(cells, row.name, '\t');
    std::getline(cells, also, '\t');
    row.is_tried = !(cells >> std::ws).eof();
    for (std::istringstream ids(also); std::getline(ids, id, ',');) row.also.insert(id);
    if (!row.rule.empty()) all.push_back(std::move(row));
  }
  return all;
}

/// ThreadSanitizer's threads and signal handlers do not live under a filter of system calls.
std::vector<Rule> rules_here() {
  std::vector<Rule> all = all_rules();
#if defined(__SANITIZE_THREAD__)
  std::erase_if(all, [](const Rule& rule) { return rule.id == "query.pure"; });
#endif
  return all;
}

std::vector<Rule> every_rule() {
  std::vector<Rule> all = all_rules();
  const auto fuzz = fuzz_rules();
  all.insert(all.end(), fuzz.begin(), fuzz.end());
  return all;
}

std::set<std::string> failing(const Subject& subject, const std::vector<Rule>& rules,
                              std::string& told) {
  std::set<std::string> ids;
  const auto outcomes = run_rules(subject, rules, {});
  EXPECT_TRUE(outcomes) << outcomes.error().message;
  if (!outcomes) return ids;
  for (const Outcome& outcome : *outcomes) {
    if (outcome.state != Outcome::State::kFailed) continue;
    ids.emplace(outcome.rule.id);
    told += std::string(outcome.rule.id) + ": " + outcome.findings.front().happened + " (" +
            outcome.findings.front().at + ")\n" + outcome.output;
  }
  return ids;
}

class Mutant : public ::testing::TestWithParam<MutantRow> {};

/// Rules that play thousands of operations: a mutant that is none of theirs is not tried with them.
bool is_long(std::string_view rule) {
  static const std::set<std::string_view> kLong = {
      "answer.every-split", "answer.cut",   "answer.endless",  "load.no-growth",
      "load.at-once",       "status.class", "answer.malformed"};
  return kLong.contains(rule);
}

TEST_P(Mutant, BreaksItsRuleAndNoOther) {
  Subject subject = subject_of(mutant_file(GetParam().name));
  subject.fuzz = std::chrono::seconds(30);  // at most: it ends with what it finds
  std::set<std::string> expected = GetParam().also;
  expected.insert(GetParam().rule);
  std::vector<Rule> rules;
  for (const Rule& rule : rules_here())
    if (!is_long(rule.id) || expected.contains(std::string(rule.id))) rules.push_back(rule);
  for (const Rule& rule : fuzz_rules())
    if (rule.id == GetParam().rule) rules.push_back(rule);
  std::string told;
  EXPECT_EQ(failing(subject, rules, told), expected) << told;
}

std::vector<MutantRow> wrong_ones() {
  std::vector<MutantRow> tried;
  for (MutantRow& row : rows())
    if (row.is_tried) tried.push_back(std::move(row));
  return tried;
}

INSTANTIATE_TEST_SUITE_P(Check, Mutant, ::testing::ValuesIn(wrong_ones()),
                         [](const auto& test) { return test.param.name; });

TEST(Mutants, TheirHonestOriginalKeepsEveryRule) {
  std::string told;
  EXPECT_THAT(failing(subject_of(mutant_file("honest")), rules_here(), told), IsEmpty()) << told;
}

#if !defined(__SANITIZE_THREAD__)  // as in rules_here()
/// As in a container, or under systemd. \return whether that is so
bool be_under_a_filter() {
  std::array<sock_filter, 1> program = {{BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}};
  return filter_system_calls(program);
}

/// \param wrong  a mutant that breaks the rule.
[[noreturn]] void tell_honest_from_wrong(const Rule& rule, const std::string& wrong) {
  std::string told;
  const bool is_filtered = be_under_a_filter();
  const bool is_right = is_filtered &&
                        failing(subject_of(mutant_file("honest")), {rule}, told).empty() &&
                        failing(subject_of(mutant_file(wrong)), {rule}, told).size() == 1;
  ::write(STDERR_FILENO, told.data(), told.size());
  ::_exit(is_right ? 0 : 1);
}

TEST(Mutants, AreFoundToAskTheSystemWhereAFilterIsInForceAlready) {
  for (const Rule& rule : all_rules()) {
    if (rule.id != "query.pure") continue;
    EXPECT_EXIT(tell_honest_from_wrong(rule, "query_asks_the_system"), ::testing::ExitedWithCode(0),
                "");
  }
}
#endif

/// Rules of an answer have nothing to look at where a chat needs no server.
TEST(Mutants, OneThatChatsInProcessAndAsksAServerForTheRestKeepsEveryRule) {
  std::string told;
  EXPECT_THAT(failing(subject_of(mutant_file("chats_in_process")), rules_here(), told), IsEmpty())
      << told;
}

TEST(Mutants, OneWhoseEveryStartIsRefusedIsToldOfThatAlone) {
  std::string told;
  EXPECT_THAT(failing(subject_of(mutant_file("refuses_every_operation")), rules_here(), told),
              ElementsAre("operation.works"))
      << told;
}

TEST(Mutants, WhatIsDeclaredToServeFewAtOnceMayRefuseTheOthers) {
  std::vector<Rule> rule;
  for (const Rule& each : rules_here())
    if (each.id == "load.at-once") rule.push_back(each);
  Subject subject = subject_of(mutant_file("crowd_is_refused"));  // 21 run, or a few more
  std::string told;
  subject.quirks.concurrency = 21;
  EXPECT_THAT(failing(subject, rule, told), IsEmpty()) << told;
  subject.quirks.concurrency = 40;  // 24 may be refused
  EXPECT_THAT(failing(subject, rule, told), ElementsAre("load.at-once"));
}

/// What answer.samples says of the honest plugin with these answers.
std::string told_of(std::vector<Sample> samples) {
  std::vector<Rule> rule;
  for (const Rule& each : rules_here())
    if (each.id == "answer.samples") rule.push_back(each);
  Subject subject = subject_of(mutant_file("honest"));
  subject.samples = std::move(samples);
  std::string told;
  EXPECT_THAT(failing(subject, rule, told), ElementsAre("answer.samples"));
  return told;
}

TEST(Answers, OneOfCheckTomlThatIsWrongIsToBeCorrected) {
  std::vector<Sample> samples = chat_completions_samples();
  for (Sample& sample : samples) sample.own = true;
  samples.front().text = "Bye";
  const std::string told = told_of(std::move(samples));
  EXPECT_THAT(told, HasSubstr("; correct the plugin, or what check.toml says of this answer"));
  EXPECT_THAT(told, Not(HasSubstr("[[answers]]"))) << "it is there";
}

TEST(Answers, AnOperationWithoutOneIsAGapInCheckToml) {
  std::vector<Sample> samples = chat_completions_samples();
  std::erase_if(samples, [](const Sample& sample) { return sample.op == "models"; });
  for (Sample& sample : samples) sample.own = true;
  EXPECT_THAT(told_of(std::move(samples)),
              HasSubstr("check.toml is incomplete, none of its [[answers]] says what the server "
                        "answers; add one with op = \"models\""));
}

TEST(Answers, WhoeverBringsNoneIsToldToBringSome) {
  std::vector<Sample> samples = chat_completions_samples();
  for (Sample& sample : samples) sample.body = "{}";
  EXPECT_THAT(told_of(std::move(samples)), HasSubstr("as [[answers]] in check.toml"));
}

TEST(Mutants, EveryRuleHasOne) {
  std::set<std::string> broken, rules;
  for (const MutantRow& row : rows()) broken.insert(row.rule);
  for (const FileMutation& each : file_mutations()) broken.emplace(each.rule);
  for (const Rule& rule : every_rule()) rules.emplace(rule.id);
  for (const std::string& rule : rules) EXPECT_TRUE(broken.contains(rule)) << rule;
  for (const std::string& rule : broken) EXPECT_TRUE(rules.contains(rule)) << rule;
}

TEST(Rules, HaveNamesAndTextsOfTheirOwn) {
  std::set<std::string> ids, claims;
  for (const Rule& rule : every_rule()) {
    EXPECT_TRUE(ids.emplace(rule.id).second) << rule.id;
    EXPECT_TRUE(claims.emplace(rule.claim).second) << rule.claim;
    EXPECT_EQ(rule.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-."), rule.id.npos);
    EXPECT_EQ(std::count(rule.id.begin(), rule.id.end(), '.'), 1) << rule.id;
    EXPECT_TRUE(rule.claim.ends_with('.')) << rule.claim;
    EXPECT_FALSE(rule.source.empty()) << rule.id;
    EXPECT_NE(rule.run, nullptr) << rule.id;
  }
}

}  // namespace
}  // namespace prx::check
