/// \file samples.hpp
/// Answers of a service for Chat Completions: what a plugin is checked with that brings none of its
/// own.
#pragma once

#include <vector>

#include "check/subject.hpp"

namespace prx::check {

/// Streams and whole answers with text, reasoning, tool calls, several choices and usage; errors
/// under status 200; lists of models and the rest of the operations.
/// \see https://platform.openai.com/docs/api-reference/chat
/// \see https://openrouter.ai/docs/api-reference/streaming
[[nodiscard]] std::vector<Sample> chat_completions_samples();

}  // namespace prx::check
