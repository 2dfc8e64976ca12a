/// \file json_mend.hpp
/// Reads what is left of a JSON text that was cut. Private.
#pragma once

#include <string>
#include <string_view>

namespace prx::sdk {

/// `cut`, the beginning of an object or array, without its last incomplete member or element and
/// with its brackets closed; of a string value that was cut its beginning stays, with "...". ""
/// when there is nothing to save: not such a text, or nested above kJsonDepthMax. What was not
/// well-formed stays so.
[[nodiscard]] std::string mend_json(std::string_view cut);

}  // namespace prx::sdk
