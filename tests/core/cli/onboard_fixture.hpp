/// \file onboard_fixture.hpp
/// `prx onboard` in a home without a configuration, and what it leaves there.
#pragma once

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "program_fixture.hpp"
#include "support/wire_server.hpp"

namespace prx::cli {

class OnboardTest : public ProgramTest {
 protected:
  OnboardTest() { std::filesystem::remove_all(home / "config"); }

  /// The configuration that it writes.
  [[nodiscard]] std::filesystem::path file() const { return home / "config/prx/config.toml"; }
  [[nodiscard]] static std::string read(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  [[nodiscard]] static unsigned mode(const std::filesystem::path& path) {
    struct stat about {};
    return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 07777U : 0;
  }
  /// Starts the simulator with one key, which is this.
  void simulate_key(const char* key, sim::KeyState state = sim::KeyState::kValid) {
    sim::SimulatorOptions options;
    options.keys = {{key, state, {}}};
    simulate(std::move(options));
  }
};

/// A server that lists these models and does nothing else.
class Lister {
 public:
  explicit Lister(const std::vector<std::string>& ids)
      : server_([list = list_of(ids)](test::WireConnection& connection) {
          for (auto request = connection.read_request(); !request.empty();
               request = connection.read_request()) {
            const bool is_list = request.starts_with("GET /v1/models ");
            const std::string body = is_list ? list : kNone;
            connection.write("HTTP/1.1 " + std::string(is_list ? "200 OK" : "404 Not Found") +
                             "\r\nContent-Type: application/json\r\nContent-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + body);
          }
        }) {}
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_.port()) + "/v1";
  }

 private:
  static constexpr const char* kNone = R"({"error":{"message":"nobody is here"}})";
  static std::string list_of(const std::vector<std::string>& ids) {
    std::string text;
    for (const std::string& id : ids)
      text += (text.empty() ? "" : ",") + (R"({"id":")" + id + "\"}");
    return "{\"object\":\"list\",\"data\":[" + text + "]}";
  }
  test::WireServer server_;
};

}  // namespace prx::cli
