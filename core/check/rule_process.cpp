#include "check/rule_process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <new>

#include "check/descendants.hpp"
#include "os/file.hpp"

namespace prx::check {
namespace {

constexpr int kReportDescriptor = 3;  // the first that is nobody's

Unexpected<Error> cannot_start(const Rule& rule) {
  return fail(ErrorClass::kInternal, "the rule " + std::string(rule.id) +
                                         " cannot be run: " + os::reason(errno) +
                                         "; look at the limits of processes and descriptors");
}

/// Appends what is there. False: nothing more will come.
bool drain(int descriptor, std::string& text) {
  char buffer[4096];
  while (true) {
    const auto count = ::read(descriptor, buffer, sizeof buffer);
    if (count > 0) {
      text.append(buffer, static_cast<std::size_t>(count));
      if (text.size() > kReportMax) return true;  // looked at before there is more
    } else if (count == 0 || errno != EINTR) {
      return count != 0 && errno == EAGAIN;
    }
  }
}

/// What a keeper gets when the process that checks has ended.
constexpr int kCheckerIsGone = SIGTERM;

/// In a keeper: waits for the rule's process. \return how it ended, as waitpid() gives it; nullopt:
/// whoever checks has ended before it.
std::optional<int> wait_for_rule(pid_t rule, const sigset_t& wanted) {
  while (true) {
    int status = 0;
    if (::waitpid(rule, &status, WNOHANG) != 0) return status;
    if (::sigwaitinfo(&wanted, nullptr) == kCheckerIsGone) return std::nullopt;
  }
}

/// In a keeper: ends as the rule's process did.
[[noreturn]] void end_likewise(int status) {
  if (WIFEXITED(status)) ::_exit(WEXITSTATUS(status));
  const int number = WTERMSIG(status);
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  ::sigaction(number, &usual, nullptr);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, number);
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  ::kill(::getpid(), number);
  ::_exit(128 + number);
}

void make_no_core() {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
}

/// In a new process: `number` comes when its parent's thread that made it ends. Ends this one when
/// that has happened already.
void end_with(pid_t parent, int number) {
  ::prctl(PR_SET_PDEATHSIG, number);
  if (::getppid() != parent) ::_exit(1);
}

/// "signal 11 (Segmentation fault)".
std::string signal_text(int number) {
  const char* const name = ::sigdescr_np(number);
  return "signal " + std::to_string(number) +
         (name == nullptr ? "" : " (" + std::string(name) + ")");
}

}  // namespace

RuleProcess::RuleProcess(const Subject& subject, const Rule& rule)
    : rule_(rule), begun_(Clock::now()), until_(begun_ + rule.limit) {
  if (rule.id.starts_with("fuzz.")) until_ += subject.fuzz;
}

RuleProcess::~RuleProcess() {
  (void)end();
  if (place_ != nullptr) ::munmap(place_, sizeof *place_);
}

Result<std::unique_ptr<RuleProcess>> RuleProcess::start(const Subject& subject, const Rule& rule,
                                                        std::uint64_t seed) {
  std::unique_ptr<RuleProcess> process(new RuleProcess(subject, rule));
  os::Descriptor its_report, its_output;
  if (!process->open_pipes(its_report, its_output) || !process->map_place())
    return cannot_start(rule);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return cannot_start(rule);
  if (pid == 0) {
    sigset_t wanted;  // before it can come
    ::sigemptyset(&wanted);
    ::sigaddset(&wanted, kCheckerIsGone);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    end_with(parent, kCheckerIsGone);
    process->keep(subject, seed, its_report.get(), its_output.get());
  }
  process->pid_ = pid;
  process->exited_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process->exited_.is_open()) return cannot_start(rule);
  return process;
}

bool RuleProcess::open_pipes(os::Descriptor& its_report, os::Descriptor& its_output) {
  for (auto [ours, its] : {std::pair(&report_, &its_report), std::pair(&output_, &its_output)}) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    ours->reset(ends[0]);
    its->reset(ends[1]);
    ::fcntl(ours->get(), F_SETFL, O_NONBLOCK);
  }
  return true;
}

bool RuleProcess::map_place() {
  void* const memory = ::mmap(nullptr, sizeof(SharedPlace), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  place_ = new (memory) SharedPlace{};
  return true;
}

/// In the keeper.
void RuleProcess::keep(const Subject& subject, std::uint64_t seed, int report, int output) {
  ::setpgid(0, 0);  // no signal to a group of others ends it, nor one of the rule to its own
  adopt_orphans();  // they would be init's when whoever checks was killed
  make_no_core();
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::signal(SIGCHLD, SIG_DFL);
  const pid_t keeper = ::getpid();
  const pid_t rule = ::fork();
  if (rule < 0) ::_exit(1);
  if (rule == 0) {
    end_with(keeper, SIGKILL);
    run_rule(subject, seed, report, output);
  }
  ::syscall(SYS_close_range, 0, ~0u, 0);
  sigset_t wanted;
  ::sigemptyset(&wanted);
  ::sigaddset(&wanted, SIGCHLD);
  ::sigaddset(&wanted, kCheckerIsGone);
  const auto status = wait_for_rule(rule, wanted);
  end_children({});
  if (!status) ::_exit(1);
  end_likewise(*status);
}

/// In the rule's own process.
void RuleProcess::run_rule(const Subject& subject, std::uint64_t seed, int report, int output) {
  ::setpgid(0, 0);
  adopt_orphans();  // so that a rule sees what a plugin started
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // All beyond stderr are above the report's place, or are it.
  const int kept = ::fcntl(report, F_DUPFD, kReportDescriptor + 1);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::dup2(kept, kReportDescriptor);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::syscall(SYS_close_range, kReportDescriptor + 1, ~0u, 0);
  ReportWriter writer(kReportDescriptor, *place_);
  Trial trial(seed, &writer);
  try {
    rule_.run(subject, trial);
  } catch (const std::exception& error) {
    (void)trial.expect(false, "the rule runs to its end", error.what());
  }
  writer.end(trial);
  ::_exit(0);
}

bool RuleProcess::read() {
  if (report_.is_open() && !drain(report_.get(), report_text_)) report_.reset();
  if (output_.is_open() && !drain(output_.get(), output_text_)) output_.reset();
  if (output_text_.size() > kOutputMax) output_text_.erase(0, output_text_.size() - kOutputMax);
  return report_text_.size() <= kReportMax;
}

int RuleProcess::end() {
  if (pid_ < 0) return status_;
  ::kill(pid_, SIGKILL);  // it is not reaped yet, so the number is still its own
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status_;
}

Outcome RuleProcess::finish(const std::string& why) {
  Outcome outcome;
  outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun_);
  (void)end();
  if (why.empty()) (void)read();  // what came with the end
  const Report report = read_report(report_text_);
  outcome.rule = rule_;
  outcome.findings = report.findings;
  outcome.expectations = report.expectations;
  outcome.output = std::move(output_text_);
  add_end_finding(outcome, report, why);
  outcome.failed = std::max(report.failed, outcome.findings.size());
  outcome.reason = report.why_not;
  outcome.state = outcome.failed > 0        ? Outcome::State::kFailed
                  : !report.why_not.empty() ? Outcome::State::kNotApplicable
                                            : Outcome::State::kPassed;
  return outcome;
}

void RuleProcess::add_end_finding(Outcome& outcome, const Report& report, const std::string& why) {
  const std::string place(place_->text.data(),
                          std::min<std::size_t>(place_->size.load(), place_->text.size()));
  const auto add = [&](const std::string& expected, const std::string& happened) {
    outcome.findings.push_back({expected, happened, place});
  };
  if (!why.empty()) return add("the rule runs to its end", why);
  if (report.foreign)
    return add("nothing writes to descriptors that are not its own",
               "something was written where the rule reports");
  if (report.ended) {
    if (report.expectations == 0 && report.why_not.empty() && report.failed == 0)
      add("the rule looks at something", "it looked at nothing: this is a defect of prx");
    return;
  }
  if (WIFSIGNALED(status_))
    return add("the rule runs to its end",
               "the process was ended by " + signal_text(WTERMSIG(status_)));
  add("the rule runs to its end",
      "the process exited with status " + std::to_string(WEXITSTATUS(status_)) + " in the middle");
}

}  // namespace prx::check
