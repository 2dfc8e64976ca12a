/// \file toml_json.hpp
/// TOML text as JSON text, for rooms that read a small file of their own and know JSON only.
#pragma once

#include <string>
#include <string_view>

#include "prx/sdk/error.hpp"

namespace prx {

/// One JSON object with the members of the TOML text, in its order. `name` stands for the file in
/// messages.
///
/// Errors: kInvalidRequest, "name:line:column: what": no TOML, over the limits of
/// config/document.hpp, or a value that JSON lacks (a date or a time, inf, nan).
[[nodiscard]] Result<std::string> toml_to_json(std::string_view toml, const std::string& name);

}  // namespace prx
