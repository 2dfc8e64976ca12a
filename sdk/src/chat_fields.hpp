/// \file chat_fields.hpp
/// The members of a frame that the dialect knows, by where they stand. Private.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace prx::sdk {

/// The member whose value comes next.
enum class Field : std::uint8_t {
  kOther,
  kId,
  kModel,
  kProvider,
  kUsage,
  kError,
  kDebug,
  kChoices,
  kIndex,
  kDelta,
  kMessage,
  kFinish,
  kNativeFinish,
  kContent,
  kReasoning,
  kToolCalls,
  kName,
  kFunction,
  kArguments,
  kReasoningDetails,
  kAnnotations,
  kImages,
  kAudio,
  kRefusal,
  kLogprobs,
  kUnread,  ///< where text of another dialect may stand
  kExtra,   ///< of a tool call: goes on as it is
};

/// For names of the key's own size.
template <std::size_t kSize>
[[nodiscard]] inline bool is(std::string_view key, const char (&name)[kSize]) {
  return std::memcmp(key.data(), name, kSize - 1) == 0;
}

[[nodiscard]] inline Field root_field(std::string_view key) {
  switch (key.size()) {
    case 2:
      return is(key, "id") ? Field::kId : Field::kOther;
    case 5:
      if (is(key, "model")) return Field::kModel;
      if (is(key, "usage")) return Field::kUsage;
      if (is(key, "error")) return Field::kError;
      return is(key, "debug") ? Field::kDebug : Field::kOther;
    case 7:
      return is(key, "choices") ? Field::kChoices : Field::kOther;
    case 8:
      return is(key, "provider") ? Field::kProvider : Field::kOther;
    default:
      return Field::kOther;
  }
}

[[nodiscard]] inline Field choice_field(std::string_view key) {
  switch (key.size()) {
    case 4:
      return is(key, "text") ? Field::kUnread : Field::kOther;
    case 5:
      if (is(key, "delta")) return Field::kDelta;
      if (is(key, "index")) return Field::kIndex;
      return is(key, "error") ? Field::kError : Field::kOther;
    case 7:
      return is(key, "message") ? Field::kMessage : Field::kOther;
    case 8:
      return is(key, "logprobs") ? Field::kLogprobs : Field::kOther;
    case 13:
      return is(key, "finish_reason") ? Field::kFinish : Field::kOther;
    case 20:
      return is(key, "native_finish_reason") ? Field::kNativeFinish : Field::kOther;
    default:
      return Field::kOther;
  }
}

[[nodiscard]] inline Field delta_field(std::string_view key) {
  switch (key.size()) {
    case 2:
      return is(key, "id") ? Field::kOther : Field::kUnread;
    case 4:
      return is(key, "role") || is(key, "name") || is(key, "type") ? Field::kOther : Field::kUnread;
    case 5:
      return is(key, "audio") ? Field::kAudio : Field::kUnread;
    case 6:
      return is(key, "images") ? Field::kImages : Field::kUnread;
    case 7:
      if (is(key, "content")) return Field::kContent;
      return is(key, "refusal") ? Field::kRefusal : Field::kUnread;
    case 9:
      return is(key, "reasoning") ? Field::kReasoning : Field::kUnread;
    case 10:
      return is(key, "tool_calls") ? Field::kToolCalls : Field::kUnread;
    case 11:
      return is(key, "annotations") ? Field::kAnnotations : Field::kUnread;
    case 17:
      if (is(key, "reasoning_content")) return Field::kReasoning;
      return is(key, "reasoning_details") ? Field::kReasoningDetails : Field::kUnread;
    default:
      return Field::kUnread;
  }
}

[[nodiscard]] inline Field tool_field(std::string_view key) {
  switch (key.size()) {
    case 2:
      return is(key, "id") ? Field::kId : Field::kExtra;
    case 4:
      return is(key, "type") ? Field::kOther : Field::kExtra;
    case 5:
      return is(key, "index") ? Field::kIndex : Field::kExtra;
    case 8:
      return is(key, "function") ? Field::kFunction : Field::kExtra;
    default:
      return Field::kExtra;
  }
}

[[nodiscard]] inline Field function_field(std::string_view key) {
  if (key.size() == 4 && is(key, "name")) return Field::kName;
  return key.size() == 9 && is(key, "arguments") ? Field::kArguments : Field::kExtra;
}

/// True for a member of a frame whose scalar value, whatever it is, changes nothing once META is
/// out (or can no longer come). `key` is the text between the quotes.
[[nodiscard]] inline bool is_ignored_member(std::string_view key) {
  if (key.find('\\') != std::string_view::npos) return false;  // may spell any name
  const Field field = root_field(key);
  return field == Field::kOther || field == Field::kId || field == Field::kModel ||
         field == Field::kProvider;
}

}  // namespace prx::sdk
