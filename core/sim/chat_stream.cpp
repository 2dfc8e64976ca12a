#include "sim/chat_stream.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace prx::sim {
namespace {

constexpr std::string_view kComment = ": OPENROUTER PROCESSING\n\n";
constexpr std::string_view kDone = "data: [DONE]\n\n";
constexpr int kTokensPerComment = 8;                  ///< OpenRouter comments between tokens
constexpr std::size_t kOversizedDefault = 17u << 20;  ///< above every sane limit of a line

Framing stream_framing(const Faults& faults) {
  Framing framing;
  framing.chunked = true;
  framing.crlf = find_fault(faults, FaultKind::kCrlf) != nullptr;
  if (const Fault* split = find_fault(faults, FaultKind::kSplit)) framing.piece = split->size;
  if (const Fault* slow = find_fault(faults, FaultKind::kSlow)) {
    framing.piece = slow->size;
    framing.piece_wait = slow->delay;
  }
  return framing;
}

const Fault* find_break(const Faults& faults) {
  for (const auto& fault : faults) {
    switch (fault.kind) {
      case FaultKind::kCut:
      case FaultKind::kStall:
      case FaultKind::kTrickle:
      case FaultKind::kReset:
      case FaultKind::kMalformed:
      case FaultKind::kErrorFrame:
        return &fault;
      default:
        break;
    }
  }
  return nullptr;
}

std::string sse(std::string_view json) {
  std::string out = "data: ";
  return out.append(json).append("\n\n");
}

/// `json` is an object; puts `,"error":ERROR` before its last brace.
std::string with_error(std::string json, const std::string& error) {
  json.pop_back();
  return json += ",\"error\":" + error + '}';
}

constexpr std::size_t kBytesBeyondUFfff = 4;

/// Does `text`, which is UTF-8, begin with such a character?
bool is_beyond_u_ffff(std::string_view text) {
  return !text.empty() && static_cast<unsigned char>(text.front()) >= 0xf0;
}

/// Of the character that `text` begins with, "\\ud83d" or "\\ude00".
std::string escaped_half(std::string_view text, bool second) {
  unsigned code = static_cast<unsigned char>(text.front()) & 0x07u;
  for (const char c : text.substr(1, kBytesBeyondUFfff - 1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3fu);
  const unsigned over = code - 0x10000u;
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), "\\u%04x",
                second ? 0xdc00u | (over & 0x3ffu) : 0xd800u | over >> 10);
  return out.data();
}

/// The same inside choices[0].
std::string with_choice_error(std::string json, const std::string& error) {
  return json.insert(json.rfind("}]"), ",\"error\":" + error);
}

}  // namespace

ChatStream::ChatStream(const Dialect& dialect, AnswerNames names, Answer answer, Faults faults,
                       StreamOptions options)
    : Body(stream_framing(faults)),
      dialect_(dialect),
      names_(std::move(names)),
      answer_(std::move(answer)),
      faults_(std::move(faults)),
      options_(options),
      break_(find_break(faults_)) {}

void ChatStream::emit_event(std::string_view json, std::chrono::milliseconds wait) {
  emit(sse(json), wait);
}

void ChatStream::refill() {
  if (!opened_) return open();
  if (stalled_) return play_break();
  if (!pending_) pending_ = next_token();
  if (break_ != nullptr && (tokens_ >= break_->after || !pending_)) return play_break();
  if (!pending_) return close();
  emit_event(*pending_, token_wait());
  pending_.reset();
  ++tokens_;
  if (dialect_.is_openrouter() && tokens_ % kTokensPerComment == 0) emit(kComment, {});
}

void ChatStream::open() {
  opened_ = true;
  if (dialect_.is_openrouter()) {
    emit(kComment, {});
    emit(kComment, {});
  }
  if (dialect_.is_openrouter() || answer_.calls.empty())
    emit_event(dialect_.delta(names_, {Delta::Kind::kRole}), {});
  const Fault* late = find_fault(faults_, FaultKind::kLateToken);
  if (late == nullptr || late->comments.count() == 0) return;
  for (auto left = late->delay; left > late->comments; left -= late->comments)
    emit(kComment, late->comments);
}

std::chrono::milliseconds ChatStream::token_wait() const {
  if (tokens_ > 0) return options_.token_delay;
  const Fault* late = find_fault(faults_, FaultKind::kLateToken);
  if (late == nullptr) return options_.first_token_delay;
  if (late->comments.count() == 0 || late->delay <= late->comments) return late->delay;
  const auto rest = late->delay % late->comments;
  return rest.count() == 0 ? late->comments : rest;
}

std::optional<std::string> ChatStream::next_reasoning() {
  const auto rest = std::string_view(answer_.reasoning).substr(reasoning_at_);
  if (!rest.empty()) {
    Delta delta{Delta::Kind::kReasoning};
    delta.text = rest.substr(0, token_length(rest));
    reasoning_at_ += delta.text.size();
    return dialect_.delta(names_, delta);
  }
  if (answer_.reasoning.empty() || signed_) return std::nullopt;
  signed_ = true;
  return dialect_.delta(names_, {Delta::Kind::kSignature});
}

std::optional<std::string> ChatStream::next_tool() {
  while (call_ < answer_.calls.size()) {
    const ToolCall& call = answer_.calls[call_];
    const Fault* quirk = find_fault(faults_, FaultKind::kToolQuirk);
    const int shape = quirk == nullptr ? 0 : quirk->shape;
    Delta delta{std::exchange(call_open_, true) ? Delta::Kind::kToolArguments
                                                : Delta::Kind::kToolOpen};
    delta.index = shape == 3 ? 0 : static_cast<int>(call_);
    delta.has_index = shape != 2;
    if (delta.kind == Delta::Kind::kToolOpen) {
      if (shape != 1) delta.id = call.id;
      delta.name = call.name;
      delta.null_arguments = shape == 4;
      return dialect_.delta(names_, delta);
    }
    const auto rest = std::string_view(call.arguments).substr(argument_at_);
    if (!rest.empty()) {
      delta.text = rest.substr(0, token_length(rest));
      argument_at_ += delta.text.size();
      return dialect_.delta(names_, delta);
    }
    ++call_;
    argument_at_ = 0;
    call_open_ = false;
  }
  return std::nullopt;
}

std::optional<std::string> ChatStream::next_token() {
  if (auto reasoning = next_reasoning()) return reasoning;
  const Fault* oversized = find_fault(faults_, FaultKind::kOversized);
  if (oversized != nullptr && !std::exchange(oversized_sent_, true)) {
    const std::string text(oversized->bytes == 0 ? kOversizedDefault : oversized->bytes, 'x');
    Delta delta;
    delta.text = text;
    delta.escaped = true;  // byte by byte it would hold up every other connection
    return dialect_.delta(names_, delta);
  }
  const auto rest = std::string_view(answer_.text).substr(text_at_);
  if (rest.empty()) return next_tool();
  if (has(FaultKind::kHalfPairs)) return next_half_pair(rest);
  Delta delta;
  delta.text = rest.substr(0, token_length(rest));
  text_at_ += delta.text.size();
  return dialect_.delta(names_, delta);
}

std::string ChatStream::next_half_pair(std::string_view rest) {
  Delta delta;
  if (!is_beyond_u_ffff(rest)) {
    std::size_t size = 1;
    while (size < token_length(rest) && !is_beyond_u_ffff(rest.substr(size))) ++size;
    delta.text = rest.substr(0, size);
    text_at_ += size;
    return dialect_.delta(names_, delta);
  }
  const std::string half = escaped_half(rest, half_sent_);
  if (std::exchange(half_sent_, !half_sent_)) text_at_ += kBytesBeyondUFfff;
  delta.text = half;
  delta.escaped = true;
  return dialect_.delta(names_, delta);
}

void ChatStream::play_break() {
  const Fault& fault = *break_;
  if (fault.kind == FaultKind::kMalformed) {
    break_ = nullptr;
    return emit("data: {\"id\":\"" + names_.id + "\",\"choices\":[{\"delta\":{\"content\":\n\n",
                {});
  }
  if (fault.kind == FaultKind::kErrorFrame) return play_error_frame();
  if (fault.kind == FaultKind::kTrickle) {
    const bool begun = std::exchange(stalled_, true);
    return emit(begun ? "x" : "data: {\"id\":\"", fault.delay);
  }
  if (fault.kind == FaultKind::kStall) {
    if (fault.comments.count() == 0) return end(Ending::kStall);
    stalled_ = true;
    return emit(kComment, fault.comments);
  }
  const std::string next =
      sse(pending_ ? *pending_ : dialect_.finish(names_, answer_.finish_reason));
  emit(std::string_view(next).substr(0, fault.bytes), {});
  end(fault.kind == FaultKind::kCut ? Ending::kCut : Ending::kReset, fault.delay);
}

void ChatStream::play_error_frame() {
  VendorError error = usual_error(break_->status);
  error.form = break_->shape == 2 ? CodeForm::kWord : break_->code;
  const std::string object = dialect_.error_object(error);
  const std::string last = dialect_.finish(names_, "error");
  switch (break_->shape) {
    case 1:
    case 2:
      emit_event(with_error(last, object), {});
      break;
    case 3:
      emit_event("{\"error\":" + object + '}', {});
      break;
    case 4:
      emit_event(with_choice_error(last, object), {});
      break;
    default:
      emit("event: error\ndata: {\"error\":" + object + "}\n\n", {});
      break;
  }
  if (break_->shape == 1 || break_->shape == 4) emit(kDone, {});
  end(Ending::kComplete);
}

void ChatStream::close() {
  if (has(FaultKind::kNoFinish)) return end(Ending::kComplete);
  const bool twice = has(FaultKind::kFinishTwice);
  emit_event(dialect_.finish(names_, answer_.finish_reason), {});
  if (twice && !options_.include_usage)
    emit_event(dialect_.finish(names_, answer_.finish_reason), {});
  if (options_.include_usage)
    emit_event(dialect_.usage(names_, answer_, twice ? answer_.finish_reason : std::string_view(),
                              has(FaultKind::kUsageNoChoices)),
               {});
  if (has(FaultKind::kNoEnd)) return end(Ending::kStall);
  if (!has(FaultKind::kNoDone)) emit(kDone, {});
  end(Ending::kComplete);
}

}  // namespace prx::sim
