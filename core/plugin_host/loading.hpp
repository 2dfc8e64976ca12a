/// \file loading.hpp
/// Maps the plugin's file and looks at its tables.
#pragma once

#include <string>

#include "prx/plugin.h"

namespace prx::plugin_host {

struct Loaded {
  const prx_plugin* plugin = nullptr;
  const prx_provider* provider = nullptr;
  std::string problem;  ///< one line when it cannot be used; then the two above are not
};

/// `file` is an open descriptor; what it names is mapped for good. Runs the initialisers of the
/// file and of what it needs.
[[nodiscard]] Loaded load(int file);

}  // namespace prx::plugin_host
