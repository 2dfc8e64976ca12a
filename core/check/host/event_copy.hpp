/// \file event_copy.hpp
/// Events of an operation as values, and what came of it as a whole.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "prx/plugin.h"
#include "prx/sdk/error.hpp"

namespace prx::check {

struct EventCopy {
  std::uint32_t type = 0, choice = 0, index = 0, finish = 0, flags = 0;
  std::string text, id, name, json, frame;
  std::optional<prx_usage> usage;
  std::optional<Error> error;
};
[[nodiscard]] EventCopy copy_of_event(const prx_event& event);
/// "TEXT", "event of type 42".
[[nodiscard]] std::string name_of_event(std::uint32_t type);

/// One operation from start to release.
struct CallOutcome {
  std::int32_t status = PRX_OK;            ///< what start returned
  std::optional<Error> refused;            ///< why start refused
  std::vector<EventCopy> events;           ///< in their order
  bool ended = false;                      ///< a terminal event came
  std::size_t exchanges = 0;               ///< HTTP requests that it sent
  std::int64_t end_ns = 0;                 ///< when it ended, on the virtual clock
  std::chrono::nanoseconds start_time{0};  ///< how long start took, on the machine's clock

  /// The terminal error, or what start refused with.
  [[nodiscard]] const Error* error() const;
  [[nodiscard]] bool done() const;
  /// Of all TEXT events, in their order.
  [[nodiscard]] std::string text() const;
  /// What the events say, whatever pieces it came in: equal for equal answers.
  [[nodiscard]] std::string digest() const;
  /// The digest without USAGE, META and ITEM: what an answer must have said in full.
  [[nodiscard]] std::string answer() const;
  /// "DONE after 3 events", "ERROR rate_limit: ...", for findings.
  [[nodiscard]] std::string summary() const;
};

}  // namespace prx::check
