// prx chat that is stopped from outside: signals, readers that go away, closed descriptors.
#include <csignal>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using test::Process;
using test::ProcessOptions;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace prx::cli
