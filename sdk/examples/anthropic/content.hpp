/// \file content.hpp
/// The content of a message of Chat Completions as blocks of the Messages API.
/// \see https://platform.claude.com/docs/en/api/messages
#pragma once

#include <string>
#include <string_view>

#include <prx/sdk/error.hpp>

#include "json_writer.hpp"

namespace anthropic {

/// Appends what `content` says to `blocks`: a string, a list of parts, or nothing ("", null).
/// Empty texts are left out, since the API takes none. Blocks of its own kinds, and those that
/// nobody here knows, go out as they are. `where` names the content in messages.
///
/// Errors: kInvalidRequest for what is no content, kUnsupported for what this API has no block for.
[[nodiscard]] prx::Result<void> add_content(std::string_view content, std::string_view where,
                                            ListWriter& blocks);

/// A text block, unless the string token is empty.
void add_text(std::string_view token, ListWriter& blocks);

}  // namespace anthropic
