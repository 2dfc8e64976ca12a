// What the attempts of a call say, and what of it the caller is given.

#include <algorithm>
#include <utility>

#include "client/abi_convert.hpp"
#include "client/catalog_use.hpp"
#include "client/chat_call.hpp"
#include "client/json_reading.hpp"
#include "client/measure.hpp"
#include "prx/sdk/json_edit.hpp"
#include "telemetry/attempt_line.hpp"

namespace prx::driver {

namespace {

/// Of kFinish, kUsage and kOther only those who send an answer on want to hear.
std::optional<StreamEvent::Type> type_of(std::uint32_t type, bool frames) {
  switch (type) {
    case PRX_EV_META:
      return StreamEvent::Type::kMeta;
    case PRX_EV_TEXT:
      return StreamEvent::Type::kText;
    case PRX_EV_REASONING:
      return StreamEvent::Type::kReasoning;
    case PRX_EV_TOOL_CALL:
      return StreamEvent::Type::kToolCallDelta;
    case PRX_EV_ITEM:
      return StreamEvent::Type::kItem;
    case PRX_EV_PROGRESS:
      return StreamEvent::Type::kProgress;
    case PRX_EV_FINISH:
      return frames ? std::optional(StreamEvent::Type::kFinish) : std::nullopt;
    case PRX_EV_USAGE:
      return frames ? std::optional(StreamEvent::Type::kUsage) : std::nullopt;
    case PRX_EV_RAW:
      return frames ? std::optional(StreamEvent::Type::kOther) : std::nullopt;
    default:
      return std::nullopt;
  }
}

/// What META says about the key's rate limit; nullopt: nothing that can be read.
std::optional<Milliseconds> next_request_of(std::string_view json) {
  const auto about = json::ObjectIndex::parse(json);
  const auto ms = number_of<std::int64_t>(about ? about->find("next_request_ms") : std::nullopt);
  return ms && *ms >= 1 ? std::optional(Milliseconds(*ms)) : std::nullopt;
}

/// What the host finds wrong with an answer names nobody; who reads it wants to know whose it was.
Error of_provider(AttemptRun& run, Error error) {
  if (run.operation() != nullptr)
    error.message =
        "provider '" + run.operation()->instance().config().name + "': " + error.message;
  return error;
}

bool is_content(const StreamEvent& event) {
  return event.type == StreamEvent::Type::kText || event.type == StreamEvent::Type::kReasoning ||
         event.type == StreamEvent::Type::kToolCallDelta;
}

}  // namespace

Error ChatCall::too_much_held_back() {
  Error error;
  error.error_class = ErrorClass::kBadResponse;
  error.message = "more than 1024 events before the first token, or 64 MiB held back";
  return error;
}

// --- what an attempt says

void ChatCall::on_run_head(AttemptRun& run) {
  if (ended_ || engine_->ended()) return;
  engine_->on_head(run.number(), runtime_.loop.now());
  arm_timer();
}

void ChatCall::on_run_event(AttemptRun& run, const prx_event& event) {
  if (ended_) return;
  if (const auto taken = run.answer().take(event); !taken) return broken(run, taken.error());
  const MonotonicTime now = runtime_.loop.now();
  switch (event.type) {
    case PRX_EV_TEXT:
    case PRX_EV_REASONING:
    case PRX_EV_TOOL_CALL:
      if (event.type == PRX_EV_TOOL_CALL) engine_->forbid_continue();
      if (run.stream) content(run, now);
      break;
    case PRX_EV_PROGRESS:
      engine_->on_progress(run.number(), now);
      break;
    case PRX_EV_META:
      if (event.json.len == 0) break;
      if (const auto wait = next_request_of(view(event.json)))
        engine_->on_exhausted(run.number(), *wait, now);
      break;
    case PRX_EV_FINISH:
      if (!run.answer().all_finished()) break;
      engine_->on_finish_reason(run.number(), now);
      arm_timer();
      break;
    default:
      break;
  }
  if (!ended_ && !run.over()) pass_on(run, event);
}

void ChatCall::content(AttemptRun& run, MonotonicTime now) {
  const bool first = !run.first_token;
  if (first) {
    run.first_token = now;
    run.operation()->start_idle_clock(plan_.plan_target(run.start().target).clocks.idle);
  }
  engine_->on_content(run.number(), now, actions_);
  if (!actions_.empty()) return perform();
  if (first) arm_timer();  // another clock runs from here on, and perhaps that of the hold
}

void ChatCall::on_run_end(AttemptRun& run, const Error* error) {
  if (ended_) return;
  run_ended(run, error != nullptr ? std::optional(*error) : std::nullopt);
}

/// The attempt cannot be trusted any more: it is cancelled and counts as failed.
void ChatCall::broken(AttemptRun& run, const Error& error) {
  run.abandon();
  if (error.error_class == ErrorClass::kInternal)
    run.operation()->instance().misbehaved(error.message);
  run_ended(run, of_provider(run, error));
}

/// An attempt is over. A good answer is checked here, before the engine believes it.
void ChatCall::run_ended(AttemptRun& run, std::optional<Error> error) {
  if (!error) {
    const bool any = plan_.options.malformed_tool_arguments;
    auto whole = plan_.is_chat()
                     ? run.answer().complete(any ? ToolArguments::kAny : ToolArguments::kJson)
                     : run.answer().complete_item();
    if (!whole) error = of_provider(run, std::move(whole).error());
  }
  if (!error && run.wants_json) {
    if (auto json = run.answer().check_json(); !json) {
      error = of_provider(run, std::move(json).error());
      // Who has read all of it cannot be given another one in its place.
      if (run.number() == committed_) engine_->forbid_rescue();
    }
  }
  if (!error && !run.stream) tell_whole(run);
  if (ended_ || find(run.number()) != &run) return;
  const MonotonicTime now = runtime_.loop.now();
  const bool rescues = run.start().mode != reliability::Mode::kWhole && !run.spliced;
  before_choice();
  if (!error && rescues) {
    if (run.splice && !run.splice->caught_up()) {
      engine_->on_differs(run.number(), now, actions_);
      return perform();
    }
    spliced(run);
  }
  if (error) prepare_rescue(run);
  close_run(run, error ? &*error : nullptr);
  engine_->on_end(run.number(), error, now, actions_);
  if (error) bury(run);
  perform();
}

// --- what the caller is given

void ChatCall::pass_on(AttemptRun& run, const prx_event& event) {
  const auto type = type_of(event.type, plan_.options.frames);
  if (!type || (*type == StreamEvent::Type::kToolCallDelta && !plan_.options.tool_call_deltas))
    return;
  StreamEvent out;
  out.type = *type;
  out.choice = event.choice;
  out.index = event.index;
  out.text = view(event.text);
  out.id = view(event.id);
  out.name = view(event.name);
  out.json = view(event.json);
  out.frame = view(event.frame);
  out.same_frame = (event.flags & PRX_EVF_SAME_FRAME) != 0;
  if (*type == StreamEvent::Type::kFinish) out.text = to_string(finish_of(event.finish));
  const bool delta = out.type == StreamEvent::Type::kToolCallDelta;
  if (delta && run.spliced && run.splice) out.index = run.splice->known_index(out.index);
  if (out.type == StreamEvent::Type::kProgress) return deliver(out);
  if (run.stream) return give(run, out);
  if (!run.hold(out)) broken(run, too_much_held_back());
}

/// A good answer that came in one piece. It was held back until here, so that the caller is given
/// no word of one that turns out to be none.
void ChatCall::tell_whole(AttemptRun& run) {
  // Pieces of tool calls are not held for those who want them whole.
  if (!run.answer().tool_calls().empty()) content(run, runtime_.loop.now());
  if (ended_ || find(run.number()) != &run) return;
  for (const auto& held : run.take_held()) {
    const StreamEvent event = held.view();
    if (is_content(event)) content(run, runtime_.loop.now());
    if (ended_ || find(run.number()) != &run) return;
    give(run, event);
  }
}

void ChatCall::give(AttemptRun& run, const StreamEvent& out) {
  if (run.number() == committed_) {
    const StreamEvent told = reframed(run, out);
    // How it ended is told once it is sure that it did: see Finish.
    if (!plan_.options.frames || !run.answer().all_finished()) return deliver(told);
    if (!run.hold(told)) broken(run, too_much_held_back());
    return;
  }
  if (run.start().mode != reliability::Mode::kWhole) return rescue_with(run, out);
  if (!run.hold(out)) broken(run, too_much_held_back());
}

/// Of an attempt that goes on where another broke: a frame is the caller's only as long as all that
/// it says is new, under the ids that the caller knows.
StreamEvent ChatCall::reframed(AttemptRun& run, StreamEvent event) const {
  if (!run.splice) return event;
  run.frame_cut = (run.frame_cut && event.same_frame) || !delivered_.tool_calls.empty();
  if (run.frame_cut) {
    event.frame = {};
    event.same_frame = false;
  }
  return event;
}

void ChatCall::deliver(const StreamEvent& event) {
  if (event.type == StreamEvent::Type::kToolCallDelta) {
    engine_->forbid_continue();
    if (any_tool_ && event.index != last_tool_) engine_->forbid_rescue();  // one is complete
    any_tool_ = true;
    last_tool_ = event.index;
  }
  if (event.choice != 0) engine_->forbid_rescue();
  if (is_content(event) && !any_delivered_) {
    any_delivered_ = true;
    first_delivered_ = runtime_.loop.now();
  }
  if (sink_ != nullptr) sink_->on_event(event);
}

void ChatCall::deliver_tool_calls(Answer& answer) {
  for (const auto& call : answer.tool_calls()) {
    StreamEvent out;
    out.type = StreamEvent::Type::kToolCall;
    out.choice = call.choice;
    out.index = call.index;
    out.id = call.call.id;
    out.name = call.call.name;
    out.text = call.call.arguments;
    out.json = call.call.json;
    if (sink_ != nullptr) sink_->on_event(out);
  }
}

// --- the rescue of a stream that broke

/// Keeps what the caller was given by an attempt that ends without an answer.
void ChatCall::prepare_rescue(AttemptRun& run) {
  if (run.number() != committed_) return;
  partial_ = std::make_unique<ChatResponse>(run.answer().response());
  delivered_ = {};
  delivered_.text = partial_->text;
  if (!plan_.options.tool_call_deltas) return;
  for (const auto& call : run.answer().tool_calls())
    if (call.choice == 0)
      delivered_.tool_calls.push_back(
          {call.index, call.call.id, call.call.name, call.call.arguments});
}

/// An event of an attempt that is to go on where another stopped.
void ChatCall::rescue_with(AttemptRun& run, StreamEvent event) {
  using Fate = reliability::Splice::Fate;
  if (event.type == StreamEvent::Type::kOther) return;  // the caller had its like
  // Of another choice nothing was delivered; what ends the answer is told with it.
  if (!is_content(event) || (run.splice && event.choice != 0)) {
    if (!run.hold(event)) broken(run, too_much_held_back());
    return;
  }
  if (run.splice) {
    if (event.type == StreamEvent::Type::kReasoning) return;  // of one attempt only
    const bool text = event.type == StreamEvent::Type::kText;
    const auto step = text ? run.splice->text(event.text)
                           : run.splice->tool_call(event.index, event.name, event.text);
    if (!text)
      run.answer().rename_tool_call(event.index, run.splice->known_id(event.index, event.id));
    if (step.fate == Fate::kBehind) return;
    if (step.fate == Fate::kDiffers) {
      before_choice();
      engine_->on_differs(run.number(), runtime_.loop.now(), actions_);
      return perform();
    }
    event.text = step.fresh;
    event.frame = {};  // it holds more than is new
    event.same_frame = false;
    run.frame_cut = true;  // what else it says comes without it
    if (!text) {
      event.id = run.splice->known_id(event.index, event.id);
      event.index = run.splice->known_index(event.index);
    }
  } else if (any_delivered_ && delivered_.empty()) {
    StreamEvent restart;
    restart.type = StreamEvent::Type::kRestart;
    deliver(restart);
  }
  spliced(run);
  deliver(event);
}

/// The caller sees what this attempt says from now on.
void ChatCall::spliced(AttemptRun& run) {
  run.spliced = true;
  committed_ = run.number();
  if (run.has_format) engine_->forbid_continue();
  engine_->on_spliced(run.number());
  if (!deliver_held(run)) broken(run, too_much_held_back());
}

/// All but what ends the answer, which is told once it is sure that it did: see Finish. False:
/// there is no room for it.
bool ChatCall::deliver_held(AttemptRun& run) {
  bool is_end = false;
  for (const auto& held : run.take_held()) {
    StreamEvent event = held.view();
    if (run.splice) {
      event.frame = {};  // its first words are in it, and were delivered
      event.same_frame = false;
    }
    is_end = is_end || (event.type == StreamEvent::Type::kFinish && run.answer().all_finished());
    if (!is_end)
      deliver(event);
    else if (!run.hold(event))
      return false;
  }
  return true;
}

// --- the trail

/// Writes the attempt into the trail. An attempt that never began is in it too.
void ChatCall::close_run(AttemptRun& run, const Error* error) {
  const ProviderConfig& config = plan_.target(run.start().target).instance->config();
  Attempt& attempt = trail_.emplace_back(run.trail(config, runtime_.loop.now(), error));
  if (plan_.prices_known && plan_.target(run.start().target).priced && !attempt.cost)
    estimate_cost(attempt, plan_.target(run.start().target).priced->facts);
  tell(attempt);
  if (runtime_.metrics == nullptr) return;
  const std::string_view finish =
      error == nullptr ? to_string(run.answer().response().finish_reason) : std::string_view{};
  measure_attempt(runtime_, {operation_of(plan_.path), plan_.request_id}, config, attempt, finish);
}

void ChatCall::tell(const Attempt& attempt) const {
  log_attempt(attempt);
  if (sink_ != nullptr && plan_.options.on_attempt) plan_.options.on_attempt(attempt);
}

void ChatCall::tell_skipped() {
  for (Attempt& attempt : plan_.skipped) tell(trail_.emplace_back(std::move(attempt)));
  plan_.skipped.clear();
}

void ChatCall::log_attempt(const Attempt& attempt) const {
  const LogLevel level = attempt.error ? LogLevel::kInfo : LogLevel::kDebug;
  if (!runtime_.log.enabled(level)) return;
  runtime_.log.write(level, attempt_line(plan_.request_id, attempt));
}

AttemptRun* ChatCall::find(reliability::AttemptNumber attempt) {
  for (const auto& run : runs_)
    if (run->number() == attempt) return run.get();
  return nullptr;
}

/// It may be on the call stack: it is destroyed with the call.
void ChatCall::bury(AttemptRun& run) {
  const auto found =
      std::find_if(runs_.begin(), runs_.end(), [&](const auto& one) { return one.get() == &run; });
  if (found == runs_.end()) return;
  buried_.push_back(std::move(*found));
  runs_.erase(found);
}

}  // namespace prx::driver
