#include "client/tool_run_loop.hpp"

#include <algorithm>
#include <utility>

#include "client/message_json.hpp"
#include "client/op_table.hpp"
#include "client/operation.hpp"
#include "client/pull_stream.hpp"
#include "prx/sdk/json_edit.hpp"
#include "prx/sdk/json_peek.hpp"

namespace prx::driver {
namespace {

CallError error_of(ErrorClass error_class, std::string message) {
  CallError error;
  error.error_class = error_class;
  error.message = std::move(message);
  return error;
}

/// An answer that is of no use, as part of the error that says why.
CallError about(ErrorClass error_class, std::string message, ChatResponse&& answer) {
  CallError error = error_of(error_class, std::move(message));
  error.attempts = std::exchange(answer.attempts, {});
  error.partial = std::move(answer);
  return error;
}

Result<void> in_range(const char* option, int value, int max) {
  if (value >= 1 && value <= max) return {};
  return fail(ErrorClass::kInvalidRequest, std::string(option) + ": " + std::to_string(value) +
                                               " is out of range; set 1 to " + std::to_string(max));
}

std::string calls_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " tool call" : " tool calls");
}

bool has_id(const std::vector<ToolCall>& calls, std::size_t count, const std::string& id) {
  return std::any_of(calls.begin(), calls.begin() + static_cast<std::ptrdiff_t>(count),
                     [&id](const ToolCall& call) { return call.id == id; });
}

/// {"type":"allowed_tools",...} may demand a call too, but it also says which are allowed.
std::string without_demand(const std::string& choice) {
  const auto object = json::ObjectIndex::parse(choice);
  const auto allowed = object ? object->find("allowed_tools") : std::nullopt;
  if (!allowed) return {};
  const auto inner = json::ObjectIndex::parse(*allowed);
  if (!inner) return {};
  return json::ObjectEdit(*object)
      .set("allowed_tools", json::ObjectEdit(*inner).set("mode", "\"auto\"").str())
      .str();
}

/// A whole call as Chat Completions has it, with {} for its arguments.
std::string without_arguments(const std::string& call) {
  const auto object = json::ObjectIndex::parse(call);
  const auto inner = object ? object->find("function") : std::nullopt;
  if (!inner) return {};
  const auto function = json::ObjectIndex::parse(*inner);
  if (!function) return {};
  return json::ObjectEdit(*object)
      .set("function", json::ObjectEdit(*function).set("arguments", "\"{}\"").str())
      .str();
}

}  // namespace

std::vector<ToolCall> with_own_ids(std::vector<ToolCall> calls) {
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const std::string given = calls[i].id.empty() ? "call" : calls[i].id;
    for (std::size_t n = 2; calls[i].id.empty() || has_id(calls, i, calls[i].id); ++n)
      set_id(calls[i], given + "_" + std::to_string(n));
  }
  return calls;
}

std::vector<ToolCall> speakable(std::vector<ToolCall> calls) {
  for (ToolCall& call : calls) {
    if (!arguments_problem(call.arguments)) continue;
    call.arguments = "{}";
    if (!call.json.empty()) call.json = without_arguments(call.json);
  }
  return calls;
}

std::string choice_after_first(std::string choice) {
  if (choice.empty() || choice == "auto" || choice == "none") return choice;
  return json::begins_object(choice) ? without_demand(choice) : std::string();
}

ToolRunLoop::ToolRunLoop(Client& client, Conversation& conversation, const ToolBox& tools,
                         const RunOptions& options)
    : client_(client),
      conversation_(conversation),
      options_(options),
      settings_(options.settings),
      runner_(tools, options) {
  if (options.call.deadline)
    until_ = std::chrono::steady_clock::now() +
             std::clamp(*options.call.deadline, Milliseconds{0}, Operation::kWaitMax);
  settings_.messages.clear();
  std::erase_if(settings_.tools, [](const Tool& tool) { return tool.server_tool.empty(); });
  for (Tool& tool : tools.tools()) settings_.tools.push_back(std::move(tool));
}

RunResult ToolRunLoop::run() {
  if (on_prx_thread()) return Unexpected(failed(CallError(blocking_on_loop())));
  if (const auto fit = check(); !fit) return Unexpected(failed(CallError(fit.error())));
  while (true) {
    auto next = one_round();
    if (!next) return Unexpected(failed(std::move(next).error()));
    if (*next == Next::kDone) return std::move(trail_);
  }
}

Result<void> ToolRunLoop::check() const {
  PRX_TRY(in_range("rounds_max", options_.rounds_max, RunOptions::kRoundsMax));
  PRX_TRY(in_range("parallel_max", options_.parallel_max, kParallelMax));
  if (!options_.settings.raw().empty())
    return fail(ErrorClass::kInvalidRequest,
                "settings: a raw body cannot be given messages and tools; fill the members of a "
                "ChatRequest, and put what has none into `extra`");
  return {};
}

Result<ToolRunLoop::Next, CallError> ToolRunLoop::one_round() {
  ChatResult asked = ask();
  if (!asked) return Unexpected(std::move(asked).error());
  ChatResponse& answer = *asked;
  if (options_.on_answer) options_.on_answer(answer);
  if (answer.tool_calls_cut > 0) {
    const std::string what = calls_text(answer.tool_calls_cut);
    return Unexpected(about(ErrorClass::kBadResponse,
                            "the answer ended (" + std::string(to_string(answer.finish_reason)) +
                                ") in the middle of " + what +
                                ", so that none was run; raise max_tokens",
                            std::move(answer)));
  }
  if (answer.tool_calls.empty()) {
    keep(std::move(answer), {}, {});
    return Next::kDone;
  }
  PRX_TRY(run_tools(answer));
  settings_.tool_choice = choice_after_first(std::move(settings_.tool_choice));
  return Next::kAsk;
}

ChatResult ToolRunLoop::ask() {
  const ChatRequest request = conversation_.request(settings_);
  const CallOptions call = call_options();
  if (!options_.on_event) return client_.chat(request, call);
  const auto stream = client_.stream(request, call);
  while (const StreamEvent* const event = stream->next()) options_.on_event(*event);
  return stream->result();
}

CallOptions ToolRunLoop::call_options() const {
  CallOptions call = options_.call;
  call.malformed_tool_arguments = true;  // the model is told
  if (!until_) return call;
  const auto left = std::chrono::ceil<Milliseconds>(*until_ - std::chrono::steady_clock::now());
  call.deadline = std::max(left, Milliseconds{0});  // one that is over asks nobody
  call.deadline_shown = options_.call.deadline_shown.value_or(*options_.call.deadline);
  return call;
}

Result<void, CallError> ToolRunLoop::run_tools(ChatResponse& answer) {
  rounds_over_ = static_cast<int>(trail_.rounds.size()) + 1 >= options_.rounds_max;
  if (rounds_over_)
    return Unexpected(about(ErrorClass::kInvalidRequest,
                            "the model still calls tools after " +
                                std::to_string(options_.rounds_max) +
                                " answers (rounds_max); allow more, or ask for less",
                            std::move(answer)));
  std::vector<ToolCall> calls = with_own_ids(answer.tool_calls);
  ToolRound round = runner_.run(calls, options_.call.stop, until_);
  if (round.stopped != ToolsStopped::kNo) {
    stopped_runs_ = std::move(round.runs);
    CallError error = stopped(round.stopped);
    error.attempts = std::exchange(answer.attempts, {});
    error.partial = std::move(answer);
    return Unexpected(std::move(error));
  }
  keep(std::move(answer), std::move(calls), std::move(round.runs));
  return {};
}

CallError ToolRunLoop::stopped(ToolsStopped why) const {
  if (why == ToolsStopped::kByCaller)
    return error_of(ErrorClass::kCancelled, "cancelled while tools were running");
  const auto shown = options_.call.deadline_shown.value_or(*options_.call.deadline);
  return error_of(ErrorClass::kTimeout,
                  "the deadline of " + std::to_string(shown.count()) +
                      " ms passed while tools were running; allow more time, or make them faster");
}

/// An answer and the results of all its calls, together.
void ToolRunLoop::keep(ChatResponse answer, std::vector<ToolCall> calls,
                       std::vector<ToolRun> runs) {
  conversation_.add(answer);
  conversation_.messages.back().tool_calls = speakable(std::move(calls));
  for (const ToolRun& run : runs)
    conversation_.messages.push_back(Message::tool(run.call.id, run.result));
  trail_.rounds.push_back({std::move(answer), std::move(runs)});
}

RunError ToolRunLoop::failed(CallError error) {
  if (!error.attempts.empty()) conversation_.usage.add(error.partial.usage, error.attempts);
  RunError out(std::move(error));
  out.rounds_over = rounds_over_;
  out.rounds = std::move(trail_.rounds);
  out.stopped_tools = std::move(stopped_runs_);
  return out;
}

}  // namespace prx::driver
