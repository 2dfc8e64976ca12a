/// \file status_body.hpp
/// What a gateway does now, as JSON for people and the page at /: see serve.md of prx's
/// documentation.
#pragma once

#include <chrono>
#include <string>

#include "gateway/watch/reporters.hpp"
#include "prx/config.hpp"
#include "prx/plugin_info.hpp"

namespace prx::gateway {

/// What does not come from the loops.
struct StatusFacts {
  std::chrono::system_clock::time_point now, started;
  bool draining = false;
  std::shared_ptr<const Config> config;  ///< in force; borrowed from the client for the answer
  std::vector<PluginInfo> plugins;
};

/// No key, prompt or answer is in it.
[[nodiscard]] std::string status_body(const StatusFacts& facts, const LoopReports& loops);

}  // namespace prx::gateway
