/// \file dice.hpp
/// What a random schedule is drawn from.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "reliability/random.hpp"

namespace prx::reliability::test {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] bool chance(double share) { return random_.next() < share; }
  /// Both ends included.
  [[nodiscard]] int between(int low, int high) {
    return low + static_cast<int>(random_.next() * (high - low + 1));
  }
  template <class Value>
  [[nodiscard]] Value one_of(std::initializer_list<Value> values) {
    return values.begin()[between(0, static_cast<int>(values.size()) - 1)];
  }
  [[nodiscard]] std::uint64_t seed() {
    return static_cast<std::uint64_t>(random_.next() * (1ULL << 53));
  }

 private:
  Random random_;
};

}  // namespace prx::reliability::test
