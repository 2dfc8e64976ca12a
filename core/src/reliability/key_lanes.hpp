/// \file key_lanes.hpp
/// Health of API keys, by provider: a key that was refused, or has no credit, rests for a while.
/// Pure.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "http/loop.hpp"
#include "prx/sdk/error.hpp"

namespace prx::reliability {

/// Not thread-safe: all on one loop.
class KeyLanes {
 public:
  static constexpr std::chrono::minutes kCooling{5};  ///< after auth and credit failures

  /// A use of the key ended: nullptr when it served. Only auth and credit say something about a
  /// key.
  void record(const std::string& provider, std::size_t key, const Error* error, MonotonicTime now);
  /// The first of `count` keys that does not cool, else the one that is back first; 0 when there is
  /// none.
  [[nodiscard]] std::size_t pick(const std::string& provider, std::size_t count,
                                 MonotonicTime now) const;
  [[nodiscard]] bool cooling(const std::string& provider, std::size_t key, MonotonicTime now) const;

 private:
  [[nodiscard]] static std::string name(const std::string& provider, std::size_t key);
  std::unordered_map<std::string, MonotonicTime> until_;
};

}  // namespace prx::reliability
