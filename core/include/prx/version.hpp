/// \file version.hpp
/// Versions of prx.
#pragma once

#include <string_view>

namespace prx {

inline constexpr std::string_view kVersion =
    "0.1.0";  ///< of the library and its programs; see CHANGELOG.md

}  // namespace prx
