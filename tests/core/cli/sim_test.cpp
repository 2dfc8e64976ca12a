// prx sim.
#include <csignal>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using test::Process;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Sim : public ProgramTest {
 protected:
  /// Starts prx sim --quiet with further options, and points the program at it.
  std::unique_ptr<Process> start(std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"sim", "--quiet", "--pace", "0"});
    auto process = std::make_unique<Process>(program(options));
    process->wait_for_out("\n");
    environment["OPENROUTER_BASE_URL"] = process->out().substr(0, process->out().find('\n'));
    return process;
  }
};

TEST_F(Sim, AnswersUntilCtrlC) {
  const auto server = start();
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("simulated answer"));
  server->send_signal(SIGINT);
  EXPECT_EQ(end(*server).exit_code, 0);
}

TEST_F(Sim, SigtermEndsItToo) {
  const auto server = start();
  server->send_signal(SIGTERM);
  EXPECT_EQ(end(*server).exit_code, 0);
}

TEST_F(Sim, PrintsTheAddressesAndHowToUseThem) {
  Process server(program({"sim"}));
  server.wait_for_out("Ctrl-C stops it.");
  EXPECT_THAT(server.out(), AllOf(HasSubstr("as OpenRouter   http://127.0.0.1:"),
                                  HasSubstr("as OpenAI       http://"),
                                  HasSubstr("export OPENROUTER_BASE_URL=http://127.0.0.1:")));
  server.send_signal(SIGINT);
  EXPECT_EQ(end(server).exit_code, 0);
}

TEST_F(Sim, AScriptDecidesWhatFails) {
  const auto server =
      start({"--script", write("f.toml", "[[rules]]\nmodel = \"openai/*\"\nfault = \"402\"\n")});
  EXPECT_EQ(run({"chat", "--model", "openai/gpt-4o", "Hello"}).exit_code, 4);
  EXPECT_EQ(run({"chat", "Hello"}).exit_code, 0);
  server->send_signal(SIGINT);
  EXPECT_EQ(end(*server).exit_code, 0);
}

TEST_F(Sim, TheLogSaysHowEachRequestEnded) {
  const auto server = start({"--log"});
  EXPECT_EQ(run({"chat", "Hello"}).exit_code, 0);
  server->wait_for_err("POST /api/v1/chat/completions 200 complete, ");
  EXPECT_NE(run({"chat", "--model", "sim/cut?after=3", "Hello"}).exit_code, 0);
  server->wait_for_err("POST /api/v1/chat/completions 200 fault, ");
  EXPECT_EQ(server->err().find("Hello"), std::string::npos);
  server->send_signal(SIGINT);
  EXPECT_EQ(end(*server).exit_code, 0);
}

TEST_F(Sim, APortThatIsTakenIsSaid) {
  simulate();
  const auto result = run({"sim", "--port", std::to_string(simulator().port())});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("prx: "));
}

TEST_F(Sim, WrongOptionsAndScriptsAreUsageErrors) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"sim", "--port", "70000"},
           {"sim", "--port", "-1"},
           {"sim", "--pace", "-1"},
           {"sim", "--pace", "60001"},
           {"sim", "extra"},
           {"sim", "--script", home / "none.toml"},
           {"sim", "--script", home},
           {"sim", "--script", write("bad.toml", "[[rules]]\nfault = \"nope\"\n")}}) {
    const auto result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

TEST_F(Sim, AScriptThatCannotBeReadIsSaidWithItsRemedy) {
  EXPECT_EQ(run({"sim", "--script", home / "none.toml"}).err,
            "prx: " + (home / "none.toml").string() +
                ": cannot be read: No such file or directory; create it, or correct its path or "
                "mode\n");
  const std::string large = write("large.toml", std::string((1u << 20) + 1, '\n'));
  EXPECT_EQ(run({"sim", "--script", large}).err,
            "prx: " + large + ": is larger than 1048576 bytes; make it smaller\n");
}

}  // namespace
}  // namespace prx::cli
