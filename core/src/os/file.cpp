#include "os/file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "os/file_size_signal.hpp"

namespace prx::os {
namespace {

Unexpected<Error> cannot(const std::string& why) { return fail(ErrorClass::kInvalidRequest, why); }

Unexpected<Error> too_large(std::size_t size_max) {
  return cannot("is larger than " + std::to_string(size_max) + " bytes; make it smaller");
}

Result<FileText> read_open(int descriptor, std::size_t size_max, FileKind kind) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return cannot(reason(errno));
  if (S_ISDIR(status.st_mode)) return cannot("is a folder; name a file");
  if (kind == FileKind::kRegular && !S_ISREG(status.st_mode))
    return cannot("is not a regular file; name one");
  if (S_ISREG(status.st_mode) && static_cast<std::size_t>(status.st_size) > size_max)
    return too_large(size_max);
  FileText file;
  file.readable_by_others = S_ISREG(status.st_mode) && (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
  char buffer[16384];
  while (file.text.size() <= size_max) {
    const auto count = ::read(descriptor, buffer, sizeof buffer);
    if (count == 0) return file;
    if (count > 0)
      file.text.append(buffer, static_cast<std::size_t>(count));
    else if (errno != EINTR)
      return cannot(reason(errno));
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

Result<FileText> read_file(const std::filesystem::path& path, std::size_t size_max, FileKind kind) {
  const int wait = kind == FileKind::kRegular ? O_NONBLOCK : 0;  // opening a pipe must not hang
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | wait));
  if (!file.is_open())
    return cannot("cannot be read: " + reason(errno) + "; create it, or correct its path or mode");
  return read_open(file.get(), size_max, kind);
}

int write_whole(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int make_private_folders(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (folder.empty() || std::filesystem::is_directory(folder, ignored)) return 0;
  if (const int error = make_private_folders(folder.parent_path()); error != 0) return error;
  return ::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST ? 0 : errno;
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
