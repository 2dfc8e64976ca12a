// When a file counts as written anew.
#include "cli/serve/file_watch.hpp"

#include <gtest/gtest.h>

#include "core/config/support.hpp"

namespace prx::cli {
namespace {

TEST(FileWatch, AChangeIsToldOnceWhenItHasSettled) {
  const config::testing::TemporaryFolder folder;
  const auto file = folder.write("a.toml", "one");
  FileWatch watch(file);
  EXPECT_FALSE(watch.changed());
  static_cast<void>(folder.write("a.toml", "other"));
  EXPECT_FALSE(watch.changed()) << "it may still be being written";
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.changed());
  static_cast<void>(folder.write("b.toml", "third"));
  std::filesystem::rename(folder.path() / "b.toml", file);
  EXPECT_FALSE(watch.changed());
  EXPECT_TRUE(watch.changed());
}

TEST(FileWatch, AFileThatIsGoneIsNoChangeAndItsReturnIsOne) {
  const config::testing::TemporaryFolder folder;
  const auto file = folder.write("a.toml", "one");
  FileWatch watch(file), nothing(""), told(file);
  std::filesystem::remove(file);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(watch.changed());
  static_cast<void>(folder.write("a.toml", "other"));
  EXPECT_FALSE(watch.changed());
  EXPECT_TRUE(watch.changed());
  told.read_now();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(nothing.changed() || told.changed());
}

}  // namespace
}  // namespace prx::cli
