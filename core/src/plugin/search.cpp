#include "plugin/search.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <set>

#include "plugin/sealed_copy.hpp"

namespace prx {
namespace {

namespace fs = std::filesystem;

std::string host_abi() {
  return std::to_string(PRX_ABI_MAJOR) + "." + std::to_string(PRX_ABI_MINOR);
}

/// The files of a folder that may be plugins, by name; `overflow` when there are more than are
/// looked at.
struct Listing {
  std::vector<fs::path> files;
  bool overflow = false;
  std::error_code error;
};

bool may_be_plugin(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.front() != '.' && file.extension() == ".so";
}

Listing list(const fs::path& dir) {
  Listing listing;
  fs::directory_iterator entries(dir, listing.error);
  for (; !listing.error && entries != fs::directory_iterator(); entries.increment(listing.error))
    if (may_be_plugin(entries->path())) listing.files.push_back(entries->path());
  std::sort(listing.files.begin(), listing.files.end());
  listing.overflow = listing.files.size() > kFilesPerDirMax;
  if (listing.overflow) listing.files.resize(kFilesPerDirMax);
  return listing;
}

bool is_same_file(const std::string& left, const std::string& right) {
  std::error_code error;
  return fs::equivalent(left, right, error) && !error;
}

class Search {
 public:
  explicit Search(const SearchOptions& options) : options_(options) {}

  std::vector<Candidate> run() {
    for (const auto& entry : options_.entries)
      if (!entry.path.empty()) look_at_entry(entry);
    look_at_dirs(options_.env_dirs, "PRX_PLUGIN_PATH", true);
    look_at_dirs(options_.config_dirs, "dirs", true);
    look_at_dirs(options_.user_dirs, "user", false);
    look_at_dirs(options_.install_dirs, "install", false);
    return std::move(candidates_);
  }

 private:
  static Candidate start(const fs::path& file, const char* found_by) {
    Candidate candidate;
    candidate.info.path = file.string();
    candidate.info.found_by = found_by;
    return candidate;
  }

  void reject(Candidate candidate, std::string reason, Fault fault = Fault::kOther) {
    candidate.info.state = PluginState::kRejected;
    candidate.fault = fault;
    candidate.info.reason = std::move(reason);
    candidates_.push_back(std::move(candidate));
  }

  void look_at_entry(const PluginsConfig::Entry& entry) {
    Candidate candidate = start(entry.path, "path");
    candidate.info.id = entry.id;
    look_at(std::move(candidate), &entry);
  }

  void look_at_dirs(const std::vector<fs::path>& dirs, const char* found_by, bool must_exist) {
    for (const auto& dir : dirs) look_at_dir(dir, found_by, must_exist);
  }

  /// A folder that several places name is searched for the first of them.
  void look_at_dir(const fs::path& dir, const char* found_by, bool must_exist) {
    std::error_code unknown;
    if (const fs::path real = fs::canonical(dir, unknown);
        !unknown && !searched_.insert(real).second)
      return;
    const Listing listing = list(dir);
    const bool absent = listing.error == std::errc::no_such_file_or_directory ||
                        listing.error == std::errc::not_a_directory;
    if (listing.error && (must_exist || !absent))
      reject(start(dir, found_by),
             dir.string() + ": cannot be searched for plugins: " + listing.error.message() +
                 "; correct or remove it (" + found_by + ")");
    for (const auto& file : listing.files) look_at(start(file, found_by), nullptr);
    if (listing.overflow)
      reject(start(dir, found_by), dir.string() + ": has more than " +
                                       std::to_string(kFilesPerDirMax) +
                                       " plugins, the rest was not looked at; remove some");
  }

  void look_at(Candidate candidate, const PluginsConfig::Entry* entry) {
    auto note = probe(candidate.info.path);
    if (!note) return reject(std::move(candidate), note.error().message);
    candidate.note = std::move(*note);
    candidate.info.id = candidate.note.id;
    candidate.info.version = candidate.note.version;
    candidate.info.kinds = candidate.note.kinds;
    candidate.info.title = candidate.note.title;
    candidate.info.key_env = candidate.note.key_env;
    candidate.info.key_url = candidate.note.key_url;
    candidate.info.credit_url = candidate.note.credit_url;
    candidate.info.default_model = candidate.note.default_model;
    candidate.info.abi =
        std::to_string(candidate.note.abi_major) + "." + std::to_string(candidate.note.abi_minor);
    candidate.sha256 = pin_of(candidate.info.id);
    candidate.info.isolation = isolation_of(candidate.info.id);
    if (auto reason = objection(candidate, entry); !reason.empty()) {
      // What the configuration names stays named by it, whatever the file says it is.
      if (entry != nullptr) candidate.info.id = entry->id;
      if (const std::string path = candidate.info.path + ": "; !reason.starts_with(path))
        reason.insert(0, path);
      return reject(std::move(candidate), std::move(reason));
    }
    settle(std::move(candidate));
  }

  [[nodiscard]] std::string pin_of(const std::string& id) const {
    for (const auto& entry : options_.entries)
      if (entry.id == id) return entry.sha256;
    return {};
  }

  [[nodiscard]] std::string isolation_of(const std::string& id) const {
    Isolation isolation = options_.isolation;
    for (const auto& entry : options_.entries)
      if (entry.id == id) isolation = entry.isolation.isolation;
    return isolation == Isolation::kProcess ? "process" : "none";
  }

  /// Why a probed file does not serve, or "".
  [[nodiscard]] std::string objection(const Candidate& candidate,
                                      const PluginsConfig::Entry* entry) const {
    if (auto reason = abi_objection(candidate.note); !reason.empty()) return reason;
    const std::string& id = candidate.note.id;
    if (entry != nullptr && entry->id != id)
      return "is plugin '" + id + "', not '" + entry->id + "'; correct the path in [plugins." +
             entry->id + "] or rename that table to [plugins." + id + "]";
    if (!is_allowed(id))
      return "plugin '" + id + "' is not in [plugins] allow; add \"" + id + "\" to it";
    if (auto trust = check_trust(candidate.info.path); !trust) return trust.error().message;
    return {};
  }

  static std::string abi_objection(const PluginNote& note) {
    if (note.abi_major != PRX_ABI_MAJOR)
      return "built for ABI " + std::to_string(note.abi_major) + ".x, this host has " + host_abi() +
             "; get a build of it for ABI " + std::to_string(PRX_ABI_MAJOR) + ".x";
    if (note.needs_minor > PRX_ABI_MINOR)
      return "needs a host with ABI " + std::to_string(note.abi_major) + "." +
             std::to_string(note.needs_minor) + " or later, this one has " + host_abi() +
             "; update prx";
    return {};
  }

  [[nodiscard]] bool is_allowed(const std::string& id) const {
    return !options_.allow ||
           std::find(options_.allow->begin(), options_.allow->end(), id) != options_.allow->end();
  }

  /// A file that differs does not stand before the one that was pinned.
  void settle_pinned(Candidate candidate) {
    auto copy = sealed_copy_of(candidate.info.path);
    if (!copy) return reject(std::move(candidate), copy.error().message);
    candidate.digest = copy->sha256;
    if (auto checked =
            check_pin(candidate.info.path, copy->sha256, {candidate.info.id, candidate.sha256});
        !checked)
      return reject(std::move(candidate), checked.error().message, Fault::kDiffers);
    candidate.copy = std::make_shared<const SealedCopy>(std::move(*copy));  // see Candidate
    candidates_.push_back(std::move(candidate));
  }

  /// Serves, unless an earlier one with its id does, or the configuration names another file for
  /// that id, or it differs from its pin.
  void settle(Candidate candidate) {
    const auto earlier =
        std::find_if(candidates_.begin(), candidates_.end(), [&](const Candidate& c) {
          const bool claims = c.info.state == PluginState::kUsable ||
                              (c.info.state == PluginState::kRejected && c.info.found_by == "path");
          return claims && c.info.id == candidate.info.id;
        });
    candidate.info.state = PluginState::kUsable;
    if (earlier != candidates_.end()) {
      candidate.info.state = PluginState::kShadowed;
      candidate.info.reason = candidate.info.path + ": " + shadow_reason(*earlier, candidate);
    } else if (!candidate.sha256.empty()) {
      return settle_pinned(std::move(candidate));
    }
    candidates_.push_back(std::move(candidate));
  }

  static std::string shadow_reason(const Candidate& earlier, const Candidate& later) {
    if (earlier.info.state == PluginState::kRejected)
      return "[plugins." + later.info.id + "] path names " + earlier.info.path +
             ", which was rejected; correct or remove that path";
    if (is_same_file(earlier.info.path, later.info.path))
      return "is the same file as " + earlier.info.path;
    return "plugin '" + later.info.id + "' is already served by " + earlier.info.path + " (" +
           earlier.info.found_by + ")";
  }

  const SearchOptions& options_;
  std::vector<Candidate> candidates_;
  std::set<fs::path> searched_;  ///< folders
};

}  // namespace

std::vector<Candidate> find_plugins(const SearchOptions& options) {
  if (options.disabled) return {};
  return Search(options).run();
}

}  // namespace prx
