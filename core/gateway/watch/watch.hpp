/// \file watch.hpp
/// Watch: what one loop's client measured, kept for who asks.
#pragma once

#include <memory>

#include "gateway/watch/call_book.hpp"
#include "gateway/watch/numbers.hpp"

namespace prx::gateway {

/// Loop thread alone, once the client is open.
class Watch {
 public:
  /// For ClientOptions::metrics of the client that is watched; keeps `watch`.
  [[nodiscard]] static MetricsSink sink_of(std::shared_ptr<Watch> watch);

  void take(const Measurement& measurement);
  /// Times between the pieces of the answer of the call that was measured last.
  void take_chunks(const Histogram& between_chunks) { numbers_.take_chunks(between_chunks); }

  [[nodiscard]] const Numbers& numbers() const { return numbers_; }
  [[nodiscard]] const CallBook& book() const { return book_; }

 private:
  Numbers numbers_;
  CallBook book_;
};

}  // namespace prx::gateway
