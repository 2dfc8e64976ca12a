#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "cli/onboard/file.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class OnboardFile : public ::testing::Test {
 protected:
  OnboardFile() {
    std::string name = (fs::temp_directory_path() / "prx-onboard-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "cannot make " << name;
    folder_ = name;
  }
  ~OnboardFile() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  [[nodiscard]] fs::path made(const std::string& text, mode_t mode) const {
    const fs::path file = folder_ / "file";
    std::ofstream(file, std::ios::binary) << text;
    ::chmod(file.c_str(), mode);
    return file;
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
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST_F(OnboardFile, IsTheOneThatPrxReads) {
  const auto path = [](const std::optional<std::string>& named,
                       std::map<std::string, std::string> values) {
    const auto found = configuration_path(named, variables(std::move(values)));
    return found ? found->string() : "error: " + found.error().message;
  };
  EXPECT_EQ(path("x.toml", {{"PRX_CONFIG", "y.toml"}}), "x.toml");
  EXPECT_EQ(path({}, {{"PRX_CONFIG", "y.toml"}, {"HOME", "/h"}}), "y.toml");
  EXPECT_EQ(path({}, {{"XDG_CONFIG_HOME", "/x"}, {"HOME", "/h"}}), "/x/prx/config.toml");
  EXPECT_EQ(path({}, {{"XDG_CONFIG_HOME", "x"}, {"HOME", "/h"}}), "/h/.config/prx/config.toml");
  EXPECT_THAT(path({}, {}), HasSubstr("name the file with --config"));
}

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
  EXPECT_TRUE(write_privately(folder_ / "a" / "b" / "file", "x", std::nullopt));
  EXPECT_EQ(about(folder_ / "a" / "b" / "file").st_mode & 0777U, 0600U);
  EXPECT_EQ(about(folder_ / "a" / "b").st_mode & 0777U, 0700U);
  EXPECT_EQ(about(folder_ / "a").st_mode & 0777U, 0700U);
  EXPECT_TRUE(write_privately(made("x", 0666), "y", "x"));
  EXPECT_EQ(about(folder_ / "file").st_mode & 0777U, 0600U);
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
