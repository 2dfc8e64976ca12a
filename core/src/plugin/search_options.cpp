#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>

#include <algorithm>

#include "plugin/plugins_off.hpp"
#include "plugin/search.hpp"

namespace prx {
namespace {

namespace fs = std::filesystem;

#if defined(__x86_64__)
constexpr const char* kTriplet = "x86_64-linux-gnu";
#else
constexpr const char* kTriplet = "aarch64-linux-gnu";
#endif

/// The file that holds this code: libprx, or the program it was linked into.
fs::path self_file() {
  Dl_info info{};
  link_map* map = nullptr;
  const auto* here = reinterpret_cast<const void*>(&self_file);
  const bool found = ::dladdr1(here, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) != 0;
  const bool in_program =
      !found || map == nullptr || map->l_name == nullptr || *map->l_name == '\0';
  std::error_code error;
  return fs::canonical(in_program ? "/proc/self/exe" : map->l_name, error);
}

void add_unique(std::vector<fs::path>& dirs, const fs::path& dir) {
  fs::path normal = dir.lexically_normal();
  if (std::find(dirs.begin(), dirs.end(), normal) == dirs.end()) dirs.push_back(std::move(normal));
}

/// Splits at colons; empty parts are left out, relative ones are resolved against the working
/// folder.
std::vector<fs::path> split_path(const std::string& text) {
  std::vector<fs::path> dirs;
  std::size_t begin = 0;
  while (begin <= text.size() && dirs.size() < kSearchDirsMax) {
    const std::size_t end = std::min(text.find(':', begin), text.size());
    std::error_code error;
    const fs::path dir = fs::absolute(text.substr(begin, end - begin), error);
    if (end > begin && !error) add_unique(dirs, dir);
    begin = end + 1;
  }
  return dirs;
}

/// $XDG_DATA_HOME, else ~/.local/share; a relative one counts as unset, as its specification says.
std::vector<fs::path> user_dirs(const Environment& environment) {
  if (const auto data = environment("XDG_DATA_HOME"); data && fs::path(*data).is_absolute())
    return {fs::path(*data) / "prx/plugins"};
  if (const auto home = environment("HOME"); home && fs::path(*home).is_absolute())
    return {fs::path(*home) / ".local/share/prx/plugins"};
  return {};
}

}  // namespace

ProcessFacts process_facts() { return {::getauxval(AT_SECURE) != 0, self_file().parent_path()}; }

std::vector<fs::path> install_dirs(const fs::path& self_dir) {
  std::vector<fs::path> dirs;
  if (self_dir.empty()) return dirs;
  const fs::path above = self_dir.parent_path();
  add_unique(dirs, self_dir / "prx/plugins");   // libprx in lib or lib/<triplet>
  add_unique(dirs, above / "lib/prx/plugins");  // a program in bin
  add_unique(dirs, above / "lib" / kTriplet / "prx/plugins");
  if (self_dir.filename() == kTriplet) add_unique(dirs, above / "prx/plugins");
  return dirs;
}

SearchOptions search_options(const PluginsConfig& config, const Environment& environment,
                             const ProcessFacts& facts) {
  SearchOptions options;
  options.entries = config.entries;
  options.config_dirs = config.dirs;
  options.allow = config.allow;
  options.isolation = config.isolation;
  options.install_dirs = install_dirs(facts.self_dir);
  options.disabled = !why_plugins_are_off(environment).empty();
  if (facts.secure) return options;
  options.env_dirs = split_path(environment("PRX_PLUGIN_PATH").value_or(""));
  options.user_dirs = user_dirs(environment);
  return options;
}

SearchOptions search_options(const PluginsConfig& config, const Environment& environment) {
  return search_options(config, environment, process_facts());
}

}  // namespace prx
