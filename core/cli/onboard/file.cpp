#include "cli/onboard/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "cli/output.hpp"
#include "config/document.hpp"
#include "config/key_file.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;
constexpr int kLinksMax = 16;  // that lead from one to the next

Unexpected<Error> trouble(const fs::path& file, const std::string& what) {
  return fail(ErrorClass::kInvalidRequest, file.string() + ": " + what);
}
Unexpected<Error> trouble(const fs::path& file, int error) {
  return trouble(file, std::strerror(error));
}

std::optional<fs::path> path_from(const Environment& environment, const char* name) {
  const auto value = environment ? environment(name) : std::nullopt;
  if (!value || value->empty()) return std::nullopt;
  return fs::path(*value);
}

/// What a chain of links leads to, also when nothing is there yet.
Result<fs::path> end_of_links(fs::path file) {
  std::error_code error;
  for (int i = 0; fs::symlink_status(file, error).type() == fs::file_type::symlink; ++i) {
    if (i == kLinksMax) return trouble(file, "too many links; name the file itself");
    const fs::path next = fs::read_symlink(file, error);
    if (error) return trouble(file, error.message());
    file = next.is_absolute() ? next : file.parent_path() / next;
  }
  return file;
}

Result<void> make_folders(const fs::path& folder) {
  std::error_code error;
  if (folder.empty() || fs::is_directory(folder, error)) return {};
  PRX_TRY(make_folders(folder.parent_path()));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return trouble(folder, errno);
  return {};
}

/// A file beside another one until it is renamed.
class Beside {
 public:
  explicit Beside(const fs::path& target)
      : path_(target.string() + ".prx-" + std::to_string(::getpid())) {}
  ~Beside() {
    if (fd_ >= 0) ::close(fd_);
    if (made_) ::unlink(path_.c_str());
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  /// 0 or errno.
  int write(std::string_view text, const struct stat* present) {
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd_ < 0) return errno;
    made_ = true;
    if (const int error = write_all(fd_, text); error != 0) return error;
    if (present != nullptr && (present->st_uid != ::geteuid() || present->st_gid != ::getegid()) &&
        ::fchown(fd_, present->st_uid, present->st_gid) != 0)
      return errno;
    if (::fchmod(fd_, present != nullptr ? present->st_mode & 0600 : 0600) != 0) return errno;
    if (::fsync(fd_) != 0 && errno != EINVAL) return errno;
    return ::close(std::exchange(fd_, -1)) == 0 ? 0 : errno;
  }
  int rename_to(const fs::path& target) {
    if (std::rename(path_.c_str(), target.c_str()) != 0) return errno;
    made_ = false;
    return 0;
  }

 private:
  std::string path_;
  int fd_ = -1;
  bool made_ = false;
};

/// So that the new name is on the disk too.
void sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

Result<fs::path> configuration_path(const std::optional<std::string>& named,
                                    const Environment& environment) {
  if (named) return fs::path(*named);
  if (auto file = path_from(environment, "PRX_CONFIG")) return *file;
  auto folder = path_from(environment, "XDG_CONFIG_HOME");
  if (!folder || folder->is_relative()) {
    folder = path_from(environment, "HOME");
    if (!folder)
      return fail(ErrorClass::kInvalidRequest, "HOME is not set; name the file with --config FILE");
    *folder /= ".config";
  }
  return *folder / "prx" / "config.toml";
}

Result<std::optional<std::string>> read_present(const fs::path& file) {
  std::error_code error;
  if (fs::status(file, error).type() == fs::file_type::not_found)
    return std::optional<std::string>();
  auto content = config::read_file(file, config::kDocumentMax, config::FileKind::kRegular);
  if (!content) return trouble(file, content.error().message);
  return std::optional(std::move(content->text));
}

Result<void> write_privately(const fs::path& file, std::string_view text,
                             const std::optional<std::string>& expected) {
  PRX_TRY_SET(const fs::path target, end_of_links(file));
  PRX_TRY(make_folders(target.parent_path()));
  struct stat present {};
  const bool is_there = ::stat(target.c_str(), &present) == 0;
  Beside beside(target);
  if (const int error = beside.write(text, is_there ? &present : nullptr); error != 0)
    return trouble(file, error);
  PRX_TRY_SET(const auto now, read_present(target));
  if (now != expected)
    return trouble(file, "it was changed meanwhile and is left as it is; start again");
  if (const int error = beside.rename_to(target); error != 0) return trouble(file, error);
  sync_folder(target.parent_path());
  return {};
}

}  // namespace prx::cli
