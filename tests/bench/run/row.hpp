/// \file row.hpp
/// One line of the benchmark table, and what the whole table means. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace prx::bench {

/// How strictly a goal is kept.
enum class Kind {
  kInfo,   ///< no goal
  kTime,   ///< drifts with the machine: reported, never fails
  kRatio,  ///< of paired runs: fails above goal x kRatioSlack, or below the least / kRatioSlack
  kCount,  ///< deterministic: fails above the goal, or the tripwire
};
inline constexpr double kRatioSlack = 1.15;

struct Row {
  std::string name;
  std::optional<double> value;  ///< nullopt: not measured, see `note`
  std::string unit;
  Kind kind = Kind::kInfo;
  std::optional<double> goal;
  bool at_least = false;  ///< the goal is the least, not the most
  std::optional<double>
      tripwire;  ///< kCount: fails above this instead, where the goal is not reached yet
  std::optional<double> floor;  ///< what a prototype reached
  std::string note;             ///< spread, or why it was skipped
  bool broken = false;          ///< it should have been measured, and could not

  [[nodiscard]] bool within_goal() const {
    return value && (!goal || (at_least ? *value >= *goal : *value <= *goal));
  }
  [[nodiscard]] bool fails() const;
};

/// A row that says why there is no value.
[[nodiscard]] Row skipped_row(std::string name, std::string reason);
[[nodiscard]] Row broken_row(std::string name, std::string reason);

[[nodiscard]] std::string table(const std::vector<Row>& rows);
/// `[{"name","value","unit","goal","ok"}]` in one line; null where there is none, ok null without
/// value or goal.
[[nodiscard]] std::string json_line(const std::vector<Row>& rows);
/// 0; 1 when a row fails; 2 when none fails but one is broken.
[[nodiscard]] int exit_code(const std::vector<Row>& rows);

}  // namespace prx::bench
