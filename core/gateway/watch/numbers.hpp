/// \file numbers.hpp
/// What calls did, counted: histograms and counters by provider, model and outcome. Values, which
/// the loops of a gateway keep apart and a scrape adds up. No I/O, no clock.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "prx/metrics.hpp"

namespace prx::gateway {

/// Counts of values by upper bounds, which OpenTelemetry advises for what is measured.
class Histogram {
 public:
  static constexpr std::size_t kBoundsMax = 16;
  /// `bounds` ascend, are at most kBoundsMax, and outlive this: they are constants.
  explicit Histogram(std::span<const double> bounds) : bounds_(bounds) {}

  void add(double value);
  void add(const Histogram& other);  ///< of the same bounds
  [[nodiscard]] std::span<const double> bounds() const { return bounds_; }
  /// Of values up to bounds()[index] and above the bound before it; the last one: of all above.
  [[nodiscard]] std::uint64_t count(std::size_t index) const { return counts_[index]; }
  [[nodiscard]] std::uint64_t all() const;
  [[nodiscard]] double sum() const { return sum_; }

 private:
  std::span<const double> bounds_;
  std::array<std::uint64_t, kBoundsMax + 1> counts_{};
  double sum_ = 0.0;
};

/// \see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
[[nodiscard]] std::span<const double> seconds_bounds();         ///< of operations
[[nodiscard]] std::span<const double> first_chunk_bounds();     ///< seconds
[[nodiscard]] std::span<const double> between_chunks_bounds();  ///< seconds
[[nodiscard]] std::span<const double> token_bounds();

/// Calls of one kind.
struct CallSeries {
  std::string operation;   ///< "chat"
  std::string plugin;      ///< gen_ai.provider.name
  std::string provider;    ///< its name in the configuration; "": nobody was asked
  std::string model;       ///< as it was asked for, or Numbers::kOther
  std::string error_type;  ///< "": it ended well
  Histogram duration{seconds_bounds()};
  Histogram first_chunk{first_chunk_bounds()};
  Histogram between_chunks{between_chunks_bounds()};
  Histogram input_tokens{token_bounds()}, output_tokens{token_bounds()};
  double cost = 0.0;  ///< US dollars, as far as known
};

/// Attempts of one kind.
struct AttemptSeries {
  std::string provider, reason, error_type;
  std::uint64_t count = 0;
};

class Numbers {
 public:
  Numbers() = default;
  Numbers(const Numbers& other) { add(other); }
  Numbers(Numbers&&) = default;
  Numbers& operator=(Numbers&&) = default;

  /// Series of calls; further ones are counted under the model kOther, so that names that clients
  /// invent do not fill memory.
  static constexpr std::size_t kSeriesMax = 512;
  static constexpr std::string_view kOther = "other";

  void take(const Measurement& measurement);
  /// Times between the pieces of the answer of the call that was taken last.
  void take_chunks(const Histogram& between_chunks);
  void add(const Numbers& other);

  [[nodiscard]] const std::unordered_map<std::string, CallSeries>& calls() const { return calls_; }
  [[nodiscard]] const std::unordered_map<std::string, AttemptSeries>& attempts() const {
    return attempts_;
  }
  [[nodiscard]] std::uint64_t hedges_won() const { return hedges_won_; }
  [[nodiscard]] std::uint64_t hedges_lost() const { return hedges_lost_; }

 private:
  struct Labels {
    std::string_view operation, plugin, provider, model, error_type;
  };
  [[nodiscard]] CallSeries& calls_of(Labels labels);
  void take_attempt(const Measurement& measurement);

  std::unordered_map<std::string, CallSeries> calls_;        ///< by all labels
  std::unordered_map<std::string, AttemptSeries> attempts_;  ///< by all labels
  CallSeries* last_ = nullptr;  ///< of the call that was taken last; in calls_
  std::uint64_t hedges_won_ = 0, hedges_lost_ = 0;
  std::string name_;  ///< of what is looked up; kept for its memory
};

}  // namespace prx::gateway
