#include "config/interpolate.hpp"

#include <algorithm>

namespace prx::config {
namespace {

bool is_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

// One reference, without its braces: "VAR" or "VAR:-default".
Result<void> replace(std::string_view reference, const Environment& environment,
                     Interpolation& result) {
  const auto colon = reference.find(":-");
  const bool has_default = colon != std::string_view::npos;
  const std::string name(reference.substr(0, colon));
  if (!is_name(name))
    return fail(ErrorClass::kInvalidRequest,
                "a variable's name has letters, digits and '_' only; write ${NAME} or "
                "${NAME:-default}, or $${ for the text ${");
  result.variables.push_back(name);
  const auto value = environment ? environment(name) : std::nullopt;
  if (value && !value->empty()) result.values.push_back(*value);
  if (value && !(has_default && value->empty())) {
    result.text += *value;
  } else if (has_default) {
    result.text += reference.substr(colon + 2);
    result.empty_by_choice |= reference.size() == colon + 2;
  } else if (result.missing.empty()) {
    result.missing = name;
  }
  return {};
}

}  // namespace

Result<Interpolation> interpolate(std::string_view text, const Environment& environment) {
  Interpolation result;
  while (!text.empty()) {
    const auto dollar = std::min(text.find('$'), text.size());
    result.text += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.substr(0, 3) == "$${") {
      result.text += "${";
      text.remove_prefix(3);
    } else if (text.substr(0, 2) == "${") {
      const auto end = text.find('}');
      if (end == std::string_view::npos)
        return fail(ErrorClass::kInvalidRequest,
                    "'${' without '}'; close it, or write $${ for the text ${");
      PRX_TRY(replace(text.substr(2, end - 2), environment, result));
      text.remove_prefix(end + 1);
    } else if (!text.empty()) {
      result.text += '$';
      text.remove_prefix(1);
    }
    if (result.text.size() > kExpandedMax)
      return fail(ErrorClass::kInvalidRequest,
                  "longer than 64 KiB with its variables; make it shorter");
  }
  return result;
}

}  // namespace prx::config
