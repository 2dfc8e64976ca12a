/// \file attempt_line.hpp
/// One attempt of a call as one line of the log: all of the trail's entry, as `name=value` words.
#pragma once

#include <string>
#include <string_view>

#include "prx/attempt.hpp"

namespace prx {

/// "attempt call=... provider=... model=... ..." for a line of the log, which hides secrets. What
/// was not reached, is not known or does not apply is left out; words that hold a blank, a quote or
/// nothing are quoted, with quotes and backslashes escaped. Times are milliseconds with three
/// digits behind the point. `call` ties the attempts of one call together.
[[nodiscard]] std::string attempt_line(std::string_view call, const Attempt& attempt);

}  // namespace prx
