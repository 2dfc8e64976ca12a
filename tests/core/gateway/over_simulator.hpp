/// \file over_simulator.hpp
/// A gateway over a client of both bundled providers over the simulator, and the words of tests
/// that ask it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/sim/raw_client.hpp"
#include "gateway/gateway.hpp"
#include "sim/simulator.hpp"
#include "support/open_client.hpp"

namespace prx::gateway::test {

using sim::test::chat_body;
using sim::test::Close;
using sim::test::content;
using sim::test::count;
using sim::test::events;
using sim::test::fetch;
using sim::test::is_json;
using sim::test::kHelloAnswer;
using sim::test::RawClient;
using sim::test::request_text;
using sim::test::Response;

/// Retries do not wait.
class OverSimulator : public ::testing::Test {
 protected:
  explicit OverSimulator(std::string_view toml)
      : simulator(std::move(sim::Simulator::start({})).value()),
        client(prx::test::open_client(
            "[reliability]\nbackoff_base = \"1ms\"\nbackoff_max = \"1ms\"\n" + std::string(toml),
            {{"OPENROUTER_API_KEY", "sk-or-v1-0123456789abcdef"},
             {"OPENROUTER_BASE_URL", simulator->base_url()},
             {"OPENAI_API_KEY", "sk-0123456789abcdef"},
             {"OPENAI_BASE_URL", simulator->openai_base_url()},
             {"PRX_PLUGIN_PATH", std::string(PRX_BINARY_DIR) + "/lib/prx/plugins"}})) {
    ServeConfig serve;
    serve.listen = "127.0.0.1:0";
    gateway = std::move(Gateway::open({client.get()}, serve)).value();
    const std::string& url = gateway->url();
    port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  [[nodiscard]] Response get(std::string_view path) const { return fetch(port, "GET", path); }
  [[nodiscard]] Response post(std::string_view path, const std::string& body) const {
    return fetch(port, "POST", path, body);
  }
  [[nodiscard]] ServerCounts counts() const { return gateway->counts(); }

  const std::unique_ptr<sim::Simulator> simulator;
  const std::unique_ptr<Client> client;
  std::unique_ptr<Gateway> gateway;
  std::uint16_t port = 0;
};

}  // namespace prx::gateway::test
