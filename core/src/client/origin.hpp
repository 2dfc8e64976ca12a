/// \file origin.hpp
/// The origin of a URL, read strictly, so that what is checked is what is contacted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace prx::driver {

/// "https://openrouter.ai:443" for any URL of that origin: lower case, port always written. nullopt
/// for what is not plain http or https: user info, other schemes, white space, control or non-ASCII
/// characters, back slashes, a bad port.
[[nodiscard]] std::optional<std::string> origin_of(std::string_view url);

}  // namespace prx::driver
