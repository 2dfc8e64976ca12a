// Real processes of prx-plugin-host, which end by themselves when nobody talks with them; and which
// program is trusted to be one.
#include "isolation/child.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#ifdef PRX_PLUGIN_HOST

namespace prx::isolation {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ChildTest : public ::testing::Test {
 protected:
  [[nodiscard]] Result<Child> launch(const char* program = PRX_PLUGIN_HOST) const {
    Launch how;
    how.program = program;
    how.plugin_file = file.get();
    return Child::launch(how);
  }
  /// Leaves that many descriptors to be had, those of low numbers.
  void leave(std::size_t count) {
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit few{64, limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int one = ::open("/dev/null", O_RDONLY | O_CLOEXEC); one >= 0;
         one = ::open("/dev/null", O_RDONLY | O_CLOEXEC))
      taken.emplace_back(one);
    taken.resize(taken.size() - count);
  }
  void ignore_children() { ::signal(SIGCHLD, SIG_IGN); }
  ~ChildTest() override {
    ::signal(SIGCHLD, SIG_DFL);
    if (limit.rlim_cur != 0) ::setrlimit(RLIMIT_NOFILE, &limit);
  }

  const os::Descriptor file{::open(PRX_HOSTILE, O_RDONLY | O_CLOEXEC)};
  rlimit limit{};
  std::vector<os::Descriptor> taken;
};

TEST_F(ChildTest, OneThatIsKilledIsTold) {
  auto child = std::move(launch()).value();
  ::kill(child.pid(), SIGTERM);
  EXPECT_EQ(child.end(), "was killed by SIGTERM");
}

TEST_F(ChildTest, AProgramThatIgnoresItsChildrenHearsTheCauseOrThatItIsNotKnown) {
  ignore_children();
  auto child = std::move(launch()).value();
  ::kill(child.pid(), SIGTERM);
  EXPECT_THAT(child.end(), AnyOf("was killed by SIGTERM",
                                 HasSubstr("not known, since this program ignores SIGCHLD")));
}

TEST_F(ChildTest, WithoutADescriptorForItTheCauseIsToldAllTheSame) {
  leave(4);  // its socket and the plugin's file, both twice
  auto child = std::move(launch()).value();
  ::kill(child.pid(), SIGTERM);
  EXPECT_EQ(child.end(), "was killed by SIGTERM");
}

TEST_F(ChildTest, AndOneThatIgnoresItsChildrenHearsThatItIsNotKnown) {
  ignore_children();
  leave(4);
  auto child = std::move(launch()).value();
  ::kill(child.pid(), SIGTERM);
  EXPECT_EQ(child.end(),
            "has ended (how it ended is not known, since this program ignores SIGCHLD; set it to "
            "SIG_DFL or a handler)");
}

TEST_F(ChildTest, OneThatAnotherPartOfTheProgramReapedIsNotKnownEither) {
  leave(4);
  auto child = std::move(launch()).value();
  ::kill(child.pid(), SIGTERM);
  ASSERT_EQ(::waitpid(child.pid(), nullptr, 0), child.pid());
  EXPECT_THAT(child.end(), HasSubstr("not known, since this program waited for it"));
}

TEST_F(ChildTest, WhatItNeedsAndCannotHaveIsNamedWithARemedy) {
  leave(3);
  const auto child = launch();
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().message, PRX_PLUGIN_HOST
            ": cannot be started: Too many open files; raise the limit of open files (ulimit -n), "
            "or have fewer providers with isolation");
}

TEST_F(ChildTest, AProgramThatIsNotThereIsNamedWithARemedy) {
  const auto child = launch("/no/such/program");
  ASSERT_FALSE(child);
  EXPECT_THAT(child.error().message,
              AllOf(HasSubstr("/no/such/program: cannot be started: No such file"),
                    EndsWith("; install prx again, or name the right program in [plugins] "
                             "isolation_host")));
}

/// A program of that name in a folder of its own, as [plugins] isolation_host names it.
class FindProgram : public ::testing::Test {
 protected:
  FindProgram() {
    std::string name =
        (std::filesystem::canonical(std::filesystem::temp_directory_path()) / "prx-child-XXXXXX");
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
    program = folder / "prx-plugin-host";
    std::ofstream(program) << "x";
    ::chmod(program.c_str(), 0755);
  }
  ~FindProgram() override { std::filesystem::remove_all(folder); }
  void expect_refused(const std::string& why) const {
    const auto found = find_program(program);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().error_class, ErrorClass::kPermission);
    EXPECT_THAT(found.error().message, AllOf(StartsWith(program.string() + ": not trusted: " + why),
                                             HasSubstr("; "), Not(HasSubstr("\n"))));
  }

  std::filesystem::path folder, program;
};

TEST_F(FindProgram, OneThatOnlyItsOwnerCanWriteIsTaken) {
  const auto found = find_program(program);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, program);
}

TEST_F(FindProgram, OneThatOthersCanWriteIsRefusedWithOneLine) {
  ::chmod(program.c_str(), 0757);
  expect_refused("it can be written by everyone");
  ::chmod(program.c_str(), 0775);
  expect_refused("it can be written by its group");
}

TEST_F(FindProgram, SoIsOneBelowAFolderThatOthersCanWrite) {
  ::chmod(folder.c_str(), 0777);
  expect_refused(folder.string() + " can be written by everyone");
}

TEST_F(FindProgram, SoIsOneOfAStranger) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give the file to another user";
  ASSERT_EQ(::chown(program.c_str(), 12'345, 12'345), 0);
  expect_refused("it belongs to user 12345");
}

TEST_F(FindProgram, SoIsOneThatAStrangersLinkLeadsTo) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give the link to another user";
  const auto other = program;
  program = folder / "link";
  std::filesystem::create_symlink(other, program);
  ASSERT_EQ(::lchown(program.c_str(), 12'345, 12'345), 0);
  expect_refused("it belongs to user 12345");
}

TEST_F(FindProgram, AnOwnLinkIsJudgedByWhatItLeadsTo) {
  const auto other = program;
  program = folder / "link";
  std::filesystem::create_symlink(other, program);
  const auto found = find_program(program);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, other);
  ::chmod(other.c_str(), 0757);
  EXPECT_FALSE(find_program(program));
}

}  // namespace
}  // namespace prx::isolation

#endif
