/// \file message_json.hpp
/// Messages as Chat Completions writes them, both ways. What is signed goes through byte for byte.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "prx/chat.hpp"

namespace prx::driver {

/// A member of a tool call that ToolCall has no place for.
struct CallMember {
  bool of_function = false;  ///< of its "function"
  std::string key;           ///< between its quotes, escapes as written
  std::string value;         ///< JSON text
};

/// A call as Chat Completions has it.
[[nodiscard]] std::string tool_call_json(const ToolCall& call,
                                         const std::vector<CallMember>& members = {});
/// Gives a call another id, in its json too.
void set_id(ToolCall& call, std::string id);

/// The JSON array of a conversation. Errors: kInvalidRequest naming the message and its member.
[[nodiscard]] Result<std::string> messages_json(const std::vector<Message>& messages);

/// That tool calls and tool results fit together: each result answers a call that was made before
/// it, and every call has its result before the talk goes on. Errors: kInvalidRequest.
[[nodiscard]] Result<void> check_tool_results(const std::vector<Message>& messages);

/// The messages of a JSON array. Members without a place of their own become Message::extra, parts
/// of other kinds Part::json. Errors: kInvalidRequest naming the message and its member.
[[nodiscard]] Result<std::vector<Message>> read_messages(std::string_view array);

}  // namespace prx::driver
