/// \file record_line.hpp
/// A line of the access log. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "gateway/http/request_record.hpp"

namespace prx::gateway {

inline constexpr std::size_t kRecordLineMax = 4'096;  ///< bytes, PIPE_BUF: one write is one line

/// RFC 3339 in UTC, with milliseconds: "2026-11-24T05:15:58.123Z".
[[nodiscard]] std::string utc_text(std::chrono::system_clock::time_point time);

/// A JSON object and a line break, at most kRecordLineMax bytes. What is not known is not there.
[[nodiscard]] std::string record_line(const RequestRecord& record);

/// Says that so many lines are missing.
[[nodiscard]] std::string dropped_line(std::uint64_t dropped,
                                       std::chrono::system_clock::time_point now);

}  // namespace prx::gateway
