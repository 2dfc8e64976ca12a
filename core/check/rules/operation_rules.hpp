/// \file operation_rules.hpp
/// The tables of rules about operations, one for each file.
#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "check/rule.hpp"

namespace prx::check {

/// How much of an operation is looked at.
enum class Span { kStart, kWhole };

/// Each operation of the note as the first one of a process that knows nothing of the plugin yet:
/// no call of it on the loop takes longer than that. Before the plugin was loaded here; nothing
/// with the quirk slow_start.
void expect_quick_first_time(const Subject& subject, Trial& trial, Span span,
                             std::chrono::milliseconds limit, std::string_view expected);

[[nodiscard]] std::span<const Rule> tour_rules();    ///< what any operation may not do
[[nodiscard]] std::span<const Rule> start_rules();   ///< what start makes of odd requests
[[nodiscard]] std::span<const Rule> cancel_rules();  ///< cancel, stop and release
[[nodiscard]] std::span<const Rule> hold_rules();    ///< how long the plugin holds a loop

}  // namespace prx::check
