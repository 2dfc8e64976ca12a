/// \file key_body.hpp
/// What `GET /key` tells a client of its own key. Pure.
#pragma once

#include <string>

#include "gateway/access/key_ring.hpp"

namespace prx::gateway {

/// In OpenRouter's words: budget, what is spent of it in this window, limits.
[[nodiscard]] std::string key_body(const AccessKey& key, WallTime now);

}  // namespace prx::gateway
