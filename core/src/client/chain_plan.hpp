/// \file chain_plan.hpp
/// Which targets a call has, in which order, and why each is asked for that model: from the
/// configuration alone, so that `prx plan` shows what a client does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "prx/config.hpp"
#include "reliability/chain_engine.hpp"

namespace prx::driver {

/// What a call says about whom it wants.
struct ChainQuestion {
  std::string_view provider;  ///< alone, or ""
  std::string_view chain;     ///< "" : the one in force
  std::string_view model;     ///< asked for, "chain:NAME", or ""
  /// Of a request that is no chat (EndpointRequest): each target is asked for `model`, without what
  /// extra bodies say, and not token by token
  bool endpoint = false;
};

/// Points into the configuration.
struct PlannedTarget {
  const ProviderConfig* provider = nullptr;
  const TargetConfig* target = nullptr;  ///< nullptr: of a call that names its provider
  std::size_t place = 0;                 ///< in the chain as it is written
  std::string model;                     ///< "" when nothing says
  std::string model_origin;              ///< as ModelChoice::origin
  reliability::PlanTarget plan;
  /// Its extra_body gives the server a list of models to fall back on by itself
  bool server_falls_back = false;
  std::string left_out;  ///< why it cannot be asked (no plugin, no key, no model), or ""
};

struct PlannedChain {
  const ChainConfig* chain = nullptr;  ///< nullptr: of a call that names its provider
  const ReliabilityConfig* policy = nullptr;
  std::vector<PlannedTarget> targets;  ///< 1 or more; two that became the same are one
};

/// `config` is resolved, and outlives the result. Errors: kInvalidRequest: no such chain or
/// provider, or both were named.
[[nodiscard]] Result<PlannedChain> plan_chain(const Config& config, const ChainQuestion& question);

/// Names the health records of a provider's keys (which are part of it as a hash) and of a target:
/// what it is asked for, where, with which keys (as a hash), and what its provider and the target
/// add to the request. Another key, URL or `extra_body` is another target.
[[nodiscard]] std::string key_pool_name(const ProviderConfig& provider);
[[nodiscard]] std::string lane_name(const ProviderConfig& provider, std::string_view model,
                                    std::string_view extra_body);

}  // namespace prx::driver
