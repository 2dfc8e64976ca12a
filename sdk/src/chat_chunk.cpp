#include "chat_chunk.hpp"

#include <utility>

#include "chat_fields.hpp"
#include "json_scan.hpp"

namespace prx::sdk {
namespace {

/// Where in a frame the pass is. kSkip covers everything below a value that is not looked into.
enum class Place : std::uint8_t {
  kStart,
  kRoot,
  kChoices,
  kChoice,
  kDelta,
  kToolCalls,
  kToolCall,
  kFunction,
  kSkip,
};

std::optional<RawMember> raw_member(Field field) {
  switch (field) {
    case Field::kReasoningDetails:
      return RawMember::kReasoningDetails;
    case Field::kAnnotations:
      return RawMember::kAnnotations;
    case Field::kImages:
      return RawMember::kImages;
    case Field::kAudio:
      return RawMember::kAudio;
    case Field::kRefusal:
      return RawMember::kRefusal;
    case Field::kLogprobs:
      return RawMember::kLogprobs;
    case Field::kContent:
      return RawMember::kContent;
    case Field::kError:
      return RawMember::kError;
    default:
      return std::nullopt;
  }
}

constexpr std::int64_t kChoiceIndexMax = ChunkParser::kChoicesMax;
constexpr std::int64_t kNoIndex = -1;  // of a number or a text that is none

/// An index, which some servers write as a string or as 1.0.
std::int64_t index_of(std::string_view text) {
  constexpr std::size_t kDigitsMax = 9;
  if (text.ends_with(".0")) text.remove_suffix(2);
  if (text.empty() || text.size() > kDigitsMax) return kNoIndex;
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return kNoIndex;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// The SAX handler: a stack of places, the pending field, and what to do with a value there. Each
/// handler function returns false to stop the pass.
class ChunkHandler : public rapid::BaseReaderHandler<rapid::UTF8<>, ChunkHandler> {
 public:
  /// `stream` runs over a copy of `frame`.
  ChunkHandler(std::string_view frame, rapid::InsituStringStream& stream, Chunk& chunk)
      : frame_(frame), stream_(stream), copy_(stream.head_), chunk_(chunk) {}

  [[nodiscard]] ChunkFault fault() const { return fault_; }

  bool Null() { return scalar(); }
  bool Bool(bool) { return raw() && scalar(); }
  bool RawNumber(const char* text, rapid::SizeType size, bool) {
    if (field_ == Field::kIndex)
      index({text, size});
    else if (field_ != Field::kOther)  // never another in kSkip
      raw();
    return scalar();
  }

  bool String(const char* text, rapid::SizeType size, bool) {
    if (place_ == Place::kSkip) return true;
    string({text, size});
    return scalar();
  }

  bool Key(const char* text, rapid::SizeType size, bool) {
    if (place_ == Place::kSkip) return true;
    const std::string_view key(text, size);
    key_ = key;
    switch (place_) {
      case Place::kRoot:
        field_ = root_field(key);
        break;
      case Place::kChoice:
        field_ = choice_field(key);
        break;
      case Place::kDelta:
        field_ = delta_field(key);
        break;
      case Place::kToolCall:
        field_ = tool_field(key);
        break;
      case Place::kFunction:
        field_ = function_field(key);
        break;
      default:
        field_ = Field::kOther;
        break;
    }
    return true;
  }

  bool StartObject() { return open(object_place()); }
  bool StartArray() { return open(array_place()); }
  bool EndObject(rapid::SizeType) { return close(); }
  bool EndArray(rapid::SizeType elements) {
    if (place_ == Place::kChoices && elements != chunk_.choices.size() - choices_before_)
      odd_element("choices");
    if (place_ == Place::kToolCalls && elements != chunk_.tool_calls.size() - tools_before_)
      odd_element("tool_calls");
    return close();
  }

 private:
  bool stop(ChunkFault fault) {
    fault_ = fault;
    return false;
  }
  bool scalar() {
    if (place_ == Place::kStart) return stop(ChunkFault::kNotAnObject);
    if (place_ != Place::kSkip) field_ = Field::kOther;
    return true;
  }

  bool open(Place next) {
    if (depth_ == kJsonDepthMax) return stop(ChunkFault::kTooDeep);
    if (fault_ != ChunkFault::kNone) return false;
    if (next == Place::kSkip && place_ != Place::kSkip) {
      if (place_ == Place::kStart) return stop(ChunkFault::kNotAnObject);
      skipped_ = field_;
    }
    stack_[static_cast<std::size_t>(depth_++)] = place_;
    place_ = next;
    field_ = Field::kOther;
    return true;
  }
  bool close() {
    if (place_ == Place::kChoice) choice().tools_end = chunk_.tool_calls.size();
    const Place closed = std::exchange(place_, stack_[static_cast<std::size_t>(--depth_)]);
    if (closed == Place::kSkip && place_ != Place::kSkip) raw_container();
    field_ = Field::kOther;
    return true;
  }
  /// Its text is known at its end, without another scan.
  void raw_container() {
    field_ = skipped_;
    if (field_ == Field::kOther) return;
    container_end_ = frame_.data() + stream_.Tell();
    raw();
    container_end_ = nullptr;
  }

  Place object_place() {
    switch (place_) {
      case Place::kStart:
        return Place::kRoot;
      case Place::kChoices:
        return add_choice() ? Place::kChoice : Place::kSkip;
      case Place::kToolCalls:
        return add_tool_call() ? Place::kToolCall : Place::kSkip;
      case Place::kChoice:
        return message_place();
      case Place::kToolCall:
        return field_ == Field::kFunction ? Place::kFunction : Place::kSkip;
      default:
        return Place::kSkip;
    }
  }
  Place message_place() {
    if (field_ != Field::kDelta && field_ != Field::kMessage) return Place::kSkip;
    if (field_ == Field::kDelta) return Place::kDelta;
    if (choice().has_message()) {  // some servers repeat, beside a delta, all that was said so far
      field_ = Field::kOther;
      return Place::kSkip;
    }
    choice().whole_message = true;
    return Place::kDelta;
  }
  Place array_place() {
    if (place_ == Place::kRoot && field_ == Field::kChoices) {
      choices_before_ = chunk_.choices.size();
      chunk_.has_choices = true;
      return Place::kChoices;
    }
    if (place_ == Place::kDelta && field_ == Field::kToolCalls) {
      tools_before_ = chunk_.tool_calls.size();
      return Place::kToolCalls;
    }
    return Place::kSkip;
  }

  bool add_choice() {
    if (chunk_.choices.size() == ChunkParser::kChoicesMax) {
      fault_ = ChunkFault::kTooMany;
      return false;
    }
    ChunkChoice& added = chunk_.choices.emplace_back();
    added.index = static_cast<std::uint32_t>(chunk_.choices.size() - 1);
    added.tools_begin = added.tools_end = chunk_.tool_calls.size();
    return true;
  }
  bool add_tool_call() {
    if (chunk_.tool_calls.size() == ChunkParser::kToolCallsMax) {
      fault_ = ChunkFault::kTooMany;
      return false;
    }
    chunk_.tool_calls.emplace_back();
    return true;
  }

  void string(std::string_view text) {
    switch (place_) {
      case Place::kRoot:
        root_string(text);
        break;
      case Place::kChoice:
        choice_string(text);
        break;
      case Place::kDelta:
        delta_string(text);
        break;
      case Place::kToolCall:
        if (field_ == Field::kId) tool_call().id = text;
        if (field_ == Field::kIndex) index(text);
        if (field_ == Field::kFunction || field_ == Field::kExtra) raw();
        break;
      case Place::kFunction:
        if (field_ == Field::kExtra) raw();
        if (field_ == Field::kName) tool_call().name = text;
        if (field_ == Field::kArguments) tool_call().arguments = text;
        break;
      default:
        break;
    }
  }
  void root_string(std::string_view text) {
    if (field_ == Field::kId) chunk_.id = text;
    if (field_ == Field::kModel) chunk_.model = text;
    if (field_ == Field::kProvider) chunk_.provider = text;
    if (field_ == Field::kError || field_ == Field::kChoices) raw();
  }
  void choice_string(std::string_view text) {
    if (field_ == Field::kFinish) choice().finish_reason = text;
    if (field_ == Field::kNativeFinish) choice().native_finish_reason = text;
    if (field_ == Field::kIndex) index(text);
    if (field_ == Field::kUnread && !text.empty()) choice().unread = key_;
    if (field_ == Field::kError || field_ == Field::kDelta || field_ == Field::kMessage) raw();
  }
  void delta_string(std::string_view text) {
    if (field_ == Field::kContent) choice().content = text;
    if (field_ == Field::kReasoning && !text.empty()) choice().reasoning = text;
    if (field_ == Field::kRefusal && !text.empty()) raw();
    if (field_ == Field::kToolCalls) raw();
    if (field_ == Field::kUnread && !text.empty()) choice().unread = key_;
  }

  void index(std::string_view text) {
    const std::int64_t value = index_of(text);
    if (place_ == Place::kToolCall && value != kNoIndex) tool_call().index = value;
    if (place_ != Place::kChoice) return;
    if (value == kNoIndex || value >= kChoiceIndexMax) return odd("index");
    choice().index = static_cast<std::uint32_t>(value);
  }

  /// Keeps the exact text of the pending member's value, where somebody wants it, and notes a value
  /// of a kind that nobody can use.
  bool raw() {
    switch (place_) {
      case Place::kRoot:
        root_raw();
        break;
      case Place::kChoice:
      case Place::kDelta:
        choice_raw();
        break;
      case Place::kToolCall:
        if (field_ == Field::kFunction) odd("function");
        if (field_ == Field::kExtra) tool_member(false);
        break;
      case Place::kFunction:
        if (field_ == Field::kExtra) tool_member(true);
        if (field_ == Field::kArguments) tool_call().arguments = value();
        if (field_ == Field::kName) odd("name");
        break;
      default:
        break;
    }
    return true;
  }
  void root_raw() {
    if (field_ == Field::kChoices) odd("choices");
    if (field_ == Field::kUsage) chunk_.usage = value();
    if (field_ == Field::kError) chunk_.error = value();
    if (field_ == Field::kDebug) chunk_.debug = value();
  }
  void choice_raw() {
    if (field_ == Field::kDelta) odd("delta");
    if (field_ == Field::kMessage) odd("message");
    if (field_ == Field::kToolCalls) odd("tool_calls");
    if (field_ == Field::kIndex) odd("index");
    if (field_ == Field::kUnread && key_ == "function_call") choice().unread = key_;
    const std::optional<RawMember> member = raw_member(field_);
    if (!member) return;
    const std::string_view text = value();
    if (says_nothing(text)) return;
    choice().raw[static_cast<std::size_t>(*member)] = text;
    choice().has_raw = true;
  }
  void tool_member(bool of_function) {
    const std::string_view text = value();
    if (says_nothing(text)) return;
    if (++chunk_.tool_members > ChunkParser::kToolMembersMax) {
      fault_ = ChunkFault::kTooMany;
      return;
    }
    std::string& out = tool_call().members;
    out.append(of_function ? "{\"function\":{" : "{").append(source_key()).append(":");
    out.append(text).append(of_function ? "}}" : "}").push_back('\0');
  }
  /// The pending member's name as it stands in the frame, with its quotes.
  [[nodiscard]] std::string_view source_key() const {
    const char* const text = frame_.data() + (key_.data() - copy_);
    const char* const end = json::scan::skip_string(text, frame_.data() + frame_.size());
    if (end == nullptr) return "\"\"";
    return {text - 1, static_cast<std::size_t>(end - text) + 1};
  }
  void odd(std::string_view member) {
    const std::string_view text = value();
    if (!chunk_.odd_member.empty() || says_nothing(text)) return;
    chunk_.odd_member = member;
    chunk_.odd_value = text;
  }
  void odd_element(std::string_view member) {
    if (!chunk_.odd_member.empty()) return;
    chunk_.odd_member = member;
    chunk_.odd_value = {};
  }
  /// The pass overwrites the copy, never the frame; a key begins at the same offset in both.
  [[nodiscard]] std::string_view value() const {
    const char* const end = frame_.data() + frame_.size();
    const char* at = frame_.data() + (key_.data() - copy_);
    at = json::scan::skip_string(at, end);
    if (at == nullptr) return {};
    at = json::scan::skip_space(at, end);
    if (at == end) return {};
    at = json::scan::skip_space(at + 1, end);
    if (container_end_ != nullptr) return {at, static_cast<std::size_t>(container_end_ - at)};
    return json::scan::value_at(frame_, static_cast<std::size_t>(at - frame_.data()));
  }

  [[nodiscard]] ChunkChoice& choice() { return chunk_.choices.back(); }
  [[nodiscard]] ChunkToolCall& tool_call() { return chunk_.tool_calls.back(); }

  std::string_view frame_;
  rapid::InsituStringStream& stream_;
  const char* copy_;
  Chunk& chunk_;
  std::string_view key_;
  std::size_t choices_before_ = 0, tools_before_ = 0;  // the open array's first element
  int depth_ = 0;
  Place place_ = Place::kStart;
  Field field_ = Field::kOther;
  Field skipped_ = Field::kOther;        // of the container that is skipped
  const char* container_end_ = nullptr;  // while its text is asked for
  ChunkFault fault_ = ChunkFault::kNone;
  std::array<Place, kJsonDepthMax> stack_;
};

constexpr unsigned kParseFlags =
    rapid::kParseInsituFlag | rapid::kParseStopWhenDoneFlag | rapid::kParseNumbersAsStringsFlag;

}  // namespace

void Chunk::clear() {
  id = model = provider = usage = error = debug = odd_member = {};
  has_choices = false;
  choices.clear();
  tool_calls.clear();
  tool_members = 0;
  halves.clear();
}

std::uint16_t Chunk::half_at_end(std::string_view text) const {
  for (const HalfAtEnd& each : halves)
    if (each.text == text.data()) return each.code;
  return 0;
}

ChunkFault ChunkParser::parse(std::string_view frame, Chunk& chunk) {
  bool repairable = false;
  const ChunkFault fault = pass(frame, scratch_.assign(frame), chunk, repairable);
  if (!repairable) return fault;
  char* const copy = scratch_.assign(frame);
  const std::vector<Half> halves = repair_first_halves(copy, frame.size());
  const ChunkFault repaired = pass(frame, copy, chunk, repairable);
  if (repaired == ChunkFault::kNone) note_halves(frame, halves, chunk);
  return repaired;
}

/// Which texts of the chunk end with one of the halves. Arguments that are no string are a view of
/// the frame, and have none.
void ChunkParser::note_halves(std::string_view frame, std::span<const Half> halves,
                              Chunk& chunk) const {
  const char* const end = frame.data() + frame.size();
  const auto note = [&](std::string_view text) {
    const std::size_t begin = text.empty() ? frame.size() : offset_of(text);
    if (begin >= frame.size()) return;
    const char* const after = json::scan::skip_string(frame.data() + begin, end);
    for (const Half& half : halves)
      if (after == frame.data() + half.at + 7) chunk.halves.push_back({text.data(), half.code});
  };
  for (const ChunkChoice& choice : chunk.choices) {
    note(choice.content);
    note(choice.reasoning);
  }
  for (const ChunkToolCall& call : chunk.tool_calls) note(call.arguments);
}

ChunkFault ChunkParser::pass(std::string_view frame, char* copy, Chunk& chunk, bool& repairable) {
  chunk.clear();
  rapid::InsituStringStream stream(copy);
  ChunkHandler handler(frame, stream, chunk);
  const rapid::ParseResult result = reader_.Parse<kParseFlags>(stream, handler);
  repairable = result.Code() == rapid::kParseErrorStringUnicodeSurrogateInvalid;
  if (handler.fault() != ChunkFault::kNone) return handler.fault();
  if (result.IsError()) return ChunkFault::kMalformed;
  const char* const end = copy + frame.size();
  const bool whole = json::scan::skip_space(copy + stream.Tell(), end) == end;
  return whole ? ChunkFault::kNone : ChunkFault::kMalformed;
}

}  // namespace prx::sdk
