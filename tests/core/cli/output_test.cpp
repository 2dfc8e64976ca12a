#include "cli/output.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

namespace prx::cli {
namespace {

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe2(fds_.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    for (const int fd : fds_) ::close(fd);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] int in() const { return fds_[1]; }
  [[nodiscard]] int out() const { return fds_[0]; }
  /// Everything up to the end, or the first `max` bytes.
  [[nodiscard]] std::string read(std::size_t max) {
    std::string text;
    std::array<char, 4096> buffer{};
    while (text.size() < max) {
      const ssize_t got = ::read(fds_[0], buffer.data(), buffer.size());
      if (got <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
  [[nodiscard]] std::string content() {
    ::close(std::exchange(fds_[1], -1));
    return read(std::string::npos);
  }
  void close_reader() { ::close(std::exchange(fds_[0], -1)); }

 private:
  std::array<int, 2> fds_{};
};

TEST(AnswerWriter, AddsALineFeedOnlyWhenTheTextLacksOne) {
  Pipe lacks, has, empty;
  AnswerWriter writer(lacks.in(), false);
  EXPECT_TRUE(writer.write("a\nb") && writer.finish());
  EXPECT_EQ(lacks.content(), "a\nb\n");
  AnswerWriter other(has.in(), false);
  EXPECT_TRUE(other.write("a\n") && other.finish());
  EXPECT_EQ(has.content(), "a\n");
  AnswerWriter none(empty.in(), false);
  EXPECT_TRUE(none.finish());
  EXPECT_EQ(empty.content(), "");
}

TEST(AnswerWriter, FiltersForATerminalOnly) {
  Pipe raw, terminal;
  AnswerWriter plain(raw.in(), false);
  plain.write("\x1b[0m\n");
  EXPECT_EQ(raw.content(), "\x1b[0m\n");
  AnswerWriter filtered(terminal.in(), true);
  filtered.write("\x1b[0m\n");
  EXPECT_EQ(terminal.content(), "^[[0m\n");
}

TEST(AnswerWriter, RemembersThatTheReaderWentAway) {
  ::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.close_reader();
  AnswerWriter writer(pipe.in(), false);
  EXPECT_FALSE(writer.write("a"));
  EXPECT_EQ(writer.error(), EPIPE);
  EXPECT_FALSE(writer.finish());
}

TEST(WriteAll, WaitsForRoomInANonBlockingPipe) {
  Pipe pipe;
  ASSERT_EQ(::fcntl(pipe.in(), F_SETFL, O_NONBLOCK), 0);
  const std::string text(1u << 20, 'x');  // more than a pipe holds
  int result = -1;
  std::thread writer([&] { result = write_all(pipe.in(), text); });
  const std::string got = pipe.read(text.size());
  writer.join();
  EXPECT_EQ(result, 0);
  EXPECT_EQ(got, text);
}

TEST(WriteAll, ATimeEndsTheWaitForAReader) {
  Pipe pipe;
  Patience patience;
  patience.until = std::chrono::steady_clock::now();
  const std::string text(1u << 20, 'x');  // more than a pipe holds
  EXPECT_EQ(write_all(pipe.in(), text, patience), ETIMEDOUT);
  EXPECT_GE(pipe.content().size(), 4'096U) << "what has room is written";
}

TEST(WriteAll, AReadableDescriptorEndsTheWaitForAReader) {
  Pipe pipe, stop;
  Patience patience;
  patience.stop_fd = stop.out();
  const std::string text(1u << 20, 'x');
  int result = -1;
  std::thread writer([&] { result = write_all(pipe.in(), text, patience); });
  EXPECT_EQ(pipe.read(1), std::string(4'096, 'x'));
  EXPECT_EQ(write_all(stop.in(), "!"), 0);
  writer.join();
  EXPECT_EQ(result, ECANCELED);
  EXPECT_EQ(write_all(pipe.in(), "", patience), 0);
}

TEST(WriteAll, PatienceDoesNotHideThatTheReaderWentAway) {
  ::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.close_reader();
  Patience patience;
  patience.until = std::chrono::steady_clock::now();
  EXPECT_EQ(write_all(pipe.in(), "a", patience), EPIPE);
}

TEST(TableText, AlignsColumnsAndPadsNotTheLast) {
  EXPECT_EQ(table_text({{"ID", "STATE"}, {"openrouter", "usable"}}),
            "ID          STATE\nopenrouter  usable\n");
  EXPECT_EQ(table_text({}), "");
}

}  // namespace
}  // namespace prx::cli
