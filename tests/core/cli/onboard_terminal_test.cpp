// prx onboard in a terminal, as a person uses it.
#include <signal.h>

#include <future>

#include "onboard_fixture.hpp"
#include "support/terminal.hpp"
#include "support/wire_server.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;
using test::Terminal;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kNewKey = "sk-or-v1-07e107e107e107e107e107e1";
constexpr const char* kPaste = "Paste the key";

class OnboardTerminal : public OnboardTest {
 protected:
  OnboardTerminal() { environment["TERM"] = "xterm"; }
  void TearDown() override {
    for (const auto& terminal : terminals_)
      EXPECT_THAT(terminal->shown(), AllOf(Not(HasSubstr(kKey)), Not(HasSubstr("07e107e107"))));
    EXPECT_EQ(text_of_all_files().find("5ec2e75ec2e7"), std::string::npos);
    OnboardTest::TearDown();
  }
  Terminal& onboard(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), "onboard");
    const auto options = program(std::move(arguments));
    terminals_.push_back(std::make_unique<Terminal>(
        test::TerminalOptions{options.program, options.arguments, options.environment}));
    return *terminals_.back();
  }
  /// Waits for a question and answers it; what was shown since the last one.
  static std::string answer(Terminal& terminal, const std::string& question,
                            const std::string& line) {
    std::string shown = terminal.wait_for(question);
    terminal.type(line + "\r");
    return shown;
  }
  [[nodiscard]] std::string text_of_all_files() const {
    std::string text;
    for (const auto& entry : fs::recursive_directory_iterator(home))
      if (entry.is_regular_file() && entry.path().extension() != ".so") text += read(entry.path());
    return text;
  }
  void only_key(const char* key) {
    simulate_key(key);
    environment.erase("OPENROUTER_API_KEY");
  }

 private:
  std::vector<std::unique_ptr<Terminal>> terminals_;
};

TEST_F(OnboardTerminal, OffersTheKeyOfTheEnvironmentAndWritesItsName) {
  simulate();
  Terminal& terminal = onboard();
  EXPECT_THAT(answer(terminal, "[1]: ", ""), HasSubstr("OPENROUTER_API_KEY is set"));
  EXPECT_THAT(answer(terminal, "use it? [Y/n] ", ""), HasSubstr("(...c2e7)"));
  EXPECT_THAT(terminal.wait_for("Number, or part of a name"),
              AllOf(HasSubstr("accepts the key"), HasSubstr("the key has no limit")));
  answer(terminal, ": ", "gpt");
  EXPECT_THAT(answer(terminal, "Number, or part of a name", "openai/gpt-4o"),
              AllOf(HasSubstr("openai/gpt-4o"), Not(HasSubstr("claude"))));
  EXPECT_THAT(answer(terminal, "Write ", "y"), HasSubstr("api_key = \"${OPENROUTER_API_KEY}\""));
  terminal.wait_for("prx chat \"Hello\"");
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_THAT(read(file()), HasSubstr("model = \"openai/gpt-4o\"\n"));
}

TEST_F(OnboardTerminal, AsksAgainForAKeyThatIsRefusedAndShowsNone) {
  only_key(kNewKey);
  Terminal& terminal = onboard();
  answer(terminal, "[1]: ", "openrouter");
  EXPECT_THAT(answer(terminal, kPaste, kKey), HasSubstr("https://openrouter.ai/keys"));
  EXPECT_THAT(answer(terminal, kPaste, kNewKey), HasSubstr("...c2e7"));
  EXPECT_THAT(answer(terminal, "by you alone? [Y/n] ", "y"),
              AllOf(HasSubstr("33 characters came, ...07e1"), HasSubstr("accepts the key")));
  answer(terminal, "Number, or part of a name", "");
  answer(terminal, "Write ", "");
  EXPECT_EQ(terminal.wait(), 0);
  const fs::path key = file().parent_path() / "openrouter.key";
  EXPECT_EQ(read(key), std::string(kNewKey) + "\n");
  EXPECT_EQ(mode(key), 0600U);
  EXPECT_THAT(read(file()), HasSubstr("api_key_file = \"openrouter.key\"\n"));
}

TEST_F(OnboardTerminal, ShowsTheDiffOfAFileThatIsThereAndKeepsItAfterANo) {
  simulate();
  const std::string before = "# mine\n[reliability]\nretries = 0 # none\n";
  configure(before);
  Terminal& terminal = onboard();
  answer(terminal, "[1]: ", "");
  answer(terminal, "use it? [Y/n] ", "");
  answer(terminal, "Number, or part of a name", "");
  EXPECT_THAT(answer(terminal, "Change ", "n"), HasSubstr("+[providers.openrouter]"));
  terminal.wait_for("Nothing was changed.");
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_EQ(read(file()), before);
}

TEST_F(OnboardTerminal, LeavesWithCtrlCAtTheKeyAndEchoesAgain) {
  only_key(kNewKey);
  Terminal& terminal = onboard();
  answer(terminal, "[1]: ", "");
  terminal.wait_for(kPaste);
  EXPECT_FALSE(terminal.echoes());
  terminal.type(kKey);
  terminal.control('c');
  terminal.wait_for("nothing was changed");
  EXPECT_TRUE(terminal.echoes());
  EXPECT_EQ(terminal.wait(), 130);
  EXPECT_FALSE(fs::exists(home / "config"));
}

TEST_F(OnboardTerminal, LeavesWithCtrlCWhileAKeyIsChecked) {
  std::promise<void> asked;
  test::WireServer silent([&](test::WireConnection& connection) {
    static_cast<void>(connection.read_request());
    if (connection.number() == 0) asked.set_value();
    connection.wait_closed();
  });
  environment["OPENROUTER_BASE_URL"] =
      "http://127.0.0.1:" + std::to_string(silent.port()) + "/api/v1";
  Terminal& terminal = onboard();
  answer(terminal, "[1]: ", "");
  answer(terminal, "use it? [Y/n] ", "");
  ASSERT_EQ(asked.get_future().wait_for(kPatience), std::future_status::ready);
  terminal.control('c');
  terminal.wait_for("nothing was changed");
  EXPECT_EQ(terminal.wait(), 130);
  EXPECT_FALSE(fs::exists(home / "config"));
}

TEST_F(OnboardTerminal, EchoesAgainAfterEverySignalThatEndsIt) {
  only_key(kNewKey);
  for (const int number : {SIGTERM, SIGHUP, SIGQUIT}) {
    Terminal& terminal = onboard();
    answer(terminal, "[1]: ", "");
    terminal.wait_for(kPaste);
    EXPECT_FALSE(terminal.echoes());
    terminal.send_signal(number);
    terminal.wait_for("nothing was changed");
    EXPECT_TRUE(terminal.echoes()) << number;
    EXPECT_EQ(terminal.wait(), 128 + number);
  }
  EXPECT_FALSE(fs::exists(home / "config"));
}

TEST_F(OnboardTerminal, EchoesWhileItIsStoppedAtTheKeyAndHidesAgain) {
  only_key(kNewKey);
  auto options = program({"onboard"});
  Terminal terminal({"/bin/sh",
                     {"-mc",
                      "/bin/sh -c 'echo pid=$$.; exec \"$0\" onboard' \"$0\"; echo it has stopped; "
                      "read x; fg",
                      options.program},
                     options.environment});
  terminal.wait_for("pid=");
  const pid_t pid = std::stoi(terminal.wait_for("."));
  answer(terminal, "[1]: ", "");
  terminal.wait_for(kPaste);
  terminal.control('\\');  // no way out that leaves the terminal so
  EXPECT_FALSE(terminal.echoes());
  ASSERT_EQ(::kill(pid, SIGTSTP), 0);
  terminal.wait_for("it has stopped");
  EXPECT_TRUE(terminal.echoes());
  terminal.type("\r");
  terminal.wait_for(kPaste);
  EXPECT_FALSE(terminal.echoes());
  terminal.control('c');
  terminal.wait_for("nothing was changed");
  terminal.wait();
  EXPECT_FALSE(fs::exists(home / "config"));
}

TEST_F(OnboardTerminal, RefusesWhatIsLongerThanALineCanBe) {
  only_key(kNewKey);
  Terminal& terminal = onboard();
  answer(terminal, "[1]: ", "");
  answer(terminal, kPaste, std::string(5'000, 'k'));
  EXPECT_THAT(terminal.wait_for(kPaste), HasSubstr("longer than a line of the terminal"));
  terminal.control('c');
  EXPECT_EQ(terminal.wait(), 130);
}

TEST_F(OnboardTerminal, OffersWhatIsConfiguredAlready) {
  only_key(kNewKey);
  configure("[default]\nprovider = \"openai\"\n\n[providers.openai]\napi_key_file = \"k\"\n");
  write("config/prx/k", kNewKey);
  Terminal& terminal = onboard();
  answer(terminal, "[2]: ", "");
  EXPECT_THAT(answer(terminal, "keep it? [Y/n] ", ""),
              AllOf(HasSubstr("api_key_file"), HasSubstr("...07e1")));
  answer(terminal, "Number, or part of a name", "gpt-4o");
  EXPECT_THAT(answer(terminal, "Change ", ""), HasSubstr("+model = \"gpt-4o\""));
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_EQ(read(file()),
            "[default]\nprovider = \"openai\"\nmodel = \"gpt-4o\"\n\n"
            "[providers.openai]\napi_key_file = \"k\"\n");
}

TEST_F(OnboardTerminal, OverwritesAKeyFileOnlyAfterAYes) {
  only_key(kNewKey);
  const std::string key = write("config/prx/openrouter.key", "another-key-0123456789\n");
  Terminal& terminal = onboard();
  answer(terminal, "[1]: ", "");
  answer(terminal, kPaste, kNewKey);
  answer(terminal, "overwrite it with this key? [y/N] ", "");
  terminal.wait_for("export OPENROUTER_API_KEY=...");
  answer(terminal, "Number, or part of a name", "");
  answer(terminal, "Write ", "");
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_EQ(read(key), "another-key-0123456789\n");
  EXPECT_THAT(read(file()), HasSubstr("api_key = \"${OPENROUTER_API_KEY}\"\n"));
}

TEST_F(OnboardTerminal, PicksAreCheckedAndLimited) {
  simulate();
  Terminal& terminal = onboard();
  answer(terminal, "[1]: ", "nobody");
  EXPECT_THAT(answer(terminal, "[1]: ", "1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3"),
              HasSubstr("'nobody' is none of them"));
  EXPECT_THAT(terminal.wait_for("[1]: "), HasSubstr("At most 20 providers"));
  terminal.control('c');
  EXPECT_EQ(terminal.wait(), 130);
}

TEST_F(OnboardTerminal, TakesAServerByItsAddress) {
  simulate();
  Terminal& terminal = onboard();
  const std::string shown = terminal.wait_for("[1]: ");
  const auto at = shown.find(")  Another server");
  ASSERT_NE(at, std::string::npos) << shown;
  const auto begin = shown.find_last_not_of("0123456789", at - 1) + 1;
  terminal.type(shown.substr(begin, at - begin) + "\r");
  answer(terminal, "up to /v1: ", "not a url");
  answer(terminal, "up to /v1: ", simulator().openai_base_url());
  answer(terminal, "[local]: ", "");
  answer(terminal, "want a key? [y/N] ", "");
  answer(terminal, "Number, or part of a name", "gpt-4o");
  answer(terminal, "Write ", "");
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_THAT(read(file()), AllOf(HasSubstr("provider = \"local\"\nmodel = \"gpt-4o\"\n"),
                                  HasSubstr("[providers.local]\nplugin = \"openai\"\n")));
}

TEST_F(OnboardTerminal, EnterTakesTheOnlyModelOfAServer) {
  const Lister server({"my-llm"});
  configure("[default]\nprovider = \"lab\"\n\n[providers.lab]\nplugin = \"openai\"\nbase_url = \"" +
            server.url() + "\"\napi_key = \"none\"\n");
  Terminal& terminal = onboard();
  answer(terminal, "]: ", "lab");
  answer(terminal, "keep it? [Y/n] ", "");
  answer(terminal, "Number, or part of a name [my-llm]: ", "");
  answer(terminal, "Change ", "");
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_THAT(read(file()), HasSubstr("provider = \"lab\"\nmodel = \"my-llm\"\n"));
}

TEST_F(OnboardTerminal, LeavesWithCtrlDAtAnyQuestion) {
  simulate();
  const std::vector<std::string> questions = {"[1]: ", "use it? [Y/n] ",
                                              "Number, or part of a name", "Write "};
  for (std::size_t last = 0; last < questions.size(); ++last) {
    Terminal& terminal = onboard();
    for (std::size_t i = 0; i < last; ++i) answer(terminal, questions[i], "");
    terminal.wait_for(questions[last]);
    terminal.control('d');
    terminal.wait_for("nothing was changed");
    EXPECT_EQ(terminal.wait(), 130) << questions[last];
    EXPECT_FALSE(fs::exists(home / "config")) << questions[last];
  }
}

TEST_F(OnboardTerminal, TakesFallbacksAndWorksOffline) {
  environment["OPENAI_API_KEY"] = kNewKey;
  Terminal& terminal = onboard({"--no-verify"});
  answer(terminal, "[1]: ", "openai openrouter");
  answer(terminal, "use it? [Y/n] ", "");
  answer(terminal, "use it? [Y/n] ", "");
  answer(terminal, "Model [gpt-4o]: ", "gpt-4o-mini");
  answer(terminal, "Model [anthropic", "");
  answer(terminal, "fails? [Y/n] ", "");
  answer(terminal, "Write ", "");
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_THAT(read(file()), AllOf(HasSubstr("model = \"gpt-4o-mini\"\n"),
                                  HasSubstr("fallback_providers = [\"openrouter\"]\n"),
                                  HasSubstr("model = \"anthropic/claude-sonnet-4\"\n")));
}

}  // namespace
}  // namespace prx::cli
