/// \file snapshot.hpp
/// One configuration in force, with the plugins that were found for it and the provider instances
/// that were made. Calls hold on to the one they began with; Client::reload() makes the next.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "catalog/shelf.hpp"
#include "client/provider_instance.hpp"
#include "plugin/registry.hpp"
#include "prx/config.hpp"
#include "reliability/chain_engine.hpp"

namespace prx::driver {

/// What a call needs to know of a target.
struct CallTarget {
  ProviderInstance* instance = nullptr;  ///< of the snapshot
  std::string model;                     ///< asked for; "": what the body says
  std::string_view extra_body;           ///< of the target; lives as long as the snapshot
  /// What the cached list of its provider says of the model; null: nothing is known
  std::shared_ptr<const catalog::Known> known = nullptr;
  /// Where its prices are: the same, or another provider's list; null: unknown
  std::shared_ptr<const catalog::Known> priced = nullptr;
};

/// The answer to one ChainQuestion, with the instances made. Immutable.
struct PreparedChain {
  reliability::Plan plan;
  std::vector<CallTarget> targets;  ///< in the order of the plan's; 1 or more
  bool whole = true;                ///< all instances were made, all lists read: it will not change
  std::uint64_t catalog = 0;        ///< Shelf::generation() when it was made
  bool any_known = false;           ///< something is known of the model of one
};

/// Shared by the client and the calls that run on it. Instances are shared by snapshots in which a
/// provider did not change, so that its connections and its state stay.
struct Snapshot {
  Snapshot(std::shared_ptr<const Config> resolved, std::vector<Candidate> found)
      : config(std::move(resolved)), candidates(std::move(found)) {}
  /// Tells when its instances were let go of.
  ~Snapshot() {
    prepared.clear();
    instances.clear();
    transports.clear();
    if (when_gone) when_gone();
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  /// The provider's instance, or nullptr when none was made yet. Any thread.
  [[nodiscard]] ProviderInstance* find(const std::string& provider) {
    const std::lock_guard lock(mutex);
    const auto found = instances.find(provider);
    return found == instances.end() ? nullptr : found->second.get();
  }
  /// All that were made so far. Any thread.
  [[nodiscard]] std::map<std::string, std::shared_ptr<ProviderInstance>> all() {
    const std::lock_guard lock(mutex);
    return instances;
  }

  const std::shared_ptr<const Config> config;  ///< shared with who asked for it
  const std::vector<Candidate> candidates;
  std::map<std::string, std::string>
      plugin_files;  ///< usable ones by id: names file and generation
  /// By ca_file, of all providers; made before it is in force, shared with who needs them too
  std::map<std::filesystem::path, std::shared_ptr<http::Transport>> transports;
  std::mutex making;  ///< one instance is made at a time, on a caller's thread, on first use
  std::mutex mutex;   ///< guards the two below; never held while a plugin runs
  std::map<std::string, std::shared_ptr<ProviderInstance>> instances;  // by provider; see above
  static constexpr std::size_t kPreparedMax = 256;  ///< then all are forgotten and made again
  /// By what the call says about whom it wants
  std::unordered_map<std::string, std::shared_ptr<const PreparedChain>> prepared;
  std::function<void()> when_gone;  ///< runs on the thread that lets go of it last
};

}  // namespace prx::driver
