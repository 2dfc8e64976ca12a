/// \file snapshot.hpp
/// One configuration in force, with the plugins that were found for it and the provider instances
/// that were made. Calls hold on to the one they began with; Client::reload() makes the next.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "client/provider_instance.hpp"
#include "plugin/registry.hpp"
#include "prx/config.hpp"

namespace prx::driver {

/// Shared by the client and the calls that run on it. Instances are shared by snapshots in which a
/// provider did not change, so that its connections and its state stay.
struct Snapshot {
  Snapshot(std::shared_ptr<const Config> resolved, std::vector<Candidate> found)
      : config(std::move(resolved)), candidates(std::move(found)) {}

  const std::shared_ptr<const Config> config;  ///< shared with who asked for it
  const std::vector<Candidate> candidates;
  std::mutex mutex;  ///< guards instances: made on a caller's thread, on first use
  std::map<std::string, std::shared_ptr<ProviderInstance>> instances;  // by provider; see above
};

}  // namespace prx::driver
