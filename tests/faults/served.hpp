/// \file served.hpp
/// The gateway of `prx serve` as a host: in this process, in front of the stage, spoken to over a
/// real socket.
#pragma once

#include <cstdint>
#include <memory>

#include "faults/observed.hpp"
#include "gateway/gateway.hpp"

namespace prx::faults {

/// HTTP carries less than the library says, and what it carries is checked: text, tool calls and
/// their pieces, usage, who served and after how many attempts, whether the cost is known; of a
/// failure its status and OpenRouter's type of it. Not carried are the attempts one by one, and
/// restarts: reasoning that was shown stays shown.
///
/// Whatever comes of a call, these are odd: a stream that broke without an error in its last chunk,
/// or with a clean end; one that is complete without [DONE]; a chunk that is no JSON, or has
/// another id than the first; an error whose code is not its status.
class Served {
 public:
  Served(const Stage& stage, const Cell& cell);
  /// One call on a connection of its own.
  [[nodiscard]] Observed call(const Scenario& scenario, bool stream) const;

 private:
  std::unique_ptr<Client> client_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::uint16_t port_ = 0;
};

}  // namespace prx::faults
