/// \file chat_failure.hpp
/// Why a chat has no answer, and what to do about it, in one line.
#pragma once

#include <string>

#include "prx/client.hpp"

namespace prx::cli {

/// The error with the remedy for the provider whose failure it is; of a model that is not known,
/// the nearest ones, as far as that provider's list is cached. Blocks for no network.
[[nodiscard]] std::string chat_failure(Client& client, const CallError& error);

}  // namespace prx::cli
