/// \file chat_fields.hpp
/// The members of a frame that the dialect knows, by where they stand. Private.
#pragma once

#include <cstdint>
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
};

[[nodiscard]] inline Field root_field(std::string_view key) {
  switch (key.size()) {
    case 2:
      return key == "id" ? Field::kId : Field::kOther;
    case 5:
      if (key == "model") return Field::kModel;
      if (key == "usage") return Field::kUsage;
      if (key == "error") return Field::kError;
      return key == "debug" ? Field::kDebug : Field::kOther;
    case 7:
      return key == "choices" ? Field::kChoices : Field::kOther;
    case 8:
      return key == "provider" ? Field::kProvider : Field::kOther;
    default:
      return Field::kOther;
  }
}

[[nodiscard]] inline Field choice_field(std::string_view key) {
  switch (key.size()) {
    case 5:
      if (key == "delta") return Field::kDelta;
      if (key == "index") return Field::kIndex;
      return key == "error" ? Field::kError : Field::kOther;
    case 7:
      return key == "message" ? Field::kMessage : Field::kOther;
    case 8:
      return key == "logprobs" ? Field::kLogprobs : Field::kOther;
    case 13:
      return key == "finish_reason" ? Field::kFinish : Field::kOther;
    case 20:
      return key == "native_finish_reason" ? Field::kNativeFinish : Field::kOther;
    default:
      return Field::kOther;
  }
}

[[nodiscard]] inline Field delta_field(std::string_view key) {
  switch (key.size()) {
    case 5:
      return key == "audio" ? Field::kAudio : Field::kOther;
    case 6:
      return key == "images" ? Field::kImages : Field::kOther;
    case 7:
      if (key == "content") return Field::kContent;
      return key == "refusal" ? Field::kRefusal : Field::kOther;
    case 9:
      return key == "reasoning" ? Field::kReasoning : Field::kOther;
    case 10:
      return key == "tool_calls" ? Field::kToolCalls : Field::kOther;
    case 11:
      return key == "annotations" ? Field::kAnnotations : Field::kOther;
    case 17:
      if (key == "reasoning_content") return Field::kReasoning;
      return key == "reasoning_details" ? Field::kReasoningDetails : Field::kOther;
    default:
      return Field::kOther;
  }
}

[[nodiscard]] inline Field tool_field(std::string_view key) {
  if (key == "index") return Field::kIndex;
  if (key == "id") return Field::kId;
  return key == "function" ? Field::kFunction : Field::kOther;
}

[[nodiscard]] inline Field function_field(std::string_view key) {
  if (key == "name") return Field::kName;
  return key == "arguments" ? Field::kArguments : Field::kOther;
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
