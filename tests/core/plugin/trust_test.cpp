#include "plugin/trust.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "core/plugin/temp_dir.hpp"
#include "plugin/registry.hpp"

namespace prx {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing::TempDir;
namespace fs = std::filesystem;

constexpr uid_t kOther = 65'534;  // nobody

std::string reason_of(const fs::path& file) {
  const auto trust = check_trust(file);
  return trust ? "trusted" : trust.error().message;
}

TEST(Trust, IsGivenToAFileThatOnlyItsOwnerCanWrite) {
  const TempDir dir;
  EXPECT_EQ(reason_of(dir.write("a.so", "x", 0644)), "trusted");
  EXPECT_EQ(reason_of(dir.write("b.so", "x", 0755)), "trusted");
}

TEST(Trust, IsRefusedToAFileThatGroupOrOthersCanWrite) {
  const TempDir dir;
  const auto group = dir.write("group.so", "x", 0664);
  EXPECT_THAT(reason_of(group),
              AllOf(StartsWith(group.string() + ": not trusted: it can be written by its group; "),
                    HasSubstr("again as yourself, or run: chmod g-w " + group.string())));
  EXPECT_EQ(check_trust(group).error().error_class, ErrorClass::kPermission);
  EXPECT_THAT(reason_of(dir.write("world.so", "x", 0666)), HasSubstr("can be written by everyone"));
}

TEST(Trust, IsRefusedWhenAnyFolderAboveCanBeWritten) {
  const TempDir dir;
  const auto open = dir.make_dir("open", 0777);
  dir.make_dir("open/closed", 0755);
  const auto file = dir.write("open/closed/a.so", "x");
  EXPECT_THAT(reason_of(file), HasSubstr(open.string() + " can be written by everyone"));
}

TEST(Trust, NamesEveryPathThatIsNotTrustedAtOnce) {
  const TempDir dir;
  const auto outer = dir.make_dir("outer", 0775), inner = dir.make_dir("outer/inner", 0775);
  const auto file = dir.write("outer/inner/a.so", "x", 0664);
  EXPECT_THAT(reason_of(file), AllOf(HasSubstr(outer.string() + ", " + inner.string() +
                                               " and it can be written by their groups; "),
                                     EndsWith("chmod g-w " + outer.string() + " " + inner.string() +
                                              " " + file.string())));
  fs::permissions(inner, fs::perms(0777));
  EXPECT_THAT(reason_of(file),
              AllOf(HasSubstr("inner can be written by everyone, "),
                    HasSubstr("run: chmod go-w " + outer.string() + " " + inner.string())));
}

TEST(Trust, AllowsAStickyFolderOfRootOnly) {
  const TempDir dir;
  const auto sticky = dir.make_dir("sticky", 01777);
  const auto file = dir.write("sticky/a.so", "x");
  if (::geteuid() != 0) {
    EXPECT_THAT(reason_of(file), HasSubstr("can be written by everyone"));
    return;
  }
  EXPECT_EQ(reason_of(file), "trusted");
  ASSERT_EQ(::chown(sticky.c_str(), kOther, kOther), 0);
  EXPECT_THAT(reason_of(file), HasSubstr("belongs to user 65534"));
}

TEST(Trust, IsRefusedToAFileOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file to another user";
  const TempDir dir;
  const auto file = dir.write("a.so", "x");
  ASSERT_EQ(::chown(file.c_str(), kOther, kOther), 0);
  EXPECT_THAT(reason_of(file),
              AllOf(HasSubstr("it belongs to user 65534"),
                    HasSubstr("build or copy it again as yourself"), Not(HasSubstr("chown"))));
}

TEST(Trust, IsRefusedToAFolderOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder to another user";
  const TempDir dir;
  const auto folder = dir.make_dir("theirs");
  const auto file = dir.write("theirs/a.so", "x");
  ASSERT_EQ(::chown(folder.c_str(), kOther, kOther), 0);
  EXPECT_THAT(reason_of(file), HasSubstr(folder.string() + " belongs to user 65534"));
}

TEST(Trust, FollowsLinksToTheRealFile) {
  const TempDir dir;
  dir.make_dir("real");
  const auto file = dir.write("real/a.so", "x");
  fs::create_symlink("real", dir.path() / "link");
  fs::create_symlink("../link/a.so", dir.make_dir("links") / "b.so");
  const auto real = trusted_path(dir.path() / "links/./../links/b.so");
  ASSERT_TRUE(real) << real.error().message;
  EXPECT_EQ(*real, file);
}

TEST(Trust, LooksAtTheTargetsOfLinks) {
  const TempDir dir;
  dir.make_dir("open", 0777);
  dir.write("open/a.so", "x");
  fs::create_symlink(dir.path() / "open/a.so", dir.path() / "b.so");
  EXPECT_THAT(reason_of(dir.path() / "b.so"), HasSubstr("open can be written by everyone"));
}

TEST(Trust, LooksAtFoldersThatHoldLinks) {
  const TempDir dir;
  dir.make_dir("open", 0777);
  const auto file = dir.write("a.so", "x");
  fs::create_symlink(file, dir.path() / "open/b.so");
  EXPECT_THAT(reason_of(dir.path() / "open/b.so"), HasSubstr("open can be written by everyone"));
}

TEST(Trust, IsRefusedToALinkOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a link to another user";
  const TempDir dir;
  dir.make_dir("sticky", 01777);
  const auto file = dir.write("a.so", "x");
  const auto link = dir.path() / "sticky/b.so";
  fs::create_symlink(file, link);
  ASSERT_EQ(::lchown(link.c_str(), kOther, kOther), 0);
  EXPECT_THAT(reason_of(link), HasSubstr("belongs to user 65534"));
}

TEST(Trust, LimitsLinks) {
  const TempDir dir;
  dir.write("0", "x");
  for (int i = 1; i <= kLinksMax + 1; ++i)
    fs::create_symlink(std::to_string(i - 1), dir.path() / std::to_string(i));
  EXPECT_EQ(reason_of(dir.path() / std::to_string(kLinksMax)), "trusted");
  EXPECT_THAT(reason_of(dir.path() / std::to_string(kLinksMax + 1)),
              HasSubstr("more than 40 links"));
  fs::create_symlink("loop", dir.path() / "loop");
  EXPECT_THAT(reason_of(dir.path() / "loop"), HasSubstr("more than 40 links"));
}

TEST(Trust, NamesAFileThatIsNotThere) {
  const TempDir dir;
  const auto trust = check_trust(dir.path() / "absent.so");
  ASSERT_FALSE(trust);
  EXPECT_EQ(trust.error().error_class, ErrorClass::kNotFound);
}

}  // namespace
}  // namespace prx
