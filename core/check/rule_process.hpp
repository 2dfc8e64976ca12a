/// \file rule_process.hpp
/// One rule in a process of its own, and its keeper: the process between the two, which ends all
/// that the rule started when it ends, or when whoever checks does, however that ends. Internal to
/// the runner, whose header says what is promised.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "check/rule_report.hpp"
#include "check/runner.hpp"
#include "os/descriptor.hpp"

namespace prx::check {

/// Starts with its construction; ended and reaped at the latest in the destructor.
class RuleProcess {
 public:
  using Clock = std::chrono::steady_clock;

  /// Forks. `subject` and `rule` are borrowed until then. Errors: kInternal, one line.
  [[nodiscard]] static Result<std::unique_ptr<RuleProcess>> start(const Subject& subject,
                                                                  const Rule& rule,
                                                                  std::uint64_t seed);
  ~RuleProcess();
  RuleProcess(const RuleProcess&) = delete;
  RuleProcess& operator=(const RuleProcess&) = delete;

  // For poll(): readable when there is something to read, or it ended. -1: nothing to come.
  [[nodiscard]] int report_fd() const { return report_.get(); }
  [[nodiscard]] int output_fd() const { return output_.get(); }
  [[nodiscard]] int exit_fd() const { return exited_.get(); }
  [[nodiscard]] Clock::time_point until() const { return until_; }
  [[nodiscard]] pid_t pid() const { return pid_; }  ///< the keeper's; -1: it has ended

  /// Takes what there is to read, without waiting. False: it said more than it may; end it.
  [[nodiscard]] bool read();
  /// Ends it if it still runs; how it went. What is left of it then are children of this process.
  /// \param why  what it is ended for; "" when it ended by itself.
  [[nodiscard]] Outcome finish(const std::string& why);

 private:
  RuleProcess(const Subject& subject, const Rule& rule);
  [[nodiscard]] bool open_pipes(os::Descriptor& its_report, os::Descriptor& its_output);
  [[nodiscard]] bool map_place();
  [[noreturn]] void run_rule(const Subject& subject, std::uint64_t seed, int report, int output);
  [[noreturn]] void keep(const Subject& subject, std::uint64_t seed, int report, int output);
  /// As waitpid() gives it.
  [[nodiscard]] int end();
  void add_end_finding(Outcome& outcome, const Report& report, const std::string& why);

  Rule rule_;
  Clock::time_point begun_, until_;
  pid_t pid_ = -1;
  int status_ = 0;
  os::Descriptor report_, output_, exited_;
  std::string report_text_, output_text_;
  SharedPlace* place_ = nullptr;  ///< shared with the process
};

}  // namespace prx::check
