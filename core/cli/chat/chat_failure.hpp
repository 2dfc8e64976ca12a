/// \file chat_failure.hpp
/// Why a chat has no answer, and what to do about it, in one line.
#pragma once

#include <string>

#include "cli/remedy.hpp"
#include "prx/client.hpp"
#include "prx/tool_box.hpp"

namespace prx::cli {

inline constexpr Milliseconds kListPatience{3'000};

/// The error with the remedy for the provider whose failure it is; of a model that is not known,
/// the nearest ones of that provider's list: of the cached one, else it is asked for, which takes
/// kListPatience at most.
[[nodiscard]] std::string chat_failure(Client& client, const CallError& error,
                                       const Wording& words = kShellWording);

/// The same of a run with tools: how to allow more answers, when there were too many.
[[nodiscard]] std::string run_failure(Client& client, const RunError& error,
                                      const Wording& words = kShellWording);

}  // namespace prx::cli
