/// \file found_plugins.hpp
/// What a search for plugins found, as a configuration is completed with it.
#pragma once

#include <string>
#include <vector>

#include "plugin/registry.hpp"

namespace prx::driver {

struct FoundPlugins {
  std::vector<PluginNote> notes;      ///< of those that can be used
  std::vector<std::string> rejected;  ///< ids and kinds of those that cannot, as far as is known
};

[[nodiscard]] FoundPlugins found_plugins(const std::vector<Candidate>& candidates);

}  // namespace prx::driver
