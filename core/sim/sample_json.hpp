/// \file sample_json.hpp
/// JSON that fits a JSON schema, for tool arguments and structured answers. Deterministic.
#pragma once

#include <string>

#include "prx/sdk/json_edit.hpp"
#include "sim/json_view.hpp"

namespace prx::sim {

inline constexpr int kSampleDepthMax = 16;  ///< deeper levels become null

/// Writes a value for `schema` (nullptr: {}). Objects get their required properties, or all when
/// none is required; `const`, `enum` and `default` decide first.
[[nodiscard]] std::string sample_json(const JsonValue* schema);

using json::append_quoted;

}  // namespace prx::sim
