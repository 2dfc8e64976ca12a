// prx serve: keys for clients, made, asked for and read again, and the access log.
#include <csignal>
#include <fstream>
#include <regex>
#include <thread>

#include "core/sim/raw_client.hpp"
#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using sim::test::chat_body;
using sim::test::fetch;
using test::Process;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

struct FreshKey {
  std::string key, table;
};

class ServeAccess : public ProgramTest {
 protected:
  /// As a person does: the first line for the client, the others for the configuration.
  FreshKey new_key(const std::string& name) {
    const auto made = run({"serve", "--new-key", name});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    const std::size_t end = made.out.find("\n\n");
    EXPECT_NE(end, std::string::npos) << made.out;
    return {made.out.substr(0, end), made.out.substr(end + 2)};
  }
  std::unique_ptr<Process> start(const std::string& toml,
                                 const std::string& listen = "127.0.0.1:0") {
    simulate();
    auto process = std::make_unique<Process>(
        program({"serve", "--quiet", "--listen", listen, "--config", write("c.toml", toml)}));
    process->wait_for_out("\n");
    const std::string url = process->out().substr(0, process->out().find('\n'));
    port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    return process;
  }
  [[nodiscard]] int chat(std::string_view key) const {
    return fetch(port, "POST", "/v1/chat/completions", chat_body("openai/gpt-4o", false), key)
        .status;
  }
  void reload(Process& server, const std::string& toml, const std::string& says) const {
    write("c.toml", toml);
    server.send_signal(SIGHUP);
    server.wait_for_err(says);
  }
  test::ProcessResult stop(Process& server) {
    server.send_signal(SIGTERM);
    return end(server);
  }
  [[nodiscard]] std::string text_of(const std::string& name) const {
    std::ifstream in(home / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::uint16_t port = 0;
};

TEST_F(ServeAccess, AFreshKeyIsShownOnceAndItsHashBelongsIntoTheConfiguration) {
  const FreshKey alice = new_key("alice"), again = new_key("alice");
  EXPECT_THAT(alice.key, MatchesRegex("prx-[A-Za-z0-9_-]{32,}"));
  EXPECT_NE(alice.key, again.key);
  EXPECT_THAT(alice.table, StartsWith("[serve.keys.alice]\nsha256 = \""));
  EXPECT_THAT(alice.table, Not(HasSubstr(alice.key)));
  const auto told = run({"serve", "--new-key", "alice"});
  EXPECT_THAT(told.err, HasSubstr("shown this once"));
  EXPECT_THAT(run({"serve", "--new-key", "alice", "--quiet"}).err, IsEmpty());
}

TEST_F(ServeAccess, WhatIsNoNameIsRefused) {
  for (const char* const name : {"", "a b", "../x"}) {
    const auto refused = run({"serve", "--new-key", name});
    EXPECT_EQ(refused.exit_code, 2) << name;
    EXPECT_EQ(refused.out, "") << name;
    EXPECT_THAT(refused.err, HasSubstr("--new-key: ")) << name;
  }
  const auto secret = run({"serve", "--new-key", "sk-or-v1-0123456789abcdef0123456789abcdef"});
  EXPECT_EQ(secret.exit_code, 2);
  EXPECT_THAT(secret.err, Not(HasSubstr("0123456789abcdef")));
}

TEST_F(ServeAccess, AskedForKeysItListensBeyondLoopback) {
  const FreshKey alice = new_key("alice");
  const auto server = start(alice.table, "0.0.0.0:0");
  EXPECT_EQ(chat(alice.key), 200);
  EXPECT_EQ(chat(""), 401);
  EXPECT_EQ(chat(kKey), 401) << "a provider's key is no client's";
  const auto result = stop(*server);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out + result.err, Not(HasSubstr(alice.key)));
}

TEST_F(ServeAccess, KeysAreReadAgainAndKeepWhatTheyUsed) {
  const FreshKey alice = new_key("alice"), bob = new_key("bob");
  const std::string limited = alice.table + "requests_per_minute = 1\n";
  const auto server = start(limited);
  EXPECT_EQ(chat(alice.key), 200);
  EXPECT_EQ(chat(bob.key), 401);
  reload(*server, limited + bob.table, "was read again");
  EXPECT_EQ(chat(bob.key), 200);
  EXPECT_EQ(chat(alice.key), 429);
  EXPECT_EQ(stop(*server).exit_code, 0);
}

TEST_F(ServeAccess, TheLastKeyCannotBeTakenAwayWhereOtherMachinesAre) {
  const FreshKey alice = new_key("alice");
  const auto server = start(alice.table, "0.0.0.0:0");
  reload(*server, "[default]\nmodel = \"openai/gpt-4o\"\n", "the configuration stays as it was: ");
  EXPECT_THAT(server->err(), HasSubstr("there is no key any more"));
  EXPECT_EQ(chat(alice.key), 200);
  EXPECT_EQ(chat(""), 401);
  EXPECT_EQ(stop(*server).exit_code, 0);
}

TEST_F(ServeAccess, WhatIsSpentIsKeptInTheUsersState) {
  environment["XDG_STATE_HOME"] = home / "state";
  const FreshKey alice = new_key("alice");
  const auto server = start(alice.table + "budget = 5.0\nbudget_window = \"off\"\n");
  EXPECT_EQ(chat(alice.key), 200);
  EXPECT_EQ(stop(*server).exit_code, 0);
  EXPECT_TRUE(std::regex_search(text_of("state/prx/serve-budgets"),
                                std::regex("\nalice 0 0 [1-9][0-9]*\n")));
}

TEST_F(ServeAccess, SighupOpensTheAccessLogAnew) {
  const FreshKey alice = new_key("alice");
  const std::string toml = alice.table + "[serve]\naccess_log = \"access.log\"\n";
  const auto server = start(toml);
  EXPECT_EQ(chat(alice.key), 200);
  for (int i = 0; i < 1'000 && text_of("access.log").empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::filesystem::rename(home / "access.log", home / "access.log.1");
  reload(*server, toml, "was read again");
  EXPECT_EQ(chat(""), 401);
  EXPECT_EQ(stop(*server).exit_code, 0);
  EXPECT_THAT(text_of("access.log.1"),
              AllOf(HasSubstr(R"("key":"alice")"), HasSubstr(R"("status":200)"),
                    Not(HasSubstr(R"("status":401)")), Not(HasSubstr(alice.key))));
  EXPECT_THAT(text_of("access.log"),
              AllOf(HasSubstr(R"("status":401)"), Not(HasSubstr(R"("status":200)"))));
}

TEST_F(ServeAccess, TheAccessLogMayBeStderr) {
  const auto server = start("[serve]\naccess_log = \"stderr\"\n");
  EXPECT_EQ(chat("unused"), 200);
  server->wait_for_err(R"("outcome":"complete"})");
  EXPECT_THAT(server->err(), AllOf(StartsWith("{\"time\":"), Not(HasSubstr("unused"))));
  EXPECT_EQ(stop(*server).exit_code, 0);
}

TEST_F(ServeAccess, AnAccessLogThatCannotBeWrittenIsSaidBeforeAnythingIsServed) {
  simulate();
  const auto result = run({"serve", "--listen", "127.0.0.1:0", "--config",
                           write("c.toml", "[serve]\naccess_log = \"/dev/null/x\"\n")});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("[serve] access_log: /dev/null/x cannot be written"));
}

}  // namespace
}  // namespace prx::cli
