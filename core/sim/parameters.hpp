/// \file parameters.hpp
/// Which parameters a request uses, and which servers refuse them: OpenAI's reasoning models, a
/// server that knows OpenAI's parameters alone, an old compatible one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/chat_call.hpp"
#include "sim/json_view.hpp"
#include "sim/reply.hpp"

namespace prx::sim {

[[nodiscard]] Parameters read_parameters(const JsonValue& root);

/// The refusal of a request to `model` (with its faults), or nullopt. In OpenAI's dialect o1, o3,
/// o4 and gpt-5 refuse max_tokens, and o1-mini the role `system`; the faults `strict` and
/// `old-server` refuse in both.
[[nodiscard]] std::optional<PlainReply> refused_parameter(const Dialect& dialect,
                                                          const Faults& faults,
                                                          std::string_view model,
                                                          const Parameters& parameters);

}  // namespace prx::sim
