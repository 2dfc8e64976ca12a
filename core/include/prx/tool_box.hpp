/// \file tool_box.hpp
/// ToolBox: C++ functions that a model may call; and what Client::run() is told and answers.
///
///     prx::ToolBox tools;
///     tools.add({"add", "Adds two numbers", R"({"type":"object","properties":{...}})", {}, {}},
///               [](const prx::ToolInput& input) -> prx::Result<std::string> { ... });
///     auto done = client->run(talk, tools);
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prx/chat.hpp"
#include "prx/client.hpp"
#include "prx/conversation.hpp"
#include "prx/export.hpp"

namespace prx {

/// What a function is called with; borrowed for the call. A model wrote the arguments: they are
/// checked to be one JSON object within ToolBox's limits, and nothing else about them.
struct ToolInput {
  std::string_view name;
  std::string_view arguments;  ///< JSON object text, byte for byte as the model wrote it
  std::string_view call_id;    ///< no other call of the same answer has it
  /// Requested when nobody wants the result any more: the run was cancelled, or its deadline is
  /// over. Client::run() still waits for the function, since what it captured belongs to the
  /// caller: one that may take long looks at this, and one that ignores it holds run() up.
  std::stop_token stop;
};

/// Its result is UTF-8 text for the model. An error is told to the model too, as a result that
/// begins with "error: " and goes on with its message; so is an exception, by its what(). Called on
/// worker threads, several at once; it may use the client.
using ToolFunction = std::function<Result<std::string>(const ToolInput& input)>;

/// The functions of a program by their names. Immutable while a run uses it.
class ToolBox {
 public:
  static constexpr std::size_t kToolsMax = 128;
  static constexpr std::size_t kArgumentsMax = 1u << 20;  ///< bytes of one call's arguments
  static constexpr int kDepthMax = 64;                    ///< levels of them, and of a schema
  static constexpr std::size_t kResultMax = 1u << 20;     ///< bytes; a longer result is cut, and
                                                          ///< says so

  /// `parameters` may be "", which allows any object. Errors: kInvalidRequest naming the tool: a
  /// name that is not 1 to 64 of [A-Za-z0-9_-] or is there already, `parameters` that are no JSON
  /// object, a server's tool, no function, more than kToolsMax. Nothing has changed then.
  PRX_API Result<void> add(Tool tool, ToolFunction function);

  [[nodiscard]] PRX_API std::vector<Tool> tools() const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  /// The tool of that name, or nullptr; until the next add().
  [[nodiscard]] PRX_API const std::pair<Tool, ToolFunction>* find(std::string_view name) const;

 private:
  std::vector<std::pair<Tool, ToolFunction>> entries_;
};

/// One execution of a tool.
struct ToolRun {
  ToolCall call;        ///< its id as the conversation has it
  std::string result;   ///< what the model is told
  bool failed = false;  ///< the function said so, threw, or was not called at all: there is no such
                        ///< tool, the arguments are beyond the limits, the run was to stop
  std::chrono::microseconds took{0};  ///< of the function alone; 0: it was not called
};

/// One answer of the model, and what was done with its tool calls.
struct Round {
  ChatResponse response;
  std::vector<ToolRun> tools;  ///< in the order of the calls
};

/// How Client::run() goes. A value.
struct RunOptions {
  /// Of each call to the model. But `deadline` is of the whole run, tools included: each call gets
  /// what is left. Without it, each call has the configured one, and tools have none.
  CallOptions call;
  /// Everything but messages and tools, typed; of `tools` those that the server runs
  /// (Tool::server_tool) go along. A `tool_choice` that demands a call ("required", a function)
  /// counts for the first answer alone, since a run would never end otherwise.
  ChatRequest settings;
  static constexpr int kRoundsMax = 1'000;
  int rounds_max = 16;  ///< answers of the model, 1 to kRoundsMax; the last one's calls are not run
  int parallel_max = 8;  ///< functions at the same time, 1 to 64
  /// \name Hooks; they must not throw. The first two are called on the caller's thread
  /// @{
  /// Each event of each answer, as Client::stream() gives them; but the arguments of a kToolCall
  /// are what the model wrote, JSON or not
  std::function<void(const StreamEvent&)> on_event;
  /// Each answer when it is complete, before its tools run
  std::function<void(const ChatResponse&)> on_answer;
  /// Whether a function may be called: asked on the thread that would call it, several at once,
  /// with what it would be called with. An error is told to the model as one of the function's. A
  /// wait for a person is no part of ToolRun::took. Unset: every call may run
  std::function<Result<void>(const ToolInput&)> consent;
  /// Each execution as it ends; one at a time, on a worker's thread, or on the caller's when no
  /// worker can be started
  std::function<void(const ToolRun&)> on_tool;
  /// @}
};

/// The whole exchange.
struct RunTrail {
  std::vector<Round> rounds;  ///< the last one has the answer
  [[nodiscard]] const ChatResponse& answer() const { return rounds.back().response; }
};

/// Why a run has no answer. `attempts` and `partial` are those of the call that failed, or of the
/// answer that the run could not go on with.
struct RunError : CallError {
  using CallError::CallError;
  RunError(CallError error) : CallError(std::move(error)) {}  // NOLINT: a CallError of a run
  bool rounds_over = false;   ///< `partial` is whole, but answer number `rounds_max` calls tools
  std::vector<Round> rounds;  ///< the complete ones; the conversation has them too
  /// Tools of `partial` that ran, or were about to, when the run was stopped; the conversation has
  /// no word of them
  std::vector<ToolRun> stopped_tools;
};

using RunResult = Result<RunTrail, RunError>;

}  // namespace prx
