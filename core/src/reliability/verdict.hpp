/// \file verdict.hpp
/// The one place that says what a class of failure allows: the table of the guide,
/// core/docs/reliability.md. Pure.
#pragma once

#include "prx/config.hpp"

namespace prx::reliability {

struct Verdict {
  bool retry = false;     ///< the same target and key again, after a wait
  bool next_key = false;  ///< the same target with another key, at once
  bool fallback = false;  ///< another target
  bool counts = false;    ///< against the lane
  bool dead_key = false;  ///< the key rests, for every target of its provider
  bool local = false;     ///< this machine's own shortage: it says nothing about anybody
};

/// From the class, the phase of a timeout and of an internal error, and the provider's explicit
/// word (`retryable`, which beats the table's retry column); `retry_on` and `fallback_on` of the
/// policy replace their columns. A message is never looked at.
[[nodiscard]] Verdict verdict(const Error& error, const ReliabilityConfig& policy);

}  // namespace prx::reliability
