/// \file found_plugins.hpp
/// What a search for plugins found, as a configuration is completed with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugin/registry.hpp"

namespace prx::driver {

struct FoundPlugins {
  std::vector<PluginNote> notes;      ///< of those that can be used
  std::vector<std::string> rejected;  ///< ids and kinds of those that cannot, as far as is known
};

[[nodiscard]] FoundPlugins found_plugins(const std::vector<Candidate>& candidates);

/// Whether a rejected file could be what `name` asks for: by its id, one of its kinds, or its
/// file's name where it could not be read; so could whatever is in a folder that was not searched.
[[nodiscard]] bool may_be_plugin(const PluginInfo& rejected, std::string_view name);

/// Puts the reasons of rejected files into the problems of the providers that they would serve, and
/// into the warnings that tell those; each is told once.
void add_rejections(Config& config, const std::vector<Candidate>& candidates);

/// A usable plugin's file as it is loaded, or why it is not: trust, its pin, and for one that is to
/// be isolated its program. Maps nothing, starts nothing.
[[nodiscard]] Result<OpenedPlugin> open_as_configured(const PluginsConfig& config,
                                                      const Candidate& candidate);

/// A candidate that is found to be usable and will not load is rejected, with what a client says.
void reject_what_will_not_load(const PluginsConfig& config, std::vector<Candidate>& candidates);

}  // namespace prx::driver
