#include "os/child_process.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "support/fifo.hpp"

namespace prx::os {
namespace {

using End = ChildResult::End;

ChildCommand shell(std::string text) {
  ::signal(SIGPIPE, SIG_IGN);
  ChildCommand command;
  command.arguments = {"sh", "-c", std::move(text)};
  command.output_max = 1'000;
  return command;
}

ChildResult run(const ChildCommand& command) {
  auto result = run_child(command);
  EXPECT_TRUE(result) << result.error().message;
  return result ? std::move(*result) : ChildResult{};
}

TEST(ChildProcess, HasTheInputTheEnvironmentAndTheOutputsThatWereAskedFor) {
  ChildCommand command = shell("cat; echo $ONE$HOME; echo oops >&2; exit 7");
  const std::vector<std::string> environment{"ONE=1", "PATH=/usr/bin:/bin"};
  command.environment = &environment;
  command.input = "in;";
  command.errors_max = 100;
  const ChildResult result = run(command);
  EXPECT_EQ(result.end, End::kExited);
  EXPECT_EQ(result.output, "in;1\n");
  EXPECT_EQ(result.errors, "oops\n");
  EXPECT_EQ(WEXITSTATUS(result.status), 7);
}

/// Linux 6.15 and later tell the status even then.
TEST(ChildProcess, OneOfAProgramThatIgnoresItsChildrenIsReadToItsEnd) {
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  const ChildResult result = run(shell("sleep 0.05; echo out; exit 7"));
  ::signal(SIGCHLD, before);
  EXPECT_EQ(result.end, End::kExited);
  EXPECT_EQ(result.output, "out\n");
  if (result.status != -1) {
    EXPECT_EQ(WEXITSTATUS(result.status), 7);
  }
}

TEST(ChildProcess, WhatIsLeftInItsGroupIsKilledAfterItsEnd) {
  test::Fifo fifo(testing::TempDir() + "prx-group-" + std::to_string(::getpid()));
  run(shell("( " + fifo.announce() + "sleep 1000 ) & exec 3<" + fifo.path()));
  fifo.wait_for_end();
}

TEST(ChildProcess, WithoutInputItReadsNothingAndItsErrorsAreDropped) {
  const ChildResult result = run(shell("cat; echo oops >&2"));
  EXPECT_EQ(result.output + result.errors, "");
  EXPECT_EQ(result.status, 0);
}

TEST(ChildProcess, OneByteTooMuchEndsIt) {
  ChildCommand command = shell("printf 12345; sleep 1000");
  command.output_max = 4;
  const ChildResult result = run(command);
  EXPECT_EQ(result.end, End::kTooMuch);
  EXPECT_EQ(result.output, "12345");
  EXPECT_EQ(WTERMSIG(result.status), SIGKILL);
  command = shell("printf 1234");
  command.output_max = 4;
  EXPECT_EQ(run(command).end, End::kExited);
}

TEST(ChildProcess, OfItsErrorsTheEndIsKept) {
  ChildCommand command = shell("yes | head -c 300000 >&2; printf last >&2");
  command.errors_max = 6;
  EXPECT_EQ(run(command).errors, "y\nlast");
}

TEST(ChildProcess, AStopEndsIt) {
  test::Fifo fifo(testing::TempDir() + "prx-child-" + std::to_string(::getpid()));
  std::stop_source stop;
  ChildCommand command = shell(fifo.announce() + "sleep 1000");
  command.stop = stop.get_token();
  std::string began;
  std::jthread other([&] {
    began = fifo.read_line();
    stop.request_stop();
  });
  const ChildResult result = run(command);
  other.join();
  EXPECT_EQ(result.end, End::kStopped);
  EXPECT_EQ(WTERMSIG(result.status), SIGKILL);
  EXPECT_NE(began, "");
  fifo.wait_for_end();  // of the sleep too
  EXPECT_EQ(run(command).end, End::kStopped) << "also when it was requested before";
}

TEST(ChildProcess, ATimeEndsIt) {
  ChildCommand command = shell("sleep 1000");
  command.until = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  EXPECT_EQ(run(command).end, End::kLate);
}

TEST(ChildProcess, AProgramThatIsNotThereIsAnErrorWithARemedy) {
  ChildCommand command;
  command.arguments = {"/no/such/program"};
  const auto result = run_child(command);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message,
            "cannot be run: No such file or directory; correct its name or path");
}

TEST(StopDescriptor, IsReadableOnceAStopIsRequested) {
  const StopDescriptor never{std::stop_token()};
  EXPECT_EQ(never.get(), -1);
  std::stop_source stop;
  const StopDescriptor some(stop.get_token());
  pollfd wait{some.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&wait, 1, 0), 0);
  stop.request_stop();
  EXPECT_EQ(::poll(&wait, 1, 0), 1);
}

}  // namespace
}  // namespace prx::os
