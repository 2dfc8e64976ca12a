/// \file event_judge.hpp
/// Judges each event of one operation against the grammar and the fields of prx/plugin.h.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "check/host/breach.hpp"
#include "prx/plugin.h"

namespace prx::check {

/// A text of an event as a finding quotes it: one line, at most 60 bytes of it.
[[nodiscard]] std::string quoted_part(std::string_view text);

/// Notes what is wrong with the fields of an error.
void judge_error(const prx_error& error, Breaches& breaches, const std::string& where);

/// Sees the events in their order. One thread at a time.
class EventJudge {
 public:
  /// \param op, flags  of the prx_request. \param newer  the plugin was built against a later
  /// minor, and may send types of events and finish reasons that are not known here
  EventJudge(std::uint32_t op, std::uint32_t flags, bool newer, Breaches& breaches)
      : op_(op), flags_(flags), newer_(newer), breaches_(breaches) {}

  void see(const prx_event& event);

 private:
  struct Choice {
    bool finished = false;
    std::set<std::uint32_t> calls;  ///< indices so far
    bool nameless_call = false;     ///< allowed only when the finish reason cut it
  };

  void see_order(const prx_event& event);
  void see_fields(const prx_event& event);
  void see_texts(const prx_event& event);
  void see_tool_call(const prx_event& event);
  void see_finish(const prx_event& event);
  void see_usage(const prx_event& event);
  void see_terminal(const prx_event& event);
  void see_frame(const prx_event& event);
  void breach(Breach breach, const prx_event& event, const std::string& what);

  const std::uint32_t op_, flags_;
  const bool newer_;
  Breaches& breaches_;
  std::map<std::uint32_t, Choice> choices_;
  std::uint64_t seen_ = 0;
};

}  // namespace prx::check
