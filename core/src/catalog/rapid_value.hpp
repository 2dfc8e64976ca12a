/// \file rapid_value.hpp
/// RapidJSON as this room uses it: a small text becomes a tree whose members may be missing or of
/// any type. Private to the room.
#pragma once

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wclass-memaccess"
#endif
#include <rapidjson/document.h>
#include <rapidjson/memorystream.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <string_view>

namespace prx::catalog {

using JsonValue = rapidjson::Value;

/// The tree of a text that json::validate() found good; null when RapidJSON thinks otherwise.
class JsonText {
 public:
  explicit JsonText(std::string_view text) {
    rapidjson::MemoryStream stream(text.data(), text.size());
    document_.ParseStream<rapidjson::kParseIterativeFlag | rapidjson::kParseStopWhenDoneFlag,
                          rapidjson::UTF8<>>(stream);
    if (document_.HasParseError()) document_.SetNull();
  }
  [[nodiscard]] const JsonValue& root() const { return document_; }

 private:
  rapidjson::Document document_;
};

/// The member of that name; nullptr when there is none, or `object` is none.
[[nodiscard]] inline const JsonValue* member(const JsonValue* object, const char* name) {
  if (object == nullptr || !object->IsObject()) return nullptr;
  const auto found = object->FindMember(name);
  return found == object->MemberEnd() ? nullptr : &found->value;
}

/// A string's text, or "".
[[nodiscard]] inline std::string_view text_of(const JsonValue* value) {
  if (value == nullptr || !value->IsString()) return {};
  return {value->GetString(), value->GetStringLength()};
}

}  // namespace prx::catalog
