// What a service manager is told, and what its variables say.
#include "cli/serve/service_manager.hpp"

#include <gmock/gmock.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "notify_socket.hpp"

namespace prx::cli {
namespace {

using namespace std::chrono_literals;
using test::NotifySocket;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string fresh_address(const char* before) {
  static int count = 0;
  return before + ("prx-notify-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
}

ServiceVariables told_at(const std::string& address) {
  ServiceVariables out;
  out.notify_socket = address;
  return out;
}

TEST(ServiceManager, IsToldAtAFileAndAtANameWithoutOne) {
  const std::string file = std::filesystem::temp_directory_path() / fresh_address("");
  for (const std::string& address : {file, fresh_address("@")}) {
    NotifySocket socket(address);
    const ServiceManager manager(told_at(address));
    ASSERT_TRUE(manager.ready("Listens on http://127.0.0.1:1")) << address;
    EXPECT_EQ(socket.next(), "READY=1\nSTATUS=Listens on http://127.0.0.1:1\n");
    manager.alive();
    EXPECT_EQ(socket.next(), "WATCHDOG=1\n");
    manager.stopping("Ends");
    EXPECT_EQ(socket.next(), "STOPPING=1\nSTATUS=Ends\n");
  }
  std::filesystem::remove(file);
}

TEST(ServiceManager, AReloadSaysWhenItBegan) {
  NotifySocket socket(fresh_address("@"));
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000LL + time.tv_nsec / 1'000;
  };
  const auto before = now();
  ServiceManager(told_at(socket.address())).reloading();
  const std::string text = socket.next(), start = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_THAT(text, AllOf(StartsWith(start), ::testing::EndsWith("\n")));
  const long long said = std::stoll(text.substr(start.size()));
  EXPECT_GE(said, before);
  EXPECT_LE(said, now());
}

TEST(ServiceManager, AStatusIsOneLineOfALimitedLength) {
  NotifySocket socket(fresh_address("@"));
  const ServiceManager manager(told_at(socket.address()));
  ASSERT_TRUE(manager.ready("a\nWATCHDOG=trigger"));
  EXPECT_EQ(socket.next(), "READY=1\nSTATUS=a WATCHDOG=trigger\n");
  ASSERT_TRUE(manager.ready(std::string(2'000, 'x')));
  EXPECT_EQ(socket.next(), "READY=1\nSTATUS=" + std::string(1'024, 'x') + "\n");
}

TEST(ServiceManager, OneThatIsNotThereIsToldNothing) {
  const ServiceManager none{ServiceVariables()};
  EXPECT_TRUE(none.ready("x"));
  none.reloading();
  none.alive();
  EXPECT_EQ(none.watchdog(), std::nullopt);
}

TEST(ServiceManager, OneThatCannotBeToldThatItListensIsAnError) {
  for (const std::string& address :
       {std::string("/nowhere/to/be/found"), std::string("relative"), std::string("/"),
        "/" + std::string(200, 'x'), fresh_address("@")}) {
    const auto told = ServiceManager(told_at(address)).ready("x");
    ASSERT_FALSE(told) << address;
    EXPECT_EQ(told.error().error_class, ErrorClass::kInvalidRequest);
    EXPECT_THAT(told.error().message,
                AllOf(HasSubstr("'" + address + "' in NOTIFY_SOCKET"), HasSubstr("unset it")));
  }
}

TEST(ServiceManager, OneThatDoesNotReadHoldsNothingUpForLong) {
  NotifySocket socket(fresh_address("@"));
  socket.fill();
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(ServiceManager(told_at(socket.address())).ready("x"));
  const auto took = std::chrono::steady_clock::now() - before;
  EXPECT_GE(took, kTellMax - 100ms);
  EXPECT_LT(took, kTellMax + 5s);
}

TEST(ServiceManager, AWatchdogIsFedTwiceAsOftenAsItIsLookedAt) {
  ServiceVariables variables = told_at("@x");
  const auto every = [&variables](const std::string& usec, const std::string& pid) {
    variables.watchdog_usec = usec;
    variables.watchdog_pid = pid;
    return ServiceManager(variables).watchdog();
  };
  EXPECT_EQ(every("30000000", ""), 15'000ms);
  EXPECT_EQ(every("30000000", std::to_string(::getpid())), 15'000ms);
  EXPECT_EQ(every("1", ""), 1ms) << "never all the time";
  EXPECT_EQ(every("30000000", std::to_string(::getpid() + 1)), std::nullopt);
  for (const char* const usec : {"", "0", "-1", "x", "1x"})
    EXPECT_EQ(every(usec, ""), std::nullopt) << usec;
  variables.notify_socket = "";
  EXPECT_EQ(every("30000000", ""), std::nullopt) << "nobody to tell";
}

TEST(ServiceVariables, AreTakenAway) {
  const char* const names[] = {"LISTEN_PID",    "LISTEN_FDS",   "LISTEN_FDNAMES",
                               "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"};
  for (const char* const name : names) ::setenv(name, name, 1);
  const ServiceVariables taken = ServiceVariables::take();
  EXPECT_EQ(taken.listen_pid, "LISTEN_PID");
  EXPECT_EQ(taken.listen_fds, "LISTEN_FDS");
  EXPECT_EQ(taken.listen_names, "LISTEN_FDNAMES");
  EXPECT_EQ(taken.notify_socket, "NOTIFY_SOCKET");
  EXPECT_EQ(taken.watchdog_pid, "WATCHDOG_PID");
  EXPECT_EQ(taken.watchdog_usec, "WATCHDOG_USEC");
  for (const char* const name : names) EXPECT_EQ(::getenv(name), nullptr) << name;
}

TEST(GivenListeners, AreNoneWhenTheyAreAnothersOrNobodys) {
  ServiceVariables variables;
  EXPECT_EQ(given_listeners(variables)->size(), 0u);
  variables.listen_fds = "1";
  for (const std::string& pid : {std::string(), std::to_string(::getpid() + 1), std::string("x")}) {
    variables.listen_pid = pid;
    const auto given = given_listeners(variables);
    ASSERT_TRUE(given) << pid;
    EXPECT_EQ(given->size(), 0u) << pid;
  }
}

TEST(GivenListeners, HaveANumberWithALimit) {
  ServiceVariables variables;
  variables.listen_pid = std::to_string(::getpid());
  for (const char* const number : {"x", "-1", "65", "1 ", "99999999999999999999"}) {
    variables.listen_fds = number;
    const auto given = given_listeners(variables);
    ASSERT_FALSE(given) << number;
    EXPECT_THAT(given.error().message, HasSubstr("LISTEN_FDS is '" + std::string(number) +
                                                 "', not a number of sockets from 0 to 64"));
  }
  variables.listen_fds = "0";
  EXPECT_TRUE(given_listeners(variables));
}

}  // namespace
}  // namespace prx::cli
