#include "cli/versions.hpp"

#include <dlfcn.h>

#include <string_view>

#include "prx/plugin.h"
#include "prx/version.hpp"

namespace prx::cli {
namespace {

/// Asked by name, since libcurl's headers stay in the room that uses it.
std::string libcurl_version() {
  void* const symbol = ::dlsym(RTLD_DEFAULT, "curl_version");
  if (symbol == nullptr) return "unknown";
  std::string_view text = reinterpret_cast<const char* (*)()>(symbol)();
  constexpr std::string_view kName = "libcurl/";
  if (text.starts_with(kName)) text.remove_prefix(kName.size());
  return std::string(text);
}

}  // namespace

std::vector<NamedVersion> versions() {
  return {{"prx", std::string(kVersion)},
          {"abi", std::to_string(PRX_ABI_MAJOR) + "." + std::to_string(PRX_ABI_MINOR)},
          {"libcurl", libcurl_version()},
          {"compiler", __VERSION__}};
}

}  // namespace prx::cli
