/// \file retry_after.hpp
/// How long a server asks to wait, read from the head of its answer. For every step of the layer.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "prx/plugin.h"

namespace prx::sdk {

/// Retry-After in each form: seconds (fractions too), retry-after-ms, HTTP date,
/// x-ratelimit-reset-* durations ("6m0s"; the exhausted one, else the longer), X-RateLimit-Reset
/// (seconds, epoch seconds or epoch milliseconds by size); no reset of a limit whose remaining is
/// known and not 0. Never negative, at most 366 days. After an overload read_error() waits for the
/// reset of a limit only when its remaining is 0.
/// \param now_epoch  Unix seconds, for a wait that is given as a time in a head without a Date; 0:
///   unknown.
[[nodiscard]] std::optional<std::chrono::milliseconds> read_retry_after(
    std::span<const prx_kv> headers, std::int64_t now_epoch);

/// Of a good answer: how long it takes until the key may send one more request, when its head says
/// that none is left (x-ratelimit-remaining-requests: 0). That is x-ratelimit-reset-requests, after
/// which all of x-ratelimit-limit-requests are there again, divided by these; 1 ms to 366 days.
/// nullopt: some are left, or nothing is said.
/// \see https://platform.openai.com/docs/guides/rate-limits
[[nodiscard]] std::optional<std::chrono::milliseconds> read_next_request(
    std::span<const prx_kv> headers);

}  // namespace prx::sdk
