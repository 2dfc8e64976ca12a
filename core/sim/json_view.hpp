/// \file json_view.hpp
/// Checked reading of RapidJSON values and quoting: a wrong type is "absent", never an assertion.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>

namespace prx::sim {

using JsonValue = rapidjson::Value;

/// The member, or nullptr when `value` is null, no object, or has none of that name.
inline const JsonValue* member(const JsonValue* value, const char* name) {
  if (value == nullptr || !value->IsObject()) return nullptr;
  const auto found = value->FindMember(name);
  return found == value->MemberEnd() ? nullptr : &found->value;
}

/// The text of a string, or "". Lives as long as the document.
inline std::string_view text_of(const JsonValue* value) {
  if (value == nullptr || !value->IsString()) return {};
  return {value->GetString(), value->GetStringLength()};
}

inline bool is_true(const JsonValue* value) {
  return value != nullptr && value->IsBool() && value->GetBool();
}

}  // namespace prx::sim
