/// \file cache.hpp
/// The lists of models on disk: one file for each plugin and base URL, in a folder of the user's.
///
/// A head line (format, plugin, base URL, when it was fetched, how many bytes follow), then one
/// line for each model that begins with its id, so that one model is found without reading the
/// others. It holds what anybody may know: no key, no header. A file is written beside and renamed:
/// of two processes that write at once the last one's stays, and nobody reads half of one. A file
/// that is cut, of another format, or somebody else's is as if it were not there.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prx/config.hpp"
#include "prx/sdk/error.hpp"

namespace prx::catalog {

/// Whose list it is.
struct Source {
  std::string plugin;    ///< id
  std::string base_url;  ///< as the configuration has it; "": the plugin's own
};

/// A model as its provider lists it.
struct Listed {
  std::string id;
  std::string json;  ///< the whole object
};

using Seconds = std::int64_t;  ///< of the wall clock, since 1970

struct List {
  Seconds fetched = 0;
  std::vector<Listed> models;
};

/// `$XDG_CACHE_HOME/prx/models`, else `$HOME/.cache/prx/models`; empty when neither variable is an
/// absolute path.
[[nodiscard]] std::filesystem::path cache_folder(const Environment& environment);

/// Keeps nothing open; several in one process are as several processes. Any thread; blocks for the
/// disk.
class Cache {
 public:
  static constexpr std::size_t kFileMax = 64u << 20;  ///< bytes of one list
  static constexpr int kVersion = 1;

  /// `user` must own folder and files. An empty folder: there is no cache.
  explicit Cache(std::filesystem::path folder);
  Cache(std::filesystem::path folder, uid_t user) : folder_(std::move(folder)), user_(user) {}

  /// Replaces the list of that source; makes the folders that are missing, for the user alone.
  /// Errors: kInvalidRequest with the path: not a folder of the user's, no room, too large. What
  /// was there stays then.
  [[nodiscard]] Result<void> write(const Source& source, Seconds fetched,
                                   std::span<const Listed> models) const;

  /// The whole list. Errors: kNotFound when there is none; kBadResponse, with the path, when what
  /// is there is of no use.
  [[nodiscard]] Result<List> read(const Source& source) const;

  /// One model of it, with the time of the list; no model: it is not listed. Errors: as read().
  [[nodiscard]] Result<List> find(const Source& source, std::string_view id) const;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// Where the list of that source is, or would be.
  [[nodiscard]] std::filesystem::path file(const Source& source) const;

 private:
  std::filesystem::path folder_;
  uid_t user_;
};

}  // namespace prx::catalog
