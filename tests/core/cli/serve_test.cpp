// prx serve: what a program that speaks OpenAI or OpenRouter finds there, signals, and ends.
#include <csignal>

#include "core/sim/raw_client.hpp"
#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using sim::test::chat_body;
using sim::test::fetch;
using sim::test::RawClient;
using sim::test::request_text;
using test::Process;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Serve : public ProgramTest {
 protected:
  std::unique_ptr<Process> start(std::vector<std::string> options = {}) {
    simulate();
    options.insert(options.begin(), {"serve", "--quiet", "--listen", "127.0.0.1:0"});
    auto process = std::make_unique<Process>(program(options));
    process->wait_for_out("\n");
    url = process->out().substr(0, process->out().find('\n'));
    port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    return process;
  }
  int stop(Process& server, int signal = SIGTERM) {
    server.send_signal(signal);
    return end(server).exit_code;
  }
  std::string url;
  std::uint16_t port = 0;
};

TEST_F(Serve, AProgramIsPointedAtItByOneVariable) {
  const auto server = start();
  environment["OPENROUTER_BASE_URL"] = url + "/api/v1";
  environment["OPENROUTER_API_KEY"] = "sk-or-v1-anything-will-do";
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("simulated answer"));
  EXPECT_EQ(stop(*server), 0);
}

TEST_F(Serve, SaysWhereItIsAndWhoAnswers) {
  simulate();
  Process server(program({"serve", "--listen", "127.0.0.1:0"}));
  server.wait_for_out("stops it.");
  EXPECT_THAT(server.out(), AllOf(HasSubstr("answered by openrouter"),
                                  HasSubstr("as OpenAI       http://127.0.0.1:"),
                                  HasSubstr("as OpenRouter   http://127.0.0.1:"),
                                  HasSubstr("export OPENAI_BASE_URL=http://127.0.0.1:")));
  EXPECT_EQ(stop(server, SIGINT), 0);
}

TEST_F(Serve, ReadsItsConfigurationAgain) {
  const std::string file = write("c.toml", "[default]\nmodel = \"openai/gpt-4o\"\n");
  const auto server = start({"--config", file});
  EXPECT_THAT(fetch(port, "GET", "/v1/models").body, ::testing::Not(HasSubstr("chain:late")));
  write("c.toml", "[chains.late]\ntargets = [{ provider = \"openrouter\", model = \"x/y\" }]\n");
  server->send_signal(SIGHUP);
  server->wait_for_err("was read again: chats are answered by openrouter");
  EXPECT_THAT(fetch(port, "GET", "/v1/models").body, HasSubstr("chain:late"));
  write("c.toml", "[chains.late]\ntargets = 1\n");
  server->send_signal(SIGHUP);
  server->wait_for_err("the configuration stays as it was: ");
  EXPECT_THAT(fetch(port, "GET", "/v1/models").body, HasSubstr("chain:late"));
  EXPECT_EQ(stop(*server), 0);
}

TEST_F(Serve, NoticesThatItsConfigurationWasWrittenAnew) {
  const std::string file = write("c.toml", "[default]\nmodel = \"openai/gpt-4o\"\n");
  const auto server = start({"--config", file});
  write("c.toml", "[chains.late]\ntargets = [{ provider = \"openrouter\", model = \"x/y\" }]\n");
  server->wait_for_err("was read again");
  EXPECT_THAT(fetch(port, "GET", "/v1/models").body, HasSubstr("chain:late"));
  EXPECT_EQ(stop(*server), 0);
}

TEST_F(Serve, LetsAnswersEndAndThenNoLonger) {
  const auto server = start();
  {
    RawClient client(port);
    client.send(request_text("POST", "/v1/chat/completions",
                             chat_body("openai/gpt-4o#slow?size=40&ms=5", true)));
    ASSERT_TRUE(client.read_until("data: "));
    server->send_signal(SIGTERM);
    EXPECT_THAT(client.read().body, HasSubstr("[DONE]"));
  }
  EXPECT_EQ(end(*server).exit_code, 0);
  const auto other = start();
  RawClient client(port);
  client.send(
      request_text("POST", "/v1/chat/completions", chat_body("openai/gpt-4o#stall?after=2", true)));
  ASSERT_TRUE(client.read_until("data: "));
  other->send_signal(SIGTERM);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  other->send_signal(SIGTERM);
  const auto result = end(*other);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("1 answer was cut off"));
}

TEST_F(Serve, ADrainHasAnEnd) {
  const std::string file = write("c.toml", "[serve]\ndrain_timeout = \"100ms\"\n");
  const auto server = start({"--config", file});
  RawClient client(port);
  client.send(
      request_text("POST", "/v1/chat/completions", chat_body("openai/gpt-4o#stall?after=2", true)));
  ASSERT_TRUE(client.read_until("data: "));
  server->send_signal(SIGTERM);
  const auto result = end(*server);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("[serve] drain_timeout gives them longer"));
}

TEST_F(Serve, WhatItCannotDoIsSaid) {
  const auto server = start();
  const std::string taken = "127.0.0.1:" + std::to_string(port);
  const auto second = run({"serve", "--listen", taken});
  EXPECT_EQ(second.exit_code, 6);
  EXPECT_THAT(second.err, HasSubstr("another program has it"));
  for (const char* const place : {"0.0.0.0:0", "8383", "example.org:80"}) {
    const auto result = run({"serve", "--listen", place});
    EXPECT_EQ(result.exit_code, 2) << place;
    EXPECT_THAT(result.err, AllOf(HasSubstr("--listen: "), HasSubstr(place)));
  }
  const auto wrong =
      run({"serve", "--config", write("c.toml", "[serve]\nlisten = \"0.0.0.0:80\"\n")});
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("c.toml:2:"), HasSubstr("'listen' in [serve]"),
                               HasSubstr("other machines")));
  EXPECT_EQ(stop(*server), 0);
}

}  // namespace
}  // namespace prx::cli
