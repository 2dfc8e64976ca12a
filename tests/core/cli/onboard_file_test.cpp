#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>
#include <vector>

#include "cli/onboard/file.hpp"
#include "core/config/support.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class OnboardFile : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path made(const std::string& text, mode_t mode) const {
    return folder_.write("file", text, mode);
  }
  [[nodiscard]] static std::string text_of(const fs::path& file) {
    std::stringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }
  [[nodiscard]] static struct stat about(const fs::path& file) {
    struct stat about {};
    EXPECT_EQ(::stat(file.c_str(), &about), 0);
    return about;
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()));
  }

  config::testing::TemporaryFolder folder_;
};

TEST_F(OnboardFile, WhatSomebodyElseChangedMeanwhileStays) {
  const fs::path file = made("theirs", 0644);
  for (const auto& expected : {std::optional<std::string>("mine"), std::optional<std::string>()}) {
    const auto done = write_privately(file, "new", expected);
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message, HasSubstr("changed meanwhile"));
    EXPECT_EQ(text_of(file), "theirs");
    EXPECT_EQ(about(file).st_mode & 0777U, 0644U);
    EXPECT_EQ(files(), 1U) << "something was left beside it";
  }
}

TEST_F(OnboardFile, OfManyWritersAtOnceNoneLosesWhatAnotherWrote) {
  constexpr int kWriters = 4, kLines = 25;
  const fs::path file = made("", 0600);
  const auto write_lines = [&] {
    for (int written = 0; written < kLines;) {
      const auto before = read_present(file);
      ASSERT_TRUE(before);
      if (write_privately(file, before->value_or("") + "line\n", *before)) ++written;
    }
  };
  std::vector<std::jthread> writers;
  for (int i = 0; i < kWriters; ++i) writers.emplace_back(write_lines);
  writers.clear();
  const std::string text = text_of(file);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), kWriters * kLines);
  EXPECT_EQ(files(), 1U);
}

TEST_F(OnboardFile, AnotherWriterIsWaitedForOnlySoLong) {
  const fs::path file = made("old", 0600);
  os::FolderLock theirs;
  ASSERT_EQ(theirs.take(folder_.path()), 0);
  const auto done = write_privately(file, "new", "old", std::chrono::milliseconds(1));
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("somebody else is writing"));
  EXPECT_EQ(text_of(file), "old");
}

TEST_F(OnboardFile, WhatAKilledWriterLeftIsRemovedOnceItIsOld) {
  const fs::path file = made("x", 0600);
  const fs::path old = folder_.write("file.making-aBcDeF", "half", 0600);
  const fs::path fresh = folder_.write("file.making-gHiJkL", "half", 0600);
  const fs::path other = folder_.write("other.making-aBcDeF", "half", 0600);
  for (const fs::path& left : {old, other})
    fs::last_write_time(
        left, fs::file_time_type::clock::now() - os::kLeftOverAge - std::chrono::minutes(1));
  EXPECT_TRUE(write_privately(file, "y", "x"));
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(fresh)) << "somebody may be writing it";
  EXPECT_TRUE(fs::exists(other)) << "it is another file's";
}

TEST_F(OnboardFile, IsReadableByItsOwnerAlone) {
  EXPECT_TRUE(write_privately(folder_.path() / "a" / "b" / "file", "x", std::nullopt));
  EXPECT_EQ(about(folder_.path() / "a" / "b" / "file").st_mode & 0777U, 0600U);
  EXPECT_EQ(about(folder_.path() / "a" / "b").st_mode & 0777U, 0700U);
  EXPECT_EQ(about(folder_.path() / "a").st_mode & 0777U, 0700U);
  EXPECT_TRUE(write_privately(made("x", 0666), "y", "x"));
  EXPECT_EQ(about(folder_.path() / "file").st_mode & 0777U, 0600U);
}

TEST_F(OnboardFile, KeepsItsOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const fs::path file = made("x", 0600);
  ASSERT_EQ(::chown(file.c_str(), 12'345, 12'346), 0);
  EXPECT_TRUE(write_privately(file, "y", "x"));
  EXPECT_EQ(text_of(file), "y");
  EXPECT_EQ(about(file).st_uid, 12'345U);
  EXPECT_EQ(about(file).st_gid, 12'346U);
}

}  // namespace
}  // namespace prx::cli
