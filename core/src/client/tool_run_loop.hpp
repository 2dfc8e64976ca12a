/// \file tool_run_loop.hpp
/// Client::run(): asks, runs tools, tells their results, and asks again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/tool_run.hpp"
#include "prx/client.hpp"
#include "prx/conversation.hpp"
#include "prx/tool_box.hpp"

namespace prx::driver {

/// One run, on the caller's thread. Everything is borrowed for it.
class ToolRunLoop {
 public:
  ToolRunLoop(Client& client, Conversation& conversation, const ToolBox& tools,
              const RunOptions& options);
  [[nodiscard]] RunResult run();

 private:
  enum class Next { kAsk, kDone };
  [[nodiscard]] Result<void> check() const;
  [[nodiscard]] Result<Next, CallError> one_round();
  [[nodiscard]] ChatResult ask();
  [[nodiscard]] CallOptions call_options() const;
  [[nodiscard]] Result<void, CallError> run_tools(ChatResponse& answer);
  [[nodiscard]] CallError stopped(ToolsStopped why) const;
  void keep(ChatResponse answer, std::vector<ToolCall> calls, std::vector<ToolRun> runs);
  [[nodiscard]] RunError failed(CallError error);

  Client& client_;
  Conversation& conversation_;
  const RunOptions& options_;
  std::optional<MonotonicTime> until_;
  ChatRequest settings_;
  ToolRunner runner_;
  RunTrail trail_;
  std::vector<ToolRun> stopped_runs_;  ///< of a round that did not become one
  bool rounds_over_ = false;
};

/// The calls of an answer, each with an id of its own: some servers repeat one.
[[nodiscard]] std::vector<ToolCall> with_own_ids(std::vector<ToolCall> calls);

/// The calls as the next turn has to say them: many servers refuse a conversation with arguments
/// that are no JSON object, so {} stands for those that were refused; the result quotes them.
[[nodiscard]] std::vector<ToolCall> speakable(std::vector<ToolCall> calls);

/// What a choice of tools becomes once the model has called one: nothing that demands a call.
[[nodiscard]] std::string choice_after_first(std::string choice);

}  // namespace prx::driver
