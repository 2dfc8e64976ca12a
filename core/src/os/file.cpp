#include "os/file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <system_error>

#include "os/file_size_signal.hpp"

namespace prx::os {
namespace {

constexpr std::chrono::milliseconds kLockTurn{10};  // flock() waits for ever, or not at all

Unexpected<Error> cannot(const std::string& why) { return fail(ErrorClass::kInvalidRequest, why); }

Unexpected<Error> unreadable(int error) {
  return cannot("cannot be read: " + reason(error) + "; create it, or correct its path or mode");
}

Unexpected<Error> too_large(std::size_t size_max) {
  return cannot("is larger than " + std::to_string(size_max) + " bytes; make it smaller");
}

/// False: nothing came, nor its end.
bool wait_for_more(int descriptor, std::chrono::milliseconds silence_max) {
  pollfd wait{descriptor, POLLIN, 0};
  return ::poll(&wait, 1, static_cast<int>(silence_max.count())) != 0;
}

Result<FileText> read_open(int descriptor, std::size_t size_max, FileKind kind,
                           std::chrono::milliseconds silence_max) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return unreadable(errno);
  if (S_ISDIR(status.st_mode)) return cannot("is a folder; name a file");
  if (kind == FileKind::kRegular && !S_ISREG(status.st_mode))
    return cannot("is not a regular file; name one");
  if (S_ISREG(status.st_mode) && static_cast<std::size_t>(status.st_size) > size_max)
    return too_large(size_max);
  FileText file;
  file.readable_by_others = S_ISREG(status.st_mode) && (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
  const bool may_wait = !S_ISREG(status.st_mode);
  char buffer[16384];
  while (file.text.size() <= size_max) {
    if (may_wait && !wait_for_more(descriptor, silence_max))
      return cannot("was silent for " + std::to_string(silence_max.count()) +
                    " ms; name a file, or a pipe that somebody writes to");
    const auto count = ::read(descriptor, buffer, sizeof buffer);
    if (count == 0) return file;
    if (count > 0)
      file.text.append(buffer, static_cast<std::size_t>(count));
    else if (errno != EINTR && errno != EAGAIN)
      return unreadable(errno);
  }
  return too_large(size_max);  // it grew, or tells no size
}

/// Not every file system has it, and not every folder may be opened: no harm to the name.
void sync_folder(const std::filesystem::path& folder) {
  const char* const name = folder.empty() ? "." : folder.c_str();
  const Descriptor opened(::open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.is_open()) ::fsync(opened.get());
}

}  // namespace

std::string reason(int error) { return std::generic_category().message(error); }

Result<FileText> read_file(const std::filesystem::path& path, std::size_t size_max, FileKind kind,
                           std::chrono::milliseconds silence_max) {
  // Opening a pipe that nobody writes to would hang.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.is_open()) return unreadable(errno);
  return read_open(file.get(), size_max, kind, silence_max);
}

int write_whole(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

std::filesystem::path behind_links(const std::filesystem::path& file) {
  std::error_code none;
  auto target = std::filesystem::canonical(file, none);
  return none ? file : target;
}

int make_private_folders(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (folder.empty() || std::filesystem::is_directory(folder, ignored)) return 0;
  if (const int error = make_private_folders(folder.parent_path()); error != 0) return error;
  return ::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST ? 0 : errno;
}

void remove_left_over(const std::filesystem::path& target) {
  const auto folder = target.parent_path();
  DIR* const entries = ::opendir(folder.empty() ? "." : folder.c_str());
  if (entries == nullptr) return;
  const std::string prefix = target.filename().string() + std::string(Replacement::kMark);
  const time_t oldest = ::time(nullptr) - std::chrono::seconds(kLeftOverAge).count();
  while (const dirent* entry = ::readdir(entries)) {
    struct stat file {};
    if (std::string_view(entry->d_name).starts_with(prefix) &&
        ::fstatat(::dirfd(entries), entry->d_name, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(file.st_mode) && file.st_mtime < oldest)
      ::unlinkat(::dirfd(entries), entry->d_name, 0);
  }
  ::closedir(entries);
}

int FolderLock::take(const std::filesystem::path& folder, std::chrono::milliseconds patience) {
  const char* const name = folder.empty() ? "." : folder.c_str();
  folder_.reset(::open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder_.is_open()) return 0;
  const auto end = std::chrono::steady_clock::now() + patience;
  while (::flock(folder_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return 0;
    if (std::chrono::steady_clock::now() >= end) return EWOULDBLOCK;
    ::poll(nullptr, 0, static_cast<int>(kLockTurn.count()));
  }
  return 0;
}

Replacement::~Replacement() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

int Replacement::make(const std::filesystem::path& target) {
  std::string path = target.string() + std::string(kMark) + "XXXXXX";
  descriptor_.reset(::mkostemp(path.data(), O_CLOEXEC));  // mode 0600
  if (!descriptor_.is_open()) return errno;
  target_ = target;
  path_ = std::move(path);
  return 0;
}

int Replacement::keep_owner_and_mode(unsigned mask) {
  struct stat present {};
  if (::stat(target_.c_str(), &present) != 0) return errno == ENOENT ? 0 : errno;
  const bool is_ours = present.st_uid == ::geteuid() && present.st_gid == ::getegid();
  if (!is_ours && ::fchown(descriptor_.get(), present.st_uid, present.st_gid) != 0) return errno;
  return ::fchmod(descriptor_.get(), present.st_mode & mask) == 0 ? 0 : errno;
}

int Replacement::write(std::string_view bytes) {
  const FileSizeSignalBlocked blocked;
  return write_whole(descriptor_.get(), bytes);
}

int Replacement::put_in_place(bool lasting) {
  if (lasting && ::fsync(descriptor_.get()) != 0 && errno != EINVAL) return errno;
  if (const int error = descriptor_.close(); error != 0) return error;
  if (std::rename(path_.c_str(), target_.c_str()) != 0) return errno;
  path_.clear();
  if (lasting) sync_folder(target_.parent_path());
  return 0;
}

}  // namespace prx::os
