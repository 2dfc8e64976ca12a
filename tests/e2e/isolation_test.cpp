// Plugins in processes of their own, over real ones: whatever such a plugin does ends its process
// and an attempt, never the host; and what well-behaved ones answer is what they answer in process.
#include <dirent.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

#include "e2e/rig.hpp"
#include "plugin/registry.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // memory has no limit then, and is kept after use
#else
constexpr bool kSanitized = false;
#endif

/// Children of this process, by /proc.
std::vector<pid_t> children() {
  std::vector<pid_t> out;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream list(thread.path() / "children");
    for (pid_t pid = 0; list >> pid;) out.push_back(pid);
  }
  return out;
}

/// Those that run, zombies included, become as many; false after ten seconds.
bool wait_for_children(std::size_t count) {
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (children().size() != count && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  return children().size() == count;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

class Isolation : public ::testing::Test {
 protected:
  /// The hostile plugin, first in a chain before OpenRouter.
  void use_hostile(const std::string& at_load = "none", const std::string& limits = {}) {
    rig.environment["PRX_PLUGIN_PATH"] =
        PRX_HOSTILE_PLUGINS "/" + at_load + ":" + PRX_BINARY_DIR "/lib/prx/plugins";
    rig.toml += "[plugins]\nisolation_host = \"" PRX_BINARY_DIR
                "/lib/prx/prx-plugin-host\"\n[plugins.hostile]\nisolation = \"process\"\n" +
                limits;
  }
  void chain() {
    rig.toml += R"(
[default]
chain = "safe"
[reliability]
retries = 0
hedge_after = "off"
[[chains.safe.targets]]
provider = "hostile"
[[chains.safe.targets]]
provider = "openrouter"
)";
  }
  /// Alone, so that its errors are seen.
  void alone() { rig.toml += "[default]\nprovider = \"hostile\"\n[reliability]\nretries = 0\n"; }

  Rig rig;
};

TEST_F(Isolation, APluginAnswersFromItsProcess) {
  use_hostile();
  alone();
  const auto client = rig.open();
  EXPECT_EQ(children().size(), 1u);
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "ok"))).text, "hello from a process");
}

TEST_F(Isolation, AWorkersAnswerIsWholeAndWaitsForASlowReader) {
  use_hostile();
  alone();
  const auto client = rig.open();
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "pieces"))).text.size(), 20'000u * 6);
  const auto stream = client->stream(ask("hi", "pieces"));
  ASSERT_NE(stream->next(), nullptr);  // and another answer meanwhile
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "pieces"))).text.size(), 20'000u * 6);
  std::size_t pieces = 1;
  while (stream->next() != nullptr) ++pieces;
  EXPECT_EQ(pieces, 20'000u);
  EXPECT_TRUE(stream->result());
}

TEST_F(Isolation, MoreAnswersAtOnceThanItHasWorkers) {
  use_hostile();
  alone();
  const auto client = rig.open();
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 24; ++i) streams.push_back(client->stream(ask("hi", "pieces")));
  streams.erase(streams.begin() + 2, streams.begin() + 6);  // let go of in the middle
  for (const auto& stream : streams) EXPECT_TRUE(stream->result());
  EXPECT_EQ(children().size(), 1u) << "and it is the same process";
}

TEST_F(Isolation, ItsProcessEndsWithTheClient) {
  use_hostile();
  alone();
  const auto before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    auto client = rig.open();
    expect_answer(client->chat(ask("hi", "ok")));
    client.reset();
    ASSERT_TRUE(children().empty()) << "no zombie";
  }
  EXPECT_EQ(open_descriptors(), before);
}

// --- what it must not do

struct Deed {
  const char* model;
  const char* told;  ///< in the error of the attempt
};
std::ostream& operator<<(std::ostream& out, const Deed& deed) { return out << deed.model; }

class Deeds : public Isolation, public ::testing::WithParamInterface<Deed> {};

TEST_P(Deeds, FailTheAttemptAndTheNextOneIsServed) {
  const std::string model = GetParam().model;
  if (kSanitized && (model == "start:memory" || model == "start:new"))
    GTEST_SKIP() << "a sanitizer maps terabytes: there is no limit";
  use_hostile("none", "memory_max = 128\n");
  alone();
  const auto client = rig.open();
  const CallError error = expect_failure(client->chat(ask("hi", GetParam().model)));
  EXPECT_EQ(error.error_class, ErrorClass::kInternal);
  EXPECT_THAT(error.message, AllOf(HasSubstr("hostile"), HasSubstr(GetParam().told)));
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "ok"))).text, "hello from a process");
  EXPECT_TRUE(wait_for_children(1)) << "the first one is reaped";
}

constexpr const char* kForbidden = "made a system call that isolation forbids";
INSTANTIATE_TEST_SUITE_P(
    Of, Deeds,
    ::testing::Values(
        Deed{"start:segfault", "was killed by SIGSEGV"},
        Deed{"timer:segfault", "killed by SIGSEGV"},
        Deed{"worker:segfault", "was killed by SIGSEGV"},
        Deed{"start:abort", "was killed by SIGABRT"},
        Deed{"start:exit", "ended by itself (exit status 0)"},
        Deed{"timer:exit", "ended by itself"}, Deed{"start:socket", kForbidden},
        Deed{"start:connect", kForbidden}, Deed{"start:open", kForbidden},
        Deed{"worker:open", kForbidden}, Deed{"start:exec", kForbidden},
        Deed{"start:fork", kForbidden}, Deed{"start:thread", kForbidden},
        Deed{"start:kill", kForbidden}, Deed{"start:ptrace", kForbidden},
        Deed{"start:shared", kForbidden}, Deed{"start:code", kForbidden},
        Deed{"start:spin", "did not answer for 5 s"}, Deed{"start:sleep", "did not answer for 5 s"},
        Deed{"timer:spin", "did not answer for 5 s"}, Deed{"start:nonsense", "impossible size"},
        Deed{"start:huge", "impossible size"}, Deed{"start:half", "ended by itself"},
        Deed{"start:other operation", "a request of no running operation"},
        Deed{"start:body", "a malformed frame"}, Deed{"start:pong", "an answer to no question"},
        Deed{"start:close", "closed its socket"}, Deed{"start:memory", "was killed by SIGABRT"},
        Deed{"start:new", "used up its memory"}),
    [](const auto& instance) {
      std::string name = instance.param.model;
      for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
      return name;
    });

TEST_F(Isolation, ProcessorTimeHasALimit) {
  use_hostile("none", "cpu_max = \"1s\"\n");
  alone();
  const auto client = rig.open();
  const CallError error = expect_failure(client->chat(ask("hi", "worker:spin")));
  EXPECT_EQ(error.error_class, ErrorClass::kInternal);
  EXPECT_THAT(error.message, HasSubstr("used up its processor time (cpu_max)"));
}

TEST_F(Isolation, OneThatIgnoresACancelIsEndedWithinASecond) {
  use_hostile();
  alone();
  const auto client = rig.open();
  auto stream = client->stream(ask("hi", "first and nothing"));
  ASSERT_NE(stream->next(), nullptr);
  stream->cancel();
  EXPECT_EQ(expect_failure(stream->result()).error_class, ErrorClass::kCancelled);
  EXPECT_NE(rig.log.wait_for("did not end an operation within 900 ms of its cancel"), "");
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "ok"))).text, "hello from a process");
}

TEST_F(Isolation, BreachesOfTheContractEndItsProcess) {
  use_hostile();
  alone();
  const auto client = rig.open();
  expect_answer(client->chat(ask("hi", "after the end")));
  EXPECT_NE(rig.log.wait_for("an event after the terminal one"), "");
  EXPECT_NE(rig.log.wait_for("too many breaches of its contract"), "");
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "ok"))).text, "hello from a process");
}

TEST_F(Isolation, ASlowReaderGetsNoMoreThanItAskedFor) {
  use_hostile();
  alone();
  const auto client = rig.open();
  auto stream = client->stream(ask("hi", "start:flood"));
  ASSERT_NE(stream->next(), nullptr);  // and reads no further
  EXPECT_NE(rig.log.wait_for("was killed: it sent more than was asked for"), "");
  while (stream->next() != nullptr) {
  }
  EXPECT_EQ(expect_failure(stream->result()).error_class, ErrorClass::kInternal);
}

TEST_F(Isolation, TimersAndPostsOfAnOperationAreCounted) {
  use_hostile();
  alone();
  const auto client = rig.open();
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "count"))).text, "64 timers, 4095 posts")
      << "and the one that counted";
}

TEST_F(Isolation, LinesOfItsLogAreCountedAndHaveNoBreaks) {
  use_hostile();
  alone();
  const auto client = rig.open();
  expect_answer(client->chat(ask("hi", "log")));
  EXPECT_NE(rig.log.wait_for("plugin 'hostile': a line of two (more lines of this second"), "");
}

TEST_F(Isolation, ARequestThatIsTooLargeIsRefused) {
  use_hostile();
  alone();
  const auto client = rig.open();
  const CallError error = expect_failure(client->chat(
      ask(std::string(std::size_t{61} << 20, 'a'), "ok" + std::string(std::size_t{2} << 20, 'x'))));
  EXPECT_EQ(error.error_class, ErrorClass::kInvalidRequest);
  EXPECT_THAT(error.message, HasSubstr("more than 64 MiB together"));
}

// --- while it is loaded and made

class Loads : public Isolation, public ::testing::WithParamInterface<Deed> {};

TEST_P(Loads, AreRefusedWithOneLine) {
  use_hostile(GetParam().model);
  chain();
  const auto client = rig.open();
  const std::string line = rig.log.wait_for("hostile.so");
  EXPECT_THAT(line, HasSubstr(GetParam().told));
  expect_answer(client->chat(ask("hi", "openai/gpt-4o")));
}
INSTANTIATE_TEST_SUITE_P(Of, Loads,
                         ::testing::Values(Deed{"segfault",
                                                "was killed by SIGSEGV while it loaded"},
                                           Deed{"exit", "ended by itself (exit status 0)"},
                                           Deed{"spin", "did not make the instance within 10 s"}),
                         [](const auto& instance) { return std::string(instance.param.model); });

/// It is not killed for trying: the filter of system calls comes later.
TEST_F(Isolation, CodeThatRunsWhileItIsLoadedFindsNothingOfTheHosts) {
  use_hostile("look");
  alone();
  const auto client = rig.open();
  if (rig.log.all().find("no Landlock") != std::string::npos ||
      rig.log.all().find("no namespaces of its own") != std::string::npos)
    GTEST_SKIP() << "this kernel lacks Landlock or namespaces, and the log says so";
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "seen"))).text,
            "no file, no network, 6 descriptors, no variable");
}

class Creates : public Isolation, public ::testing::WithParamInterface<Deed> {};

TEST_P(Creates, AreRefusedWithOneLine) {
  use_hostile();
  rig.toml += "[providers.hostile]\ncreate = \"" + std::string(GetParam().model) + "\"\n";
  chain();
  const auto client = rig.open();
  EXPECT_THAT(rig.log.wait_for("provider 'hostile'"), HasSubstr(GetParam().told));
  expect_answer(client->chat(ask("hi", "openai/gpt-4o")));
}
INSTANTIATE_TEST_SUITE_P(Of, Creates,
                         ::testing::Values(Deed{"segfault", "was killed by SIGSEGV"},
                                           Deed{"exit", "ended by itself"},
                                           Deed{"open", kForbidden},
                                           Deed{"spin", "did not make the instance within 10 s"}),
                         [](const auto& instance) { return std::string(instance.param.model); });

// --- the chain, and what comes after

TEST_F(Isolation, KilledInTheMiddleOfAStreamTheChainRecovers) {
  use_hostile();
  chain();
  const auto client = rig.open();
  auto stream = client->stream(ask("hi", "first and nothing"));
  ASSERT_NE(stream->next(), nullptr);
  const auto running = children();
  ASSERT_EQ(running.size(), 1u);
  ASSERT_EQ(::kill(running.front(), SIGKILL), 0);
  while (stream->next() != nullptr) {
  }
  const ChatResult& result = stream->result();
  const auto& attempts = result ? result->attempts : result.error().attempts;
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[0].error->error_class, ErrorClass::kInternal);
  EXPECT_THAT(attempts[0].error->message, HasSubstr("was killed by SIGKILL"));
}

TEST_F(Isolation, KilledBeforeItsFirstWordTheChainAnswers) {
  use_hostile();
  chain();
  const auto client = rig.open();
  const ChatResponse answer = expect_answer(client->chat(ask("hi", "start:segfault")));
  EXPECT_EQ(answer.provider, "openrouter");
  ASSERT_EQ(answer.attempts.size(), 2u);
  EXPECT_EQ(answer.attempts[0].error->error_class, ErrorClass::kInternal);
}

TEST_F(Isolation, EachOperationOfAProcessFailsOnceWithIt) {
  use_hostile();
  alone();
  const auto client = rig.open();
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 8; ++i) streams.push_back(client->stream(ask("hi", "first and nothing")));
  for (const auto& stream : streams) ASSERT_NE(stream->next(), nullptr);
  ASSERT_EQ(::kill(children().front(), SIGKILL), 0);
  for (const auto& stream : streams)
    EXPECT_EQ(expect_failure(stream->result()).error_class, ErrorClass::kInternal);
  EXPECT_THAT(rig.log.wait_for("was killed by SIGKILL;"), HasSubstr("8 running operations"));
}

TEST_F(Isolation, AHundredCrashesInARowAreAHundredErrors) {
  use_hostile();
  alone();
  const auto before = open_descriptors();
  auto client = rig.open();
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(expect_failure(client->chat(ask("hi", "start:segfault"))).error_class,
              ErrorClass::kInternal);
  EXPECT_THAT(rig.log.all(), HasSubstr("it is started again in 100 ms")) << "backoff";
  client.reset();
  EXPECT_TRUE(children().empty());
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Isolation, AReloadWithAnotherSettingIsAnotherProcess) {
  use_hostile();
  alone();
  const auto client = rig.open();
  const auto first = children();
  rig.toml += "\n[plugins.openai]\nisolation = \"none\"\n";
  ASSERT_TRUE(client->reload(rig.parse().value()));
  EXPECT_EQ(children(), first) << "nothing of it has changed";
  const auto at = rig.toml.find("isolation = \"process\"\n");
  rig.toml.insert(at, "memory_max = 256\n");
  ASSERT_TRUE(client->reload(rig.parse().value()));
  expect_answer(client->chat(ask("hi", "ok")));
  EXPECT_TRUE(wait_for_children(1));
  EXPECT_NE(children(), first);
}

TEST_F(Isolation, OneThatIsPinnedIsMappedFromTheCopyThatWasCompared) {
  const auto digest = sha256_of(PRX_HOSTILE_PLUGINS "/none/hostile.so");
  ASSERT_TRUE(digest);
  use_hostile("none", "sha256 = \"" + *digest + "\"\n");
  alone();
  const auto client = rig.open();
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "ok"))).text, "hello from a process");
  expect_failure(client->chat(ask("hi", "start:segfault")));
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "ok"))).text, "hello from a process");
}

TEST_F(Isolation, OneThatSignsIsRefused) {
  rig.environment["PRX_PLUGIN_PATH"] = PRX_E2E_PLUGINS;
  rig.environment["WORKER_KEY"] = "sk-worker-key";
  rig.toml += "[default]\nprovider = \"worker\"\n[plugins]\nisolation = \"process\"\n";
  try {
    static_cast<void>(rig.open());
    FAIL() << "opened";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), HasSubstr("signs its requests with the key"));
  }
}

TEST_F(Isolation, WithoutItsProgramItIsRefusedAndNeverRunsHere) {
  use_hostile();
  alone();
  const auto at = rig.toml.find("prx-plugin-host");
  rig.toml.insert(at, "no-");
  try {
    static_cast<void>(rig.open());
    FAIL() << "opened";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), HasSubstr("isolation_host"));
  }
}

TEST_F(Isolation, TenThousandOperationsLeaveNothingBehind) {
  use_hostile();
  alone();
  const auto client = rig.open();
  const auto run = [&](int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(client->chat(ask("hi", "ok")));
  };
  const auto resident = [] {
    std::ifstream statm("/proc/self/statm");
    long size = 0, pages = 0;
    statm >> size >> pages;
    return pages;
  };
  run(1'000);
  const auto before = open_descriptors();
  const long pages = resident();
  run(9'000);
  EXPECT_EQ(open_descriptors(), before);
  if (!kSanitized) {
    EXPECT_LT(resident() - pages, 1'024) << "4 MiB";
  }
  EXPECT_EQ(children().size(), 1u) << "one process did all of that";
}

}  // namespace
}  // namespace prx::test
