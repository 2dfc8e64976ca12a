/// \file answer_json.hpp
/// The one object that `prx chat --json` prints. Pure. Scripts depend on its members: never rename
/// one. What they mean stands in the guide, core/docs/reliability.md.
#pragma once

#include <string>

#include "prx/chat.hpp"

namespace prx::cli {

/// A complete answer; "error" is null. What the provider did not say is null. Ends with a line
/// feed.
[[nodiscard]] std::string answer_json(const ChatResponse& response);

/// A failure: the members hold what was delivered before it, "error" says why. `message` replaces
/// the error's own, so that scripts see the remedy too.
[[nodiscard]] std::string failure_json(const CallError& error, const std::string& message);

}  // namespace prx::cli
