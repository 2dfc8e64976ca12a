/// \file asked_names.hpp
/// What a request asks for, in the words of `[serve.keys.NAME] models`. Pure.
#pragma once

#include <string>
#include <vector>

#include "gateway/http/http_request.hpp"
#include "prx/sdk/error.hpp"

namespace prx::gateway {

/// All that the body and the headers name, each of which a key has to be allowed: the model,
/// `models` behind it, "@preset/NAME", "chain:NAME", "provider:NAME". Empty: nothing is named, and
/// the chain in force is asked for its own model.
///
/// Errors: kInvalidRequest: a body in which that cannot be read.
[[nodiscard]] Result<std::vector<std::string>> asked_names(const HttpRequest& request);

}  // namespace prx::gateway
