/// \file client_state.hpp
/// What a client knows of its targets and keys now, as values, for hosts inside of prx that show
/// it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace prx {

/// A target that calls asked for, of the configuration in force.
struct LaneState {
  enum class Breaker { kClosed, kOpen, kHalfOpen };
  std::string provider, model;
  Breaker breaker = Breaker::kClosed;
  bool probing = false;
  int failures = 0;  ///< calls in a row
  /// Of an open breaker: until it is half-open
  std::optional<std::chrono::milliseconds> reopens_in;
  /// After a Retry-After: until it is asked again, with the first of its keys that may be used
  std::optional<std::chrono::milliseconds> rests_for;
  friend bool operator==(const LaneState&, const LaneState&) = default;
};

/// A key of a provider that was made.
struct KeyState {
  std::string provider;
  std::string label;  ///< where it came from; never the key
  /// It was refused: until it is tried again
  std::optional<std::chrono::milliseconds> rests_for;
  friend bool operator==(const KeyState&, const KeyState&) = default;
};

struct ClientState {
  std::vector<LaneState> lanes;
  std::vector<KeyState> keys;
  std::size_t operations = 0;  ///< under way
};

}  // namespace prx
