#include "cli/talk/history_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <utility>

#include "os/file.hpp"
#include "os/file_size_signal.hpp"

namespace prx::cli {
namespace {

constexpr std::string_view kFirstLine = "_HiStOrY_V2_\n";

}  // namespace

Unexpected<Error> HistoryFile::trouble(const std::string& what) const {
  return fail(ErrorClass::kInvalidRequest,
              "the history " + file_.string() + ' ' + what + "; --no-history keeps none");
}

/// False: nothing is to be kept there.
Result<bool> HistoryFile::may_be_used() const {
  // Opening a pipe that nobody writes to would hang.
  const os::Descriptor file(::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.is_open() && errno == ENOENT) return true;
  if (!file.is_open()) return trouble("cannot be read: " + os::reason(errno));
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return trouble("cannot be read: " + os::reason(errno));
  if (S_ISCHR(about.st_mode)) return false;
  if (!S_ISREG(about.st_mode)) return trouble("is not a regular file and is left as it is");
  std::array<char, kFirstLine.size()> begin{};
  const ssize_t got = ::read(file.get(), begin.data(), begin.size());
  if (got < 0) return trouble("cannot be read: " + os::reason(errno));
  if (got != 0 && std::string_view(begin.data(), static_cast<std::size_t>(got)) != kFirstLine)
    return trouble("is none and is left as it is");
  return true;
}

Result<void> HistoryFile::load() {
  static_cast<void>(os::make_private_folders(file_.parent_path()));
  PRX_TRY_SET(const bool used, may_be_used());
  HistEvent event;
  if (used) ::history(history_, &event, H_LOAD, file_.c_str());
  return {};
}

void HistoryFile::enter(const std::string& line) const {
  HistEvent event;
  ::history(history_, &event, H_ENTER, line.c_str());
}

Result<void> HistoryFile::add(const std::string& line) {
  enter(line);
  unwritten_.push_back(line);
  if (unwritten_.size() > static_cast<std::size_t>(lines_max_))
    unwritten_.erase(unwritten_.begin());
  const auto target = os::behind_links(file_);
  os::FolderLock lock;
  if (lock.take(target.parent_path()) != 0)
    return trouble("is being written by somebody else; the line is written with the next one");
  os::remove_left_over(target);
  PRX_TRY_SET(const bool used, may_be_used());
  if (!used) return {};
  HistEvent event;
  ::history(history_, &event, H_CLEAR);
  ::history(history_, &event, H_LOAD, target.c_str());
  for (const std::string& own : unwritten_) enter(own);
  if (const int error = write(target); error != 0)
    return trouble("cannot be written: " + os::reason(error));
  unwritten_.clear();
  return {};
}

int HistoryFile::write(const std::filesystem::path& target) const {
  os::Replacement file;
  if (const int error = file.make(target); error != 0) return error;
  os::Descriptor copy(::fcntl(file.descriptor(), F_DUPFD_CLOEXEC, 0));
  std::FILE* const stream = ::fdopen(copy.get(), "w");
  if (stream == nullptr) return errno;
  static_cast<void>(copy.release());  // now the stream's
  const os::FileSizeSignalBlocked blocked;
  HistEvent event;
  const bool written =
      ::history(history_, &event, H_SAVE_FP, stream) >= 0 && std::ferror(stream) == 0;
  const int error = written ? 0 : EIO;
  if (std::fclose(stream) != 0) return errno;
  return error != 0 ? error : file.put_in_place(false);
}

}  // namespace prx::cli
