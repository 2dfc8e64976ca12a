/// \file answer_check.hpp
/// Whether the body of an answer is what the upstream sent: every byte, and of stamped events every
/// number, so that none is lost, doubled or out of order. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "bench/http_load/options.hpp"

namespace prx::bench {

/// What every answer has to be; made once.
struct Expected {
  int status = 200;
  std::size_t stamped_events = 0;  ///< that come before `body`
  std::string body;                ///< exactly
};
[[nodiscard]] Expected expected_answer(const HttpLoadOptions& options);

/// Of one answer after another.
class AnswerCheck {
 public:
  /// Told the moment at which each stamped event was sent.
  using OnEvent = std::function<void(std::chrono::nanoseconds sent)>;

  explicit AnswerCheck(const Expected& expected) : expected_(&expected) {}

  void restart();
  /// False when this cannot follow what came before; the answer is wrong then.
  [[nodiscard]] bool take(std::string_view piece, const OnEvent& on_event);
  /// Nothing is missing.
  [[nodiscard]] bool complete() const;
  [[nodiscard]] std::size_t events() const { return events_; }

 private:
  [[nodiscard]] bool take_event(std::string_view event, const OnEvent& on_event);

  const Expected* expected_;
  std::size_t events_ = 0;  // stamped ones so far
  std::size_t offset_ = 0;  // in the body
  std::string partial_;     // of a stamped event
};

}  // namespace prx::bench
