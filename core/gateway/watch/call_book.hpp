/// \file call_book.hpp
/// The calls of a loop that ended last, with their attempts: for people who look at what happens.
/// No prompt and no answer is in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "prx/metrics.hpp"

namespace prx::gateway {

/// Members are as those of Attempt and Measurement.
struct BookedAttempt {
  std::string provider, model, reason, error_type;
  int http_status = 0;
  std::chrono::microseconds wait{0}, total{0};
  std::optional<std::chrono::microseconds> first_token;
};
struct BookedCall {
  std::chrono::system_clock::time_point ended;
  std::string id, operation, provider, model, served_model, finish_reason, error_type;
  std::chrono::microseconds duration{0};
  std::optional<std::chrono::microseconds> first_chunk;
  std::optional<std::int64_t> input_tokens, output_tokens;
  std::optional<double> cost;  ///< US dollars; nullopt: not known
  std::vector<BookedAttempt> attempts;
};

/// Loop thread alone.
class CallBook {
 public:
  static constexpr std::size_t kCallsMax = 100;
  /// Calls under way of which an attempt ended; where there are more, attempts so far are
  /// forgotten.
  static constexpr std::size_t kOpenMax = 10'000;

  /// `now` is when the measurement is taken.
  void take(const Measurement& measurement, std::chrono::system_clock::time_point now);
  /// The oldest first.
  [[nodiscard]] const std::deque<BookedCall>& calls() const { return calls_; }

 private:
  std::unordered_map<std::string, std::vector<BookedAttempt>> open_;  ///< by the call's id
  std::deque<BookedCall> calls_;
};

}  // namespace prx::gateway
