/// \file fault_book.hpp
/// Which faults a request meets: the script's rules and the model's name, with their counts.
#pragma once

#include <chrono>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "sim/fault.hpp"

namespace prx::sim {

/// What a request is matched by.
struct FaultQuery {
  std::string_view path;
  std::string_view model;  ///< as asked for, faults included
  std::string_view key;
  std::chrono::steady_clock::time_point now;
};

inline constexpr std::size_t kCountedModelsMax =
    10'000;  ///< names with `times` or `flap` that are remembered

/// One thread.
class FaultBook {
 public:
  explicit FaultBook(FaultScript script);

  /// The faults of this request, counted as happened. `flap` comes back as kStatus or not at all.
  /// Errors: kInvalidRequest when the model's name cannot be read, or too many names were seen.
  [[nodiscard]] Result<Faults> choose(const FaultQuery& query);

 private:
  struct Counts {
    std::vector<int> happened;
    std::chrono::steady_clock::time_point first{};
  };
  struct RuleCounts {
    int matched = 0, applied = 0;
    Counts faults;
  };
  [[nodiscard]] bool happens(double chance);
  [[nodiscard]] static Faults due(const Faults& faults, Counts& counts,
                                  std::chrono::steady_clock::time_point now);

  FaultScript script_;
  std::vector<RuleCounts> rules_;
  std::mt19937_64 random_;
  std::map<std::string, Counts, std::less<>> names_;
};

}  // namespace prx::sim
