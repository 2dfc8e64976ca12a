/// \file request_body.hpp
/// How a chat's body is written for one server: OpenAI's own, or one of its compatibles. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prx/sdk/json_edit.hpp"
#include "prx/sdk/json_peek.hpp"

namespace prx::openai {

/// Bits of Request::shape. Roles stay as written without either of theirs.
using Shape = std::uint32_t;
inline constexpr Shape kCompletionTokens =
    1;  ///< the limit is max_completion_tokens, else max_tokens
inline constexpr Shape kNoStreamOptions = 2;  ///< stream_options is left out
inline constexpr Shape kDeveloperRole = 4;    ///< "system" becomes "developer"
inline constexpr Shape kSystemRole = 8;       ///< "developer" becomes "system"
inline constexpr Shape kNoEffort = 16;        ///< no reasoning_effort is made from `reasoning`
inline constexpr Shape kRoles = kDeveloperRole | kSystemRole;
inline constexpr Shape kOfServer = kCompletionTokens | kNoStreamOptions;  ///< the rest: of a model

/// Members of requests that OpenRouter alone knows, and are left out of a body on its way to
/// another server; a fallback could never answer otherwise. `reasoning` becomes reasoning_effort.
/// \see https://openrouter.ai/docs/api-reference/overview
inline constexpr auto kOpenRouterMembers = std::to_array<std::string_view>(
    {"cache_control", "debug", "image_config", "include_reasoning", "models", "plugins", "provider",
     "reasoning", "route", "session_id", "stop_server_tools_when", "structured_outputs", "top_a",
     "trace", "transforms", "usage"});

/// Samplers that many compatible servers know and api.openai.com rejects.
inline constexpr auto kForeignSamplers =
    std::to_array<std::string_view>({"min_p", "repetition_penalty", "top_k"});

/// What an answer of the assistant brings along and api.openai.com rejects in the next request.
inline constexpr auto kAssistantMembers = std::to_array<std::string_view>(
    {"annotations", "images", "reasoning", "reasoning_content", "reasoning_details"});

/// The same of the parts of any content.
inline constexpr auto kPartMembers = std::to_array<std::string_view>({"cache_control"});

/// The same of tool calls; what a compatible server adds to its own, it wants back.
/// \see https://ai.google.dev/gemini-api/docs/thought-signatures
inline constexpr auto kCallMembers = std::to_array<std::string_view>({"extra_content"});

/// What one instance is set to.
struct BodyOptions {
  bool is_openai = true;   ///< base_url is at api.openai.com
  bool asks_usage = true;  ///< include_usage is not "never"
  std::vector<std::string_view> request_dropped, assistant_dropped, part_dropped, call_dropped;
  std::string_view reasoning_as;             ///< as MessageEdit's; static text
  json::KeyFilter work, work_of_completion;  ///< without and with kCompletionTokens
};

/// Fills the lists from those above, without what the server knows by the configuration.
void choose_dropped(BodyOptions& options, const std::vector<std::string>& request_members,
                    const std::vector<std::string>& message_members);

/// The body as that server takes it, or nullopt when it is that already, which costs a look at its
/// quotes. By splicing: no other byte changes. Errors: kInvalidRequest for what is no object.
[[nodiscard]] Result<std::optional<std::string>> write_body(std::string_view body, bool stream,
                                                            Shape shape,
                                                            const BodyOptions& options);

}  // namespace prx::openai
