/// \file conversation_file.hpp
/// A conversation in a file, for /save and /load.
#pragma once

#include <optional>
#include <string>

#include "prx/conversation.hpp"

namespace prx::cli {

/// Writes it: first beside the file, then in its place, so that a full disk leaves the old one
/// whole. A new file has mode 0600; one that is replaced keeps its owner and mode, and a link
/// leads to it as before.
/// \param expected  what the file holds as far as the caller knows; nullopt: no file.
/// \return what the file holds now.
/// Errors: kInvalidRequest, one line with the file's name; also when the file holds something else
/// than expected.
[[nodiscard]] Result<std::string> save_conversation(const Conversation& conversation,
                                                    const std::string& file,
                                                    const std::optional<std::string>& expected);

struct LoadedConversation {
  Conversation conversation;
  std::string text;  ///< of the file
};

/// Errors: kInvalidRequest, one line with the file's name.
[[nodiscard]] Result<LoadedConversation> load_conversation(const std::string& file);

}  // namespace prx::cli
