// prx serve over TLS, asked by curl.
#include <csignal>
#include <filesystem>

#include "core/cli/program_fixture.hpp"
#include "core/serve/given_sockets.hpp"
#include "core/sim/raw_client.hpp"
#include "support/certificates.hpp"

namespace prx::cli {
namespace {

using sim::test::chat_body;
using sim::test::RawClient;
using sim::test::request_text;
using test::Certificates;
using test::GivenSockets;
using test::Process;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kCurl = "/usr/bin/curl";

class ServeTls : public ProgramTest {
 protected:
  ServeTls() { simulate(); }
  void SetUp() override {
    if (!std::filesystem::exists(kCurl)) GTEST_SKIP() << "no curl here";
  }
  void use(const Certificates::Pair& pair) const {
    namespace fs = std::filesystem;
    constexpr auto kOver = fs::copy_options::overwrite_existing;
    fs::create_directories(home / "config/prx/tls");
    fs::copy_file(pair.key, home / "config/prx/tls/key.pem", kOver);
    fs::copy_file(pair.certificate, home / "config/prx/tls/chain.pem", kOver);
    fs::permissions(home / "config/prx/tls/key.pem", fs::perms(0600));
  }
  std::unique_ptr<Process> start(const Certificates::Pair& pair) {
    use(pair);
    configure(
        "[reliability]\nretries = 0\n"
        "[serve.tls]\ncertificate = \"tls/chain.pem\"\nkey = \"tls/key.pem\"\n");
    auto server =
        std::make_unique<Process>(program({"serve", "--quiet", "--listen", "127.0.0.1:0"}));
    server->wait_for_out("\n");
    url = server->out().substr(0, server->out().find('\n'));
    port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    return server;
  }
  test::ProcessResult curl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-sSN", "--cacert", authority.ca_file()});
    test::ProcessOptions options = program(std::move(arguments));
    options.program = kCurl;
    return run_with(options);
  }
  test::ProcessResult chat(const std::string& model, bool stream,
                           std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(),
                     {url + "/v1/chat/completions", "-H", "Content-Type: application/json",
                      "--data-binary", chat_body(model, stream)});
    return curl(std::move(arguments));
  }
  int stop(Process& server) {
    server.send_signal(SIGTERM);
    return end(server).exit_code;
  }

  Certificates authority;
  std::string url;
  std::uint16_t port = 0;
};

TEST_F(ServeTls, AnswersAndStreamsInBothVersions) {
  const auto server = start(authority.issue("IP:127.0.0.1"));
  EXPECT_EQ(url, "https://127.0.0.1:" + std::to_string(port));
  for (const char* const version : {"1.2", "1.3"}) {
    const std::vector<std::string> only = {"--tls-max", version, std::string("--tlsv") + version};
    const auto whole = chat("openai/gpt-4o", false, only);
    EXPECT_EQ(whole.exit_code, 0) << whole.err;
    EXPECT_THAT(whole.out, HasSubstr("\"finish_reason\":\"stop\""));
    const auto stream = chat("openai/gpt-4o", true, only);
    EXPECT_EQ(stream.exit_code, 0) << stream.err;
    EXPECT_THAT(stream.out, HasSubstr("data: [DONE]"));
  }
  EXPECT_EQ(stop(*server), 0);
}

TEST_F(ServeTls, RefusesOldVersionsAndTellsPlainHttpWhatItIs) {
  const auto server = start(authority.issue("IP:127.0.0.1"));
  const auto old = curl({"--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0", url + "/healthz"});
  EXPECT_EQ(old.exit_code, 35) << old.out;
  const auto plain = curl({"http://127.0.0.1:" + std::to_string(port) + "/healthz"});
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_THAT(plain.out, HasSubstr("ask for it by an https:// URL"));
  const auto stranger =
      curl({"--cacert", authority.self_signed("IP:127.0.0.1").certificate, url + "/healthz"});
  EXPECT_EQ(stranger.exit_code, 60) << "its certificate is checked";
  EXPECT_EQ(stop(*server), 0);
}

TEST_F(ServeTls, AStreamThatBreaksIsNoAnswerToCurl) {
  const auto server = start(authority.issue("IP:127.0.0.1"));
  const auto cut = chat("openai/gpt-4o#reset?after=3", true);
  EXPECT_NE(cut.exit_code, 0);
  EXPECT_THAT(cut.out, AllOf(HasSubstr("data: "), Not(HasSubstr("[DONE]"))));
  EXPECT_EQ(stop(*server), 0);
}

TEST_F(ServeTls, ALargeBodyArrivesAndOneTooLargeIsRefused) {
  const auto server = start(authority.issue("IP:127.0.0.1"));
  const std::string body = chat_body("openai/gpt-4o", false);
  const auto posted = [&](std::size_t size) {
    const std::string file = write("body", body + std::string(size - body.size(), ' '));
    return curl({url + "/v1/chat/completions", "-o", "/dev/null", "-w", "%{http_code}", "-H",
                 "Expect:", "--data-binary", "@" + file})
        .out;
  };
  EXPECT_EQ(posted(8u << 20), "200");
  EXPECT_EQ(posted((32u << 20) + 1), "413");
  EXPECT_EQ(stop(*server), 0);
}

TEST_F(ServeTls, RenewedFilesAreNoticed) {
  const auto server = start(authority.issue("IP:127.0.0.2"));
  EXPECT_EQ(curl({url + "/healthz"}).exit_code, 60) << "it is another address's";
  use(authority.issue("IP:127.0.0.1"));
  server->wait_for_err("the certificate was read again");
  EXPECT_EQ(curl({url + "/healthz"}).exit_code, 0);
  write("config/prx/tls/chain.pem", "nothing\n");
  server->send_signal(SIGHUP);
  server->wait_for_err("the certificate stays as it was: 'certificate' in [serve.tls], ");
  EXPECT_EQ(curl({url + "/healthz"}).exit_code, 0);
  EXPECT_EQ(stop(*server), 0);
}

TEST_F(ServeTls, FilesThatCannotBeUsedAreAnErrorAtTheStart) {
  configure("[serve.tls]\ncertificate = \"missing.pem\"\nkey = \"missing.key\"\n");
  const auto result = run({"serve", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr("'certificate' in [serve.tls], "),
                                HasSubstr("config/prx/missing.pem")));
}

TEST_F(ServeTls, AnExpiredCertificateAndAnOpenKeyAreWarnedOf) {
  const auto pair = authority.issue("IP:127.0.0.1", true);
  const auto server = start(pair);
  std::filesystem::permissions(home / "config/prx/tls/key.pem", std::filesystem::perms(0644));
  server->wait_for_err("the certificate has expired; put a renewed one there");
  server->send_signal(SIGHUP);
  server->wait_for_err("others can read it; run chmod 600 on it");
  EXPECT_EQ(stop(*server), 0);
}

TEST_F(ServeTls, SocketsThatAreGivenSpeakItAndUnixSocketsDoNot) {
  use(authority.issue("IP:127.0.0.1"));
  configure("[serve.tls]\ncertificate = \"tls/chain.pem\"\nkey = \"tls/key.pem\"\n");
  GivenSockets sockets;
  const std::string place = home / "prx.sock";
  const std::string given = "https://127.0.0.1:" + std::to_string(sockets.add_tcp("https"));
  sockets.add_unix("local", place);
  Process server(sockets.given_to(program({"serve", "--quiet"})));
  server.wait_for_out(given + "\nunix:" + place + "\n");
  EXPECT_EQ(curl({given + "/healthz"}).exit_code, 0);
  EXPECT_THAT(test::get_by_unix(place, "/healthz"), HasSubstr("200 OK"));
  EXPECT_EQ(stop(server), 0);
}

}  // namespace
}  // namespace prx::cli
