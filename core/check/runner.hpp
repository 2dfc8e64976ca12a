/// \file runner.hpp
/// Runs rules, each in a process of its own, and gathers what they found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "check/rule.hpp"
#include "prx/sdk/error.hpp"

namespace prx::check {

inline constexpr std::size_t kOutputMax = 4 * 1024;  ///< bytes kept of what a rule's process prints
inline constexpr std::size_t kReportMax = 64 * 1024;  ///< bytes of what a rule's process reports
inline constexpr unsigned kAtOnceMax = 8;             ///< rules that run at the same time
inline constexpr unsigned kEndlessMax =
    5;  ///< rules in a row that had to be ended; no more are run

/// How one rule went.
struct Outcome {
  enum class State { kPassed, kFailed, kNotApplicable, kNotRun };
  Rule rule;
  State state = State::kNotRun;
  std::string reason;             ///< of kNotApplicable and kNotRun
  std::vector<Finding> findings;  ///< of kFailed: 1 or more
  std::size_t expectations = 0;   ///< that were looked at, as far as its process could say
  std::size_t failed = 0;         ///< of them; more than `findings` when not all were kept
  std::string output;             ///< end of what its process wrote to stdout and stderr
  std::chrono::milliseconds took{0};
};

struct RunOptions {
  std::uint64_t seed = 0;
  unsigned at_once = 0;  ///< rules at the same time, 1 to kAtOnceMax; 0: one per core
  int stop_fd = -1;      ///< what makes it readable ends all; borrowed
  /// Told of each outcome in the order of the rules, as soon as those before it are known; may be
  /// empty.
  std::function<void(const Outcome&)> told;
};

/// Blocks until every rule has ended or was ended. When a static rule that is a gate fails, the
/// rules that are not static are not run; nor is any more after kEndlessMax in a row that had to be
/// ended.
///
/// A rule's process is a fork of this one, made while this one has no other thread, so that it
/// begins with everything it needs and nothing of the plugin: to load a plugin leaves traces in a
/// process that no next rule may see. The caller therefore has one thread, and has loaded no
/// plugin. Each process is the leader of a process group of its own, with no other descriptors than
/// its own. All that it and its children started, in whatever session, is killed when it ends, and
/// also when the caller ends, were it by SIGKILL: between the two is a process that waits for
/// either, and that is the parent of what is left behind (PR_SET_PDEATHSIG, of the thread that
/// called; PR_SET_CHILD_SUBREAPER). When that one is killed, the rule dies with it, and the caller
/// kills the rest. What only remains is what was started by a rule whose caller and whose keeper
/// were both killed. A process that crashes, runs longer than the rule's limit, or ends without a
/// report is a finding that names the last `Trial::at`.
///
/// \return  one outcome a rule, in their order. Errors: kCancelled (stop_fd), kInternal (no process
///          can be made), one line.
[[nodiscard]] Result<std::vector<Outcome>> run_rules(const Subject& subject,
                                                     std::span<const Rule> rules,
                                                     const RunOptions& options);

}  // namespace prx::check
