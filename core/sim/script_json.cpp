#include <optional>

#include "sim/fault.hpp"
#include "sim/json_view.hpp"

namespace prx::sim {
namespace {

Unexpected<Error> bad(std::size_t number, const std::string& what) {
  return fail(ErrorClass::kInvalidRequest,
              "fault script, rule " + std::to_string(number) + ": " + what);
}

/// Sets one member that is not `fault`; the reason when it cannot.
std::optional<std::string> set_member(FaultRule& rule, std::string_view name,
                                      const JsonValue& value) {
  if (name == "chance") {
    if (!value.IsNumber() || value.GetDouble() < 0.0 || value.GetDouble() > 1.0)
      return "'chance' must be a number from 0.0 to 1.0";
    rule.chance = value.GetDouble();
    return std::nullopt;
  }
  std::string* text = name == "path"    ? &rule.path
                      : name == "model" ? &rule.model
                      : name == "key"   ? &rule.key
                                        : nullptr;
  int* number = name == "nth" ? &rule.nth : name == "times" ? &rule.times : nullptr;
  if (text == nullptr && number == nullptr)
    return "unknown member '" + std::string(name) +
           "'; known are path, model, key, nth, times, chance, fault";
  if (text != nullptr) {
    if (!value.IsString()) return "'" + std::string(name) + "' must be a string";
    *text = text_of(&value);
    return std::nullopt;
  }
  if (!value.IsInt() || value.GetInt() < 1)
    return "'" + std::string(name) + "' must be an integer, 1 or more; leave it out for " +
           (name == "nth" ? "each request" : "no limit");
  *number = value.GetInt();
  return std::nullopt;
}

Result<FaultRule> read_rule(const JsonValue& value, std::size_t number) {
  if (!value.IsObject()) return bad(number, "must be a table");
  FaultRule rule;
  for (const auto& entry : value.GetObject()) {
    const auto name = text_of(&entry.name);
    if (name == "fault") {
      if (!entry.value.IsString()) return bad(number, "'fault' must be a string");
      auto faults = parse_faults(text_of(&entry.value));
      if (!faults) return bad(number, faults.error().message);
      rule.faults = std::move(*faults);
    } else if (const auto reason = set_member(rule, name, entry.value)) {
      return bad(number, *reason);
    }
  }
  if (rule.faults.empty())
    return bad(number, "'fault' is missing; give one, such as \"429?times=1\"");
  return rule;
}

}  // namespace

Result<FaultScript> script_from_json(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError())
    return fail(ErrorClass::kInvalidRequest,
                "fault script: not JSON at byte " + std::to_string(document.GetErrorOffset()));
  const JsonValue* rules = member(&document, "rules");
  if (!document.IsObject() || document.MemberCount() > (rules == nullptr ? 0u : 1u) ||
      (rules != nullptr && !rules->IsArray()))
    return fail(ErrorClass::kInvalidRequest,
                "fault script: has other members than 'rules', an array; write [[rules]] in TOML");
  if (rules == nullptr) return FaultScript{};
  if (rules->Size() > kScriptRulesMax)
    return fail(ErrorClass::kInvalidRequest,
                "fault script: more than " + std::to_string(kScriptRulesMax) + " rules");
  FaultScript script;
  for (const auto& rule : rules->GetArray()) {
    PRX_TRY_SET(auto read, read_rule(rule, script.rules.size() + 1));
    script.rules.push_back(std::move(read));
  }
  return script;
}

}  // namespace prx::sim
