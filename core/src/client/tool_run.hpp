/// \file tool_run.hpp
/// Executes the tool calls of one answer: checks what the model wrote, calls the functions on
/// threads, and makes results of whatever happens.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "http/workers.hpp"
#include "monotonic_time.hpp"
#include "prx/tool_box.hpp"

namespace prx::driver {

inline constexpr int kParallelMax = 64;  ///< RunOptions::parallel_max

/// Why the functions of a round were told to stop.
enum class ToolsStopped { kNo, kByCaller, kByDeadline };

struct ToolRound {
  std::vector<ToolRun> runs;  ///< in the order of the calls
  ToolsStopped stopped = ToolsStopped::kNo;
};

/// The threads that run the functions, and nothing of a run outlives it. One thread uses it.
class ToolRunner {
 public:
  /// Both are borrowed. Of the options: parallel_max, consent, on_tool.
  ToolRunner(const ToolBox& tools, const RunOptions& options);

  /// Executes the calls and waits for every one of them, also when `stop` or `until` tells them to
  /// end: then those that did not begin yet are not called at all. Blocks.
  [[nodiscard]] ToolRound run(const std::vector<ToolCall>& calls, const std::stop_token& stop,
                              const std::optional<MonotonicTime>& until);

 private:
  [[nodiscard]] ToolRun execute(const ToolCall& call, const std::stop_token& stop);
  /// \param run  of that call; its `took` is set when the function was called.
  [[nodiscard]] Result<std::string> result_of(ToolRun& run, const std::stop_token& stop) const;
  void tell(const ToolRun& run);

  const ToolBox& tools_;
  const RunOptions& options_;
  std::mutex telling_;
  Workers workers_;  ///< last: joined first
};

/// What is wrong with arguments that a model wrote, or nullopt: they are one JSON object within
/// ToolBox's limits.
[[nodiscard]] std::optional<std::string> arguments_problem(std::string_view arguments);

/// A result as the model is told it: at most ToolBox::kResultMax bytes of text, whole characters,
/// and after a cut a line that says so. nullopt: it is not UTF-8.
[[nodiscard]] std::optional<std::string> tellable(std::string result);

}  // namespace prx::driver
