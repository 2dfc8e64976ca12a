/// \file observed.hpp
/// What came of one call, whoever made it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "faults/stage.hpp"

namespace prx::faults {

struct Tried {
  std::string provider, reason, error;  ///< "" : it served
  std::uint32_t exchanges = 0;
  std::string message;
};

struct Observed {
  bool answered = false;
  std::string text;   ///< all that was delivered
  std::string calls;  ///< all tool calls, as calls_text() writes them
  /// What the pieces of tool calls make, in the same form but perhaps not whole; of streams alone
  std::string pieces;
  std::optional<int> restarts;  ///< of streams alone
  std::string error_class;      ///< "" : not known to this host
  std::string error_type;       ///< the gateway's word for it, in OpenRouter's dialect
  std::string message;
  int exit_code = -1;  ///< of the program
  std::optional<std::string> provider, model;
  std::optional<std::int64_t> tokens;
  std::optional<std::vector<Tried>> trail;
  std::optional<std::size_t> asked;  ///< attempts, where they are not told one by one
  std::optional<CallCost> cost;
  milliseconds took{0};
  Differences odd;  ///< what no call may do
};

/// What a target's tool calls are to be: `weather({"city": "Oslo"}); clock({"city": "Oslo"})`.
[[nodiscard]] std::string calls_text(const Target& target);

/// Makes the call. Throws what the test's own machinery throws.
[[nodiscard]] Observed make_call(Stage& stage, const Cell& cell);
/// The same through the library, by a client that is there already.
[[nodiscard]] Observed stream_call(Client& client, const Scenario& scenario);
[[nodiscard]] Observed block_call(Client& client, const Scenario& scenario);
[[nodiscard]] Observed program_call(Stage& stage, const Cell& cell);

/// What `prx plan --fail` says comes of it.
struct Rehearsed {
  bool answered = false;
  std::string served_by, error_class;
  int attempts = 0;
  std::string problem;  ///< "" : it was played
};
[[nodiscard]] Rehearsed rehearse(Stage& stage, const Cell& cell);

/// All that differs from what the scenario expects.
[[nodiscard]] Differences judge(const Stage& stage, const Cell& cell, const Observed& seen);
[[nodiscard]] Differences judge(const Stage& stage, const Rehearsed& seen);
/// What is expected of a call by that host.
[[nodiscard]] const Expect& expectation(const Scenario& scenario, Host host);
[[nodiscard]] bool streams_upstream(Host host);

}  // namespace prx::faults
