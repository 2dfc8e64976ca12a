#include "telemetry/log.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace prx {
namespace {

struct Lines {
  std::vector<std::string> lines;
  LogSink sink() {
    return [this](LogLevel, std::string_view line) { lines.emplace_back(line); };
  }
};

LogConfig config(std::string level) {
  LogConfig config;
  config.level = std::move(level);
  return config;
}

TEST(Log, KeepsLinesOfItsLevelAndAbove) {
  Lines out;
  const auto log = Log::open(config("warn"), out.sink(), {});
  ASSERT_TRUE(log);
  (*log)->write(LogLevel::kInfo, "no");
  (*log)->write(LogLevel::kWarn, "yes");
  (*log)->write(LogLevel::kError, "yes too");
  EXPECT_EQ(out.lines, (std::vector<std::string>{"yes", "yes too"}));
}

TEST(Log, OffKeepsNothing) {
  Lines out;
  const auto log = Log::open(config("off"), out.sink(), {});
  ASSERT_TRUE(log);
  (*log)->write(LogLevel::kError, "no");
  EXPECT_TRUE(out.lines.empty());
}

TEST(Log, RedactsAndStaysOnOneLine) {
  Lines out;
  Redactor redactor;
  redactor.add("top-secret");
  const auto log = Log::open(config("trace"), out.sink(), redactor);
  ASSERT_TRUE(log);
  (*log)->write(LogLevel::kInfo, "a\nb\x1b[31m top-secret");
  ASSERT_EQ(out.lines.size(), 1u);
  EXPECT_EQ(out.lines[0], "a b [31m [redacted]");
}

TEST(Log, LearnsSecretsWhileItRuns) {
  Lines out;
  const auto log = Log::open(config("trace"), out.sink(), {});
  ASSERT_TRUE(log);
  Redactor more;
  more.add("another-secret");
  (*log)->hide(more);
  (*log)->write(LogLevel::kInfo, "key another-secret");
  EXPECT_EQ(out.lines, (std::vector<std::string>{"key [redacted]"}));
}

TEST(Log, AnUnknownLevelIsAnError) {
  const auto log = Log::open(config("loud"), {}, {});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().message, "log.level: unknown level 'loud'");
}

TEST(Log, WritesJsonLinesToAFile) {
  const auto file =
      std::filesystem::temp_directory_path() / ("prx-log-" + std::to_string(::getpid()));
  LogConfig to_file = config("info");
  to_file.file = file;
  to_file.format = "json";
  {
    const auto log = Log::open(to_file, {}, {});
    ASSERT_TRUE(log) << log.error().message;
    (*log)->write(LogLevel::kWarn, "say \"hi\" 100% {}");
  }
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  std::filesystem::remove(file);
  EXPECT_NE(text.str().find(R"("level":"warning","message":"say \"hi\" 100% {}"})"),
            std::string::npos)
      << text.str();
}

class LogFile : public ::testing::Test {
 protected:
  LogFile() {
    auto pattern = (std::filesystem::temp_directory_path() / "prx-log-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder = pattern;
  }
  ~LogFile() override { std::filesystem::remove_all(folder); }

  static std::string error_of(const std::filesystem::path& file) {
    LogConfig to_file = config("info");
    to_file.file = file;
    const auto log = Log::open(to_file, {}, {});
    return log ? "" : log.error().message;
  }

  std::filesystem::path folder;
};

TEST_F(LogFile, APipeIsRefusedWithoutOpeningIt) {
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of(folder / "pipe"),
            "log.file: " + (folder / "pipe").string() +
                " is a pipe, a socket or a disk; name a regular file, or leave it out to log to "
                "stderr");
}

TEST_F(LogFile, AFolderIsRefused) {
  EXPECT_EQ(error_of(folder), "log.file: " + folder.string() + " is a folder; name a file in it");
}

TEST_F(LogFile, ADeviceANewFileAndANewFolderAreTaken) {
  EXPECT_EQ(error_of("/dev/null"), "");
  EXPECT_EQ(error_of(folder / "new.log"), "");
  EXPECT_EQ(error_of(folder / "more" / "new.log"), "");
  EXPECT_TRUE(check_log_file({}));
}

TEST_F(LogFile, ThePipeThatIsOurOwnStderrIsTaken) {
  const int own = ::dup(STDERR_FILENO);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::dup2(ends[1], STDERR_FILENO);
  const auto checked = check_log_file("/dev/stderr");
  ::dup2(own, STDERR_FILENO);
  for (const int descriptor : {own, ends[0], ends[1]}) ::close(descriptor);
  EXPECT_TRUE(checked) << checked.error().message;
}

TEST(Log, AFileThatCannotBeOpenedIsAnErrorWithItsPath) {
  LogConfig to_file = config("info");
  to_file.file = "/dev/null/prx.log";
  const auto log = Log::open(to_file, {}, {});
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().message.find("/dev/null"), std::string::npos) << log.error().message;
}

TEST(Log, ALimitOfFileSizesKillsNobody) {
  std::string name = (std::filesystem::temp_directory_path() / "prx-log-XXXXXX").string();
  const int made = ::mkstemp(name.data());
  ASSERT_GE(made, 0);
  ::close(made);
  EXPECT_EXIT(
      {
        struct rlimit limit {};
        ::signal(SIGXFSZ, SIG_DFL);
        ::setrlimit(RLIMIT_FSIZE, &limit);
        LogConfig to_file = config("info");
        to_file.file = name;
        {
          const auto log = Log::open(to_file, nullptr, {});
          (*log)->write(LogLevel::kWarn, "flushed at once");
          (*log)->write(LogLevel::kInfo, "flushed at the end");
        }
        ::_exit(0);
      },
      ::testing::ExitedWithCode(0), "");
  std::filesystem::remove(name);
}

}  // namespace
}  // namespace prx
