// /metrics and /status of a gateway of two loops over the simulator.
#include <gmock/gmock.h>

#include <list>
#include <regex>

#include "client/client_group.hpp"
#include "core/gateway/over_simulator.hpp"

namespace prx::gateway {
namespace {

using namespace test;  // its words
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kWatchedToml =
    "[reliability]\nretries = 0\n[chains.two]\ntargets = [{ provider = \"openrouter\", model = "
    "\"openai/gpt-4o#503\" }, { provider = \"openai\", model = \"gpt-4o\" }]\n";

class Watched : public ::testing::Test {
 protected:
  Watched() : simulator(std::move(sim::Simulator::start({})).value()) {
    const prx::test::Variables variables{
        {"OPENROUTER_API_KEY", "sk-or-v1-0123456789abcdef"},
        {"OPENROUTER_BASE_URL", simulator->base_url()},
        {"OPENAI_API_KEY", "sk-0123456789abcdef"},
        {"OPENAI_BASE_URL", simulator->openai_base_url()},
        {"PRX_PLUGIN_PATH", std::string(PRX_BINARY_DIR) + "/lib/prx/plugins"}};
    GatewayOptions options;
    std::vector<ClientOptions> clients_options(2);
    for (ClientOptions& one : clients_options) {
      options.watches.push_back(std::make_shared<Watch>());
      one.metrics = Watch::sink_of(options.watches.back());
      one.warm_up = false;
      one.environment = prx::test::environment_of(variables);
      one.log = [](LogLevel, std::string_view) {};
    }
    auto config = prx::test::parse_config(std::string(kWatchedToml), variables);
    clients = std::move(ClientGroup::open(config.value(), std::move(clients_options))).value();
    ServeConfig serve;
    serve.listen = "127.0.0.1:0";
    gateway = std::move(Gateway::open({&(*clients)[0], &(*clients)[1]}, serve, std::move(options)))
                  .value();
    const std::string& url = gateway->url();
    port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  [[nodiscard]] std::string get(std::string_view path) const {
    const Response response = fetch(port, "GET", path);
    EXPECT_EQ(response.status, 200) << response.body;
    return response.body;
  }
  void ask(std::string_view model, bool stream, int times) const {
    for (int i = 0; i < times; ++i)
      EXPECT_EQ(
          fetch(port, "POST", "/v1/chat/completions", chat_body(std::string(model), stream)).status,
          200);
  }
  const std::unique_ptr<sim::Simulator> simulator;
  std::unique_ptr<ClientGroup> clients;
  std::unique_ptr<Gateway> gateway;
  std::uint16_t port = 0;
};

TEST_F(Watched, CallsOfAllLoopsAreCountedUnderOpenTelemetrysNames) {
  ask("openai/gpt-4o", false, 12);
  ask("openai/gpt-4o", true, 3);
  const std::string text = get("/metrics");
  const std::string labels =
      "{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openrouter\","
      "gen_ai_request_model=\"openai/gpt-4o\",prx_provider=\"openrouter\"";
  EXPECT_THAT(text,
              HasSubstr("gen_ai_client_operation_duration_seconds_count" + labels + "} 15\n"));
  EXPECT_THAT(text, HasSubstr("gen_ai_client_operation_duration_seconds_bucket" + labels +
                              ",le=\"+Inf\"} 15\n"));
  EXPECT_THAT(text,
              HasSubstr("gen_ai_client_operation_time_to_first_chunk_seconds_count" + labels));
  EXPECT_THAT(text,
              HasSubstr("gen_ai_client_operation_time_per_output_chunk_seconds_count" + labels));
  EXPECT_THAT(text, HasSubstr("gen_ai_client_token_usage_count" + labels +
                              ",gen_ai_token_type=\"output\"} 15\n"));
  EXPECT_THAT(text, HasSubstr("prx_server_loops 2\n"));
  EXPECT_THAT(text, HasSubstr("prx_server_requests_total 16\n")) << "the scrape is one";
  EXPECT_THAT(text, Not(HasSubstr("0123456789abcdef"))) << "no key";
}

/// Each line is a comment, or a sample as the format has it; each family is named once.
TEST_F(Watched, TheTextIsInPrometheussFormat) {
  ask("openai/gpt-4o", true, 2);
  ask("chain:two", false, 1);
  EXPECT_EQ(fetch(port, "POST", "/v1/chat/completions", chat_body("bad\\\"model", false)).status,
            400);
  const std::string text = get("/metrics");
  EXPECT_THAT(text, HasSubstr(R"(gen_ai_request_model="bad\"model")"));
  const std::regex sample(
      R"re([a-z_]+(\{[a-z_]+="([^"\\\n]|\\["\\n])*"(,[a-z_]+="([^"\\\n]|\\["\\n])*")*\})? [0-9.e+-]+)re");
  std::istringstream lines(text);
  std::string line;
  std::list<std::string> families;
  while (std::getline(lines, line)) {
    if (line.starts_with("# HELP ")) continue;
    if (line.starts_with("# TYPE ")) {
      families.push_back(line.substr(7, line.find(' ', 7) - 7));
      continue;
    }
    EXPECT_TRUE(std::regex_match(line, sample)) << line;
  }
  const std::size_t count = families.size();
  families.sort();
  families.unique();
  EXPECT_EQ(families.size(), count);
  EXPECT_GT(count, 15u);
}

TEST_F(Watched, AttemptsAreCountedByWhyAndHow) {
  ask("chain:two", false, 4);
  const std::string text = get("/metrics");
  EXPECT_THAT(text, HasSubstr("prx_attempts_total{prx_provider=\"openai\",reason=\"fallback\","
                              "error_type=\"\"} "));
  EXPECT_THAT(text, HasSubstr("prx_attempts_total{prx_provider=\"openrouter\",reason=\"first\","
                              "error_type=\"overloaded\"} "));
  EXPECT_THAT(text, HasSubstr("prx_lane_state{prx_provider=\"openrouter\","));
}

TEST_F(Watched, TheStatusTellsLanesLoopsPluginsAndTheLastCalls) {
  ask("chain:two", false, 8);
  const std::string body = get("/status");
  EXPECT_TRUE(is_json(body));
  EXPECT_THAT(body, HasSubstr(R"("lanes":[{"provider":"openai","model":"gpt-4o")"));
  EXPECT_THAT(body, HasSubstr(R"("breaker":"open")")) << "five failures in a row open it";
  EXPECT_THAT(body, HasSubstr("\"reopens_in\":"));
  EXPECT_EQ(count(body, "\"connections\":"), 2) << "a member for each loop";
  EXPECT_THAT(body, HasSubstr(R"("plugins":[{"id":"openai")"));
  EXPECT_EQ(count(body, "\"operation\":\"chat\""), 8);
  EXPECT_THAT(body, HasSubstr(R"("reason":"fallback")"));
  EXPECT_THAT(body, HasSubstr(R"("status":503)"));
  EXPECT_THAT(body, Not(HasSubstr("0123456789abcdef"))) << "no key";
  EXPECT_THAT(body, Not(HasSubstr(kHelloAnswer))) << "no answer";
}

TEST_F(Watched, ATargetThatAskedForAPauseIsShownToRest) {
  ask("openai/gpt-4o", false, 1);
  EXPECT_THAT(get("/status"), Not(HasSubstr("rests_for")));
  EXPECT_EQ(fetch(port, "POST", "/v1/chat/completions",
                  chat_body("openai/gpt-4o#429?retry_after=120", false))
                .status,
            429);
  EXPECT_THAT(get("/status"), HasSubstr("\"rests_for\":1"));
  EXPECT_THAT(get("/metrics"),
              HasSubstr("prx_lane_rest_seconds{prx_provider=\"openrouter\","
                        "gen_ai_request_model=\"openai/gpt-4o#429?retry_after=120\"} 1"));
}

TEST_F(Watched, WhoLeavesBeforeTheReportIsThereHarmsNothing) {
  for (int i = 0; i < 40; ++i) {
    RawClient one(port);
    one.send(request_text("GET", i % 2 == 0 ? "/status" : "/metrics"));
    one.close(true);
  }
  EXPECT_THAT(get("/metrics"), HasSubstr("prx_server_clients_left_total"));
}

TEST_F(Watched, AGatewayThatEndsWhileReportsAreMadeWaitsForThem) {
  std::list<RawClient> asking;
  for (int i = 0; i < 30; ++i) asking.emplace_back(port).send(request_text("GET", "/status"));
  gateway.reset();
  for (RawClient& one : asking) {
    const Response response = one.read();
    EXPECT_TRUE(response.whole || response.close != Close::kOpen) << "answered, or closed";
  }
}

}  // namespace
}  // namespace prx::gateway
