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

}  // namespace
}  // namespace prx::cli
