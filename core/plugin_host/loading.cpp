#include "plugin_host/loading.hpp"

#include <dlfcn.h>

#include "plugin/table_fault.hpp"
#include "prx/sdk/abi.hpp"

namespace prx::plugin_host {
namespace {

/// The dynamic linker's words without the path, which is of this process alone.
std::string linker_text(const std::string& path) {
  const char* const said = ::dlerror();
  std::string text = said == nullptr ? "no reason given" : said;
  if (text.starts_with(path + ": ")) text.erase(0, path.size() + 2);
  return text;
}

}  // namespace

Loaded load(int file) {
  Loaded out;
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) {
    out.problem = "cannot be loaded: " + linker_text(path);
    return out;
  }
  const auto query = reinterpret_cast<const prx_plugin* (*)()>(::dlsym(library, PRX_QUERY_SYMBOL));
  if (query == nullptr) {
    out.problem = "it does not export " PRX_QUERY_SYMBOL "; build it with prx_add_plugin()";
    return out;
  }
  out.plugin = query();
  out.problem = table_fault(out.plugin);
  if (!out.problem.empty()) return out;
  out.provider =
      static_cast<const prx_provider*>(out.plugin->interface_(sdk::str(PRX_PROVIDER_ID)));
  out.problem = table_fault(out.provider);
  return out;
}

}  // namespace prx::plugin_host
