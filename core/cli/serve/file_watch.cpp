#include "cli/serve/file_watch.hpp"

#include <sys/stat.h>

#include <utility>

namespace prx::cli {

FileWatch::FileWatch(std::filesystem::path file)
    : file_(std::move(file)), known_(look()), seen_(known_) {}

std::optional<FileWatch::Stamp> FileWatch::look() const {
  struct stat about {};
  if (file_.empty() || ::stat(file_.c_str(), &about) != 0) return std::nullopt;
  if (!S_ISREG(about.st_mode)) return std::nullopt;  // a pipe is read once
  return Stamp{about.st_dev, about.st_ino, about.st_size, about.st_mtim.tv_sec,
               about.st_mtim.tv_nsec};
}

bool FileWatch::changed() {
  const auto now = look();
  const bool settled = now == std::exchange(seen_, now);
  if (!now || !settled || now == known_) return false;
  known_ = now;
  return true;
}

}  // namespace prx::cli
