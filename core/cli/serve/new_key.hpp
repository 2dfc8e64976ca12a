/// \file new_key.hpp
/// `prx serve --new-key NAME`.
#pragma once

#include <string>

#include "prx/sdk/error.hpp"

namespace prx::cli {

/// A fresh key on the first line, then the table that allows it: the key itself is nowhere else.
/// Errors: kInvalidRequest: that is no name of a key; kInternal.
[[nodiscard]] Result<std::string> new_key_text(const std::string& name);

}  // namespace prx::cli
