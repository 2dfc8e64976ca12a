// prx serve under a service manager: sockets that it gives, and what it is told.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/cli/notify_socket.hpp"
#include "core/cli/program_fixture.hpp"
#include "core/serve/given_sockets.hpp"
#include "core/sim/raw_client.hpp"

namespace prx::cli {
namespace {

using sim::test::chat_body;
using sim::test::fetch;
using sim::test::RawClient;
using sim::test::request_text;
using test::get_by_unix;
using test::GivenSockets;
using test::NotifySocket;
using test::Process;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kActivate = "/usr/bin/systemd-socket-activate";

class Service : public ProgramTest {
 protected:
  Service() { simulate(); }
  [[nodiscard]] std::string path(const char* name) const { return home / name; }
  [[nodiscard]] test::ProcessOptions serve(std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"serve", "--quiet"});
    return program(std::move(options));
  }
  int stop(Process& server) {
    server.send_signal(SIGTERM);
    return end(server).exit_code;
  }
  /// "" until there is such a file.
  [[nodiscard]] static std::string content(const std::string& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
  }
};

TEST_F(Service, SocketsThatAreGivenTakeThePlaceOfListen) {
  configure("[serve]\nlisten = \"127.0.0.1:1\"\n");  // nobody may listen there
  GivenSockets sockets;
  const auto port = sockets.add_tcp("http");
  sockets.add_unix("local", path("prx.sock"));
  RawClient early(port);
  early.send(request_text("GET", "/healthz"));
  Process server(sockets.given_to(serve()));
  EXPECT_EQ(early.read().status, 200) << "it waited in the socket's queue";
  EXPECT_THAT(get_by_unix(path("prx.sock"), "/readyz"), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_EQ(fetch(port, "POST", "/v1/chat/completions", chat_body("openai/gpt-4o", false)).status,
            200);
  EXPECT_EQ(stop(server), 0);
  EXPECT_EQ(server.err(), "");
}

TEST_F(Service, SaysEachPlaceWhereItListens) {
  GivenSockets sockets;
  const auto port = sockets.add_tcp("http");
  sockets.add_unix("", path("prx.sock"));
  Process server(sockets.given_to(serve()));
  const std::string urls =
      "http://127.0.0.1:" + std::to_string(port) + "\nunix:" + path("prx.sock") + '\n';
  server.wait_for_out(urls);
  EXPECT_EQ(server.out(), urls);
  EXPECT_EQ(stop(server), 0);
}

TEST_F(Service, SocketsOfAnotherProcessAreNotTaken) {
  environment["LISTEN_PID"] = "1";
  environment["LISTEN_FDS"] = "1";
  Process server(serve({"--listen", "127.0.0.1:0"}));
  server.wait_for_out("http://127.0.0.1:");
  EXPECT_EQ(stop(server), 0);
}

TEST_F(Service, WhatCannotServeIsSaidWithItsNumberAndName) {
  GivenSockets sockets;
  sockets.add_tcp("http");
  sockets.add_datagram("odd");
  const auto result = run_with(sockets.given_to(serve()));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("descriptor 4 ('odd'): is no listening stream socket; give "
                                    "it by ListenStream= with Accept=no"));
  GivenSockets one;
  one.add_tcp("http");
  const auto both = run_with(one.given_to(serve({"--listen", "127.0.0.1:0"})));
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.err, HasSubstr("--listen: a service manager gave sockets"));
}

TEST_F(Service, ASocketThatOtherMachinesReachNeedsKeys) {
  GivenSockets sockets;
  const auto port = sockets.add_tcp("http", "0.0.0.0");
  const auto refused = run_with(sockets.given_to(serve()));
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("'0.0.0.0:" + std::to_string(port) + "' is reached"),
                                 HasSubstr("--new-key")));
  configure("[serve.keys.alice]\nsha256 = \"" + std::string(64, 'a') + "\"\n");
  Process server(sockets.given_to(serve()));
  server.wait_for_out("\n");
  EXPECT_EQ(fetch(port, "GET", "/v1/models").status, 401);
  EXPECT_EQ(stop(server), 0);
}

TEST_F(Service, TheManagerIsToldOfReadinessReloadAndEnd) {
  NotifySocket manager(path("notify"));
  environment["NOTIFY_SOCKET"] = manager.address();
  GivenSockets sockets;
  const auto port = sockets.add_tcp("http");
  Process server(sockets.given_to(serve()));
  const std::string status = "STATUS=Listens on http://127.0.0.1:" + std::to_string(port) +
                             "; chats are answered by openrouter\n";
  EXPECT_EQ(manager.next(), "READY=1\n" + status);
  EXPECT_EQ(fetch(port, "GET", "/readyz").status, 200);
  server.send_signal(SIGHUP);
  EXPECT_THAT(manager.next(), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_EQ(manager.next(), "READY=1\n" + status);
  configure("[serve]\nlisten = 1\n");
  server.send_signal(SIGHUP);
  EXPECT_THAT(manager.next(), StartsWith("RELOADING=1\n"));
  EXPECT_EQ(manager.next(), "READY=1\n" + status) << "what was refused leaves it as it was";
  server.send_signal(SIGTERM);
  EXPECT_EQ(manager.next(), "STOPPING=1\nSTATUS=Lets the answers under way end\n");
  EXPECT_EQ(end(server).exit_code, 0);
}

TEST_F(Service, TheWatchdogIsFedAlsoWhileAnswersEnd) {
  NotifySocket manager(path("notify"));
  environment["NOTIFY_SOCKET"] = manager.address();
  environment["WATCHDOG_USEC"] = "100000";
  GivenSockets sockets;
  const auto port = sockets.add_tcp("http");
  Process server(sockets.given_to(serve()));
  EXPECT_THAT(manager.next(), StartsWith("READY=1\n"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(manager.next(), "WATCHDOG=1\n");
  RawClient client(port);
  client.send(
      request_text("POST", "/v1/chat/completions", chat_body("openai/gpt-4o#stall?after=2", true)));
  ASSERT_TRUE(client.read_until("data: "));
  server.send_signal(SIGTERM);
  EXPECT_THAT(manager.next_but_alive(), StartsWith("STOPPING=1\n"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(manager.next(), "WATCHDOG=1\n");
  client.close();
  EXPECT_EQ(end(server).exit_code, 0);
}

TEST_F(Service, AManagerThatCannotBeToldIsAnError) {
  environment["NOTIFY_SOCKET"] = path("missing");
  const auto result = run_with(serve({"--listen", "127.0.0.1:0"}));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("'" + path("missing") + "' in NOTIFY_SOCKET: "));
}

TEST_F(Service, NoChildTakesItsPartForItsOwn) {
  NotifySocket manager(path("notify"));
  environment["NOTIFY_SOCKET"] = manager.address();
  environment["WATCHDOG_USEC"] = "30000000";
  configure("[providers.openrouter]\napi_key_command = [\"sh\", \"-c\", \"env > '" + path("env") +
            "'; ls -l /proc/self/fd > '" + path("open") + "'; echo " + kKey + "\"]\n");
  GivenSockets sockets;
  const auto port = sockets.add_tcp("http");
  Process server(sockets.given_to(serve()));
  EXPECT_THAT(manager.next(), StartsWith("READY=1\n"));
  EXPECT_EQ(fetch(port, "POST", "/v1/chat/completions", chat_body("openai/gpt-4o", false)).status,
            200);
  EXPECT_THAT(content(path("env")),
              AllOf(HasSubstr("PATH="), Not(HasSubstr("LISTEN_")), Not(HasSubstr("NOTIFY_SOCKET")),
                    Not(HasSubstr("WATCHDOG_"))));
  EXPECT_THAT(content(path("open")), AllOf(HasSubstr("0 ->"), Not(HasSubstr("socket:"))));
  EXPECT_EQ(stop(server), 0);
}

TEST_F(Service, SystemdsOwnToolActivatesIt) {
  if (!std::filesystem::exists(kActivate)) GTEST_SKIP() << "no systemd-socket-activate here";
  test::ProcessOptions activate = serve();
  std::vector<std::string> arguments = {"--listen=" + path("prx.sock"), "--fdname=local"};
  for (const auto& [name, value] : environment) arguments.push_back("-E" + name + "=" + value);
  arguments.push_back(activate.program);
  arguments.insert(arguments.end(), activate.arguments.begin(), activate.arguments.end());
  activate.arguments = arguments;
  activate.program = kActivate;
  Process server(activate);
  server.wait_for_err("Listening on");
  EXPECT_THAT(get_by_unix(path("prx.sock"), "/readyz"), StartsWith("HTTP/1.1 200 OK"))
      << "this connection made it start";
  server.wait_for_out("unix:" + path("prx.sock") + '\n');
  EXPECT_EQ(stop(server), 0);
}

TEST_F(Service, ItsLimitsAreThoseOfItsConfiguration) {
  configure("[serve]\nbody_max = 2000\nidle_timeout = \"50ms\"\n");
  GivenSockets sockets;
  const auto port = sockets.add_tcp("http");
  Process server(sockets.given_to(serve()));
  const auto sized = [&](std::size_t size) {
    std::string body = chat_body("openai/gpt-4o", false);
    return fetch(port, "POST", "/v1/chat/completions", body + std::string(size - body.size(), ' '))
        .status;
  };
  EXPECT_EQ(sized(2'000), 200);
  EXPECT_EQ(sized(2'001), 413);
  RawClient idle(port);
  idle.send(request_text("GET", "/healthz"));
  EXPECT_EQ(idle.read().status, 200);
  EXPECT_EQ(idle.read().close, sim::test::Close::kFin) << "after 50 ms";
  EXPECT_EQ(stop(server), 0);
}

}  // namespace
}  // namespace prx::cli
