#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>

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
