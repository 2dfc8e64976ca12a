/// \file reasoning.hpp
/// Thinking blocks, which the API signs and wants back unchanged. Between two turns the host keeps
/// them as `reasoning_details` of the assistant's message, in the shape that OpenRouter gave such
/// lists: {"type":"reasoning.text","text","signature","format","index"}, and
/// {"type":"reasoning.encrypted","data","format","index"} for what was redacted. A conversation can
/// thus go on with either of the two.
/// \see https://platform.claude.com/docs/en/build-with-claude/extended-thinking
/// \see https://openrouter.ai/docs/use-cases/reasoning-tokens
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "json_writer.hpp"

namespace anthropic {

/// A thinking block as a list with one element. Both texts as they stand between the quotes of
/// their tokens, so that no byte of them changes.
[[nodiscard]] std::string thinking_detail(std::string_view thinking, std::string_view signature,
                                          std::uint64_t index);
/// The same of redacted_thinking; `data` is a token.
[[nodiscard]] std::string redacted_detail(std::string_view data, std::uint64_t index);

/// Appends the blocks of a message's reasoning_details. Pieces of one block (the same index) are
/// joined. What other vendors wrote, and what has no signature, is left out: the API would not take
/// it.
void add_thinking(std::string_view details, ListWriter& blocks);

}  // namespace anthropic
