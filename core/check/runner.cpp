#include "check/runner.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <thread>

#include "check/descendants.hpp"
#include "check/rule_process.hpp"
#include "os/file.hpp"

namespace prx::check {
namespace {

using Clock = RuleProcess::Clock;

unsigned usual_at_once() { return std::clamp(std::thread::hardware_concurrency(), 1u, kAtOnceMax); }

class Runner {
 public:
  Runner(const Subject& subject, std::span<const Rule> rules, const RunOptions& options)
      : subject_(subject),
        rules_(rules),
        options_(options),
        outcomes_(rules.size()),
        known_(rules.size(), false),
        at_once_(options.at_once == 0 ? usual_at_once() : std::min(options.at_once, kAtOnceMax)) {}

  ~Runner() {
    running_.clear();
    end_leftovers();
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  Result<std::vector<Outcome>> run() {
    adopt_orphans();
    PRX_TRY(run_those(true));
    const std::string gate = closed_gate();
    if (gate.empty()) {
      PRX_TRY(run_those(false));
    } else {
      for (std::size_t i = 0; i < rules_.size(); ++i)
        if (!rules_[i].is_static)
          leave_out(i, "the rule " + gate + " failed, so the file is not loaded");
    }
    return std::move(outcomes_);
  }

 private:
  struct Running {
    std::size_t index;
    std::unique_ptr<RuleProcess> process;
  };

  Result<void> run_those(bool are_static) {
    std::size_t next = 0;
    while (true) {
      for (; next < rules_.size() && running_.size() < at_once_; ++next) {
        if (rules_[next].is_static != are_static) continue;
        if (endless_ >= kEndlessMax) {
          leave_out(next, std::to_string(endless_) + " rules in a row had to be ended");
          continue;
        }
        PRX_TRY_SET(auto process, RuleProcess::start(subject_, rules_[next], options_.seed));
        running_.push_back({next, std::move(process)});
      }
      if (running_.empty()) return {};
      PRX_TRY(wait());
      collect();
    }
  }

  /// Until something of a process is there to be read, one ended or is late.
  Result<void> wait() {
    std::vector<pollfd> waits{{options_.stop_fd, POLLIN, 0}};
    Clock::time_point until = Clock::time_point::max();
    for (const Running& each : running_) {
      for (const int fd :
           {each.process->report_fd(), each.process->output_fd(), each.process->exit_fd()})
        waits.push_back({fd, POLLIN, 0});
      until = std::min(until, each.process->until());
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    const int patience = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
    if (::poll(waits.data(), waits.size(), patience) < 0 && errno != EINTR)
      return fail(ErrorClass::kInternal, "the rules cannot be watched: " + os::reason(errno));
    if (waits.front().revents != 0) return fail(ErrorClass::kCancelled, "interrupted");
    return {};
  }

  void collect() {
    for (auto each = running_.begin(); each != running_.end();) {
      const auto end = look_at(*each->process);
      if (!end) {
        ++each;
        continue;
      }
      outcomes_[each->index] = each->process->finish(*end);
      endless_ = end->empty() ? 0 : endless_ + 1;
      tell(each->index);
      each = running_.erase(each);
      end_leftovers();
    }
  }

  /// What the processes of rules that have ended left behind.
  void end_leftovers() const {
    std::vector<pid_t> spared = not_ours_;
    for (const Running& each : running_) spared.push_back(each.process->pid());
    std::sort(spared.begin(), spared.end());
    end_children(spared);
  }

  /// nullopt: it goes on; else what it has to be ended for, "" when it has ended.
  static std::optional<std::string> look_at(RuleProcess& process) {
    pollfd exited{process.exit_fd(), POLLIN, 0};
    const bool has_ended = ::poll(&exited, 1, 0) == 1;  // before the last bytes are read
    if (!process.read())
      return "the process reported more than " + std::to_string(kReportMax) +
             " bytes: the plugin writes to descriptors that are not its own";
    if (has_ended) return "";
    if (Clock::now() < process.until()) return std::nullopt;
    return "the process was still running after its limit, and was ended";
  }

  void leave_out(std::size_t index, std::string reason) {
    outcomes_[index].rule = rules_[index];
    outcomes_[index].state = Outcome::State::kNotRun;
    outcomes_[index].reason = std::move(reason);
    tell(index);
  }

  [[nodiscard]] std::string closed_gate() const {
    for (std::size_t i = 0; i < rules_.size(); ++i)
      if (rules_[i].is_gate && outcomes_[i].state == Outcome::State::kFailed)
        return std::string(rules_[i].id);
    return {};
  }

  void tell(std::size_t index) {
    known_[index] = true;
    for (; told_ < known_.size() && known_[told_]; ++told_)
      if (options_.told) options_.told(outcomes_[told_]);
  }

  const Subject& subject_;
  std::span<const Rule> rules_;
  const RunOptions& options_;
  std::vector<Outcome> outcomes_;
  std::vector<bool> known_;
  std::size_t told_ = 0;
  unsigned at_once_;
  unsigned endless_ = 0;  ///< rules in a row that had to be ended
  std::vector<Running> running_;
  const std::vector<pid_t> not_ours_ = children_of(::getpid());  ///< from before
};

}  // namespace

Result<std::vector<Outcome>> run_rules(const Subject& subject, std::span<const Rule> rules,
                                       const RunOptions& options) {
  return Runner(subject, rules, options).run();
}

}  // namespace prx::check
