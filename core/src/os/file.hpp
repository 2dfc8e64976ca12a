/// \file file.hpp
/// Files read and replaced as a whole.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "os/descriptor.hpp"
#include "prx/sdk/error.hpp"

namespace prx::os {

/// What the system says of an errno.
[[nodiscard]] std::string reason(int error);

inline constexpr std::chrono::milliseconds kSilenceMax{10'000};  ///< of a pipe that is read
inline constexpr std::chrono::hours kLeftOverAge{1};             ///< of what a killed process left

struct FileText {
  std::string text;
  bool readable_by_others = false;  ///< its group or others can read it
};

enum class FileKind {
  kAny,      ///< a pipe too, `<(command)`, which may be silent for some time
  kRegular,  ///< never waits
};

/// The whole of a file. Errors: kInvalidRequest, what and remedy without the path: missing, a
/// folder, not readable, not regular when asked for, more than `size_max` bytes, silent.
[[nodiscard]] Result<FileText> read_file(const std::filesystem::path& path, std::size_t size_max,
                                         FileKind kind,
                                         std::chrono::milliseconds silence_max = kSilenceMax);

/// Writes all of it to a descriptor that blocks. 0 or errno.
[[nodiscard]] int write_whole(int descriptor, std::string_view bytes);

/// The file itself, where there is one behind a link; else the same path.
[[nodiscard]] std::filesystem::path behind_links(const std::filesystem::path& file);

/// Makes a folder and those above it that are missing, for the user alone (0700). 0 or errno.
[[nodiscard]] int make_private_folders(const std::filesystem::path& folder);

/// Removes what a killed process left beside `target`: its Replacement's files that nobody has
/// written for kLeftOverAge. What cannot be removed stays, without a word.
void remove_left_over(const std::filesystem::path& target);

/// A folder that one writer has at a time, of those who ask for it so: for reading, comparing and
/// replacing its files. Leaves nothing there; ends with its process.
class FolderLock {
 public:
  static constexpr std::chrono::milliseconds kPatience{2'000};  ///< with another writer

  /// Takes it, once. 0 or errno, EWOULDBLOCK when another has had it for that long. A file system
  /// that knows no such locks, or a folder that cannot be opened, is 0 too: it is written all the
  /// same.
  [[nodiscard]] int take(const std::filesystem::path& folder,
                         std::chrono::milliseconds patience = kPatience);

 private:
  Descriptor folder_;
};

/// A file that is to take the place of another, or of nothing: written beside it (mode 0600), put
/// in its place in one step, removed if that does not happen. A reader sees the old text or the
/// new one. A process that is killed leaves the file beside: `TARGET.making-` and six letters.
class Replacement {
 public:
  static constexpr std::string_view kMark = ".making-";

  Replacement() = default;
  Replacement(Replacement&&) = delete;
  Replacement& operator=(Replacement&&) = delete;
  ~Replacement();

  /// Makes the file beside `target`, once. 0 or errno.
  [[nodiscard]] int make(const std::filesystem::path& target);
  /// For who writes by other means; it stays this object's.
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  /// Gives it the owner of the file at `target`, and of that one's mode the bits of `mask`; without
  /// one nothing. 0 or errno.
  [[nodiscard]] int keep_owner_and_mode(unsigned mask);
  /// 0 or errno, EFBIG above the process's limit of a file's size.
  [[nodiscard]] int write(std::string_view bytes);
  /// 0 or errno; both names are in one folder. `lasting`: the text and then the name are on the
  /// disk before this returns.
  [[nodiscard]] int put_in_place(bool lasting);

 private:
  std::filesystem::path target_;
  std::string path_;  // beside it; empty when nothing is there
  Descriptor descriptor_;
};

}  // namespace prx::os
