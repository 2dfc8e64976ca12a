// prx serve behind a reverse proxy that speaks HTTP/2: nghttpx, and nginx as serve.md sets it up.
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "core/cli/program_fixture.hpp"
#include "core/serve/given_sockets.hpp"
#include "core/sim/raw_client.hpp"
#include "support/certificates.hpp"
#include "support/nghttpx.hpp"

namespace prx::cli {
namespace {

using sim::test::chat_body;
using test::Process;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHttp2Curl = "/usr/bin/curl";
constexpr int kStreamError = 92;  // of HTTP/2

std::string find_nginx() {
  std::istringstream folders(std::string(::getenv("PATH")) + ":/usr/sbin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/nginx").c_str(), X_OK) == 0) return folder + "/nginx";
  return "";
}

class BehindProxy : public ProgramTest {
 protected:
  BehindProxy() { simulate(); }
  void SetUp() override {
    if (!std::filesystem::exists(kHttp2Curl)) GTEST_SKIP() << "no curl here";
    server = std::make_unique<Process>(program({"serve", "--quiet", "--listen", "127.0.0.1:0"}));
    server->wait_for_out("\n");
    port = server->out().substr(server->out().rfind(':') + 1);
    port.pop_back();
  }
  void TearDown() override {
    if (server) {
      server->send_signal(SIGTERM);
      EXPECT_EQ(end(*server).exit_code, 0);
    }
    ProgramTest::TearDown();
  }
  test::ProcessResult chat(const std::string& model, std::vector<std::string> place) {
    place.insert(place.begin(), {"-sSN", "--http2", "-w", "<%{http_version}>", "--cacert",
                                 authority.ca_file(), "--data-binary", chat_body(model, true)});
    test::ProcessOptions options = program(std::move(place));
    options.program = kHttp2Curl;
    return run_with(options);
  }
  void expect_streams(const std::vector<std::string>& place) {
    const auto whole = chat("openai/gpt-4o", place);
    EXPECT_EQ(whole.exit_code, 0) << whole.err;
    EXPECT_THAT(whole.out, AllOf(HasSubstr("data: [DONE]"), HasSubstr("<2>")));
    const auto cut = chat("openai/gpt-4o#reset?after=3", place);
    EXPECT_EQ(cut.exit_code, kStreamError) << cut.err;
    EXPECT_THAT(cut.out, Not(HasSubstr("[DONE]")));
  }
  /// A stream that goes on for ever: what came is passed on, and its client's end ends it.
  void expect_pieces_and_ends(std::vector<std::string> place) {
    place.insert(place.begin(), {"-sSN", "--http2", "--cacert", authority.ca_file(),
                                 "--data-binary", chat_body("openai/gpt-4o#stall?after=2", true)});
    test::ProcessOptions options = program(std::move(place));
    options.program = kHttp2Curl;
    Process client(options);
    client.wait_for_out("data: ");
    client.send_signal(SIGTERM);
    EXPECT_EQ(client.wait().signal, SIGTERM);
    EXPECT_TRUE(client_went_away());
  }

  test::Certificates authority;
  std::unique_ptr<Process> server;
  std::string port;
};

TEST_F(BehindProxy, NghttpxBringsHttp2) {
  const test::Nghttpx proxy({.certificate = authority.issue("IP:127.0.0.1"),
                             .backend_port = static_cast<std::uint16_t>(std::stoi(port))});
  const std::string url =
      "https://127.0.0.1:" + std::to_string(proxy.port()) + "/v1/chat/completions";
  expect_streams({url});
  expect_pieces_and_ends({url});
}

class BehindNginx : public BehindProxy {
 protected:
  void SetUp() override {
    if (find_nginx().empty()) GTEST_SKIP() << "no nginx here";
    BehindProxy::SetUp();
  }
  static void put(std::string& text, const std::string& place, const std::string& what) {
    ASSERT_NE(text.find(place), std::string::npos) << place;
    text.replace(text.find(place), place.size(), what);
  }
  /// The page's own lines, with other places.
  [[nodiscard]] std::string settings() {
    std::ostringstream page;
    page << std::ifstream(PRX_SOURCE_DIR "/core/docs/serve.md").rdbuf();
    std::string text = page.str();
    text = text.substr(text.find("```nginx\n") + 9);
    text = text.substr(0, text.find("```"));
    const auto pair = authority.issue("DNS:prx.example.org");
    put(text, "127.0.0.1:8383", "127.0.0.1:" + port);
    put(text, "listen 443", "listen unix:" + place());
    put(text, "/etc/prx/fullchain.pem", pair.certificate);
    put(text, "/etc/prx/privkey.pem", pair.key);
    std::string all = "daemon off; master_process off; pid " + (home / "nginx.pid").string() +
                      ";\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n";
    for (const char* const kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      all += std::string(kind) + "_temp_path " + (home / kind).string() + ";\n";
    return all + text + "}\n";
  }
  [[nodiscard]] std::string place() const { return home / "nginx.sock"; }
};

TEST_F(BehindNginx, StreamsGoThroughAsThePageSays) {
  test::ProcessOptions options = program({"-e", "stderr", "-c", write("nginx.conf", settings())});
  options.program = find_nginx();
  Process nginx(options);
  for (int i = 0; i < 1'000 && !std::filesystem::exists(place()); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const std::vector<std::string> way = {"--unix-socket", place(),
                                        "https://prx.example.org/v1/chat/completions"};
  expect_streams(way);
  expect_pieces_and_ends(way);
}

}  // namespace
}  // namespace prx::cli
