/// \file failure.hpp
/// Failures of the Messages API as typed errors.
/// \see https://platform.claude.com/docs/en/api/errors
/// \see https://platform.claude.com/docs/en/api/rate-limits
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <prx/sdk/error.hpp>
#include <prx/sdk/http_provider.hpp>

namespace anthropic {

/// What a server said of its failure, wherever it said it.
struct Failure {
  int status = 0;                     ///< 0: inside of an answer of status 200
  std::span<const prx_kv> headers{};  ///< names in lower case
  std::string_view body;              ///< {"type":"error","error":{...}}, another text, or ""
};

/// The class comes from `error.type`, then from the status. Two things have no type of their own,
/// a prompt that does not fit and an account without credit: they are known by the words of an
/// invalid_request_error, a table in the source.
/// The message is one line of at most 600 bytes; `raw` the body, of at most 64 KiB.
/// \param now_epoch  Unix seconds, for resets of rate limits, which are given as a time.
[[nodiscard]] prx::Error read_failure(const Failure& failure, std::int64_t now_epoch);

/// An answer that cannot be used: kBadResponse, in the body.
[[nodiscard]] prx::Error bad_answer(std::string_view what);

/// Of any answer: how long it takes until the key may send one more request, when its head says
/// that none is left; nullopt otherwise.
[[nodiscard]] std::optional<std::chrono::milliseconds> read_next_request(
    std::span<const prx_kv> headers, std::int64_t now_epoch);

}  // namespace anthropic
