// Rules in processes of their own: how each may end, and what is left of it.
#include "check/runner.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>

#include "os/descriptor.hpp"

namespace prx::check {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = Outcome::State;
using std::chrono::seconds;

constexpr seconds kSoon{1};

Rule rule(std::string_view id, void (*run)(const Subject&, Trial&), seconds limit = seconds(20)) {
  Rule made;
  made.id = id;
  made.claim = "It holds.";
  made.source = "here";
  made.limit = limit;
  made.run = run;
  return made;
}

Rule static_rule(std::string_view id, void (*run)(const Subject&, Trial&), bool is_gate = false) {
  Rule made = rule(id, run);
  made.is_static = true;
  made.is_gate = is_gate;
  return made;
}

void pass(const Subject&, Trial& trial) { (void)trial.expect(true, "", ""); }
void fail_once(const Subject&, Trial& trial) {
  trial.at("the second byte");
  (void)trial.expect(false, "an error", "done");
}
void crash(const Subject&, Trial& trial) {
  (void)trial.expect(false, "first", "it was not");
  trial.at("a step before");
  trial.at("release");
  ::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would end it in its own way
  ::raise(SIGSEGV);
}
void hang(const Subject&, Trial& trial) {
  trial.at("start");
  while (true) ::pause();
}
void leave(const Subject&, Trial& trial) {
  trial.at("create");
  std::exit(3);
}
void look_at_nothing(const Subject&, Trial&) {}
void throw_something(const Subject&, Trial&) { throw std::runtime_error("no memory"); }
void say_not_applicable(const Subject&, Trial& trial) { trial.not_applicable("it has no models"); }
void print_much(const Subject&, Trial& trial) {
  for (int i = 0; i < 10'000; ++i) std::printf("a line of output\n");
  std::fputs("the last word\n", stderr);
  std::fflush(stdout);
  (void)trial.expect(false, "silence", "noise");
}
void write_anywhere(const Subject&, Trial& trial) {
  for (int descriptor = 3; descriptor < 32; ++descriptor) (void)!::write(descriptor, "rubbish", 7);
  (void)trial.expect(true, "", "");
}
void flood(const Subject&, Trial&) {
  const std::string much(1 << 16, 'F');
  while (true) (void)!::write(3, much.data(), much.size());
}
void find_much(const Subject&, Trial& trial) {
  for (int i = 0; i < 20; ++i)
    (void)trial.expect(false, std::string(2'000, 'e'), std::string(2'000, 'h'));
}
void leave_a_child(const Subject&, Trial& trial) {
  const pid_t child = ::fork();
  if (child == 0) {
    while (true) ::pause();
  }
  (void)trial.expect(false, "its number", std::to_string(child));
}
void look_at_the_subject(const Subject& subject, Trial& trial) {
  (void)trial.expect(subject.model == "m", "the subject is there", "it is not");
}
void look_at_descriptors(const Subject&, Trial& trial) {
  for (int descriptor = 4; descriptor < 1'024; ++descriptor)
    (void)trial.expect(::fcntl(descriptor, F_GETFD) < 0, "no descriptor but its own",
                       "descriptor " + std::to_string(descriptor));
  char byte = 0;
  (void)trial.expect(::read(0, &byte, 1) == 0, "nothing on stdin", "something");
}
void look_at_signals(const Subject&, Trial& trial) {
  sigset_t set;
  ::sigprocmask(SIG_SETMASK, nullptr, &set);
  for (int number = 1; number < 32; ++number)
    (void)trial.expect(::sigismember(&set, number) == 0, "no signal is blocked", "one is");
}

Outcome only(const Rule& the_rule) {
  const Rule rules[] = {the_rule};
  Subject subject;
  subject.model = "m";
  auto outcomes = run_rules(subject, rules, {});
  EXPECT_TRUE(outcomes) << outcomes.error().message;
  EXPECT_EQ(outcomes->size(), 1u);
  return std::move(outcomes->front());
}

TEST(Runner, ARuleThatHoldsPasses) {
  const Outcome outcome = only(rule("a.b", pass));
  EXPECT_EQ(outcome.state, State::kPassed);
  EXPECT_EQ(outcome.rule.id, "a.b");
  EXPECT_EQ(outcome.expectations, 1u);
}

TEST(Runner, ARuleSeesTheSubject) {
  EXPECT_EQ(only(rule("a.b", look_at_the_subject)).state, State::kPassed);
}

TEST(Runner, AFindingComesFromTheProcessWithItsPlace) {
  const Outcome outcome = only(rule("a.b", fail_once));
  EXPECT_EQ(outcome.state, State::kFailed);
  EXPECT_THAT(outcome.findings, ElementsAre(Finding{"an error", "done", "the second byte"}));
}

TEST(Runner, ACrashIsAFindingThatNamesTheSignalAndTheLastPlace) {
  const Outcome outcome = only(rule("a.b", crash));
  EXPECT_EQ(outcome.state, State::kFailed);
  ASSERT_EQ(outcome.findings.size(), 2u);
  EXPECT_EQ(outcome.findings[0].expected, "first");
  EXPECT_THAT(outcome.findings[1].happened, HasSubstr("signal 11 (Segmentation fault)"));
  EXPECT_EQ(outcome.findings[1].at, "release");
}

TEST(Runner, AHangIsEndedAtItsLimit) {
  const Outcome outcome = only(rule("a.b", hang, kSoon));
  EXPECT_EQ(outcome.state, State::kFailed);
  ASSERT_EQ(outcome.findings.size(), 1u);
  EXPECT_THAT(outcome.findings[0].happened, HasSubstr("still running after its limit"));
  EXPECT_EQ(outcome.findings[0].at, "start");
  EXPECT_GE(outcome.took, kSoon);
}

TEST(Runner, AnExitInTheMiddleIsAFinding) {
  const Outcome outcome = only(rule("a.b", leave));
  ASSERT_EQ(outcome.findings.size(), 1u);
  EXPECT_THAT(outcome.findings[0].happened, HasSubstr("exited with status 3 in the middle"));
  EXPECT_EQ(outcome.findings[0].at, "create");
}

TEST(Runner, ARuleThatLooksAtNothingDoesNotPass) {
  EXPECT_EQ(only(rule("a.b", look_at_nothing)).state, State::kFailed);
}

TEST(Runner, AnExceptionIsAFinding) {
  const Outcome outcome = only(rule("a.b", throw_something));
  ASSERT_EQ(outcome.findings.size(), 1u);
  EXPECT_EQ(outcome.findings[0].happened, "no memory");
}

TEST(Runner, ARuleMaySayThatItDoesNotApply) {
  const Outcome outcome = only(rule("a.b", say_not_applicable));
  EXPECT_EQ(outcome.state, State::kNotApplicable);
  EXPECT_EQ(outcome.reason, "it has no models");
}

TEST(Runner, TheEndOfWhatItPrintsIsKept) {
  const Outcome outcome = only(rule("a.b", print_much));
  EXPECT_EQ(outcome.output.size(), kOutputMax);
  EXPECT_THAT(outcome.output, HasSubstr("the last word"));
}

TEST(Runner, WhatIsNoReportIsAFinding) {
  const Outcome outcome = only(rule("a.b", write_anywhere));
  EXPECT_EQ(outcome.state, State::kFailed);
  EXPECT_THAT(outcome.findings.front().happened, HasSubstr("where the rule reports"));
}

TEST(Runner, AReportThatNeverEndsIsCutOff) {
  const Outcome outcome = only(rule("a.b", flood));
  EXPECT_EQ(outcome.state, State::kFailed);
  EXPECT_THAT(outcome.findings.front().happened, HasSubstr("65536 bytes"));
}

TEST(Runner, ManyLongFindingsArriveAndAllAreCounted) {
  const Outcome outcome = only(rule("a.b", find_much));
  EXPECT_EQ(outcome.findings.size(), Trial::kFindingsMax);
  EXPECT_EQ(outcome.failed, 20u);
  EXPECT_EQ(outcome.findings.back().happened, std::string(Trial::kLineMax, 'h'));
}

TEST(Runner, NothingThatARuleStartedSurvivesIt) {
  const Outcome outcome = only(rule("a.b", leave_a_child));
  const pid_t child = std::stoi(outcome.findings.at(0).happened);
  const os::Descriptor gone(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!gone.is_open()) return;  // and forgotten
  pollfd wait{gone.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&wait, 1, 20'000), 1);
}

/// A process in a session of its own whose parent has ended.
void leave_a_daemon(const Subject&, Trial& trial) {
  int ends[2];
  if (::pipe(ends) != 0) return;
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    const pid_t daemon = ::fork();
    if (daemon != 0) ::_exit(::write(ends[1], &daemon, sizeof daemon) == sizeof daemon ? 0 : 1);
    while (true) ::pause();
  }
  pid_t daemon = 0;
  if (::read(ends[0], &daemon, sizeof daemon) != sizeof daemon) return;
  ::waitpid(child, nullptr, 0);
  trial.expect(false, "", std::to_string(daemon));
}

TEST(Runner, NorDoesWhatLeftItsGroup) {
  const Outcome outcome = only(rule("a.b", leave_a_daemon));
  const pid_t daemon = std::stoi(outcome.findings.at(0).happened);
  EXPECT_NE(::kill(daemon, 0), 0) << "it is gone when the rule is told of";
}

/// The processes of a rule that hangs, in memory that all of them see.
struct Numbers {
  std::atomic<pid_t> rule{0}, child{0}, daemon{0};
};
Numbers* shared_numbers = nullptr;

/// A child of its own group, and a process in a session of its own whose parent has ended.
void leave_all_and_hang(const Subject&, Trial&) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setpgid(0, 0);
    while (true) ::pause();
  }
  const pid_t parent = ::fork();
  if (parent == 0) {
    ::setsid();
    const pid_t daemon = ::fork();
    if (daemon != 0) ::_exit(0);
    shared_numbers->daemon = ::getpid();
    while (true) ::pause();
  }
  ::waitpid(parent, nullptr, 0);
  shared_numbers->child = child;
  shared_numbers->rule = ::getpid();
  while (true) ::pause();
}

/// Whether it ends by itself, soon; ended if not.
bool is_gone(pid_t pid) {
  const os::Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.is_open()) return true;
  pollfd wait{process.get(), POLLIN, 0};
  const bool gone = ::poll(&wait, 1, 20'000) == 1;
  if (!gone) ::kill(pid, SIGKILL);
  return gone;
}

TEST(Runner, NothingOfARuleSurvivesAKillOfWhoeverChecks) {
  void* const memory =
      ::mmap(nullptr, sizeof(Numbers), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  shared_numbers = new (memory) Numbers;
  const pid_t checker = ::fork();
  if (checker == 0) {
    const Rule rules[] = {rule("a.b", leave_all_and_hang, seconds(600))};
    (void)run_rules(Subject(), rules, {});
    ::_exit(1);
  }
  while (shared_numbers->rule == 0 || shared_numbers->daemon == 0) ::usleep(1'000);
  ::kill(checker, SIGKILL);
  ::waitpid(checker, nullptr, 0);
  EXPECT_TRUE(is_gone(shared_numbers->rule));
  EXPECT_TRUE(is_gone(shared_numbers->child));
  EXPECT_TRUE(is_gone(shared_numbers->daemon));
  ::munmap(memory, sizeof(Numbers));
}

TEST(Runner, AfterSomeThatHadToBeEndedNoMoreAreRun) {
  std::vector<Rule> rules(kEndlessMax + 2, rule("a.b", hang));
  for (Rule& each : rules) each.limit = std::chrono::seconds(1);
  RunOptions options;
  options.at_once = 1;  // else one that is slow to begin lets another in
  const auto outcomes = run_rules(Subject(), rules, options);
  ASSERT_TRUE(outcomes);
  for (std::size_t i = 0; i < rules.size(); ++i)
    EXPECT_EQ((*outcomes)[i].state,
              i < kEndlessMax ? Outcome::State::kFailed : Outcome::State::kNotRun)
        << i;
  EXPECT_EQ(outcomes->back().reason, "5 rules in a row had to be ended");
}

TEST(Runner, AProcessHasNoDescriptorsOfOurs) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const os::Descriptor reader(ends[0]), writer(ends[1]);
  const Outcome outcome = only(rule("a.b", look_at_descriptors));
  EXPECT_EQ(outcome.state, State::kPassed) << outcome.findings.front().happened;
}

TEST(Runner, SignalsThatWeBlockAreNotBlockedThere) {
  sigset_t set, before;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigprocmask(SIG_BLOCK, &set, &before);
  EXPECT_EQ(only(rule("a.b", look_at_signals)).state, State::kPassed);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

TEST(Runner, OutcomesAreToldInTheOrderOfTheRules) {
  const Rule rules[] = {static_rule("a.slow", fail_once), rule("b.hang", hang, kSoon),
                        rule("c.pass", pass), rule("d.pass", pass)};
  std::vector<std::string> told;
  RunOptions options;
  options.at_once = 4;
  options.told = [&](const Outcome& outcome) { told.emplace_back(outcome.rule.id); };
  const auto outcomes = run_rules(Subject(), rules, options);
  ASSERT_TRUE(outcomes);
  EXPECT_THAT(told, ElementsAre("a.slow", "b.hang", "c.pass", "d.pass"));
  EXPECT_EQ((*outcomes)[3].state, State::kPassed);
}

TEST(Runner, BehindAGateThatFailsNothingIsLoaded) {
  const Rule rules[] = {static_rule("a.gate", fail_once, true), static_rule("b.static", pass),
                        rule("c.dynamic", crash)};
  const auto outcomes = run_rules(Subject(), rules, {});
  ASSERT_TRUE(outcomes);
  EXPECT_EQ((*outcomes)[1].state, State::kPassed);
  EXPECT_EQ((*outcomes)[2].state, State::kNotRun);
  EXPECT_THAT((*outcomes)[2].reason, HasSubstr("a.gate"));
}

TEST(Runner, AStopEndsAllThatRuns) {
  const os::Descriptor stop(::eventfd(0, EFD_CLOEXEC));
  RunOptions options;
  options.stop_fd = stop.get();
  options.at_once = 3;
  // The first is over when the other two hang.
  options.told = [&](const Outcome&) { ::eventfd_write(stop.get(), 1); };
  const Rule rules[] = {rule("a.pass", pass), rule("b.hang", hang), rule("c.hang", hang)};
  const auto outcomes = run_rules(Subject(), rules, options);
  ASSERT_FALSE(outcomes);
  EXPECT_EQ(outcomes.error().error_class, ErrorClass::kCancelled);
}

TEST(Runner, OnlyTheRulesOfFuzzingHaveItsTimeOnTopOfTheirLimit) {
  Subject subject;
  subject.fuzz = seconds(1);
  const Rule rules[] = {rule("a.hang", hang, kSoon), rule("fuzz.hang", hang, kSoon)};
  RunOptions options;
  options.at_once = 2;
  const auto outcomes = run_rules(subject, rules, options);
  ASSERT_TRUE(outcomes);
  EXPECT_GE((*outcomes)[1].took, kSoon + subject.fuzz);
  EXPECT_LT((*outcomes)[0].took, (*outcomes)[1].took);
}

}  // namespace
}  // namespace prx::check
