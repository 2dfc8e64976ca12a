/// \file serve_text.hpp
/// What `prx serve` says of itself.
#pragma once

#include <string>

#include "gateway/gateway.hpp"
#include "prx/config.hpp"

namespace prx::cli {

/// "openrouter, then openai": the chain in force.
[[nodiscard]] std::string targets_of(const Config& config);
/// In one line, for a service manager.
[[nodiscard]] std::string status_text(const gateway::Gateway& gateway, const Config& config);
/// Each URL on a line of its own.
[[nodiscard]] std::string url_lines(const gateway::Gateway& gateway);
/// For a person: how programs are led here.
[[nodiscard]] std::string instructions(const gateway::Gateway& gateway, const Config& config);

}  // namespace prx::cli
