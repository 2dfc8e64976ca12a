/// \file measure.hpp
/// Tells a host's metrics sink what ended. Nothing here runs for a client without one.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "client/operation.hpp"
#include "monotonic_time.hpp"
#include "prx/chat.hpp"
#include "prx/metrics.hpp"

namespace prx::driver {

/// Measurement::operation of a request to `path`, "": a chat.
[[nodiscard]] std::string_view operation_of(std::string_view path);

struct MeasuredCall {
  std::string_view operation, id;
};
/// One attempt of a call.
void measure_attempt(const Runtime& runtime, const MeasuredCall& call, const ProviderConfig& config,
                     const Attempt& attempt, std::string_view finish_reason);

/// A chat as a whole; its parts are borrowed.
struct EndedCall {
  std::string_view call;
  const ChatResponse& response;          ///< of an error: what was delivered before it
  const std::vector<Attempt>& attempts;  ///< the trail
  const Attempt* decisive = nullptr;     ///< that served, or failed for the call; null: none
  std::string_view plugin_id;            ///< of that one
  const Error* error = nullptr;          ///< null: it ended well
  std::chrono::nanoseconds duration{0};
  std::optional<std::chrono::nanoseconds> first_chunk;
  std::string_view operation = operation_of({});
};
void measure_call(const Runtime& runtime, const EndedCall& ended);

/// An operation that is no chat.
void measure_side(const Runtime& runtime, std::uint32_t op, const ProviderConfig& config,
                  const Error* error, const OperationStats& stats,
                  std::chrono::nanoseconds duration);

}  // namespace prx::driver
