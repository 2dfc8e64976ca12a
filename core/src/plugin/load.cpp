#define BOOST_DLL_USE_STD_FS
#include <dlfcn.h>
#include <sys/stat.h>

#include <map>
#include <mutex>
#include <tuple>

#include <boost/dll/shared_library.hpp>

#include "plugin/elf_reader.hpp"
#include "plugin/registry.hpp"
#include "plugin/regular_file.hpp"
#include "plugin/sealed_copy.hpp"
#include "plugin/table_fault.hpp"
#include "plugin/trust.hpp"

namespace prx {
namespace {

namespace fs = std::filesystem;
namespace dll = boost::dll;

constexpr int kGenerationsMax = 100;  // files mapped from one path, one after the other replaced

struct Tables {
  const prx_plugin* plugin = nullptr;
  const prx_provider* provider = nullptr;
};

/// What was mapped: device and inode of a file, or the digest of a sealed copy.
using Identity = std::tuple<dev_t, ino_t, std::string>;

/// The libraries of this process. dlopen's own table is one per process, so its shadow here is too.
struct Mappings {
  std::mutex mutex;
  std::map<Identity, Tables> tables;
  std::map<fs::path, std::vector<Identity>> generations;  ///< what each path was mapped from
  std::map<Identity, os::Descriptor>
      copies;  ///< kept open: /proc/self/fd/N must never name another copy
};

Mappings& mappings() {
  static Mappings
      instance;  // guarded by its mutex; see Mappings for why it is not a member of someone
  return instance;
}

Unexpected<Error> broken(const fs::path& file, const std::string& what) {
  return fail(ErrorClass::kInternal, file.string() + ": " + what);
}

/// The dynamic linker's words out of Boost.DLL's, without the path, which stands in front anyway.
std::string linker_text(std::string what, const std::string& path) {
  const std::string_view kBegin = "(dlerror system message: ";
  if (const auto begin = what.find(kBegin); begin != std::string::npos) {
    what.erase(0, begin + kBegin.size());
    what.resize(std::min(what.rfind(')'), what.size()));
  }
  if (what.starts_with(path + ": ")) what.erase(0, path.size() + 2);
  return what;
}

/// Maps a library for good and asks for its table. `name` is what dlopen gets.
Result<const prx_plugin*> map_library(const fs::path& name, const fs::path& file) {
  constexpr int kMode = dll::load_mode::rtld_now | dll::load_mode::rtld_local | RTLD_NODELETE;
  try {
    const dll::shared_library library(name, static_cast<dll::load_mode::type>(kMode));
    if (!library.has(PRX_QUERY_SYMBOL))
      return broken(file,
                    "it does not export " PRX_QUERY_SYMBOL "; build it with prx_add_plugin()");
    return library.get<const prx_plugin*()>(PRX_QUERY_SYMBOL)();
  } catch (const std::exception& error) {
    return broken(file, "cannot be loaded: " + linker_text(error.what(), name.string()));
  }
}

std::string text(prx_str value) {
  return value.len == 0 ? std::string() : std::string(value.ptr, value.len);
}

Result<void> check_plugin(const prx_plugin* plugin, const PluginNote& note, const fs::path& file) {
  if (const auto fault = table_fault(plugin); !fault.empty()) return broken(file, fault);
  if (text(plugin->id) == note.id) return {};
  return broken(file, "its table says it is '" + text(plugin->id) + "', its note says '" + note.id +
                          "'; correct one of them");
}

Result<const prx_provider*> get_provider(const prx_plugin& plugin, const fs::path& file) {
  constexpr std::string_view kId = PRX_PROVIDER_ID;
  const auto* provider =
      static_cast<const prx_provider*>(plugin.interface_({kId.data(), kId.size()}));
  if (const auto fault = table_fault(provider); !fault.empty()) return broken(file, fault);
  return provider;
}

Result<Tables> get_tables(const prx_plugin* plugin, const PluginNote& note, const fs::path& file) {
  PRX_TRY(check_plugin(plugin, note, file));
  PRX_TRY_SET(const auto* provider, get_provider(*plugin, file));
  return Tables{plugin, provider};
}

/// A spelling of a path that the dynamic linker has not seen for another file: it compares names
/// before inodes, and would give the old image for a replaced file.
Result<fs::path> fresh_spelling(Mappings& all, const fs::path& real, const Identity& identity) {
  auto& generations = all.generations[real];
  const auto known = std::find(generations.begin(), generations.end(), identity);
  const auto index = known - generations.begin();
  if (index >= kGenerationsMax)
    return broken(real, "was replaced more than " + std::to_string(kGenerationsMax) +
                            " times in this process; restart it");
  if (known == generations.end()) generations.push_back(identity);
  if (index == 0) return real;
  std::string folder = real.parent_path().string();
  for (auto i = index; i > 0; --i) folder += "/.";
  return fs::path(folder + "/" + real.filename().string());
}

/// What is about to be mapped.
struct Source {
  fs::path real;
  os::Descriptor
      descriptor;  ///< held while mapping, so that the inode cannot be given to another file
  struct stat status {};
  PluginNote note;
};

Result<struct stat> status_of(const os::Descriptor& descriptor, const fs::path& real) {
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return broken(real, "cannot be looked at");
  return status;
}

Result<Source> open_source(const Candidate& candidate) {
  Source source;
  PRX_TRY_SET(source.real, trusted_path(candidate.info.path));
  PRX_TRY_SET(source.descriptor, open_regular_file(source.real));
  PRX_TRY_SET(source.status, status_of(source.descriptor, source.real));
  PRX_TRY(check_owner_and_mode(source.real, source.status));
  PRX_TRY_SET(source.note, elf::probe(source.descriptor.get(), source.real.string()));
  if (source.note.id != candidate.note.id || source.note.abi_major != PRX_ABI_MAJOR ||
      source.note.needs_minor > PRX_ABI_MINOR)
    return fail(ErrorClass::kBadResponse,
                source.real.string() + ": changed since it was found; search for plugins again");
  return source;
}

Result<void> check_unchanged(const Source& source) {
  struct stat now {};
  if (::lstat(source.real.c_str(), &now) == 0 && now.st_dev == source.status.st_dev &&
      now.st_ino == source.status.st_ino)
    return {};
  return fail(ErrorClass::kBadResponse,
              source.real.string() + ": was replaced while it was loaded; try again");
}

Result<Tables> map_file(Mappings& all, const Source& source) {
  const Identity identity{source.status.st_dev, source.status.st_ino, ""};
  if (const auto known = all.tables.find(identity); known != all.tables.end()) return known->second;
  PRX_TRY_SET(const auto name, fresh_spelling(all, source.real, identity));
  PRX_TRY_SET(const auto* plugin, map_library(name, source.real));
  PRX_TRY(check_unchanged(source));
  PRX_TRY_SET(const auto tables, get_tables(plugin, source.note, source.real));
  return all.tables.emplace(identity, tables).first->second;
}

/// The content that is pinned: what the search has hashed, or the file's when that has changed.
/// What is hashed is what is used, either way.
Result<SealedCopy> pinned_copy(const Source& source, const Candidate& candidate) {
  const bool is_known = candidate.copy && candidate.copy->stamp == stamp_of(source.status);
  PRX_TRY_SET(auto copy, is_known ? same_copy(*candidate.copy, source.real)
                                  : sealed_copy(source.descriptor.get(), source.real));
  PRX_TRY(check_pin(source.real, copy.sha256, {source.note.id, candidate.sha256}));
  return copy;
}

Result<Tables> map_copy(Mappings& all, const Source& source, const Candidate& candidate) {
  PRX_TRY_SET(auto copy, pinned_copy(source, candidate));
  const Identity identity{0, 0, copy.sha256};
  if (const auto known = all.tables.find(identity); known != all.tables.end()) return known->second;
  // The note that was checked must be the one of the copy.
  PRX_TRY_SET(const auto note, elf::probe(copy.descriptor.get(), source.real.string()));
  const auto held = all.copies.try_emplace(identity, std::move(copy.descriptor)).first;
  const auto name = "/proc/self/fd/" + std::to_string(held->second.get());
  PRX_TRY_SET(const auto* plugin, map_library(name, source.real));
  PRX_TRY_SET(const auto tables, get_tables(plugin, note, source.real));
  return all.tables.emplace(identity, tables).first->second;
}

}  // namespace

Result<LoadedPlugin> load_plugin(const Candidate& candidate) {
  if (candidate.info.state != PluginState::kUsable)
    return fail(ErrorClass::kPermission, candidate.info.reason);
  PRX_TRY_SET(const auto source, open_source(candidate));
  Mappings& all = mappings();
  const std::scoped_lock lock(all.mutex);
  PRX_TRY_SET(const auto tables,
              candidate.sha256.empty() ? map_file(all, source) : map_copy(all, source, candidate));
  return LoadedPlugin{source.note, source.real, tables.plugin, tables.provider};
}

Result<OpenedPlugin> open_plugin(const Candidate& candidate) {
  if (candidate.info.state != PluginState::kUsable)
    return fail(ErrorClass::kPermission, candidate.info.reason);
  PRX_TRY_SET(auto source, open_source(candidate));
  if (candidate.sha256.empty())
    return OpenedPlugin{std::move(source.note), source.real, std::move(source.descriptor)};
  PRX_TRY_SET(auto copy, pinned_copy(source, candidate));
  PRX_TRY_SET(auto note, elf::probe(copy.descriptor.get(), source.real.string()));
  return OpenedPlugin{std::move(note), source.real, std::move(copy.descriptor)};
}

}  // namespace prx
