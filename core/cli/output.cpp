#include "cli/output.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>

#include "cli/exit_codes.hpp"
#include "os/file.hpp"

namespace prx::cli {

namespace {

// What a pipe or a socket that poll() calls writable takes without waiting.
constexpr std::size_t kPieceMax = PIPE_BUF;

int milliseconds_left(const Patience& patience) {
  if (!patience.until) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*patience.until -
                                                                 std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

/// 0 when there is room, or something to be told by write().
int wait_for_room(int fd, const Patience& patience) {
  std::array<pollfd, 2> waits{pollfd{fd, POLLOUT, 0}, pollfd{patience.stop_fd, POLLIN, 0}};
  while (true) {
    const int left = milliseconds_left(patience);
    const int ready = ::poll(waits.data(), waits.size(), left);
    if (ready < 0 && errno != EINTR) return errno;
    if (ready > 0) return waits[0].revents != 0 ? 0 : ECANCELED;
    if (ready == 0 && left == 0) return ETIMEDOUT;
  }
}

}  // namespace

int write_all(int fd, std::string_view text, const Patience& patience) {
  const bool patient = patience.stop_fd < 0 && !patience.until;
  bool full = !patient;
  while (!text.empty()) {
    if (full)
      if (const int error = wait_for_room(fd, patience); error != 0) return error;
    const std::size_t size = patient ? text.size() : std::min(text.size(), kPieceMax);
    const ssize_t written = ::write(fd, text.data(), size);
    full = !patient || (written < 0 && errno == EAGAIN);
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EAGAIN && errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

std::size_t terminal_columns(int fd) {
  constexpr std::size_t kUsual = 80;  // of one that does not say
  if (!is_terminal(fd)) return 0;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return size.ws_col;
}

bool is_colorful(int fd) {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const kind = std::getenv("TERM");
  const bool knows_escapes = kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
  return is_terminal(fd) && knows_escapes && (no_color == nullptr || *no_color == '\0');
}

void message(std::string_view text, const Patience& patience) {
  note("prx: " + std::string(text), patience);
}

void note(std::string_view text, const Patience& patience) {
  const int ignored = write_all(STDERR_FILENO, visible_line(text) + "\n", patience);
  static_cast<void>(ignored);
}

bool AnswerWriter::put(std::string_view text) {
  if (error_ == 0 && !text.empty()) {
    in_line_ = text.back() != '\n';
    error_ = write_all(fd_, text, patience_);
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
  message("cannot write to stdout: " + os::reason(error));
  return kExitOutput;
}

int print(std::string_view text) {
  const int error = write_all(STDOUT_FILENO, text);
  return error == 0 ? static_cast<int>(kExitOk) : output_failure(error);
}

}  // namespace prx::cli
