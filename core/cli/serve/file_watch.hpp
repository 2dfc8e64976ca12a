/// \file file_watch.hpp
/// Notices that a file was written anew.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <filesystem>
#include <optional>

namespace prx::cli {

/// Looks when it is asked to, about once a second: no descriptor is held, and links and renames
/// (how editors and secret stores write) are followed.
class FileWatch {
 public:
  explicit FileWatch(std::filesystem::path file);  ///< "": never changes
  /// True once for each change, when the file has stayed as it is since the look before: what is
  /// still being written is not read. A file that is gone is no change.
  [[nodiscard]] bool changed();
  /// What it is now is known: it was read for another reason.
  void read_now() { known_ = seen_ = look(); }

 private:
  /// Of one content; another one has another.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::time_t seconds = 0;
    long nanoseconds = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  [[nodiscard]] std::optional<Stamp> look() const;
  std::filesystem::path file_;
  std::optional<Stamp> known_, seen_;
};

}  // namespace prx::cli
