/// \file versions.hpp
/// What prx is made of, by name and version.
#pragma once

#include <string>
#include <vector>

namespace prx::cli {

struct NamedVersion {
  std::string name, version;
};

/// "prx", "abi", "libcurl" (the running one) and "compiler" (built with), in this order.
[[nodiscard]] std::vector<NamedVersion> versions();

}  // namespace prx::cli
