/// \file rig.hpp
/// A client over the real plugins, the real transport and a simulator, all in this process.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "prx/client.hpp"
#include "sim/simulator.hpp"

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

class Rig {
 public:
  explicit Rig(sim::SimulatorOptions options = {}) {
    simulator = std::move(sim::Simulator::start(std::move(options))).value();
    environment["OPENROUTER_API_KEY"] = kKey;
    environment["OPENROUTER_BASE_URL"] = simulator->base_url();
    environment["OPENAI_API_KEY"] = kKey;
    environment["OPENAI_BASE_URL"] = simulator->openai_base_url();
    environment["PRX_PLUGIN_PATH"] = std::string(PRX_BINARY_DIR) + "/lib/prx/plugins";
    toml = "[log]\nlevel = \"trace\"\n";
  }

  Environment variables() const {
    return [copy = environment](const std::string& name) -> std::optional<std::string> {
      const auto found = copy.find(name);
      return found == copy.end() ? std::nullopt : std::optional(found->second);
    };
  }
  /// A client for the TOML text; warm-up only when asked for.
  std::unique_ptr<Client> open(bool warm_up = false) {
    ConfigSource source;
    source.no_file = true;
    source.environment = variables();
    auto config = Config::parse(toml, "test.toml", "/", source);
    if (!config) throw std::runtime_error(config.error().message);
    ClientOptions options;
    options.warm_up = warm_up;
    options.environment = variables();
    options.log = log.sink();
    auto client = Client::open(std::move(*config), std::move(options));
    if (!client) throw std::runtime_error(client.error().message);
    return std::move(*client);
  }

  std::unique_ptr<sim::Simulator> simulator;
  std::map<std::string, std::string> environment;
  std::string toml;
  LogLines log;
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
