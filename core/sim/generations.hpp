/// \file generations.hpp
/// What GET /generation tells about answers given before.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "sim/answer.hpp"
#include "sim/catalog.hpp"

namespace prx::sim {

inline constexpr std::size_t kGenerationsMax = 1'000;  ///< the oldest are forgotten

struct Generation {
  std::string id, model;
  const CatalogModel* catalog = nullptr;
  std::size_t prompt_tokens = 0, completion_tokens = 0, reasoning_tokens = 0;
  double cost = 0;
  bool streamed = false;
  bool cancelled = false;
  std::string_view finish_reason;  ///< a literal
  int misses = 0;                  ///< look-ups that still fail
};

/// One thread.
class Generations {
 public:
  void add(Generation generation);
  /// The client went away before the end.
  void cancel(std::string_view id);
  /// JSON of the record; nullopt when there is none, or not yet.
  [[nodiscard]] std::optional<std::string> look_up(std::string_view id);

 private:
  std::deque<Generation> records_;
};

}  // namespace prx::sim
