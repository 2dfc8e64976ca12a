// prx chat that is stopped from outside: signals, readers that go away, closed descriptors.
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using test::Process;
using test::ProcessOptions;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using ChatInterrupt = ProgramTest;

TEST_F(ChatInterrupt, CtrlCCancelsUpstreamAndExitsWith130) {
  simulate();
  Process process(program({"chat", "--model", "sim/stall?after=3", "Hello"}));
  process.wait_for_out("This is a");
  process.send_signal(SIGINT);
  const auto result = end(process);
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(client_went_away());
}

TEST_F(ChatInterrupt, CtrlCWhileWaitingForTheHead) {
  simulate();
  Process process(program({"chat", "--model", "sim/silence", "Hello"}));
  ASSERT_TRUE(
      simulator().wait_for([](const sim::Stats& stats) { return stats.requests == 1; }, kPatience));
  process.send_signal(SIGINT);
  EXPECT_EQ(end(process).exit_code, 130);
  EXPECT_TRUE(client_went_away());
}

TEST_F(ChatInterrupt, SigtermExitsWith143) {
  simulate();
  Process process(program({"chat", "--model", "sim/stall?after=3", "Hello"}));
  process.wait_for_out("This is a");
  process.send_signal(SIGTERM);
  EXPECT_EQ(end(process).exit_code, 143);
  EXPECT_TRUE(client_went_away());
}

TEST_F(ChatInterrupt, CtrlCEndsAProgramThatIsStuckOnItsReader) {
  sim::SimulatorOptions options;
  options.answer_tokens = 400'000;
  simulate(options);
  auto command = program({"chat", "--model", "sim/stall?after=5000", "Hello"});
  command.output_room = 4'096;
  Process process(command);
  process.wait_for_out("the");  // from here on nobody reads its stdout
  process.send_signal(SIGINT);
  process.wait_for_exit();
  const auto result = end(process);
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(client_went_away());
}

TEST_F(ChatInterrupt, CtrlCEndsAJsonAnswerThatNobodyReads) {
  sim::SimulatorOptions options;
  options.answer_tokens = 20'000;
  simulate(options);
  auto command = program({"chat", "--json", "Hello"});
  command.output_room = 4'096;
  Process process(command);
  process.wait_for_out("{\"text\"");
  process.send_signal(SIGINT);
  process.wait_for_exit();
  EXPECT_EQ(end(process).exit_code, 130);
}

TEST_F(ChatInterrupt, AReaderThatDoesNotReadDoesNotHoldTheTimeout) {
  sim::SimulatorOptions options;
  options.answer_tokens = 400'000;
  simulate(options);
  auto command = program({"chat", "--timeout", "1s", "--model", "sim/stall?after=5000", "Hello"});
  command.output_room = 4'096;
  Process process(command);
  process.wait_for_exit();
  const auto result = end(process);
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("prx: --timeout is over, and nobody reads"));
  EXPECT_TRUE(client_went_away());
}

TEST_F(ChatInterrupt, ASignalThatWasIgnoredAtTheStartStaysIgnored) {
  simulate();
  auto options = program({"chat", "--model", "sim/stall?after=3", "Hello"});
  options.ignored_signals = {SIGINT};
  Process process(options);
  process.wait_for_out("This is a");
  process.send_signal(SIGINT);
  process.send_signal(SIGTERM);
  EXPECT_EQ(end(process).exit_code, 143);
}

TEST_F(ChatInterrupt, AReaderThatGoesAwayEndsItQuietlyAndUpstream) {
  sim::SimulatorOptions options;
  options.answer_tokens = 100'000;
  options.token_delay = std::chrono::milliseconds(1);
  simulate(options);
  Process process(program({"chat", "Hello"}));
  process.wait_for_out("the");
  process.close_out();
  const auto result = end(process);
  EXPECT_EQ(result.exit_code, 141);
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(client_went_away());
}

TEST_F(ChatInterrupt, AClosedStdoutIsSaid) {
  simulate();
  auto options = program({"chat", "Hello"});
  options.output = ProcessOptions::Output::kClosed;
  const auto result = run_with(options);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("prx: cannot write to stdout: "));
}

/// With a plugin of this process that does not give the loop back.
class ChatHeld : public ProgramTest {
 protected:
  ChatHeld() {
    const auto plugin = home / "plugins/holds.so";
    std::filesystem::copy_file(PRX_CLI_FIXTURE_DIR "/holds.so", plugin);
    ::chmod(plugin.c_str(), 0755);
    configure("[default]\nprovider = \"holds\"\n[reliability]\nretries = 0\n");
  }
  /// One line that says who holds prx, and what to do.
  static void expect_said(const std::string& err) {
    EXPECT_THAT(err, AllOf(StartsWith("prx: plugin 'holds' has not returned for 1 s"),
                           HasSubstr("; Ctrl-C ends prx now"),
                           HasSubstr("[plugins.holds] isolation = \"process\"")));
    EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
  }
};

TEST_F(ChatHeld, CtrlCIsAnsweredAndEndsIt) {
  Process process(program({"chat", "Hello"}));
  process.wait_for_out("first");
  process.send_signal(SIGINT);
  const auto result = end(process);
  EXPECT_EQ(result.exit_code, 130);
  expect_said(result.err);
}

TEST_F(ChatHeld, ASecondSignalEndsItAtOnce) {
  Process process(program({"chat", "Hello"}));
  process.wait_for_out("first");
  process.send_signal(SIGTERM);
  process.wait_for_err("Ctrl-C ends prx now");
  process.send_signal(SIGINT);
  EXPECT_EQ(end(process).exit_code, 130);
}

TEST_F(ChatHeld, TheTimeoutEndsIt) {
  const auto result = run({"chat", "--timeout", "100ms", "Hello"});
  EXPECT_EQ(result.exit_code, 6);
  expect_said(result.err);
}

TEST_F(ChatHeld, CtrlCAfterTheTimeoutIsTheLastOne) {
  Process process(program({"chat", "--timeout", "100ms", "Hello"}));
  process.wait_for_err("Ctrl-C ends prx now");
  process.send_signal(SIGINT);
  EXPECT_EQ(end(process).exit_code, 130);
}

}  // namespace
}  // namespace prx::cli
