#include "client/health_file.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "health_folder.hpp"

namespace prx::driver {
namespace {

namespace fs = std::filesystem;
using Access = HealthFile::Access;
using ::testing::AllOf;
using ::testing::HasSubstr;

HealthRecord record_of(std::uint64_t name, std::int64_t written = 1) {
  HealthRecord record;
  record.name = name;
  record.written_ms = written;
  record.rests_ms = written + 1;
  return record;
}

// --- names and records

TEST(HealthName, IsSipHashOfOnePart) {
  // The key 00..0f and the text 00..0e of the paper's example.
  HealthSalt salt;
  std::string text;
  for (char c = 0; c < 15; ++c) text += c;
  const std::string key = text + '\x0f';
  std::memcpy(&salt, key.data(), sizeof salt);
  EXPECT_EQ(health_name(salt, {text}), 0xa129ca6149be45e5ULL);
}

TEST(HealthName, DependsOnSaltAndPartsAndTheirBounds) {
  const HealthSalt salt{1, 2};
  EXPECT_NE(health_name(salt, {"ab", "c"}), health_name(salt, {"a", "bc"}));
  EXPECT_NE(health_name(salt, {"ab"}), health_name({1, 3}, {"ab"}));
  EXPECT_NE(health_name(salt, {"ab"}), health_name({2, 2}, {"ab"}));
  EXPECT_EQ(health_name(salt, {"ab", ""}), health_name(salt, {"ab", ""}));
}

TEST(HealthTable, FindsWhatWasPutAndNothingElse) {
  HealthTable table;
  table.put(record_of(5));
  ASSERT_TRUE(table.find(5));
  EXPECT_EQ(table.find(5)->rests_ms, 2);
  EXPECT_FALSE(table.find(6));
  EXPECT_FALSE(table.find(0));
}

TEST(HealthTable, ARecordKeepsItsPlace) {
  HealthTable table;
  table.put(record_of(5));
  table.put(record_of(6));
  table.put(record_of(5, 9));
  EXPECT_EQ(table.image.records[0].written_ms, 9);
  EXPECT_EQ(table.image.records[1].name, 6U);
}

TEST(HealthTable, ADamagedRecordIsIgnoredAndItsPlaceReused) {
  HealthTable table;
  table.put(record_of(5));
  table.put(record_of(6));
  table.image.records[0].rests_ms ^= 1;
  EXPECT_FALSE(table.find(5));
  table.put(record_of(7));
  EXPECT_EQ(table.image.records[0].name, 7U);
  EXPECT_TRUE(table.find(6));
}

TEST(HealthTable, FullOfRecordsLosesTheOldest) {
  HealthTable table;
  for (std::uint64_t i = 1; i <= HealthTable::kRecordsMax; ++i)
    table.put(record_of(i, i == 100 ? 1 : 1'000));
  table.put(record_of(9'999, 1'001));
  EXPECT_FALSE(table.find(100));
  EXPECT_TRUE(table.find(9'999));
  EXPECT_TRUE(table.find(101));
}

// --- the file

using HealthFileTest = HealthFolder;

TEST_F(HealthFileTest, IsMadePrivateAndOfAFixedSize) {
  ASSERT_TRUE(open());
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(status.st_size, 16'384);
  ASSERT_EQ(::stat(file().parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST_F(HealthFileTest, WhatOneWritesAnotherReads) {
  const auto one = open(), other = open();
  HealthTable table;
  EXPECT_EQ(one->change(table, [](HealthTable& all) { all.put(record_of(5)); }), Access::kDone);
  HealthTable read;
  EXPECT_EQ(other->read(read), Access::kDone);
  EXPECT_TRUE(read.find(5));
}

TEST_F(HealthFileTest, HasASaltOfItsOwn) {
  const HealthSalt first = open()->salt();
  EXPECT_EQ(open()->salt(), first);
  fs::remove(file());
  EXPECT_NE(open()->salt(), first);
}

TEST_F(HealthFileTest, LiesInAPrivateFolderOfTempWithoutARuntimeFolder) {
  auto elsewhere = options();
  elsewhere.temp_folder = folder;
  for (const fs::path& runtime : std::vector<fs::path>{"", "relative", folder / "missing", "/"}) {
    if (runtime == "/" && ::geteuid() == 0) continue;  // root's own
    elsewhere.runtime_folder = runtime;
    ASSERT_EQ(refusal(elsewhere), "") << runtime;
    const fs::path made = folder / ("prx-" + std::to_string(elsewhere.user)) / "health.v1";
    EXPECT_TRUE(fs::remove(made)) << runtime;
  }
}

TEST_F(HealthFileTest, OfAFolderThatIsALinkIsRefused) {
  fs::create_directory(folder / "elsewhere");
  ::chmod((folder / "elsewhere").c_str(), 0700);
  fs::create_symlink(folder / "elsewhere", folder / "prx");
  EXPECT_NE(refusal(options()), "");
  EXPECT_TRUE(fs::is_empty(folder / "elsewhere"));
}

TEST_F(HealthFileTest, ThatIsALinkIsRefused) {
  make_file("");
  fs::remove(file());
  std::ofstream(folder / "victim").close();
  ::chmod((folder / "victim").c_str(), 0600);  // nothing else is wrong with it
  fs::create_symlink(folder / "victim", file());
  EXPECT_NE(refusal(options()), "");
  EXPECT_EQ(fs::file_size(folder / "victim"), 0U);
}

TEST_F(HealthFileTest, WithASecondNameIsRefused) {
  make_file("");
  fs::create_hard_link(file(), folder / "second");
  EXPECT_THAT(refusal(options()), HasSubstr("has a second name"));
}

TEST_F(HealthFileTest, InAFolderThatOthersMayEnterIsRefused) {
  make_file("");
  ::chmod(file().parent_path().c_str(), 0711);
  EXPECT_THAT(refusal(options()), HasSubstr("has not the mode 0700"));
}

TEST_F(HealthFileTest, ThatOthersMayReadIsRefused) {
  make_file("");
  ::chmod(file().c_str(), 0644);
  EXPECT_THAT(refusal(options()), HasSubstr("others can read or write it"));
}

TEST_F(HealthFileTest, OfAnotherUsersFolderIsRefused) {
  auto stranger = options();
  stranger.user += 1;  // to whom all of this is another user's
  stranger.temp_folder = folder;
  const fs::path theirs = folder / ("prx-" + std::to_string(stranger.user));
  fs::create_directory(theirs);
  ::chmod(theirs.c_str(), 0700);
  EXPECT_THAT(refusal(stranger), HasSubstr("is another user's"));
  EXPECT_FALSE(fs::exists(folder / "prx"));  // nor is it made in another's runtime folder
}

TEST_F(HealthFileTest, OfAnotherUserInOurFolderIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  make_file("");
  ASSERT_EQ(::chown(file().c_str(), 65'534, 65'534), 0);
  EXPECT_THAT(refusal(options()), HasSubstr("is another user's"));
}

TEST_F(HealthFileTest, ThatIsAPipeIsRefusedWithoutWaiting) {
  make_file("");
  fs::remove(file());
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  EXPECT_THAT(refusal(options()), HasSubstr("is no regular file"));
}

TEST_F(HealthFileTest, ThatIsNoneOfOursIsLeftAlone) {
  std::string header(64, 'x');
  make_file(header);
  EXPECT_THAT(refusal(options()), HasSubstr("is no file of prx's; remove it"));
  EXPECT_EQ(contents(), header);
}

TEST_F(HealthFileTest, OfAnotherVersionOrDamagedIsLeftAlone) {
  ASSERT_TRUE(open());
  const std::string good = contents();
  const std::vector<std::pair<std::size_t, std::string>> bytes{
      {8, "another version"}, {12, "damaged"}, {24, "damaged"}, {60, "damaged"}};
  for (const auto& [place, why] : bytes) {
    std::string bad = good;
    bad[place] = static_cast<char>(bad[place] ^ 0x20);
    make_file(bad);
    EXPECT_THAT(refusal(options()), HasSubstr(why)) << place;
    EXPECT_EQ(contents(), bad);
  }
}

TEST_F(HealthFileTest, CutAnywhereIsReadWithoutHarm) {
  const auto one = open();
  HealthTable table;
  ASSERT_EQ(one->change(table,
                        [](HealthTable& all) {
                          for (std::uint64_t i = 1; i <= HealthTable::kRecordsMax; ++i)
                            all.put(record_of(i));
                        }),
            Access::kDone);
  for (std::size_t size = 16'384; size-- > 0;) {
    if (size % 64 > 1 && size > 200) continue;
    fs::resize_file(file(), size);
    HealthTable read;
    const Access access = one->read(read);
    ASSERT_EQ(access, size < 64 ? Access::kLost : Access::kDone) << size;
    if (access != Access::kDone) continue;
    const std::uint64_t whole = size / 64 - 1;
    EXPECT_EQ(read.find(whole).has_value(), whole > 0) << size;
    EXPECT_FALSE(read.find(whole + 1)) << size;
  }
  EXPECT_NE(open(), nullptr);  // empty now: made anew
}

TEST_F(HealthFileTest, CutToPartOfItsHeaderIsRefused) {
  ASSERT_TRUE(open());
  fs::resize_file(file(), 63);
  EXPECT_THAT(refusal(options()), HasSubstr("is cut short"));
}

TEST_F(HealthFileTest, ThatIsGoneIsLost) {
  const auto one = open();
  fs::remove(file());
  HealthTable table;
  EXPECT_EQ(one->read(table), Access::kLost);
  EXPECT_EQ(one->change(table, [](HealthTable&) { FAIL(); }), Access::kLost);
}

// --- other processes

TEST_F(HealthFileTest, HeldByAStuckProcessIsBusyAndNotWaitedFor) {
  const auto one = open();
  test::Process stuck(child({"hold"}));
  stuck.wait_for_out("held");
  HealthTable table;
  EXPECT_EQ(one->read(table), Access::kBusy);
  EXPECT_EQ(one->change(table, [](HealthTable&) { FAIL(); }), Access::kBusy);
  stuck.send_signal(SIGKILL);
  stuck.wait_for_exit();
  EXPECT_EQ(one->read(table), Access::kDone);
}

TEST_F(HealthFileTest, ThatANewOneCannotBeginIsBusy) {
  make_file("");
  test::Process stuck(child({"hold"}));
  stuck.wait_for_out("held");
  const auto opened = HealthFile::open(options());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().error_class, ErrorClass::kTimeout);
}

/// Of health_child write: all members of a record say the same. How many there are.
int whole_records(const HealthTable& table) {
  int count = 0;
  for (std::uint64_t name = 1; name <= 32; ++name) {
    const auto found = table.find(name);
    if (!found) continue;
    ++count;
    EXPECT_EQ(found->rests_ms, found->written_ms);
    EXPECT_EQ(found->open_ms, found->written_ms);
    EXPECT_EQ(found->lease_ms, found->written_ms);
    EXPECT_EQ(found->failures, static_cast<std::uint64_t>(found->written_ms));
  }
  return count;
}

TEST_F(HealthFileTest, ReadersNeverSeeGarbageOfWritersThatAreKilled) {
  constexpr int kKilled = 20, kReads = 50;
  const auto reader = open();
  HealthTable table;
  for (int i = 0; i < kKilled; ++i) {
    test::Process writer(child({"write"}));
    writer.wait_for_out("ready");
    for (int read = 0; read < kReads + 7 * i; ++read)
      if (reader->read(table) == Access::kDone) whole_records(table);
    writer.send_signal(SIGKILL);
    writer.wait_for_exit();
    ASSERT_EQ(reader->read(table), Access::kDone);  // a killed writer holds no lock
    EXPECT_GE(whole_records(table), 31);            // but the one that it was writing
  }
}

TEST_F(HealthFileTest, EightProcessesLoseNoChange) {
  constexpr int kProcesses = 8, kTimes = 200;
  std::vector<std::unique_ptr<test::Process>> children;
  for (int i = 0; i < kProcesses; ++i)
    children.push_back(std::make_unique<test::Process>(child({"count", std::to_string(kTimes)})));
  for (const auto& one : children) EXPECT_EQ(one->wait().exit_code, 0);
  HealthTable table;
  ASSERT_EQ(open()->read(table), Access::kDone);
  ASSERT_TRUE(table.find(1));
  EXPECT_EQ(table.find(1)->failures, static_cast<std::uint64_t>(kProcesses * kTimes));
}

TEST_F(HealthFileTest, OnAFileSystemWithoutLocksIsRefused) {
  auto no_locks = options();
  no_locks.set_lock = [](int, struct flock*) {
    errno = EINVAL;
    return -1;
  };
  EXPECT_THAT(refusal(no_locks), AllOf(HasSubstr(file().string()), HasSubstr("keeps no locks"),
                                       HasSubstr("set XDG_RUNTIME_DIR")));
}

TEST_F(HealthFileTest, OnAFullDiskIsBusy) {
  const auto one = open();
  HealthTable table;
  {
    const FullDisk full;
    EXPECT_EQ(one->change(table, [](HealthTable& all) { all.put(record_of(5)); }), Access::kBusy);
  }
  ASSERT_EQ(one->read(table), Access::kDone);
  EXPECT_FALSE(table.find(5));
}

TEST_F(HealthFileTest, AFileThatCannotBeMadeOnAFullDiskSaysSoAndIsMadeLater) {
  for (const std::size_t room : {0, 40, 64}) {
    const std::string why = [&] {
      const FullDisk full(room);
      return refusal(options());
    }();
    EXPECT_THAT(why, AllOf(HasSubstr(file().string()), HasSubstr("there is no room for it")));
    EXPECT_EQ(why.find("remove it"), std::string::npos) << why;
  }
  EXPECT_TRUE(open());
}

/// Of this process, and of it alone: its default is to kill.
template <class Work>
void under_a_limit_of_file_sizes(std::size_t bytes, Work work) {
  EXPECT_EXIT(
      {
        struct rlimit limit {};
        limit.rlim_cur = limit.rlim_max = bytes;
        ::signal(SIGXFSZ, SIG_DFL);
        const bool set = ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
        ::_exit(set && work() ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(HealthFileTest, ALimitOfFileSizesKillsNobody) {
  under_a_limit_of_file_sizes(0, [&] { return !HealthFile::open(options()); });
  under_a_limit_of_file_sizes(sizeof(HealthTable::Header),
                              [&] { return !HealthFile::open(options()); });
  const auto one = open();
  under_a_limit_of_file_sizes(sizeof(HealthTable::Header), [&] {
    HealthTable table;
    return one->change(table, [](HealthTable& all) { all.put(record_of(5)); }) == Access::kBusy;
  });
}

TEST_F(HealthFileTest, WithoutADescriptorItIsAnotherTime) {
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  struct rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto opened = HealthFile::open(options());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().error_class, ErrorClass::kTimeout);
  EXPECT_TRUE(open());
}

}  // namespace
}  // namespace prx::driver
