// The access log: what is written, what is not, and that nobody waits for it.
#include "gateway/access/access_log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <thread>

#include "core/config/support.hpp"
#include "core/sim/raw_client.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;
using config::testing::TemporaryFolder;
using sim::test::is_json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

RequestRecord record_of(std::string path) {
  RequestRecord out;
  out.path = std::move(path);
  return out;
}

std::vector<std::string> lines_of(std::istream& in) {
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

std::vector<std::string> lines_in(const std::filesystem::path& file) {
  std::ifstream in(file);
  return lines_of(in);
}

/// What the log said to who runs the server.
struct Said {
  std::mutex mutex;
  std::vector<std::string> lines;  ///< guarded
  AccessLog::Say say() {
    return [this](std::string_view line) {
      const std::lock_guard lock(mutex);
      lines.emplace_back(line);
    };
  }
};

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    EXPECT_GT(::fcntl(ends[1], F_SETPIPE_SZ, 4'096), 0);
    read = os::Descriptor(ends[0]);
    write = os::Descriptor(ends[1]);
  }
  os::Descriptor read, write;
};

std::string all_of(const os::Descriptor& pipe) {
  std::string out;
  std::array<char, 4'096> room{};
  for (ssize_t size = 0; (size = ::read(pipe.get(), room.data(), room.size())) > 0;)
    out.append(room.data(), static_cast<std::size_t>(size));
  return out;
}

TEST(AccessLog, WritesALineForEachRecordInTheirOrder) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "new" / "access.log";
  {
    auto log = AccessLog::open(file.string(), {});
    ASSERT_TRUE(log) << log.error().message;
    for (int i = 0; i < 1'000; ++i) (*log)->write(record_of('/' + std::to_string(i)));
  }
  const auto lines = lines_in(file);
  ASSERT_EQ(lines.size(), 1'000u);
  for (int i = 0; i < 1'000; ++i)
    EXPECT_THAT(lines[static_cast<std::size_t>(i)],
                HasSubstr("\"path\":\"/" + std::to_string(i) + '"'));
  struct stat about {};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST(AccessLog, WhatIsThereStays) {
  const TemporaryFolder folder;
  folder.write("access.log", "before\n");
  const auto file = folder.path() / "access.log";
  std::move(AccessLog::open(file.string(), {})).value()->write(record_of("/a"));
  EXPECT_THAT(lines_in(file), ElementsAre("before", HasSubstr("\"/a\"")));
}

TEST(AccessLog, AFileThatWasMovedAwayIsMadeAnew) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "access.log", moved = folder.path() / "access.log.1";
  auto log = std::move(AccessLog::open(file.string(), {})).value();
  log->write(record_of("/before"));
  for (int i = 0; i < 1'000 && lines_in(file).empty(); ++i) std::this_thread::sleep_for(10ms);
  std::filesystem::rename(file, moved);
  log->reopen();
  log->write(record_of("/after"));
  log.reset();
  EXPECT_THAT(lines_in(moved), ElementsAre(HasSubstr("/before")));
  EXPECT_THAT(lines_in(file), ElementsAre(HasSubstr("/after")));
}

TEST(AccessLog, WhereItCannotBeMadeAnewItGoesOnWhereItWas) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "sub" / "access.log", moved = folder.path() / "access.log";
  Said said;
  auto log = std::move(AccessLog::open(file.string(), said.say())).value();
  std::filesystem::rename(file, moved);
  std::filesystem::create_directory(file);
  log->reopen();
  log->write(record_of("/after"));
  log.reset();
  EXPECT_THAT(lines_in(moved), ElementsAre(HasSubstr("/after")));
  EXPECT_THAT(said.lines, ElementsAre(AllOf(HasSubstr("[serve] access_log: "),
                                            HasSubstr("what was open is written on"))));
}

TEST(AccessLog, WhatIsNoFileIsRefused) {
  const TemporaryFolder folder;
  for (const std::string& place : {folder.path().string(), std::string("/dev/null/access.log")}) {
    const auto log = AccessLog::open(place, {});
    ASSERT_FALSE(log) << place;
    EXPECT_EQ(log.error().error_class, ErrorClass::kInvalidRequest);
    EXPECT_THAT(log.error().message, AllOf(HasSubstr("[serve] access_log: "), HasSubstr(place)));
  }
}

TEST(AccessLog, WhatDoesNotFitIsCountedAndNobodyWaits) {
  constexpr std::size_t kAll = 4 * AccessLog::kWaitingMax;
  Pipe pipe;
  Said said;
  auto log = std::make_unique<AccessLog>(pipe.write.get(), said.say());
  for (std::size_t i = 0; i < kAll; ++i) log->write(record_of("/a"));  // and nobody reads
  std::string text;
  std::thread reader([&] { text = all_of(pipe.read); });
  log->write(record_of("/last"));
  log.reset();
  pipe.write = os::Descriptor();
  reader.join();
  std::istringstream in(text);
  std::size_t written = 0, dropped = 0;
  for (const std::string& line : lines_of(in)) {
    ASSERT_TRUE(is_json(line)) << line;
    const std::size_t number = line.find("\"dropped\":");
    if (number == std::string::npos)
      ++written;
    else
      dropped += std::stoul(line.substr(number + 10));
  }
  for (const std::string& line : said.lines) {  // those of the last second, when none came after
    const std::size_t count = line.find("stderr: ");
    ASSERT_NE(count, std::string::npos) << line;
    dropped += std::stoul(line.substr(count + 8));
  }
  EXPECT_GE(dropped, AccessLog::kWaitingMax);
  EXPECT_EQ(written + dropped, kAll + 1);
}

TEST(AccessLog, AtItsEndItWaitsForNoReader) {
  Pipe pipe;
  Said said;
  const auto began = std::chrono::steady_clock::now();
  {
    AccessLog log(pipe.write.get(), said.say());
    for (int i = 0; i < 1'000; ++i) log.write(record_of("/a"));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, AccessLog::kLastWait + 5s);
  EXPECT_THAT(said.lines, ElementsAre(HasSubstr("lines are missing at its end")));
}

TEST(AccessLog, WhatCannotBeWrittenIsSaidOnceAndCounted) {
  const os::Descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.is_open());
  Said said;
  {
    AccessLog log(full.get(), said.say());
    for (int i = 0; i < 3; ++i) {
      log.write(record_of("/a"));
      std::this_thread::sleep_for(3 * AccessLog::kGather);  // each has a write of its own
    }
  }
  EXPECT_THAT(said.lines, ElementsAre(AllOf(HasSubstr("No space left"), HasSubstr("are dropped")),
                                      HasSubstr(": 3 lines are missing at its end")));
}

TEST(AccessLog, ALineThatWasTornSpoilsNoOther) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "access.log";
  struct rlimit before {
  }, small{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  small = {100, before.rlim_max};
  auto log = std::move(AccessLog::open(file.string(), {})).value();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  for (int i = 0; i < 3; ++i) log->write(record_of("/first"));
  for (int i = 0; i < 1'000 && std::filesystem::file_size(file) < 100; ++i)
    std::this_thread::sleep_for(10ms);
  ASSERT_EQ(std::filesystem::file_size(file), 100u);
  std::this_thread::sleep_for(100ms);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  log->write(record_of("/second"));
  log.reset();
  const auto lines = lines_in(file);
  ASSERT_THAT(lines, Not(IsEmpty()));
  EXPECT_THAT(lines.back(), HasSubstr("/second"));
  EXPECT_TRUE(is_json(lines.back())) << lines.back();
  EXPECT_TRUE(is_json(lines[lines.size() - 2])) << lines[lines.size() - 2];
  EXPECT_THAT(lines[lines.size() - 2], HasSubstr("\"dropped\":3"));
}

}  // namespace
}  // namespace prx::gateway
