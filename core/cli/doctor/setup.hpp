/// \file setup.hpp
/// What prx doctor says of configuration, plugins and missing keys: nobody is asked.
#pragma once

#include <string_view>
#include <vector>

#include "cli/doctor/checks.hpp"
#include "prx/config.hpp"
#include "prx/plugin_info.hpp"

namespace prx::cli {

/// Whether a chain's targets name that provider.
[[nodiscard]] bool is_in_chain(const ChainConfig& chain, std::string_view provider);

/// All of the configuration: those of the chain in force first, in its order. They point into it.
[[nodiscard]] std::vector<const ProviderConfig*> providers_in_order(const Config& config);

/// Of the chain in force: a failure, else a warning.
[[nodiscard]] CheckStatus how_bad(const Config& config, std::string_view provider);

/// File, permissions, warnings that no other row says. `config` is resolved.
void check_configuration(const Config& config, Checks& out);

/// One row for each plugin that serves a provider, each provider without one, each file that was
/// rejected.
void check_plugins(const Config& config, const std::vector<PluginInfo>& plugins, Checks& out);

/// A row when the provider needs a key and has none.
void check_missing_key(const Config& config, const ProviderConfig& provider, Checks& out);

}  // namespace prx::cli
