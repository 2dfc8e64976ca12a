/// \file rig.hpp
/// A client over the real plugins, the real transport and a simulator, all in this process; between
/// them, when asked for, a proxy that speaks TLS and HTTP/2.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "prx/client.hpp"
#include "sim/simulator.hpp"
#include "support/certificates.hpp"
#include "support/nghttpx.hpp"
#include "support/open_client.hpp"

namespace prx::test {

inline constexpr const char* kKey = "sk-or-v1-0123456789abcdef";

/// The log of a client; any thread.
class LogLines {
 public:
  LogSink sink() {
    return [this](LogLevel, std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
      changed_.notify_all();
    };
  }
  /// Waits until a line has that text; "" after ten seconds.
  std::string wait_for(std::string_view text) {
    std::unique_lock lock(mutex_);
    std::string found;
    changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      for (const auto& line : lines_)
        if (line.find(text) != std::string::npos) found = line;
      return !found.empty();
    });
    return found;
  }
  std::string all() {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& line : lines_) text += line + "\n";
    return text;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

inline ChatRequest ask(std::string prompt, std::string model = {}) {
  ChatRequest request;
  request.model = std::move(model);
  request.messages = {Message::user(std::move(prompt))};
  return request;
}

/// How the client reaches the simulator.
enum class Wire {
  kPlain,  ///< HTTP/1.1 on a plain socket, no proxy
  kTls,    ///< HTTP/1.1 over TLS to a proxy
  kHttp2,  ///< HTTP/2 over TLS to a proxy
};

inline std::string wire_name(Wire wire) {
  return wire == Wire::kPlain ? "Plain" : wire == Wire::kTls ? "Tls" : "Http2";
}
inline std::ostream& operator<<(std::ostream& out, Wire wire) { return out << wire_name(wire); }
inline int http_version(Wire wire) { return wire == Wire::kHttp2 ? 20 : 11; }

/// TEST_P of such a suite runs over every wire: "Chat" becomes "Over/Chat.X/Http2".
class OverEachWire : public ::testing::TestWithParam<Wire> {};
#define PRX_OVER_EACH_WIRE(suite)                                                                  \
  INSTANTIATE_TEST_SUITE_P(Over, suite, ::testing::Values(Wire::kPlain, Wire::kTls, Wire::kHttp2), \
                           [](const auto& instance) { return wire_name(instance.param); })

/// What a proxy shows its clients.
struct FrontCertificate {
  std::string names = "DNS:localhost,IP:127.0.0.1";
  bool expired = false;
};

/// A proxy in front of a simulator.
struct Front {
  Front(std::uint16_t backend, const FrontCertificate& shown)
      : proxy({authority.issue(shown.names, shown.expired), backend, "h2,http/1.1", true}) {}
  [[nodiscard]] std::string url(const std::string& path) const {
    return "https://localhost:" + std::to_string(proxy.port()) + path;
  }
  Certificates authority;
  Nghttpx proxy;
};

class Rig {
 public:
  explicit Rig(Wire wire = Wire::kPlain, sim::SimulatorOptions options = {}) {
    simulator = std::move(sim::Simulator::start(std::move(options))).value();
    environment["OPENROUTER_API_KEY"] = kKey;
    environment["OPENROUTER_BASE_URL"] = simulator->base_url();
    environment["OPENAI_API_KEY"] = kKey;
    environment["OPENAI_BASE_URL"] = simulator->openai_base_url();
    if (wire != Wire::kPlain) put_front(wire == Wire::kTls ? "1.1" : "2");
    environment["PRX_PLUGIN_PATH"] = std::string(PRX_BINARY_DIR) + "/lib/prx/plugins";
    toml = "[log]\nlevel = \"trace\"\n";
#ifdef PRX_E2E_ISOLATED  // the same tests with each plugin in a process of its own
    toml += "[plugins]\nisolation = \"process\"\nisolation_host = \"" PRX_BINARY_DIR
            "/lib/prx/prx-plugin-host\"\n";
#endif
  }

  /// A client for the TOML text; warm-up only when asked for.
  std::unique_ptr<Client> open(bool warm_up = false) {
    return open_client(whole_toml(), environment, {warm_up, log.sink()});
  }

  /// The TOML text as it is now, for Client::reload().
  [[nodiscard]] Result<Config> parse() const { return parse_config(whole_toml(), environment); }

  /// Puts a proxy between.
  void put_front(const char* version, const FrontCertificate& shown = {}) {
    front = std::make_unique<Front>(simulator->port(), shown);
    environment["OPENROUTER_BASE_URL"] = front->url("/api/v1");
    environment["OPENAI_BASE_URL"] = front->url("/v1");
    const std::string shared =
        "ca_file = \"" + front->authority.ca_file() + "\"\nhttp_version = \"" + version + "\"\n";
    openrouter += shared;
    openai += shared;
  }

  std::unique_ptr<sim::Simulator> simulator;
  std::unique_ptr<Front> front;  ///< null on a plain wire
  std::map<std::string, std::string> environment;
  std::string toml;
  std::string openrouter;  ///< lines of [providers.openrouter]
  std::string openai;      ///< lines of [providers.openai]
  LogLines log;

 private:
  [[nodiscard]] std::string whole_toml() const {
    std::string text = toml;
    if (!openrouter.empty()) text += "\n[providers.openrouter]\n" + openrouter;
    if (!openai.empty()) text += "\n[providers.openai]\n" + openai;
    return text;
  }
};

/// The values of an answer; fails the test when there is none.
inline ChatResponse expect_answer(ChatResult result) {
  EXPECT_TRUE(result) << to_string(result.error().error_class) << ": " << result.error().message;
  return result ? std::move(*result) : ChatResponse{};
}
inline CallError expect_failure(ChatResult result) {
  EXPECT_FALSE(result) << result->text;
  return result ? CallError{} : std::move(result).error();
}

}  // namespace prx::test
