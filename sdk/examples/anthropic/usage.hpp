/// \file usage.hpp
/// What an answer cost, in tokens.
/// \see https://platform.claude.com/docs/en/build-with-claude/prompt-caching
#pragma once

#include <prx/plugin.h>

#include <string>
#include <string_view>

#include <prx/sdk/json_edit.hpp>

namespace anthropic {

/// Of a message's whole `usage`. input_tokens counts what no cache had a part in: the prompt is
/// that, what was read from a cache, and what was written to one.
[[nodiscard]] prx_usage read_usage(const prx::json::ObjectIndex& usage);

/// The usage of a message's beginning with what its end says over it.
[[nodiscard]] std::string merged_usage(std::string_view begin, const prx::json::ObjectIndex& end);

}  // namespace anthropic
