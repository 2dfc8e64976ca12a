/// \file talk.hpp
/// `prx chat` without a prompt in a terminal: a conversation.
#pragma once

#include "cli/chat/chat_options.hpp"
#include "cli/command.hpp"

namespace prx::cli {

/// Whether stdin and stdout are one person's terminal, and nothing was asked yet.
[[nodiscard]] bool is_talk(const ChatOptions& options);

/// Talks until Ctrl-D, /quit, or SIGTERM; the exit code. A failed answer is told, and ends nothing.
[[nodiscard]] int run_talk(const GlobalOptions& globals, const ChatOptions& options);

}  // namespace prx::cli
