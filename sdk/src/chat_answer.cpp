#include "chat_answer.hpp"

#include "json_scan.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::sdk {
namespace {

struct ItemName {
  RawMember member;
  std::string_view name;
};
constexpr ItemName kItems[] = {
    {RawMember::kAnnotations, "annotations"},
    {RawMember::kImages, "images"},
    {RawMember::kAudio, "audio"},
    {RawMember::kRefusal, "refusal"},
    {RawMember::kLogprobs, "logprobs"},
};

std::uint32_t finish_of(std::string_view reason) {
  if (reason == "stop") return PRX_FINISH_STOP;
  if (reason == "length") return PRX_FINISH_LENGTH;
  if (reason == "tool_calls" || reason == "function_call") return PRX_FINISH_TOOL_CALLS;
  if (reason == "content_filter") return PRX_FINISH_CONTENT_FILTER;
  return PRX_FINISH_OTHER;
}

std::string string_member(const json::ObjectIndex& object, std::string_view key) {
  const auto value = object.find(key);
  return value ? json::unquoted(*value).value_or(std::string()) : std::string();
}

}  // namespace

Answer::Choice& Answer::choice(std::uint32_t index) {
  for (Choice& known : choices_)
    if (known.index == index) return known;
  choices_.emplace_back().index = index;
  return choices_.back();
}

ChunkOutcome Answer::apply(const Chunk& chunk, std::string_view frame) {
  ++frame_number_;
  meta(chunk);
  raw_frame(chunk, frame);
  error_json_ = chunk.error == "false" || chunk.error == "\"\"" ? std::string_view() : chunk.error;
  bool error_finish = false;
  for (const ChunkChoice& delta : chunk.choices) {
    if (!apply_choice(chunk, delta)) return ChunkOutcome::kTooManyCalls;
    if (error_json_.empty()) error_json_ = delta.raw_of(RawMember::kError);
    error_finish |= delta.finish_reason == "error";
  }
  if (!chunk.usage.empty() && chunk.usage.front() == '{') {
    has_usage_ = true;
    usage_json_ = chunk.usage;
    usage_ = read_usage(chunk.usage);
  }
  if (!error_json_.empty()) return ChunkOutcome::kErrorObject;
  if (!error_finish && all_finished()) flush_finish_reasons();
  return error_finish ? ChunkOutcome::kErrorFinish : ChunkOutcome::kGoOn;
}

void Answer::meta(const Chunk& chunk) {
  if (meta_done_ || emitter_.any()) return;
  if (chunk.id.empty() && chunk.model.empty() && chunk.provider.empty()) return;
  meta_done_ = true;
  emitter_.meta(chunk.id.empty() ? std::string_view(head_id_) : chunk.id, chunk.model,
                chunk.provider);
  flush_early_raw();
}

void Answer::raw_frame(const Chunk& chunk, std::string_view frame) {
  constexpr std::size_t kEarlyMax = 8;  // frames that wait for META, so that it can be first
  const bool nothing = chunk.choices.empty() && chunk.usage.empty() && chunk.error.empty();
  if (chunk.debug.empty() && !nothing) return;
  if (meta_done_ || emitter_.any()) return emitter_.raw(frame);
  if (early_raw_.size() < kEarlyMax) early_raw_.emplace_back(frame);
}

void Answer::flush_early_raw() {
  for (const std::string& frame : early_raw_) emitter_.raw(frame);
  early_raw_.clear();
}

void Answer::content(std::uint32_t type, std::uint32_t choice_index, std::string_view text) {
  if (choice(choice_index).finish_sent) return;
  flush_early_raw();
  any_content_ = true;
  emitter_.text(type, choice_index, text);
}

bool Answer::apply_choice(const Chunk& chunk, const ChunkChoice& delta) {
  if (choice(delta.index).finish_sent) return true;
  if (!delta.reasoning.empty()) content(PRX_EV_REASONING, delta.index, delta.reasoning);
  if (const auto details = delta.raw_of(RawMember::kReasoningDetails); !details.empty()) {
    flush_early_raw();
    any_content_ = true;
    emitter_.item(delta.index, "reasoning_details", {}, details);
  }
  if (!delta.content.empty()) content(PRX_EV_TEXT, delta.index, delta.content);
  if (delta.has_raw) {
    parts(delta.index, delta.raw_of(RawMember::kContent));
    items(delta);
  }
  if (!tool_calls(chunk, delta)) return false;
  finish_reason(delta);
  return true;
}

/// content as an array of parts, as some answers have it.
void Answer::parts(std::uint32_t choice_index, std::string_view array) {
  if (array.empty()) return;
  if (array.front() != '[') return part(choice_index, array);
  json::scan::for_each_element(array, [&](std::string_view element) {
    part(choice_index, element);
    return true;
  });
}

void Answer::part(std::uint32_t choice_index, std::string_view text) {
  if (!text.empty() && text.front() == '"') {
    const std::string plain = json::unquoted(text).value_or(std::string());
    if (!plain.empty()) content(PRX_EV_TEXT, choice_index, plain);
    return;
  }
  const Result<json::ObjectIndex> object = json::ObjectIndex::parse(text);
  if (!object) return;
  const std::string type = string_member(*object, "type");
  if (type == "text" || type == "output_text") {
    const std::string plain = string_member(*object, "text");
    if (!plain.empty()) content(PRX_EV_TEXT, choice_index, plain);
    return;
  }
  flush_early_raw();
  any_content_ = true;
  emitter_.item(choice_index, "content_part", type, text);
}

void Answer::items(const ChunkChoice& delta) {
  for (const ItemName& item : kItems) {
    const std::string_view json = delta.raw_of(item.member);
    if (json.empty()) continue;
    flush_early_raw();
    any_content_ |= item.member != RawMember::kLogprobs;
    emitter_.item(delta.index, item.name, {}, json);
  }
}

bool Answer::tool_calls(const Chunk& chunk, const ChunkChoice& delta) {
  for (std::size_t i = delta.tools_begin; i < delta.tools_end; ++i) {
    const ChunkToolCall& piece = chunk.tool_calls[i];
    ToolCallTracker& tools = choice(delta.index).tools;
    const auto found = tools.resolve(piece, frame_number_, delta.whole_message);
    if (!found) return false;
    any_content_ = true;
    tool_call(delta.index, *found, tools.at(*found), piece.arguments);
  }
  return true;
}

void Answer::tool_call(std::uint32_t choice_index, std::size_t index, ToolCall& call,
                       std::string_view arguments) {
  const auto number = static_cast<std::uint32_t>(index);
  flush_early_raw();
  call.has_arguments |= !arguments.empty();
  if (call.announced) {
    if (!arguments.empty()) emitter_.tool_call(choice_index, number, {}, {}, arguments);
    return;
  }
  call.held_arguments += arguments;
  if (call.name.empty()) return;
  call.announced = true;
  emitter_.tool_call(choice_index, number, call.id, call.name, call.held_arguments);
  call.held_arguments = {};
}

void Answer::flush_nameless_calls() {
  for (Choice& each : choices_)
    for (std::size_t i = 0; i < each.tools.size(); ++i) {
      ToolCall& call = each.tools.at(i);
      if (call.announced) continue;
      call.announced = true;
      emitter_.tool_call(each.index, static_cast<std::uint32_t>(i), call.id, {},
                         call.held_arguments);
    }
}

void Answer::finish_reason(const ChunkChoice& delta) {
  if (delta.finish_reason.empty() || delta.finish_reason == "error") return;
  Choice& ending = choice(delta.index);
  if (ending.finished) return;
  ending.finished = true;
  ending.finish = finish_of(delta.finish_reason);
  ending.reason =
      delta.native_finish_reason.empty() ? delta.finish_reason : delta.native_finish_reason;
}

bool Answer::any_finish() const {
  for (const Choice& each : choices_)
    if (each.finished) return true;
  return false;
}

bool Answer::all_finished() const {
  for (const Choice& each : choices_)
    if (!each.finished) return false;
  return !choices_.empty();
}

bool Answer::is_empty() const {
  if (any_content_ || (has_usage_ && usage_.completion_tokens > 0)) return false;
  for (const Choice& each : choices_)
    if (each.finish == PRX_FINISH_CONTENT_FILTER) return false;
  return true;
}

void Answer::flush_end() {
  flush_finish_reasons();
  if (has_usage_) emitter_.usage(usage_, usage_json_);
}

void Answer::flush_finish_reasons() {
  flush_early_raw();
  flush_nameless_calls();
  for (Choice& each : choices_) {
    if (!each.finished || each.finish_sent) continue;
    each.finish_sent = true;
    const bool calls = each.finish == PRX_FINISH_STOP && each.tools.size() > 0;
    const std::uint32_t finish = calls ? std::uint32_t{PRX_FINISH_TOOL_CALLS} : each.finish;
    emitter_.finish(each.index, finish, each.reason);
  }
}

void Answer::flush_before_error() {
  flush_early_raw();
  if (has_usage_) emitter_.usage(usage_, usage_json_);
}

}  // namespace prx::sdk
