// What the process of an isolated plugin has given up, as the kernel tells: with all that isolation
// uses, without what a kernel may lack, and started by a user who is not root.
#include <gmock/gmock.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "e2e/isolation_rig.hpp"
#include "support/process.hpp"

namespace prx::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kOtherNamespaces = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
constexpr const char* kNoNamespaces = "plugin hostile: no namespaces of its own: ";
constexpr const char* kNoLandlock =
    "plugin hostile: the code that runs while a plugin is loaded can read files: no Landlock";

/// A line of /proc/PID/status: "0000000000000000" of CapEff. "" when this kernel has none.
std::string status_of(const std::string& process, const std::string& name) {
  std::ifstream status("/proc/" + process + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  return {};
}

/// "net:[4026531840]"; "" when it cannot be told.
std::string namespace_of(const std::string& process, const std::string& name) {
  std::error_code unknown;
  return fs::read_symlink("/proc/" + process + "/ns/" + name, unknown).string();
}

/// Whether this machine lets a process like this one have them.
bool can_unshare(int namespaces) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::unshare(namespaces) == 0 ? 0 : 1);
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class Confinement : public Isolation {
 protected:
  /// The process of the hostile plugin, which has answered.
  void open() {
    use_hostile();
    alone();
    client = rig.open();
    expect_answer();
    const auto running = children();
    ASSERT_EQ(running.size(), 1u);
    its = std::to_string(running.front());
  }
  void expect_answer() {
    EXPECT_EQ(test::expect_answer(client->chat(ask("hi", "ok"))).text, "hello from a process");
  }
  /// What holds on each kernel. \param filters  of system calls, beside those of this process.
  void expect_rights_are_gone(int filters) const {
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
      EXPECT_EQ(status_of(its, set), "0000000000000000") << set;
    EXPECT_EQ(status_of(its, "NoNewPrivs"), "1");
    EXPECT_EQ(status_of(its, "Seccomp"), "2") << "by a filter";
    const std::string ours = status_of("self", "Seccomp_filters");
    if (ours.empty()) return;  // Linux before 5.9
    EXPECT_EQ(status_of(its, "Seccomp_filters"), std::to_string(std::stoi(ours) + filters));
  }
  /// Of those that this kernel has and that can be seen.
  void expect_other(std::initializer_list<const char*> namespaces) const {
    for (const std::string name : namespaces) {
      const std::string ours = namespace_of("self", name), theirs = namespace_of(its, name);
      if (ours.empty() || theirs.empty()) continue;
      EXPECT_NE(theirs, ours);
    }
  }

  std::unique_ptr<Client> client;
  std::string its;  ///< number in /proc
};

TEST_F(Confinement, ItsProcessHasNoCapabilitiesAndBothFilters) {
  open();
  expect_rights_are_gone(2);
}

TEST_F(Confinement, ItsProcessHasNamespacesOfItsOwn) {
  const bool all = can_unshare(CLONE_NEWUSER | kOtherNamespaces);
  if (!all && !can_unshare(kOtherNamespaces)) GTEST_SKIP() << "no namespaces for us here";
  open();
  EXPECT_THAT(rig.log.all(), Not(HasSubstr(kNoNamespaces)));
  if (namespace_of(its, "net").empty()) GTEST_SKIP() << "only root may see which it has";
  expect_other({"net", "ipc", "uts"});
  if (all) expect_other({"user"});
}

// --- on a kernel, or in a container, that lacks something

TEST_F(Confinement, WithoutNamespacesAndLandlockItGoesOnAndTheLogSaysSoOnce) {
  program = PRX_OLD_KERNEL_ALL;
  rig.toml.replace(rig.toml.find("trace"), 5, "info");
  open();
  EXPECT_EQ(count_of(rig.log.all(), kNoNamespaces), 1u) << rig.log.all();
  EXPECT_EQ(count_of(rig.log.all(), kNoLandlock), 1u) << rig.log.all();
  expect_rights_are_gone(2 + 1);
  EXPECT_THAT(expect_failure(client->chat(ask("hi", "start:open"))).message,
              HasSubstr("made a system call that isolation forbids"));
  expect_answer();
}

TEST_F(Confinement, WithoutUserNamespacesRootHasTheOthers) {
  if (!can_unshare(kOtherNamespaces)) GTEST_SKIP() << "needs root, with the right to have them";
  program = PRX_OLD_KERNEL_USER;
  open();
  EXPECT_THAT(rig.log.all(), Not(HasSubstr(kNoNamespaces)));
  expect_rights_are_gone(2 + 1);
  expect_other({"net", "ipc", "uts"});
  EXPECT_EQ(namespace_of(its, "user"), namespace_of("self", "user"));
}

// --- who starts it

TEST_F(Confinement, AProgramThatOthersCanWriteIsRefusedWithOneLineAndNotStarted) {
  std::string folder = (fs::canonical(fs::temp_directory_path()) / "prx-isolation-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string trusted = program;
  program = folder + "/prx-plugin-host";
  fs::copy_file(trusted, program);
  ::chmod(program.c_str(), 0757);
  use_hostile();
  alone();
  try {
    static_cast<void>(rig.open());
    ADD_FAILURE() << "opened";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("'hostile'"),
                                    HasSubstr(program + ": not trusted: it can be written by "
                                                        "everyone; "),
                                    Not(HasSubstr("\n"))));
  }
  EXPECT_TRUE(children().empty());
  ::chmod(program.c_str(), 0755);
  EXPECT_EQ(test::expect_answer(rig.open()->chat(ask("hi", "ok"))).text, "hello from a process");
  fs::remove_all(folder);
}

/// Some of the tests of this program, as nobody. The build's files must be where he can reach them.
TEST_F(Confinement, AnotherUserThanRootHasAllOfItToo) {
  constexpr const char* kSetpriv = "/usr/bin/setpriv";
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user; the others ran as one";
  if (!fs::exists(kSetpriv)) GTEST_SKIP() << "needs setpriv";
  ProcessOptions options;
  options.program = kSetpriv;
  options.arguments = {"--reuid", "65534", "--regid", "65534", "--clear-groups"};
  auto reaches = options;
  reaches.arguments.insert(reaches.arguments.end(), {"/usr/bin/test", "-x", program});
  if (run_process(reaches).exit_code != 0) GTEST_SKIP() << "that user cannot reach " << program;
  options.arguments.push_back(fs::read_symlink("/proc/self/exe"));
  options.arguments.push_back(
      "--gtest_filter=Isolation.APluginAnswers*:Isolation.CodeThatRuns*:Isolation.ItsProcessEnds*:"
      "Of/Deeds.*/start_open:Of/Deeds.*/start_kill:Of/Deeds.*/start_thread:"
      "Confinement.ItsProcess*:Confinement.WithoutNamespaces*");
  const ProcessResult result = run_process(options);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  for (const char* name :
       {"Isolation.APluginAnswersFromItsProcess", "Of/Deeds",
        "Confinement.ItsProcessHasNoCapabilities", "Confinement.WithoutNamespacesAndLandlock"})
    EXPECT_THAT(result.out, HasSubstr("[       OK ] " + std::string(name)));
}

}  // namespace
}  // namespace prx::test
