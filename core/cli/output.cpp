#include "output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "exit_codes.hpp"

namespace prx::cli {

int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

void message(std::string_view text) { note("prx: " + std::string(text)); }

void note(std::string_view text) {
  const int ignored = write_all(STDERR_FILENO, visible_line(text) + "\n");
  static_cast<void>(ignored);
}

bool AnswerWriter::put(std::string_view text) {
  if (error_ == 0 && !text.empty()) {
    in_line_ = text.back() != '\n';
    error_ = write_all(fd_, text);
  }
  return error_ == 0;
}

bool AnswerWriter::write(std::string_view text) {
  return put(visible_ ? filter_.feed(text) : text);
}

bool AnswerWriter::finish() {
  put(filter_.finish());
  return in_line_ ? put("\n") : error_ == 0;
}

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.empty() ? 0 : rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      out += row[i];
      if (i + 1 < widths.size()) out.append(widths[i] - row[i].size() + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

int output_failure(int error) {
  if (error == EPIPE) return kExitBrokenPipe;
  message(std::string("cannot write to stdout: ") + std::strerror(error));
  return kExitOutput;
}

int print(std::string_view text) {
  const int error = write_all(STDOUT_FILENO, text);
  return error == 0 ? static_cast<int>(kExitOk) : output_failure(error);
}

}  // namespace prx::cli
