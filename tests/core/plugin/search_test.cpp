#include "plugin/search.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include "core/plugin/temp_dir.hpp"

namespace prx {
namespace {

using ::testing::AllOf;
using testing::copy_fixture;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TempDir;
namespace fs = std::filesystem;

class FindPlugins : public ::testing::Test {
 protected:
  TempDir dir_;
  SearchOptions options_;

  std::vector<Candidate> find_in(const fs::path& dir) {
    options_.config_dirs = {dir};
    return find_plugins(options_);
  }
  /// The one candidate of a search.
  Candidate only(const std::vector<Candidate>& found) {
    EXPECT_THAT(found, SizeIs(1));
    return found.empty() ? Candidate{} : found.front();
  }
};

TEST_F(FindPlugins, ListsWhatTheNoteSays) {
  const auto file = copy_fixture(dir_, "good", "any-name.so");
  const auto found = only(find_in(dir_.path()));
  EXPECT_EQ(found.info.id, "good");
  EXPECT_EQ(found.info.version, "1.2.3");
  EXPECT_EQ(found.info.abi, "1.0");
  EXPECT_EQ(found.info.kinds, std::vector<std::string>{"good"});
  EXPECT_EQ(found.info.path, file.string());
  EXPECT_EQ(found.info.found_by, "dirs");
  EXPECT_EQ(found.info.state, PluginState::kUsable);
  EXPECT_EQ(found.info.reason, "");
  EXPECT_EQ(found.note.id, "good");
}

TEST_F(FindPlugins, RunsNoCodeOfThem) {
  ::unsetenv("PRX_FIXTURE_RAN");
  copy_fixture(dir_, "good", "good.so");
  EXPECT_EQ(only(find_in(dir_.path())).info.state, PluginState::kUsable);
  EXPECT_EQ(::getenv("PRX_FIXTURE_RAN"), nullptr);
}

TEST_F(FindPlugins, LooksAtFilesByNameAndOnlyAtSharedObjects) {
  copy_fixture(dir_, "other", "b.so");
  copy_fixture(dir_, "good", "a.so");
  copy_fixture(dir_, "good", ".hidden.so");
  copy_fixture(dir_, "good", "good.so.bak");
  const auto found = find_in(dir_.path());
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].info.id, "good");
  EXPECT_EQ(found[1].info.id, "other");
}

TEST_F(FindPlugins, SearchesAFolderThatIsNamedTwiceOnce) {
  copy_fixture(dir_, "good", "good.so");
  std::filesystem::create_directory_symlink(dir_.path(), dir_.path() / "again");
  options_.env_dirs = {dir_.path(), dir_.path() / "again"};
  options_.install_dirs = {dir_.path()};
  const auto found = find_plugins(options_);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].info.found_by, "PRX_PLUGIN_PATH");
}

TEST_F(FindPlugins, FollowsTheSearchOrder) {
  for (const auto* name : {"path", "env", "dirs", "user", "install"}) {
    dir_.make_dir(name);
    copy_fixture(dir_, "good", std::string(name) + "/good.so");
  }
  options_.entries = {{"good", dir_.path() / "path/good.so", "", {}}};
  options_.env_dirs = {dir_.path() / "env"};
  options_.config_dirs = {dir_.path() / "dirs"};
  options_.user_dirs = {dir_.path() / "user"};
  options_.install_dirs = {dir_.path() / "install"};
  const auto found = find_plugins(options_);
  ASSERT_THAT(found, SizeIs(5));
  const char* const order[] = {"path", "PRX_PLUGIN_PATH", "dirs", "user", "install"};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(found[i].info.found_by, order[i]);
    EXPECT_EQ(found[i].info.state, i == 0 ? PluginState::kUsable : PluginState::kShadowed);
  }
  EXPECT_THAT(found[1].info.reason, AllOf(HasSubstr("plugin 'good' is already served by"),
                                          HasSubstr(found[0].info.path)));
}

TEST_F(FindPlugins, SeesOneFileBehindHardLinksAndSymbolicLinks) {
  const auto file = copy_fixture(dir_, "good", "a.so");
  fs::create_hard_link(file, dir_.path() / "b.so");
  fs::create_symlink("a.so", dir_.path() / "c.so");
  const auto found = find_in(dir_.path());
  ASSERT_THAT(found, SizeIs(3));
  EXPECT_EQ(found[0].info.state, PluginState::kUsable);
  for (const auto i : {1, 2}) {
    EXPECT_EQ(found[i].info.state, PluginState::kShadowed);
    EXPECT_THAT(found[i].info.reason, HasSubstr("is the same file as " + file.string()));
  }
}

TEST_F(FindPlugins, RejectsAnotherMajor) {
  copy_fixture(dir_, "wrong_major", "a.so");
  const auto found = only(find_in(dir_.path()));
  EXPECT_EQ(found.info.state, PluginState::kRejected);
  EXPECT_EQ(found.info.id, "later");
  EXPECT_THAT(found.info.reason,
              AllOf(HasSubstr(found.info.path), HasSubstr("built for ABI 2.x, this host has 1.0")));
}

TEST_F(FindPlugins, RejectsWhatNeedsALaterHost) {
  copy_fixture(dir_, "needs_later", "a.so");
  const auto found = only(find_in(dir_.path()));
  EXPECT_EQ(found.info.state, PluginState::kRejected);
  EXPECT_THAT(found.info.reason,
              HasSubstr("needs a host with ABI 1.3 or later, this one has 1.0; update prx"));
}

TEST_F(FindPlugins, RejectsWhatIsNoPlugin) {
  const auto file = dir_.write("a.so", "hello");
  const auto found = only(find_in(dir_.path()));
  EXPECT_EQ(found.info.state, PluginState::kRejected);
  EXPECT_THAT(found.info.reason, HasSubstr(file.string() + ": not an ELF file"));
}

TEST_F(FindPlugins, RejectsWhatIsNotTrustedAndStillSaysItsId) {
  const auto file = copy_fixture(dir_, "good", "a.so");
  fs::permissions(file, fs::perms::others_write, fs::perm_options::add);
  const auto found = only(find_in(dir_.path()));
  EXPECT_EQ(found.info.id, "good");
  EXPECT_EQ(found.info.state, PluginState::kRejected);
  EXPECT_EQ(found.fault, Fault::kOther);
  EXPECT_THAT(found.info.reason, HasSubstr("or run: chmod go-w"));
}

TEST_F(FindPlugins, LetsALaterFileServeForARejectedOne) {
  const auto bad = copy_fixture(dir_, "good", "a.so");
  fs::permissions(bad, fs::perms::others_write, fs::perm_options::add);
  copy_fixture(dir_, "good", "b.so");
  const auto found = find_in(dir_.path());
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].info.state, PluginState::kRejected);
  EXPECT_EQ(found[1].info.state, PluginState::kUsable);
}

TEST_F(FindPlugins, NeverReplacesAConfiguredPathInSilence) {
  copy_fixture(dir_, "good", "a.so");
  options_.entries = {{"good", dir_.path() / "absent.so", "", {}}};
  const auto found = find_in(dir_.path());
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].info.id, "good");
  EXPECT_EQ(found[0].info.state, PluginState::kRejected);
  EXPECT_THAT(found[0].info.reason, HasSubstr("absent.so: no such file; correct the path"));
  EXPECT_EQ(found[1].info.state, PluginState::kShadowed);
  EXPECT_THAT(found[1].info.reason, HasSubstr("[plugins.good] path names"));
}

TEST_F(FindPlugins, RejectsAPathWithAnotherId) {
  options_.entries = {{"acme", copy_fixture(dir_, "good", "a.so"), "", {}}};
  const auto found = only(find_plugins(options_));
  EXPECT_EQ(found.info.id, "acme");
  EXPECT_EQ(found.info.state, PluginState::kRejected);
  EXPECT_THAT(found.info.reason,
              HasSubstr("is plugin 'good', not 'acme'; correct the path in [plugins.acme]"));
}

TEST_F(FindPlugins, LimitsIdsToThoseAllowed) {
  copy_fixture(dir_, "good", "a.so");
  copy_fixture(dir_, "other", "b.so");
  options_.allow = std::vector<std::string>{"other"};
  const auto found = find_in(dir_.path());
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].info.state, PluginState::kRejected);
  EXPECT_THAT(found[0].info.reason,
              HasSubstr("plugin 'good' is not in [plugins] allow; add \"good\""));
  EXPECT_EQ(found[1].info.state, PluginState::kUsable);
}

TEST_F(FindPlugins, HandsThePinOnToEveryFileOfItsId) {
  copy_fixture(dir_, "good", "a.so");
  options_.entries = {{"good", "", std::string(64, 'a'), {}}};
  EXPECT_EQ(only(find_in(dir_.path())).sha256, std::string(64, 'a'));
}

TEST_F(FindPlugins, OfAPinnedIdTheFirstFileThatMatchesServes) {
  dir_.make_dir("a");
  dir_.make_dir("b");
  dir_.make_dir("c");
  const auto other = copy_fixture(dir_, "good", "a/good.so");
  const auto pinned = copy_fixture(dir_, "good", "b/good.so");
  copy_fixture(dir_, "good", "c/good.so");
  std::ofstream(other, std::ios::app) << "other bytes";
  std::string pin = sha256_of(pinned).value();
  pin.front() = static_cast<char>(::toupper(pin.front()));
  options_.entries = {{"good", "", pin, {}}};
  options_.config_dirs = {dir_.path() / "a", dir_.path() / "b", dir_.path() / "c"};
  const auto found = find_plugins(options_);
  ASSERT_THAT(found, SizeIs(3));
  EXPECT_EQ(found[0].info.state, PluginState::kRejected);
  EXPECT_EQ(found[0].fault, Fault::kDiffers);
  EXPECT_EQ(found[0].digest, sha256_of(other).value());
  EXPECT_EQ(found[1].fault, Fault::kNone);
  EXPECT_THAT(found[0].info.reason,
              AllOf(HasSubstr(other.string() + ": its sha256 is "), HasSubstr("pinned is " + pin),
                    HasSubstr("correct [plugins.good] sha256")));
  EXPECT_EQ(found[1].info.state, PluginState::kUsable);
  EXPECT_EQ(found[2].info.state, PluginState::kShadowed) << "what serves is not compared again";
}

TEST_F(FindPlugins, AFileThatIsNamedAndDiffersIsNotReplaced) {
  dir_.make_dir("dirs");
  const auto named = copy_fixture(dir_, "good", "named.so");
  const auto pinned = copy_fixture(dir_, "good", "dirs/good.so");
  std::ofstream(named, std::ios::app) << "other bytes";
  options_.entries = {{"good", named, sha256_of(pinned).value(), {}}};
  const auto found = find_in(dir_.path() / "dirs");
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].info.state, PluginState::kRejected);
  EXPECT_EQ(found[1].info.state, PluginState::kShadowed);
  EXPECT_THAT(found[1].info.reason, HasSubstr("which was rejected"));
}

TEST_F(FindPlugins, SaysWhichNamedFolderIsNotThere) {
  options_.env_dirs = {dir_.path() / "env"};
  options_.config_dirs = {dir_.path() / "dirs"};
  options_.user_dirs = {dir_.path() / "user"};
  options_.install_dirs = {dir_.path() / "install"};
  const auto found = find_plugins(options_);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_THAT(found[0].info.reason, HasSubstr("env: cannot be searched for plugins"));
  EXPECT_THAT(found[1].info.reason, HasSubstr("dirs: cannot be searched for plugins"));
}

TEST_F(FindPlugins, LimitsTheFilesOfAFolder) {
  for (std::size_t i = 0; i < kFilesPerDirMax; ++i)
    dir_.write(std::to_string(1000 + i) + ".so", "");
  EXPECT_THAT(find_in(dir_.path()), SizeIs(kFilesPerDirMax));
  copy_fixture(dir_, "good", "z.so");
  const auto found = find_in(dir_.path());
  ASSERT_THAT(found, SizeIs(kFilesPerDirMax + 1));
  EXPECT_THAT(found.back().info.reason, HasSubstr("has more than 256 plugins"));
}

TEST_F(FindPlugins, FindsNothingWhenDisabled) {
  copy_fixture(dir_, "good", "a.so");
  options_.disabled = true;
  EXPECT_THAT(find_in(dir_.path()), IsEmpty());
}

}  // namespace
}  // namespace prx
