// Every rule has a plugin that breaks it and no other: the proof that the checker bites.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <set>
#include <sstream>

#include "check/rules/answer_rules.hpp"
#include "check/rules/system_call_filter.hpp"
#include "check/runner.hpp"
#include "check_fixture.hpp"
#include "file_mutations.hpp"

namespace prx::check {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
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

/// That rule alone.
std::vector<Rule> only(std::string_view id) {
  std::vector<Rule> rules = rules_here();
  std::erase_if(rules, [id](const Rule& rule) { return rule.id != id; });
  return rules;
}

/// All quirks but those of the rule. `random_answers` always: every answer of a mutant is a
/// server's.
Quirks quirks_but_for(const Rule& rule) {
  const auto has = [&rule](std::string_view name) {
    return std::find(rule.quirks.begin(), rule.quirks.end(), name) != rule.quirks.end();
  };
  Quirks quirks;
  quirks.random_answers = true;
  quirks.init_array = !has("init_array");
  quirks.slow_start = !has("slow_start");
  quirks.errors_in_200 = has("errors_in_200");
  if (!has("concurrency")) quirks.concurrency = 1;
  if (!has("needed")) quirks.needed = {"libz.so.1"};
  if (!has("imports")) quirks.imports = {"pthread_create", "setenv", "signal", "fork", "socket"};
  if (!has("glibc_max")) quirks.glibc_max = "99.0";
  if (!has("glibcxx_max")) quirks.glibcxx_max = "99.0";
  return quirks;
}

using MutantWithQuirks = Mutant;

TEST_P(MutantWithQuirks, OfOtherRulesBreaksItsOwn) {
  const auto rules = only(GetParam().rule);
  ASSERT_EQ(rules.size(), 1u);
  Subject subject = subject_of(mutant_file(GetParam().name));
  subject.quirks = quirks_but_for(rules.front());
  std::string told;
  EXPECT_THAT(failing(subject, rules, told), ElementsAre(GetParam().rule)) << told;
}

/// Those that run. One of two of load.no-growth is enough: the other takes its minute.
std::vector<MutantRow> running_ones() {
  std::vector<MutantRow> running = wrong_ones();
  std::erase_if(running, [](const MutantRow& row) {
    const auto rules = only(row.rule);
    return rules.empty() || rules.front().is_static || row.name == "leaks_slowly";
  });
  return running;
}

INSTANTIATE_TEST_SUITE_P(Check, MutantWithQuirks, ::testing::ValuesIn(running_ones()),
                         [](const auto& test) { return test.param.name; });

/// Which of these rules the mutant breaks when that is declared.
std::set<std::string> failing_with(const std::string& mutant, bool Quirks::*quirk,
                                   std::initializer_list<std::string_view> ids) {
  Subject subject = subject_of(mutant_file(mutant));
  subject.quirks.*quirk = true;
  std::vector<Rule> rules;
  for (const std::string_view id : ids)
    for (const Rule& rule : only(id)) rules.push_back(rule);
  std::string told;
  return failing(subject, rules, told);
}

TEST(Quirks, ASlowStartIsThatOfTheFirstOperationAlone) {
  const auto with = [](const std::string& mutant) {
    return failing_with(mutant, &Quirks::slow_start, {"start.does-not-block", "loop.not-held"});
  };
  EXPECT_THAT(with("first_start_sleeps"), IsEmpty());
  EXPECT_THAT(with("first_data_computes"), IsEmpty());
  EXPECT_THAT(with("start_sleeps"), ElementsAre("start.does-not-block"));
  EXPECT_THAT(with("data_computes"), ElementsAre("loop.not-held"));
}

TEST(Quirks, RandomAnswersAreThePluginsOwn) {
  std::string told;
  Subject subject = subject_of(mutant_file("chats_at_random"));
  const auto undeclared = failing(subject, rules_here(), told);
  EXPECT_THAT(undeclared, IsSupersetOf({"load.at-once", "init.several-modules", "cancel.after-end",
                                        "start.unknown-flags", "struct.borrowed"}));
  for (const std::string& id : undeclared) {
    const QuirkNames names = only(id).front().quirks;
    EXPECT_NE(std::find(names.begin(), names.end(), "random_answers"), names.end()) << id;
  }
  subject.quirks.random_answers = true;
  told.clear();
  EXPECT_THAT(failing(subject, rules_here(), told), IsEmpty()) << told;
}

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

/// What a rule says of the honest plugin with these answers.
std::string told_of(std::vector<Sample> samples, const std::string& rule = "answer.samples") {
  Subject subject = subject_of(mutant_file("honest"));
  subject.samples = std::move(samples);
  std::string told;
  EXPECT_THAT(failing(subject, only(rule), told), ElementsAre(rule));
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

TEST(Answers, NoneWithAnErrorUnder200IsAGapThatCanBeDeclared) {
  std::vector<Sample> samples = chat_completions_samples();
  std::erase_if(samples, [](const Sample& sample) { return !sample.error.empty(); });
  for (Sample& sample : samples) sample.own = true;
  Sample rejected = samples.front();
  rejected.name = "rejected";
  rejected.status = 429;
  rejected.error = "rate_limit";
  samples.push_back(rejected);
  EXPECT_THAT(told_of(samples, "answer.errors-in-200"),
              AllOf(HasSubstr("check.toml is incomplete"), HasSubstr("errors_in_200 = false")));
  Subject subject = subject_of(mutant_file("honest"));
  subject.samples = samples;
  subject.quirks.errors_in_200 = false;
  std::string told;
  EXPECT_THAT(failing(subject, only("answer.errors-in-200"), told), IsEmpty()) << told;
}

TEST(Answers, OneThatIsThereIsTriedWhateverIsDeclared) {
  Subject subject = subject_of(mutant_file("credit_is_no_error"));
  if (!std::filesystem::exists(subject.file)) GTEST_SKIP() << "not built with a sanitizer";
  subject.quirks.errors_in_200 = false;
  std::string told;
  EXPECT_THAT(failing(subject, only("answer.errors-in-200"), told),
              ElementsAre("answer.errors-in-200"));
}

TEST(Answers, AreCutAtEveryPositionUpToALimitAndEvenlyAboveIt) {
  EXPECT_THAT(split_positions(0), IsEmpty());
  EXPECT_THAT(split_positions(3), ElementsAre(0, 1, 2));
  EXPECT_EQ(split_positions(kSplitsMax).size(), kSplitsMax);
  EXPECT_EQ(split_positions(kSplitsMax + 1).size(), kSplitsMax / 2 + 1);
  EXPECT_EQ(split_positions(2 * kSplitsMax).size(), kSplitsMax);
  EXPECT_EQ(split_positions(2 * kSplitsMax)[1], 2u);
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
