// Plugins in processes of their own, over real ones: whatever such a plugin does ends its process
// and an attempt, never the host; and what well-behaved ones answer is what they answer in process.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

#include "e2e/isolation_rig.hpp"
#include "plugin/registry.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

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
  const char* const model = kSanitized ? "some-pieces" : "pieces";
  for (int i = 0; i < 24; ++i) streams.push_back(client->stream(ask("hi", model)));
  if (!kSanitized)  // else one takes longer to end than a cancel may
    streams.erase(streams.begin() + 2, streams.begin() + 6);  // let go of in the middle
  for (const auto& stream : streams) {
    const auto& result = stream->result();
    EXPECT_TRUE(result) << result.error().message;
  }
  EXPECT_EQ(children().size(), 1u) << "and it is the same process";
}

/// As many workers as a client has in its own process: one is left.
TEST_F(Isolation, FifteenSlowReadersHoldNobodyElseUp) {
  use_hostile();
  alone();
  const auto client = rig.open();
  CallOptions options;
  options.deadline = 20s;
  std::vector<std::unique_ptr<Stream>> unread;
  for (int i = 0; i < 15; ++i) {
    unread.push_back(client->stream(ask("hi", "pieces"), options));
    ASSERT_NE(unread.back()->next(), nullptr);
  }
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "pieces"), options)).text.size(), 20'000u * 6);
}

TEST_F(Isolation, ItsStacksAreNotOfTheSizeThatTheUserLikes) {
  use_hostile();
  alone();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_STACK, &before), 0);
  const rlimit larger{64 << 20, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_STACK, &larger), 0);
  const auto client = rig.open();
  ASSERT_EQ(::setrlimit(RLIMIT_STACK, &before), 0);
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "stacks"))).text, "1024 KiB, 8192 KiB");
}

TEST_F(Isolation, OneThatTakesTheMemoryOfItsWorkersHasFewerAndTheLogSaysSo) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer maps terabytes: there is no limit";
  use_hostile("full", "memory_max = 64\n");
  alone();
  const auto client = rig.open();
  EXPECT_THAT(rig.log.wait_for("of 16 worker threads could be made"),
              HasSubstr("plugin hostile: only "));
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "stacks"))).text, "1024 KiB, 8192 KiB");
}

TEST_F(Isolation, TheModuleHasAHostOfItsOwnWithoutOperations) {
  use_hostile();
  rig.toml += "[providers.one]\nplugin = \"hostile\"\n[default]\nprovider = \"one\"\n";
  const auto client = rig.open();
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "hosts"))).text, "two hosts");
  EXPECT_NE(rig.log.wait_for("plugin hostile: of the module"), "");
  EXPECT_NE(rig.log.wait_for("provider one: of the instance"), "");
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
        Deed{"start:shared", kForbidden}, Deed{"start:grows", kForbidden},
        Deed{"start:locked", kForbidden}, Deed{"start:code", kForbidden},
        Deed{"start:spin", "did not answer for 5 s"}, Deed{"start:sleep", "did not answer for 5 s"},
        Deed{"timer:spin", "did not answer for 5 s"},
        Deed{"start:chatter", "did not answer for 5 s"},
        Deed{"start:stops", "more than 20000 frames in a second"},
        Deed{"start:nonsense", "impossible size"}, Deed{"start:huge", "impossible size"},
        Deed{"start:half", "ended by itself"},
        Deed{"start:other operation", "a request of no running operation"},
        Deed{"start:body", "a malformed frame"}, Deed{"start:broken breach", "a malformed frame"},
        Deed{"start:pong", "an answer to no question"}, Deed{"start:close", "closed its socket"},
        Deed{"start:memory", "was killed by SIGABRT"}, Deed{"start:new", "used up its memory"}),
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

/// As in process, where the operation ends or the pointer is not looked at.
TEST_F(Isolation, AnOddEventIsOfOneOperationAlone) {
  use_hostile();
  alone();
  const auto client = rig.open();
  const auto running = children();
  const auto other = client->stream(ask("hi", "first and nothing"));
  ASSERT_NE(other->next(), nullptr);
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "odd text"))).text, "hello");
  const CallError type = expect_failure(client->chat(ask("hi", "odd type")));
  EXPECT_EQ(type.error_class, ErrorClass::kInternal);
  EXPECT_THAT(type.message, HasSubstr("ended with an event of the unknown type 200"));
  const CallError error = expect_failure(client->chat(ask("hi", "odd error")));
  EXPECT_EQ(error.error_class, ErrorClass::kInternal);
  EXPECT_THAT(error.message,
              HasSubstr("provider 'hostile': the plugin reported a failure without saying which"));
  const CallError large = expect_failure(client->chat(ask("hi", "odd size")));
  EXPECT_THAT(large.message,
              HasSubstr("provider 'hostile': plugin sent an event of more than 65 MiB"));
  const CallError start = expect_failure(client->chat(ask("hi", "refused")));
  EXPECT_THAT(start.message, HasSubstr("provider 'hostile': start failed without giving a reason"));
  EXPECT_EQ(children(), running) << "and the process goes on";
  EXPECT_EQ(rig.log.all().find("an event after the terminal one"), std::string::npos);
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
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "count"))).text,
            "64 timers, 4095 posts, then overloaded")
      << "and the one that counted";
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "spawn"))).text,
            "as many as wait, then overloaded");
}

TEST_F(Isolation, LinesOfItsLogAreCountedAndHaveNoBreaks) {
  use_hostile();
  alone();
  const auto client = rig.open();
  expect_answer(client->chat(ask("hi", "log")));
  EXPECT_NE(rig.log.wait_for("provider hostile: a line of two (more lines of this second"), "");
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

// --- what it is told and what it says, in either process

/// The same plugin with isolation, and in this process.
class EitherProcess : public Isolation, public ::testing::WithParamInterface<const char*> {
 protected:
  std::unique_ptr<Client> open() {
    use_hostile();
    const std::string isolated = "[plugins.hostile]\nisolation = \"process\"\n";
    rig.toml.replace(rig.toml.find(isolated), isolated.size(),
                     "[plugins.hostile]\nisolation = \"" + std::string(GetParam()) + "\"\n");
    alone();
    auto client = rig.open();
    EXPECT_EQ(children().size(), GetParam() == std::string_view("process") ? 1u : 0u);
    return client;
  }
};
INSTANTIATE_TEST_SUITE_P(Isolation, EitherProcess, ::testing::Values("none", "process"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST_P(EitherProcess, OneThatDoesNotSignIsGivenNoWayToTheKey) {
  EXPECT_EQ(expect_answer(open()->chat(ask("hi", "services"))).text,
            "prx.log/1 prx.http/1 prx.exec/1, and the module's: prx.log/1 prx.http/1 prx.exec/1");
}

TEST_P(EitherProcess, AnUnknownFinishReasonIsAnotherOne) {
  const ChatResponse answer = expect_answer(open()->chat(ask("hi", "odd finish")));
  EXPECT_EQ(answer.text, "hello");
  EXPECT_EQ(answer.finish_reason, FinishReason::kOther);
}

TEST_P(EitherProcess, AnUnknownClassIsInternalAndAnUnknownPhaseNone) {
  const auto client = open();
  const CallError error = expect_failure(client->chat(ask("hi", "odd class")));
  EXPECT_EQ(error.error_class, ErrorClass::kInternal);
  EXPECT_EQ(error.phase, Phase::kNone);
  EXPECT_THAT(error.message, HasSubstr("of a later minor"));
  const CallError phase = expect_failure(client->chat(ask("hi", "odd phase")));
  EXPECT_EQ(phase.error_class, ErrorClass::kOverloaded);
  EXPECT_EQ(phase.phase, Phase::kNone);
  EXPECT_EQ(expect_failure(client->chat(ask("hi", "odd body"))).phase, Phase::kBody)
      << "a known one arrives";
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
INSTANTIATE_TEST_SUITE_P(
    Of, Loads,
    ::testing::Values(Deed{"segfault", "was killed by SIGSEGV while it loaded"},
                      Deed{"exit", "ended by itself (exit status 0)"},
                      Deed{"early", "it sent a frame before its time"},
                      Deed{"init",
                           "hostile.so: init failed without giving a reason; "
                           "ask who made the plugin"},
                      Deed{"spin", "did not make the instance within 10 s, and was killed"}),
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

/// Neither on a kernel without Landlock's scope of signals.
TEST_F(Isolation, CodeThatRunsWhileItIsLoadedReachesNoOtherProcessAndStartsNone) {
  use_hostile("reach");
  alone();
  const auto client = rig.open();
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "seen"))).text, "nothing");
}

/// Nothing can tell the host that the second filter is in force, so the first one has to do, and
/// what holds for all that a process says.
TEST_F(Isolation, AnInitialiserThatSpeaksInItsPluginsPlaceReachesNobodyAndIsHeldToTheRules) {
  use_hostile("speaks");
  alone();
  const auto client = rig.open();
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "seen"))).text, "nothing");
  for (const auto& [model, told] :
       {std::pair("other operation", "a request of no running operation"),
        std::pair("silence", "did not answer for 5 s")}) {
    const CallError error = expect_failure(client->chat(ask("hi", model)));
    EXPECT_EQ(error.error_class, ErrorClass::kInternal);
    EXPECT_THAT(error.message, AllOf(HasSubstr("provider 'hostile'"), HasSubstr(told)));
  }
}

TEST_F(Isolation, WhatItOpenedWhileItWasLoadedIsClosed) {
  use_hostile("look");
  alone();
  const auto client = rig.open();
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "opened"))).text, "closed");
}

/// And nobody waits for the same again.
TEST_F(Isolation, ASlowFailureIsRememberedForItsKindAndOptionsAlone) {
  use_hostile();
  rig.toml +=
      "[default]\nprovider = \"good\"\n[providers.slow]\nplugin = \"slow\"\n"
      "[providers.slow_too]\nplugin = \"slow\"\n[providers.good]\nplugin = \"hostile\"\n";
  const auto client = rig.open();
  const auto ask_of = [&](const char* provider) {
    CallOptions options;
    options.provider = provider;
    return client->chat(ask("hi", "ok"), options);
  };
  for (const char* provider : {"slow", "slow_too"}) {
    const CallError error = expect_failure(ask_of(provider));
    EXPECT_THAT(error.message, AllOf(HasSubstr(provider), HasSubstr("slow ones are refused")));
  }
  EXPECT_EQ(expect_answer(ask_of("good")).text, "hello from a process");
  const std::string log = rig.log.all();
  const auto first = log.find("asked for a slow one");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(log.find("asked for a slow one", first + 1), std::string::npos);
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
INSTANTIATE_TEST_SUITE_P(
    Of, Creates,
    ::testing::Values(Deed{"segfault", "was killed by SIGSEGV"}, Deed{"exit", "ended by itself"},
                      Deed{"open", kForbidden},
                      Deed{"huge", "sent a frame of impossible size while it loaded"},
                      Deed{"spin", "did not make the instance within 10 s"}),
    [](const auto& instance) { return std::string(instance.param.model); });

/// Not isolated: who it was for is named as well.
TEST_F(Isolation, AnInitThatFailsInThisProcessNamesProviderAndFile) {
  rig.environment["PRX_PLUGIN_PATH"] =
      PRX_HOSTILE_PLUGINS "/init:" PRX_BINARY_DIR "/lib/prx/plugins";
  rig.toml += "[providers.one]\nplugin = \"hostile\"\n[default]\nprovider = \"one\"\n";
  try {
    static_cast<void>(rig.open());
    FAIL() << "opened";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), HasSubstr("provider 'one': " PRX_HOSTILE_PLUGINS
                                        "/init/hostile.so: init: it failed without giving a "
                                        "reason; who made the plugin knows more"));
  }
}

// --- the chain, and what comes after

TEST_F(Isolation, KilledInTheMiddleOfAStreamTheChainRecovers) {
  sim::SimulatorOptions same_beginning;
  same_beginning.answer = "first and last";
  rig.simulator = std::move(sim::Simulator::start(same_beginning)).value();
  rig.environment["OPENROUTER_BASE_URL"] = rig.simulator->base_url();
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
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->text, "first and last");
  EXPECT_EQ(result->provider, "openrouter");
  ASSERT_EQ(result->attempts.size(), 2u);
  EXPECT_EQ(result->attempts[0].error->error_class, ErrorClass::kInternal);
  EXPECT_THAT(result->attempts[0].error->message,
              HasSubstr("provider 'hostile': its process was killed by SIGKILL"));
  EXPECT_FALSE(result->attempts[1].error);
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

/// As far as the kernel tells.
TEST_F(Isolation, AHostThatIgnoresItsChildrenIsServedAndHearsOfTheEnd) {
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  use_hostile();
  alone();
  auto client = rig.open();
  const CallError error = expect_failure(client->chat(ask("hi", "start:segfault")));
  EXPECT_THAT(error.message,
              ::testing::AnyOf(HasSubstr("its process was killed by SIGSEGV"),
                               HasSubstr("not known, since this program ignores SIGCHLD")));
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "ok"))).text, "hello from a process");
  client.reset();
  EXPECT_TRUE(children().empty());
  ::signal(SIGCHLD, before);
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
  program = PRX_BINARY_DIR "/lib/prx/no-prx-plugin-host";
  use_hostile();
  alone();
  try {
    static_cast<void>(rig.open());
    FAIL() << "opened";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), HasSubstr("isolation_host"));
  }
}

TEST_F(Isolation, AnotherProgramInItsPlaceIsNamed) {
  program = "/bin/true";
  use_hostile();
  chain();
  const auto client = rig.open();
  EXPECT_THAT(rig.log.wait_for("hostile.so"), HasSubstr("true) ended by itself (exit status 0)"));
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
  run(kSanitized ? 2'000 : 9'000);
  EXPECT_EQ(open_descriptors(), before);
  if (!kSanitized) {
    EXPECT_LT(resident() - pages, 1'024) << "4 MiB";
  }
  EXPECT_EQ(children().size(), 1u) << "one process did all of that";
}

}  // namespace
}  // namespace prx::test
