/// \file messages.hpp
/// The messages of Chat Completions as the Messages API wants them: instructions apart, turns of
/// user and assistant that alternate, results of tools as blocks of the user's turn.
#pragma once

#include <string>
#include <string_view>

#include <prx/sdk/error.hpp>

namespace anthropic {

struct Turns {
  std::string system;    ///< a list of blocks, or "": there are no instructions
  std::string messages;  ///< a list of turns
};

/// Translates by splicing: no text, no number and no signature is written anew; arguments of tool
/// calls, which are JSON inside of a string, become objects with their own bytes.
///
/// Errors: kInvalidRequest for what is no list of messages or has no turn, and for a tool call
/// whose arguments are no object; kUnsupported as add_content() says.
[[nodiscard]] prx::Result<Turns> read_messages(std::string_view messages);

/// An id of a tool call as this API takes it: letters, digits, '_' and '-'. Each other byte becomes
/// '_' and its two hexadecimal digits, so that a call and its result still go together.
[[nodiscard]] std::string tool_call_id(std::string_view id);

}  // namespace anthropic
