// The service manager hears of the gateway's loop, and nothing of one that hangs.
#include "cli/serve/watchdog.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <future>

#include "notify_socket.hpp"
#include "support/open_client.hpp"

namespace prx::cli {
namespace {

using namespace std::chrono_literals;

class WatchdogTest : public ::testing::Test {
 protected:
  WatchdogTest()
      : socket("@prx-watchdog-" + std::to_string(::getpid())),
        client(prx::test::open_client(
            "", {{"OPENROUTER_API_KEY", "sk-or-v1-0123456789abcdef"},
                 {"PRX_PLUGIN_PATH", std::string(PRX_BINARY_DIR) + "/lib/prx/plugins"}})) {
    ServeConfig serve;
    serve.listen = "127.0.0.1:0";
    gateway = std::move(gateway::Gateway::open({client.get()}, serve)).value();
    variables.notify_socket = socket.address();
    variables.watchdog_usec = "40000";
  }
  /// How often the manager hears of it in that time.
  int heard(Watchdog& watchdog, std::chrono::milliseconds time, int enough = 1'000) {
    const auto until = Watchdog::Clock::now() + time;
    int out = 0;
    while (Watchdog::Clock::now() < until && out < enough) {
      watchdog.look();
      if (!socket.next(std::max(watchdog.patience(1s), 1ms)).empty()) ++out;
    }
    return out;
  }

  test::NotifySocket socket;
  const std::unique_ptr<Client> client;
  std::unique_ptr<gateway::Gateway> gateway;
  ServiceVariables variables;
};

TEST_F(WatchdogTest, ALoopThatTurnsIsHeardOfAndOneThatHangsIsNot) {
  const ServiceManager manager(variables);
  Watchdog watchdog(manager, *gateway);
  EXPECT_EQ(heard(watchdog, 20s, 3), 3);
  std::promise<void> hangs, go_on;
  gateway->answers([&] {
    hangs.set_value();
    go_on.get_future().wait();
  });
  hangs.get_future().wait();
  EXPECT_LE(heard(watchdog, 400ms), 1) << "the turn before may just have come back";
  go_on.set_value();
  EXPECT_EQ(heard(watchdog, 20s, 3), 3);
}

TEST_F(WatchdogTest, WithoutOneNothingIsTold) {
  variables.watchdog_usec = "";
  const ServiceManager manager(variables);
  Watchdog watchdog(manager, *gateway);
  watchdog.look();
  EXPECT_EQ(watchdog.patience(1'234ms), 1'234ms);
  EXPECT_EQ(socket.next(0ms), "");
}

}  // namespace
}  // namespace prx::cli
