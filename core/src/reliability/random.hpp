/// \file random.hpp
/// A small generator, seeded by who makes it: with the same seed the same numbers follow, so that a
/// test can replay them.
#pragma once

#include <cstdint>

namespace prx::reliability {

/// SplitMix64. Good enough for jitter, not for secrets.
/// \see https://prng.di.unimi.it/splitmix64.c
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// 0.0 up to, but not, 1.0.
  [[nodiscard]] double next() {
    constexpr double kUnit = 1.0 / (1ULL << 53);
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * kUnit;
  }

 private:
  std::uint64_t state_;
};

}  // namespace prx::reliability
