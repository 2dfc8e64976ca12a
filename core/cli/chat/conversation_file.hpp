/// \file conversation_file.hpp
/// A conversation in a file, for /save and /load.
#pragma once

#include <string>

#include "prx/conversation.hpp"

namespace prx::cli {

/// Writes it with mode 0600: first beside the file, then in its place, so that a full disk leaves
/// the old one whole.
/// \param overwrite  whether a file of that name may be replaced.
/// Errors: kInvalidRequest, one line with the file's name.
[[nodiscard]] Result<void> save_conversation(const Conversation& conversation,
                                             const std::string& file, bool overwrite);

/// Errors: kInvalidRequest, one line with the file's name.
[[nodiscard]] Result<Conversation> load_conversation(const std::string& file);

}  // namespace prx::cli
