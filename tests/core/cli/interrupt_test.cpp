#include "cli/interrupt.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

namespace prx::cli {
namespace {

[[noreturn]] void interrupt_twice() {
  const Interrupt interrupt;
  ::kill(::getpid(), SIGINT);
  interrupt.wait();
  ::kill(::getpid(), SIGINT);
  while (true) ::pause();  // stuck for good, as far as this thread is concerned
}

[[noreturn]] void interrupt_once() {
  const Interrupt interrupt;
  ::kill(::getpid(), SIGTERM);
  pollfd stopped{interrupt.stop_fd(), POLLIN, 0};
  const bool readable = ::poll(&stopped, 1, -1) == 1;
  ::_exit(readable ? interrupt.exit_code() : 1);
}

[[noreturn]] void be_held(bool until) {
  Interrupt interrupt;
  Holder holder{"a thing holds it", {}, 6};
  if (until) holder.until = std::chrono::steady_clock::now();
  interrupt.expect(holder);
  if (!until) ::kill(::getpid(), SIGINT);
  while (true) ::pause();
}

/// What a forgotten signal would have ended goes on, whoever holds it.
[[noreturn]] void be_held_for_a_while() {
  Interrupt interrupt;
  interrupt.expect({"a thing holds it"});
  ::kill(::getpid(), SIGINT);
  interrupt.wait();
  if (!interrupt.forget()) ::_exit(1);
  const auto end = Interrupt::kSaidAfter + Interrupt::kEndedAfter + std::chrono::seconds(1);
  ::poll(nullptr, 0, static_cast<int>(std::chrono::milliseconds(end).count()));
  ::_exit(0);
}

class InterruptDeathTest : public ::testing::Test {
 protected:
  InterruptDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(InterruptDeathTest, ASecondSignalEndsAProgramThatIsStuck) {
  EXPECT_EXIT(interrupt_twice(), ::testing::ExitedWithCode(130), "");
}

TEST_F(InterruptDeathTest, TheFirstSignalIsSeenByWhoeverWaits) {
  EXPECT_EXIT(interrupt_once(), ::testing::ExitedWithCode(143), "");
}

TEST_F(InterruptDeathTest, WhoIsHeldSaysSoAndEnds) {
  EXPECT_EXIT(be_held(false), ::testing::ExitedWithCode(130), "^prx: a thing holds it\n$");
}

TEST_F(InterruptDeathTest, WhoIsHeldAfterItsTimeToo) {
  EXPECT_EXIT(be_held(true), ::testing::ExitedWithCode(6), "^prx: a thing holds it\n$");
}

TEST_F(InterruptDeathTest, AForgottenSignalEndsNothing) {
  EXPECT_EXIT(be_held_for_a_while(), ::testing::ExitedWithCode(0), "^$");
}

}  // namespace
}  // namespace prx::cli
