// A child of the process has copies of its sockets until it becomes another program.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "core/http/http_client.hpp"
#include "support/wire_server.hpp"

namespace prx::http::test {
namespace {

namespace fs = std::filesystem;
using prx::test::WireConnection;
using prx::test::WireServer;

std::uint16_t port_of_peer(int descriptor) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return address.sin_family == AF_INET ? ntohs(address.sin_port) : std::uint16_t{0};
}

/// A copy of the socket of this process that is connected to that port; -1: there is none.
int copy_of_socket_to(std::uint16_t port) {
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    const int descriptor = std::stoi(entry.path().filename());
    if (port_of_peer(descriptor) == port) return ::dup(descriptor);
  }
  return -1;
}

/// True when an epoll of this process would report that file, whatever number it had.
bool is_registered(int descriptor) {
  struct stat status {};
  EXPECT_EQ(::fstat(descriptor, &status), 0);
  std::ostringstream wanted;
  wanted << "ino:" << std::hex << status.st_ino << ' ';
  for (const auto& entry : fs::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);)
      if (line.starts_with("tfd:") && (line + ' ').find(wanted.str()) != std::string::npos)
        return true;
  }
  return false;
}

/// Answers, and says that the connection is over, so that the client closes its side first.
void answer_once(WireConnection& connection) {
  (void)connection.read_request();
  connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  connection.wait_closed();
}

TEST(InheritedSocket, AClosedConnectionIsNotReportedWhileACopyIsOpen) {
  WireServer server(&answer_once);
  HttpClient client;
  Recorder recorder;
  int copy = -1;
  bool registered_before = false;
  recorder.head_hook = [&] {
    copy = copy_of_socket_to(server.port());
    registered_before = is_registered(copy);
  };
  client.send(get(server.url()), recorder);
  EXPECT_TRUE(recorder.wait().ok());
  client.run([] {});  // what the end of the exchange left to do is done
  ASSERT_GE(copy, 0);
  EXPECT_TRUE(registered_before);
  EXPECT_FALSE(is_registered(copy));
  ::close(copy);
}

TEST(InheritedSocket, ACancelledConnectIsNotReportedWhileACopyIsOpen) {
  WireServer server([](WireConnection& connection) { connection.wait_closed(); });
  HttpClient client;
  Recorder recorder;
  const std::string silent_tls = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  client.send(get(silent_tls), recorder);
  int copy = -1;
  for (int i = 0; copy < 0 && i < 1'000; ++i) {
    client.wait_for(std::chrono::milliseconds(1));
    client.run([&] { copy = copy_of_socket_to(server.port()); });
  }
  ASSERT_GE(copy, 0);
  EXPECT_TRUE(is_registered(copy));
  client.run([&] { client.transport().cancel(recorder.id); });
  client.run([] {});
  EXPECT_FALSE(is_registered(copy));
  ::close(copy);
}

}  // namespace
}  // namespace prx::http::test
