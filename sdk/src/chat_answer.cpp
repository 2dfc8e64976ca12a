#include "chat_answer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "error_read.hpp"
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

/// Some servers send an error without an "error" around it, in place of an answer:
/// {"object":"error","message":..}, {"code":502,"message":..}, {"type":..,"message":..},
/// {"detail":..}.
bool is_bare_error(std::string_view frame) {
  const char* const end = frame.data() + frame.size();
  const char* const begin = json::scan::skip_space(frame.data(), end);
  if (begin == end || *begin != '{') return false;
  bool named = false, words = false, coded = false, detail = false;
  json::scan::for_each_member({begin, static_cast<std::size_t>(end - begin)},
                              [&](std::string_view key, std::string_view value) {
                                if (says_nothing(value)) return;
                                named |= (key == "object" || key == "type") && value == "\"error\"";
                                words |= key == "message" && value.front() == '"';
                                coded |= key == "code" || key == "type" || key == "status";
                                detail |= key == "detail";
                              });
  return named || (words && coded) || detail;
}

/// An error, not an empty word or "0" for none.
bool is_error(std::string_view json) { return !says_nothing(json) && json != "0"; }

/// Finish reasons that say that the provider failed: the answer is not complete.
bool is_failure(std::string_view finish_reason) {
  constexpr std::array<std::string_view, 7> kFailures{"error",
                                                      "network_error",
                                                      "abort",
                                                      "aborted",
                                                      "cancelled",
                                                      "canceled",
                                                      "insufficient_system_resource"};
  return std::find(kFailures.begin(), kFailures.end(), finish_reason) != kFailures.end();
}

/// After a finish reason only what describes the answer may come, not more of it.
bool says_more(const Chunk& chunk, const ChunkChoice& delta) {
  if (!delta.content.empty() || !delta.reasoning.empty()) return true;
  for (RawMember member : {RawMember::kContent, RawMember::kRefusal, RawMember::kImages})
    if (!delta.raw_of(member).empty()) return true;
  for (std::size_t i = delta.tools_begin; i < delta.tools_end; ++i)
    if (!chunk.tool_calls[i].name.empty() || !chunk.tool_calls[i].arguments.empty()) return true;
  return false;
}

std::string string_member(const json::ObjectIndex& object, std::string_view key) {
  const auto value = object.find(key);
  return value ? text_of_token(*value) : std::string();
}

}  // namespace

bool reports_failure(const Chunk& chunk) {
  return is_error(chunk.error) ||
         std::any_of(chunk.choices.begin(), chunk.choices.end(), [](const ChunkChoice& choice) {
           return !choice.raw_of(RawMember::kError).empty() || is_failure(choice.finish_reason);
         });
}

Answer::Choice& Answer::other_choice(std::uint32_t index) {
  for (Choice& known : choices_)
    if (known.index == index) return known;
  choices_.emplace_back().index = index;
  return choices_.back();
}

ChunkOutcome Answer::apply(const Chunk& chunk, std::string_view frame) {
  ++frame_number_;
  if (holds_half_ || !chunk.halves.empty()) {
    emitter_.hide_frame();
    holds_half_ = true;
  }
  meta(chunk);
  saw_choices_ |= chunk.has_choices;
  const bool nothing = chunk.choices.empty() && chunk.usage.empty() && chunk.error.empty();
  if (nothing && is_bare_error(frame)) {
    error_json_ = frame;
    return ChunkOutcome::kErrorObject;
  }
  saw_foreign_ |= nothing && !chunk.has_choices;
  if (nothing || !chunk.debug.empty()) raw_frame(frame);
  // An error in words or numbers may have its code beside it.
  error_json_ = !is_error(chunk.error)       ? std::string_view()
                : chunk.error.front() == '{' ? chunk.error
                                             : frame;
  ChunkOutcome outcome = ChunkOutcome::kGoOn;
  bool error_finish = false;
  for (const ChunkChoice& delta : chunk.choices) {
    const ChunkOutcome own = apply_choice(chunk, delta);
    if (outcome == ChunkOutcome::kGoOn) outcome = own;
    if (error_json_.empty()) error_json_ = delta.raw_of(RawMember::kError);
    error_finish |= is_failure(delta.finish_reason);
  }
  if (holds_half_) holds_half_ = any_half();
  if (!chunk.usage.empty() && chunk.usage.front() == '{') {
    has_usage_ = usage_is_new_ = true;
    usage_json_ = chunk.usage;
    usage_ = read_usage(chunk.usage);
  }
  if (!error_json_.empty()) return ChunkOutcome::kErrorObject;
  if (outcome != ChunkOutcome::kGoOn) return outcome;
  if (error_finish) return ChunkOutcome::kErrorFinish;
  if (!all_finished()) return ChunkOutcome::kGoOn;
  if (!any_content_ && !unread().empty()) return ChunkOutcome::kUnread;
  if (!flush_finish_reasons()) return ChunkOutcome::kNamelessCall;
  flush_usage();  // now: the rest of the stream may never come
  return ChunkOutcome::kGoOn;
}

void Answer::meta(const Chunk& chunk) {
  if (meta_done_ || emitter_.any()) return;
  if (chunk.id.empty() && chunk.model.empty() && chunk.provider.empty()) return;
  meta_done_ = true;
  emitter_.meta(one_line(chunk.id.empty() ? std::string_view(head_id_) : chunk.id, kNameMax),
                one_line(chunk.model, kNameMax), one_line(chunk.provider, kNameMax), about_);
  flush_early_raw();
}

void Answer::raw_frame(std::string_view frame) {
  constexpr std::size_t kEarlyMax = 8;  // frames that wait for META, so that it can be first
  if (meta_done_ || emitter_.any()) return emitter_.raw(frame);
  if (early_raw_.size() < kEarlyMax) early_raw_.emplace_back(frame);
}

void Answer::emit_early_raw() {
  for (const std::string& frame : early_raw_) emitter_.raw(frame);
  early_raw_.clear();
}

bool Answer::content(std::uint32_t type, std::uint32_t choice_index, std::string_view text) {
  if (choice(choice_index).finished) return false;
  emit_text(type, choice_index, text);
  return true;
}

void Answer::emit_text(std::uint32_t type, std::uint32_t choice_index, std::string_view text) {
  flush_early_raw();
  any_content_ = true;
  emitter_.text(type, choice_index, text);
}

void Answer::say(std::uint32_t type, Choice& at, const Chunk& chunk, std::string_view piece) {
  if (holds_half_) {
    HalfJoiner& joiner = type == PRX_EV_TEXT ? at.text : at.reasoning;
    piece = joiner.join(piece, chunk.half_at_end(piece), joined_);
  }
  if (!piece.empty()) emit_text(type, at.index, piece);
}

bool Answer::any_half() {
  for (Choice& each : choices_) {
    if (each.text.holds() || each.reasoning.holds()) return true;
    for (std::size_t i = 0; i < each.tools.size(); ++i)
      if (each.tools.at(i).joiner.holds()) return true;
  }
  return false;
}

/// No other half comes any more. An answer that breaks off keeps its half: it was no character yet.
void Answer::flush_halves(Choice& ending) {
  static const Chunk kNone;
  const std::string_view no_more;
  say(PRX_EV_REASONING, ending, kNone, no_more);
  say(PRX_EV_TEXT, ending, kNone, no_more);
  for (std::size_t i = 0; i < ending.tools.size(); ++i)
    if (ToolCall& call = ending.tools.at(i); call.joiner.holds())
      tool_call(call, {.choice = ending.index,
                       .index = static_cast<std::uint32_t>(i),
                       .arguments = call.joiner.join({}, 0, joined_)});
}

ChunkOutcome Answer::apply_choice(const Chunk& chunk, const ChunkChoice& delta) {
  Choice& at = choice(delta.index);
  const bool repeats = delta.whole_message && at.spoke;
  if (at.finished)
    return says_more(chunk, delta) && !repeats ? ChunkOutcome::kAfterFinish : ChunkOutcome::kGoOn;
  if (!repeats && !say_words(chunk, delta, at)) return ChunkOutcome::kOddContent;
  if ((!repeats || at.tools.size() == 0) && !tool_calls(chunk, delta, at.tools))
    return ChunkOutcome::kTooManyCalls;
  if (!any_content_ && !delta.unread.empty()) note_unread(delta);
  at.spoke |= !delta.whole_message && delta.has_message();
  finish_reason(delta, at);
  if (holds_half_ && at.finished) flush_halves(at);
  return ChunkOutcome::kGoOn;
}

/// Under a name that another dialect has for text, or in place of content.
void Answer::note_unread(const ChunkChoice& delta) {
  constexpr std::size_t kMemberMax = 64;  // bytes of a name in a message
  const bool known = delta.unread == "text" || delta.unread == "function_call";
  const bool in_place = delta.content.data() == nullptr && !delta.has_raw;
  if (known || in_place) unread_ = one_line(delta.unread, kMemberMax);
}

/// False: a part of the content is none.
bool Answer::say_words(const Chunk& chunk, const ChunkChoice& delta, Choice& at) {
  if (!delta.reasoning.empty()) say(PRX_EV_REASONING, at, chunk, delta.reasoning);
  if (const auto details = delta.raw_of(RawMember::kReasoningDetails); !details.empty()) {
    flush_early_raw();
    any_content_ = true;
    emitter_.item(delta.index, "reasoning_details", {}, details);
  }
  if (!delta.content.empty()) say(PRX_EV_TEXT, at, chunk, delta.content);
  if (!delta.has_raw) return true;
  if (!parts(delta.index, delta.raw_of(RawMember::kContent))) return false;
  items(delta);
  return true;
}

/// content as an array of parts, as some answers have it. False: a part of it is none.
bool Answer::parts(std::uint32_t choice_index, std::string_view array) {
  if (array.empty()) return true;
  if (array.front() != '[') return part(choice_index, array);
  return json::scan::for_each_element(
      array, [&](std::string_view element) { return part(choice_index, element); });
}

bool Answer::part(std::uint32_t choice_index, std::string_view text) {
  if (says_nothing(text)) return true;
  if (text.front() == '"') {
    const std::string plain = text_of_token(text);
    if (!plain.empty()) emit_text(PRX_EV_TEXT, choice_index, plain);
    return true;
  }
  const Result<json::ObjectIndex> object = json::ObjectIndex::parse(text);
  const std::string type = object ? string_member(*object, "type") : std::string();
  if (type.empty()) {
    odd_part_ = text;
    return false;
  }
  if (type == "text" || type == "output_text") {
    const std::string plain = string_member(*object, "text");
    if (!plain.empty()) emit_text(PRX_EV_TEXT, choice_index, plain);
    return true;
  }
  flush_early_raw();
  any_content_ = true;
  emitter_.item(choice_index, "content_part", type, text);
  return true;
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

bool Answer::tool_calls(const Chunk& chunk, const ChunkChoice& delta, ToolCallTracker& tools) {
  for (std::size_t i = delta.tools_begin; i < delta.tools_end; ++i) {
    const ChunkToolCall& piece = chunk.tool_calls[i];
    const auto found = tools.resolve(piece, frame_number_, delta.whole_message);
    if (!found) return false;
    any_content_ = true;
    ToolCall& call = tools.at(*found);
    const std::string_view arguments =
        holds_half_ && !piece.arguments.empty()
            ? call.joiner.join(piece.arguments, chunk.half_at_end(piece.arguments), joined_)
            : piece.arguments;
    call.held_members += piece.members;
    tool_call(call, {.choice = delta.index,
                     .index = static_cast<std::uint32_t>(*found),
                     .arguments = arguments});
  }
  return true;
}

void Answer::tool_call(ToolCall& call, const ToolPiece& piece) {
  flush_early_raw();
  call.has_arguments |= !piece.arguments.empty();
  if (!call.announced) {
    call.held_arguments += piece.arguments;
    if (!call.name.empty()) announce(call, piece);
    return;
  }
  if (!piece.arguments.empty()) emitter_.tool_call(piece);
  if (!call.held_members.empty()) tell_members(call, piece);
}

void Answer::announce(ToolCall& call, const ToolPiece& of) {
  call.announced = true;
  emitter_.tool_call({of.choice, of.index, call.id, call.name, call.held_arguments});
  call.held_arguments = {};
  if (!call.held_members.empty()) tell_members(call, of);
}

void Answer::tell_members(ToolCall& call, const ToolPiece& of) {
  std::string_view rest = call.held_members;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\0');
    emitter_.tool_call({.choice = of.choice, .index = of.index, .members = rest.substr(0, end)});
    rest.remove_prefix(end + 1);
  }
  call.held_members = {};
}

/// A name may come late, but not later than the finish reason; then the call is none, unless the
/// provider itself stopped amid it.
bool Answer::flush_nameless_calls() {
  for (Choice& each : choices_)
    for (std::size_t i = 0; i < each.tools.size(); ++i) {
      ToolCall& call = each.tools.at(i);
      if (call.announced) continue;
      if (each.finish != PRX_FINISH_LENGTH && each.finish != PRX_FINISH_CONTENT_FILTER)
        return false;
      announce(call, {.choice = each.index, .index = static_cast<std::uint32_t>(i)});
    }
  return true;
}

void Answer::finish_reason(const ChunkChoice& delta, Choice& ending) {
  if (delta.finish_reason.empty() || is_failure(delta.finish_reason)) return;
  ending.finished = true;
  ending.finish = finish_of(delta.finish_reason);
  ending.reason = one_line(
      delta.native_finish_reason.empty() ? delta.finish_reason : delta.native_finish_reason,
      kNameMax);
}

bool Answer::all_finished() const {
  for (const Choice& each : choices_)
    if (!each.finished) return false;
  return !choices_.empty();
}

std::uint32_t Answer::unfinished_choice() const {
  for (const Choice& each : choices_)
    if (!each.finished) return each.index;
  return 0;
}

bool Answer::is_empty() const {
  if (any_content_ || (has_usage_ && usage_.completion_tokens > 0)) return false;
  for (const Choice& each : choices_)
    if (each.finish == PRX_FINISH_CONTENT_FILTER) return false;
  return true;
}

std::string_view Answer::unread() const {
  if (any_content_) return {};
  for (const Choice& each : choices_) {
    if (each.finish == PRX_FINISH_CONTENT_FILTER) return {};
    // Thoughts under a name of their own may have used up all tokens.
    if (each.finish == PRX_FINISH_LENGTH && unread_ != "text") return {};
  }
  return unread_;
}

void Answer::flush_end() {
  flush_early_raw();
  flush_usage();
}

void Answer::flush_usage() {
  if (std::exchange(usage_is_new_, false)) emitter_.usage(usage_, usage_json_);
}

bool Answer::flush_finish_reasons() {
  flush_early_raw();
  if (!flush_nameless_calls()) return false;
  for (Choice& each : choices_) {
    if (each.finish_sent) continue;
    each.finish_sent = true;
    const bool calls = each.finish == PRX_FINISH_STOP && each.tools.size() > 0;
    const std::uint32_t finish = calls ? std::uint32_t{PRX_FINISH_TOOL_CALLS} : each.finish;
    emitter_.finish(each.index, finish, each.reason);
  }
  return true;
}

}  // namespace prx::sdk
