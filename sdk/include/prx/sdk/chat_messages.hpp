/// \file chat_messages.hpp
/// Changes to the `messages` of a chat, for servers that take less than the one they were written
/// for. By splicing: what does not change keeps its bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace prx::sdk {

/// What to change; views are borrowed for the call. "" and empty: nothing.
struct MessageEdit {
  std::string_view role_from{}, role_to{};  ///< each message of that role gets the other one
  /// Members of messages of the assistant that are left out.
  std::span<const std::string_view> assistant_dropped{};
  /// What this server calls an assistant's `reasoning` that it takes back, where the message has
  /// none of that name.
  std::string_view reasoning_as{};
  /// Members of the parts of `content` that are left out, whoever says it.
  std::span<const std::string_view> part_dropped{};
  /// The same of tool calls.
  std::span<const std::string_view> call_dropped{};
};

/// The array with that done, or nullopt when nothing had to be. One scan of what stays; nothing is
/// allocated for it. A text that is no array of objects, and what in it is broken, stays as it is.
[[nodiscard]] std::optional<std::string> edit_messages(std::string_view messages,
                                                       const MessageEdit& edit);

/// The role of the element of that number, from 0; "" when there is none.
[[nodiscard]] std::string role_of(std::string_view messages, std::size_t number);

}  // namespace prx::sdk
