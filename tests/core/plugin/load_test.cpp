#include <fcntl.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <thread>

#include "core/plugin/temp_dir.hpp"
#include "plugin/registry.hpp"
#include "plugin/regular_file.hpp"
#include "plugin/sealed_copy.hpp"

namespace prx {
namespace {

using ::testing::AllOf;
using testing::copy_fixture;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TempDir;
namespace fs = std::filesystem;

/// What the search says of one file.
Candidate candidate_of(const fs::path& file, const std::string& pin = {}) {
  SearchOptions options;
  options.config_dirs = {file.parent_path()};
  for (auto& candidate : find_plugins(options))
    if (candidate.info.path == file.string()) {
      candidate.sha256 = pin;
      return candidate;
    }
  ADD_FAILURE() << file << " was not found";
  return {};
}

/// The reason why a fixture does not load.
std::string refusal_of(const std::string& fixture) {
  const TempDir dir;
  const auto file = copy_fixture(dir, fixture, fixture + ".so");
  const auto loaded = load_plugin(candidate_of(file));
  if (loaded) return "loaded";
  EXPECT_EQ(loaded.error().error_class, ErrorClass::kInternal);
  EXPECT_THAT(loaded.error().message, HasSubstr(file.string() + ": "));
  return loaded.error().message;
}

std::string digest_of(const fs::path& file) {
  const auto descriptor = open_regular_file(file);
  const auto copy = sealed_copy(descriptor->get(), file);
  return copy ? copy->sha256 : copy.error().message;
}

TEST(LoadPlugin, GivesTablesThatWork) {
  ::unsetenv("PRX_FIXTURE_RAN");
  const TempDir dir;
  const auto file = copy_fixture(dir, "good", "good.so");
  const auto loaded = load_plugin(candidate_of(file));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->note.id, "good");
  EXPECT_EQ(loaded->path, file);
  EXPECT_EQ(loaded->plugin->abi_major, PRX_ABI_MAJOR);
  ASSERT_NE(loaded->provider, nullptr);
  void* instance = nullptr;
  EXPECT_EQ(loaded->provider->create(nullptr, nullptr, {}, {}, nullptr, &instance), PRX_OK);
  EXPECT_STREQ(::getenv("PRX_FIXTURE_RAN"), "1")
      << "the marker that probing leaves unset must work";
}

TEST(LoadPlugin, MapsOneInodeOnceWhateverItsName) {
  const TempDir dir;
  const auto file = copy_fixture(dir, "good", "a.so");
  const auto first = load_plugin(candidate_of(file));
  fs::create_hard_link(file, dir.path() / "b.so");
  Candidate other = candidate_of(file);
  other.info.path = (dir.path() / "b.so").string();
  const auto second = load_plugin(other);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->plugin, second->plugin);
  EXPECT_EQ(first->provider, second->provider);
}

TEST(LoadPlugin, GivesTheNewFileAfterAnAtomicReplacement) {
  const TempDir dir;
  const auto file = copy_fixture(dir, "good", "a.so");
  const auto first = load_plugin(candidate_of(file));
  for (int generation = 0; generation < 3; ++generation) {
    fs::rename(copy_fixture(dir, "good", "new.tmp"), file);
    const auto next = load_plugin(candidate_of(file));
    ASSERT_TRUE(first && next) << next.error().message;
    EXPECT_NE(first->plugin, next->plugin);
    EXPECT_EQ(load_plugin(candidate_of(file))->plugin, next->plugin);
  }
}

TEST(LoadPlugin, GivesTheNewFileAfterABrokenOneWasReplaced) {
  const TempDir dir;
  const auto file = copy_fixture(dir, "no_symbol", "a.so");
  ASSERT_FALSE(load_plugin(candidate_of(file)));
  fs::rename(copy_fixture(dir, "good", "new.tmp"), file);
  EXPECT_TRUE(load_plugin(candidate_of(file)));
}

TEST(LoadPlugin, LimitsReplacementsOfOnePath) {
  const TempDir dir;
  const auto file = copy_fixture(dir, "good", "a.so");
  for (int generation = 0; generation < 100; ++generation) {
    ASSERT_TRUE(load_plugin(candidate_of(file))) << generation;
    fs::rename(copy_fixture(dir, "good", "new.tmp"), file);
  }
  const auto last = load_plugin(candidate_of(file));
  ASSERT_FALSE(last);
  EXPECT_THAT(last.error().message,
              HasSubstr("was replaced more than 100 times in this process; restart it"));
}

TEST(LoadPlugin, MayComeFromSeveralThreads) {
  const TempDir dir;
  const auto candidate = candidate_of(copy_fixture(dir, "good", "a.so"));
  std::vector<const prx_plugin*> seen(8);
  std::vector<std::thread> threads;
  for (auto& plugin : seen)
    threads.emplace_back([&] {
      if (const auto loaded = load_plugin(candidate)) plugin = loaded->plugin;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_NE(seen.front(), nullptr);
  EXPECT_THAT(seen, ::testing::Each(seen.front()));
}

TEST(LoadPlugin, NamesWhatIsWrongWithATable) {
  EXPECT_THAT(refusal_of("no_symbol"), HasSubstr("it does not export prx_plugin_query_v1"));
  EXPECT_THAT(refusal_of("null_table"), HasSubstr("returned no table"));
  EXPECT_THAT(refusal_of("wrong_id"),
              HasSubstr("its table says it is 'impostor', its note says 'good'"));
  EXPECT_THAT(refusal_of("table_major"), HasSubstr("its table says ABI 2"));
  EXPECT_THAT(refusal_of("table_needs"), HasSubstr("needs minor 9"));
  EXPECT_THAT(refusal_of("small_plugin"), HasSubstr("its prx_plugin has 64 bytes, ABI 1.0 has 72"));
  EXPECT_THAT(refusal_of("small_provider"),
              HasSubstr("its prx_provider has 48 bytes, ABI 1.0 has 56"));
  EXPECT_THAT(refusal_of("no_provider"), HasSubstr("it offers no prx.provider/1"));
  EXPECT_THAT(refusal_of("plugin_lacks"), HasSubstr("its prx_plugin lacks a function"));
  EXPECT_THAT(refusal_of("provider_lacks"), HasSubstr("its prx_provider lacks a function"));
}

TEST(LoadPlugin, PassesTheLinkersWordsOnWithThePathOnce) {
  const TempDir dir;
  const auto file = copy_fixture(dir, "unresolved", "a.so");
  const auto loaded = load_plugin(candidate_of(file));
  ASSERT_FALSE(loaded);
  const std::string& message = loaded.error().message;
  EXPECT_THAT(message, HasSubstr("cannot be loaded: undefined symbol: prx_nobody_has_this"));
  EXPECT_EQ(message.find(file.string()), message.rfind(file.string())) << message;
  EXPECT_THAT(message, Not(HasSubstr("dlerror")));
}

TEST(LoadPlugin, ChecksTrustAgain) {
  const TempDir dir;
  const auto candidate = candidate_of(copy_fixture(dir, "good", "a.so"));
  fs::permissions(candidate.info.path, fs::perms::group_write, fs::perm_options::add);
  const auto loaded = load_plugin(candidate);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().error_class, ErrorClass::kPermission);
  EXPECT_THAT(loaded.error().message, HasSubstr("can be written by its group"));
}

TEST(LoadPlugin, RefusesWhatTheSearchRejectedOrShadowed) {
  const TempDir dir;
  const auto file = copy_fixture(dir, "good", "a.so");
  Candidate candidate = candidate_of(file);
  candidate.info.state = PluginState::kShadowed;
  candidate.info.reason = "shadowed by a test";
  const auto loaded = load_plugin(candidate);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().message, "shadowed by a test");
}

TEST(LoadPlugin, RefusesAFileThatBecameAnotherPlugin) {
  const TempDir dir;
  const auto candidate = candidate_of(copy_fixture(dir, "good", "a.so"));
  copy_fixture(dir, "other", "a.so");
  const auto loaded = load_plugin(candidate);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("changed since it was found"));
}

TEST(LoadPlugin, RefusesAFileThatIsGone) {
  const TempDir dir;
  const auto candidate = candidate_of(copy_fixture(dir, "good", "a.so"));
  fs::remove(candidate.info.path);
  const auto loaded = load_plugin(candidate);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().error_class, ErrorClass::kNotFound);
}

TEST(PinnedPlugin, LoadsWhatHasTheDigest) {
  const TempDir dir;
  const auto file = copy_fixture(dir, "good", "a.so");
  const auto pinned = load_plugin(candidate_of(file, digest_of(file)));
  ASSERT_TRUE(pinned) << pinned.error().message;
  const auto again = load_plugin(candidate_of(copy_fixture(dir, "good", "b.so"), digest_of(file)));
  const auto plain = load_plugin(candidate_of(file));
  ASSERT_FALSE(again) << "a second file with that id is shadowed";
  ASSERT_TRUE(plain);
  EXPECT_NE(pinned->plugin, plain->plugin) << "the pinned one is a copy";
}

TEST(PinnedPlugin, TakesTheDigestInEitherCase) {
  const TempDir dir;
  const auto file = copy_fixture(dir, "good", "a.so");
  std::string pin = digest_of(file);
  for (char& c : pin) c = static_cast<char>(::toupper(c));
  const auto loaded = load_plugin(candidate_of(file, pin));
  EXPECT_TRUE(loaded) << loaded.error().message;
}

TEST(PinnedPlugin, MapsEachContentOnceAndNeverOneForAnother) {
  const TempDir dir;
  const auto good = copy_fixture(dir, "good", "a.so");
  const auto other = copy_fixture(dir, "other", "b.so");
  const auto first = load_plugin(candidate_of(good, digest_of(good)));
  const auto second = load_plugin(candidate_of(other, digest_of(other)));
  const auto again = load_plugin(candidate_of(good, digest_of(good)));
  ASSERT_TRUE(first && second && again);
  EXPECT_NE(first->plugin, second->plugin);
  EXPECT_EQ(first->plugin, again->plugin);
}

TEST(PinnedPlugin, RefusesOneChangedByteAndSaysBothDigests) {
  const TempDir dir;
  const auto file = copy_fixture(dir, "good", "a.so");
  const auto pin = digest_of(file);
  dir.write("a.so", testing::fixture_bytes("good") + "x");
  const auto loaded = load_plugin(candidate_of(file, pin));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().error_class, ErrorClass::kPermission);
  EXPECT_THAT(loaded.error().message, AllOf(HasSubstr(pin), HasSubstr(digest_of(file)),
                                            HasSubstr("[plugins.good] sha256")));
}

/// What a search with that pin says of the one file of a folder.
Candidate pinned_candidate_of(const fs::path& file, const std::string& pin) {
  SearchOptions options;
  options.config_dirs = {file.parent_path()};
  options.entries = {{"good", "", pin, {}}};
  const auto found = find_plugins(options);
  EXPECT_EQ(found.size(), 1u);
  return found.front();
}

ino_t inode_of(const os::Descriptor& file) {
  struct stat status {};
  EXPECT_EQ(::fstat(file.get(), &status), 0);
  return status.st_ino;
}

TEST(PinnedPlugin, WhatTheSearchHashedIsWhatIsLoaded) {
  const TempDir dir;
  const auto file = copy_fixture(dir, "good", "a.so");
  const auto candidate = pinned_candidate_of(file, digest_of(file));
  ASSERT_TRUE(candidate.copy) << candidate.info.reason;
  EXPECT_EQ(candidate.digest, digest_of(file));
  const auto opened = open_plugin(candidate);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(inode_of(opened->file), inode_of(candidate.copy->descriptor));
  EXPECT_TRUE(load_plugin(candidate));
}

TEST(PinnedPlugin, AFileThatWasWrittenToSinceIsHashedAnew) {
  const TempDir dir;
  const auto file = copy_fixture(dir, "good", "a.so");
  const auto candidate = pinned_candidate_of(file, digest_of(file));
  ASSERT_TRUE(candidate.copy) << candidate.info.reason;
  fs::last_write_time(file, fs::last_write_time(file) - std::chrono::hours(1));
  const auto same = open_plugin(candidate);
  ASSERT_TRUE(same) << same.error().message;
  EXPECT_NE(inode_of(same->file), inode_of(candidate.copy->descriptor));
  dir.write("a.so", testing::fixture_bytes("good") + "x");
  EXPECT_EQ(open_plugin(candidate).error().error_class, ErrorClass::kPermission);
}

TEST(SealedCopy, HasTheKnownDigestAndCannotBeWritten) {
  const TempDir dir;
  const auto file = dir.write("abc", "abc");
  const auto descriptor = open_regular_file(file);
  const auto copy = sealed_copy(descriptor->get(), file);
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ(copy->sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_LT(::pwrite(copy->descriptor.get(), "x", 1, 0), 0);
  EXPECT_NE(::ftruncate(copy->descriptor.get(), 1), 0);
  EXPECT_EQ(::mmap(nullptr, 3, PROT_WRITE, MAP_SHARED, copy->descriptor.get(), 0), MAP_FAILED);
}

TEST(SealedCopy, LimitsTheSize) {
  const TempDir dir;
  const auto file = dir.write("abc", "abc");
  const auto descriptor = open_regular_file(file);
  EXPECT_TRUE(sealed_copy(descriptor->get(), file, 3));
  const auto copy = sealed_copy(descriptor->get(), file, 2);
  ASSERT_FALSE(copy);
  EXPECT_THAT(copy.error().message, HasSubstr("larger than 2 bytes"));
}

}  // namespace
}  // namespace prx
