/// \file request_body.hpp
/// A request of Chat Completions as one of the Messages API.
/// \see https://platform.claude.com/docs/en/api/messages/create
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <prx/sdk/error.hpp>

#include "thinking.hpp"

namespace anthropic {

/// What one instance is set to.
struct BodyOptions {
  std::int64_t max_tokens = 8192;  ///< 1 or more; for requests that name no limit
  ThinkingForm thinking = ThinkingForm::kAuto;
};

/// The body to post. Values are copied as they are, unparsed; what is translated is in one table.
///
///  - Members that only give advice (`seed`, penalties, `store`, OpenRouter's routing ...) are left
///    out; those that change what the answer is (`n`, `logprobs`, `response_format` json_object,
///    audio ...) are kUnsupported, so that a chain goes on to a target that has them.
///  - A member that nobody here knows goes out as it is, and so do those of the Messages API
///    itself (`thinking`, `output_config`, `metadata`, `container` ...), which go before what is
///    derived from the request.
///  - Samplers that the API refuses beside thinking (temperature, top_k) are left out there, and a
///    temperature above 1 is 1, the highest that it knows.
///
/// Errors: kInvalidRequest and kUnsupported, with a message that names the member.
[[nodiscard]] prx::Result<std::string> write_body(std::string_view chat,
                                                  const BodyOptions& options);

}  // namespace anthropic
