#include "client/tool_run.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "client/whole_characters.hpp"
#include "prx/sdk/json_edit.hpp"
#include "prx/sdk/json_peek.hpp"

namespace prx::driver {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kNotText = "the result is not UTF-8 text";

Unexpected<Error> problem(std::string text) {
  return fail(ErrorClass::kInvalidRequest, std::move(text));
}

/// Tells how long it lived.
class Watch {
 public:
  explicit Watch(std::chrono::microseconds& out) : out_(out) {}
  ~Watch() { out_ = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin_); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  std::chrono::microseconds& out_;
  const Clock::time_point begin_ = Clock::now();
};

/// The calls of one round that still run.
class Pending {
 public:
  explicit Pending(std::size_t count) : left_(count) {}

  void one_done() {
    const std::lock_guard lock(mutex_);
    if (--left_ == 0) done_.notify_all();  // under the lock: the waiter owns this object
  }
  [[nodiscard]] bool wait_until(MonotonicTime until) {
    std::unique_lock lock(mutex_);
    return done_.wait_until(lock, until, [this] { return left_ == 0; });
  }
  void wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t left_;
};

/// Enough of refused arguments for the model to know them by.
std::string beginning(std::string_view arguments) {
  constexpr std::size_t kQuotedMax = 200;  // bytes
  if (arguments.size() <= kQuotedMax) return std::string(arguments);
  return std::string(whole_characters(arguments, kQuotedMax)) + "...";
}

}  // namespace

std::optional<std::string> arguments_problem(std::string_view arguments) {
  if (arguments.size() > ToolBox::kArgumentsMax)
    return "the arguments are longer than " + std::to_string(ToolBox::kArgumentsMax) + " bytes";
  if (auto valid = json::validate(arguments, ToolBox::kDepthMax); !valid)
    return "the arguments are not JSON of at most " + std::to_string(ToolBox::kDepthMax) +
           " levels: " + valid.error().message;
  if (!json::begins_object(arguments)) return "the arguments are not a JSON object";
  return std::nullopt;
}

std::optional<std::string> tellable(std::string result) {
  const std::size_t size = result.size();
  if (size > ToolBox::kResultMax)
    result.resize(whole_characters(result, ToolBox::kResultMax).size());
  if (!json::is_utf8(result)) return std::nullopt;
  if (size > ToolBox::kResultMax)
    result +=
        "\n[cut here: the result is longer than " + std::to_string(ToolBox::kResultMax) + " bytes]";
  return result;
}

ToolRunner::ToolRunner(const ToolBox& tools, const RunOptions& options)
    : tools_(tools),
      options_(options),
      workers_({static_cast<std::size_t>(std::clamp(options.parallel_max, 1, kParallelMax)),
                Workers::Options{}.queue_max}) {}

ToolRound ToolRunner::run(const std::vector<ToolCall>& calls, const std::stop_token& stop,
                          const std::optional<MonotonicTime>& until) {
  ToolRound round;
  round.runs.resize(calls.size());
  Pending pending(calls.size());
  std::stop_source ending;
  const std::stop_callback by_caller(stop, [&ending] { ending.request_stop(); });
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto task = [this, &round, &pending, &calls, i, token = ending.get_token()] {
      round.runs[i] = execute(calls[i], token);
      pending.one_done();
    };
    if (workers_.run(task)) continue;
    round.runs[i] = {calls[i], "error: the program has no thread left to run it", true, {}};
    tell(round.runs[i]);
    pending.one_done();
  }
  if (until && !pending.wait_until(*until)) {
    round.stopped = ToolsStopped::kByDeadline;
    ending.request_stop();
  }
  pending.wait();
  if (stop.stop_requested()) round.stopped = ToolsStopped::kByCaller;
  return round;
}

ToolRun ToolRunner::execute(const ToolCall& call, const std::stop_token& stop) {
  ToolRun run;
  run.call = call;
  auto result = result_of(run, stop);
  if (result) {
    auto text = tellable(std::move(*result));
    run.failed = !text.has_value();
    run.result = text ? std::move(*text) : "error: " + std::string(kNotText);
  } else {
    run.failed = true;
    run.result = tellable("error: " + result.error().message)
                     .value_or("error: the message of the failure is not UTF-8 text");
  }
  tell(run);
  return run;
}

/// Whatever a function throws is its failure, and no reason to end the program.
Result<std::string> ToolRunner::result_of(ToolRun& run, const std::stop_token& stop) const {
  const ToolCall& call = run.call;
  const auto* const entry = tools_.find(call.name);
  if (entry == nullptr) return problem("there is no tool named '" + call.name + "'");
  if (const auto wrong = arguments_problem(call.arguments))
    return problem(*wrong + "; they were: " + beginning(call.arguments));
  if (stop.stop_requested()) return problem("stopped before it ran");
  const ToolInput input{call.name, call.arguments, call.id, stop};
  try {
    if (options_.consent) PRX_TRY(options_.consent(input));
    if (stop.stop_requested()) return problem("stopped before it ran");  // while a person thought
    const Watch watch(run.took);
    return entry->second(input);
  } catch (const std::exception& thrown) {
    return problem(thrown.what());
  } catch (...) {
    return problem("the tool threw something that is no exception");
  }
}

void ToolRunner::tell(const ToolRun& run) {
  if (!options_.on_tool) return;
  const std::lock_guard one(telling_);
  options_.on_tool(run);
}

}  // namespace prx::driver
