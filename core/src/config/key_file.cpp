#include "config/key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace prx::config {
namespace {

Unexpected<Error> cannot(const std::string& why) { return fail(ErrorClass::kInvalidRequest, why); }

Result<FileText> read_open(int descriptor, std::size_t size_max, FileKind kind) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return cannot(std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return cannot("is a folder; name a file");
  if (kind == FileKind::kRegular && !S_ISREG(status.st_mode))
    return cannot("is not a regular file; name one");
  FileText file;
  file.readable_by_others = S_ISREG(status.st_mode) && (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
  char buffer[16384];
  while (file.text.size() <= size_max) {
    const auto count = ::read(descriptor, buffer, sizeof buffer);
    if (count == 0) return file;
    if (count > 0)
      file.text.append(buffer, static_cast<std::size_t>(count));
    else if (errno != EINTR)
      return cannot(std::strerror(errno));
  }
  return cannot("is larger than " + std::to_string(size_max) + " bytes; make it smaller");
}

}  // namespace

Result<FileText> read_file(const std::filesystem::path& path, std::size_t size_max, FileKind kind) {
  const int wait = kind == FileKind::kRegular ? O_NONBLOCK : 0;  // opening a pipe must not hang
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | wait);
  if (descriptor < 0)
    return cannot("cannot be read: " + std::string(std::strerror(errno)) +
                  "; create it, or correct its path or mode");
  auto result = read_open(descriptor, size_max, kind);
  ::close(descriptor);
  return result;
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kSpace) - begin + 1));
}

}  // namespace prx::config
