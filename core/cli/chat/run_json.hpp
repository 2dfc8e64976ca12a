/// \file run_json.hpp
/// What `prx chat --json` prints of a run with tools, and the line about each tool. Pure.
#pragma once

#include <string>
#include <vector>

#include "prx/conversation.hpp"
#include "prx/tool_box.hpp"

namespace prx::cli {

/// The object of the last answer (or of the failure), as answer_json() wrote it, with two members
/// more: "rounds", each with its "answer" and its "tools", and "total", what all of it used and
/// cost. Ends with a line feed.
[[nodiscard]] std::string run_json(std::string answer, const std::vector<Round>& rounds,
                                   const ConversationUsage& total);

/// "tool weather({"city":"Paris"}): 12 bytes, 34 ms", or why it failed. What a model wrote is cut
/// to a bounded length.
[[nodiscard]] std::string tool_line(const ToolRun& run);

/// What is added to the status line of a run of more than one answer: " | 3 answers, 2 tool calls,
/// $0.0012 in all"; else "".
[[nodiscard]] std::string run_summary(const std::vector<Round>& rounds,
                                      const ConversationUsage& total);

/// The line about a run that has no answer although some were paid for: "2 answers, 1 tool call,
/// $0.0008 in all"; else "".
[[nodiscard]] std::string failed_run_summary(const RunError& error);

/// What one run used.
[[nodiscard]] ConversationUsage usage_of(const std::vector<Round>& rounds);
/// The same of one that failed, with the call that did.
[[nodiscard]] ConversationUsage usage_of(const RunError& error);

}  // namespace prx::cli
