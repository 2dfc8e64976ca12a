/// \file tools.hpp
/// Tools of Chat Completions, and which of them may be called, for the Messages API.
#pragma once

#include <string>
#include <string_view>

#include <prx/sdk/error.hpp>

namespace anthropic {

/// The list of tools, or "" for none. What is no function (a tool that the server runs) goes out as
/// it is. Errors: kInvalidRequest for what is no list of tools; kUnsupported for another vendor's.
[[nodiscard]] prx::Result<std::string> write_tools(std::string_view tools);

/// tool_choice with what `parallel` (the value of parallel_tool_calls) says, or "": as the API does
/// by itself. Errors: kUnsupported for a choice that it does not have.
[[nodiscard]] prx::Result<std::string> write_tool_choice(std::string_view choice,
                                                         std::string_view parallel);

}  // namespace anthropic
