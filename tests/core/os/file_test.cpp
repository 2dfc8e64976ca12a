#include "os/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

namespace prx::os {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string name = testing::TempDir() + "prx-file-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~FileTest() override { fs::remove_all(folder_); }

  fs::path write(const char* name, std::string_view text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  static std::string text_of(const fs::path& file) {
    const auto content = read_file(file, 1 << 20, FileKind::kRegular);
    return content ? content->text : "unreadable: " + content.error().message;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_))
      found.push_back(entry.path().filename());
    return found;
  }
  static mode_t mode_of(const fs::path& file) {
    struct stat state {};
    return ::stat(file.c_str(), &state) == 0 ? state.st_mode & 0777 : 0;
  }

  fs::path folder_;
};

TEST_F(FileTest, ReadsAFileOfJustTheSizeThatIsAllowed) {
  const fs::path file = write("a", "12345");
  EXPECT_EQ(read_file(file, 5, FileKind::kRegular)->text, "12345");
  EXPECT_THAT(read_file(file, 4, FileKind::kRegular).error().message,
              HasSubstr("larger than 4 bytes"));
}

TEST_F(FileTest, BoundsAFileThatTellsNoSize) {
  EXPECT_THAT(read_file("/proc/self/maps", 10, FileKind::kRegular).error().message,
              HasSubstr("larger than 10 bytes"));
}

TEST_F(FileTest, TellsWhetherOthersCanRead) {
  const fs::path file = write("a", "x");
  ::chmod(file.c_str(), 0600);
  EXPECT_FALSE(read_file(file, 9, FileKind::kRegular)->readable_by_others);
  ::chmod(file.c_str(), 0640);
  EXPECT_TRUE(read_file(file, 9, FileKind::kRegular)->readable_by_others);
}

TEST_F(FileTest, DoesNotWaitForAPipeThatNobodyWrites) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(read_file(pipe, 9, FileKind::kRegular).error().message,
              HasSubstr("not a regular file"));
  EXPECT_THAT(read_file(pipe, 9, FileKind::kAny, std::chrono::milliseconds(20)).error().message,
              HasSubstr("was silent for 20 ms"));
}

TEST_F(FileTest, ReadsAPipeToItsEndHoweverLateItsWriterComes) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe) << "one " << std::flush << "two"; });
  EXPECT_EQ(read_file(pipe, 99, FileKind::kAny)->text, "one two");
  writer.join();
}

TEST_F(FileTest, RefusesAFolderAndWhatIsNotThere) {
  EXPECT_THAT(read_file(folder_, 9, FileKind::kAny).error().message, HasSubstr("is a folder"));
  EXPECT_THAT(read_file(folder_ / "no", 9, FileKind::kAny).error().message,
              HasSubstr("No such file"));
}

TEST_F(FileTest, MakesAllMissingFoldersForTheUserAlone) {
  const mode_t before = ::umask(0);
  const fs::path deep = folder_ / "a/b/c/d";
  EXPECT_EQ(make_private_folders(deep), 0);
  ::umask(before);
  EXPECT_EQ(mode_of(deep), 0700u);
  EXPECT_EQ(mode_of(folder_ / "a"), 0700u);
  EXPECT_EQ(make_private_folders(deep), 0) << "they are there";
  write("file", "x");
  EXPECT_EQ(make_private_folders(folder_ / "file/under"), ENOTDIR);
}

TEST_F(FileTest, AReplacementTakesItsPlaceInOneStep) {
  const fs::path file = write("a", "old");
  for (const bool lasting : {false, true}) {
    Replacement beside;
    ASSERT_EQ(beside.make(file), 0);
    ASSERT_EQ(beside.write("new "), 0);
    ASSERT_EQ(beside.write(lasting ? "1" : "0"), 0);
    EXPECT_NE(text_of(file), lasting ? "new 1" : "new 0") << "not before it is put in place";
    ASSERT_EQ(beside.put_in_place(lasting), 0);
    EXPECT_EQ(text_of(file), lasting ? "new 1" : "new 0");
    EXPECT_THAT(names(), ElementsAre("a"));
    EXPECT_EQ(mode_of(file), 0600u);
  }
}

TEST_F(FileTest, AReplacementKeepsOfTheModeWhatItIsToldTo) {
  const fs::path file = write("a", "old");
  ::chmod(file.c_str(), 0644);
  for (const auto& [mask, mode] : {std::pair(0777u, 0644u), std::pair(0600u, 0600u)}) {
    Replacement beside;
    ASSERT_EQ(beside.make(file), 0);
    ASSERT_EQ(beside.keep_owner_and_mode(mask), 0);
    ASSERT_EQ(beside.put_in_place(false), 0);
    EXPECT_EQ(mode_of(file), mode);
  }
  Replacement first;
  ASSERT_EQ(first.make(folder_ / "new"), 0);
  EXPECT_EQ(first.keep_owner_and_mode(0777), 0) << "there is none to keep";
}

TEST_F(FileTest, AReplacementThatIsLetGoLeavesNothing) {
  const fs::path file = write("a", "old");
  {
    Replacement beside;
    ASSERT_EQ(beside.make(file), 0);
    ASSERT_EQ(beside.write("new"), 0);
    EXPECT_EQ(names().size(), 2u);
  }
  EXPECT_THAT(names(), ElementsAre("a"));
  EXPECT_EQ(text_of(file), "old");
}

TEST_F(FileTest, AReplacementOfAFolderFailsAndLeavesNothing) {
  fs::create_directory(folder_ / "a");
  write("a/kept", "x");
  {
    Replacement beside;
    ASSERT_EQ(beside.make(folder_ / "a"), 0);
    EXPECT_EQ(beside.put_in_place(false), EISDIR);
  }
  EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(FileTest, NoFolderIsAnErrorOfTheReplacement) {
  Replacement beside;
  EXPECT_EQ(beside.make(folder_ / "no/file"), ENOENT);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(FileTest, ALimitOfSizesIsAnErrorOfTheWriteAndNotTheEndOfTheProcess) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit four{4, 4};
    ::setrlimit(RLIMIT_FSIZE, &four);
    Replacement beside;
    int result = beside.make(folder_ / "a");
    if (result == 0) result = beside.write("12345");
    ::_exit(result == EFBIG ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace prx::os
