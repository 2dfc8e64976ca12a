/// \file trail.hpp
/// What an answer tells of how it came about: who served, how many were asked, what it cost.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prx/chat.hpp"

namespace prx::gateway {

/// X-Generation-Id, x-prx-target, x-prx-attempts, x-prx-cost: those that are known.
[[nodiscard]] std::vector<std::pair<std::string_view, std::string>> trail_headers(
    const ChatResponse& response);

/// The same as a comment of a stream (": prx {...}"): clients that do not know it do not see it.
void append_trail(std::string& out, const ChatResponse& response);

}  // namespace prx::gateway
