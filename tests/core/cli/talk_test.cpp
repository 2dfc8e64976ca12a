// prx chat in a terminal, as a person uses it.
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "program_fixture.hpp"
#include "support/fifo.hpp"
#include "support/terminal.hpp"

namespace prx::cli {
namespace {

using test::Terminal;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kReady = "> ";
constexpr int kHungUp = 129;  ///< exit status

class TalkProgram : public ProgramTest {
 protected:
  TalkProgram() {
    simulate();
    environment["TERM"] = "xterm";
  }
  void TearDown() override {
    for (const auto& terminal : terminals_) EXPECT_THAT(terminal->shown(), Not(HasSubstr(kKey)));
    ProgramTest::TearDown();
  }
  /// \param starter  a program and its arguments that starts the program in its own place.
  Terminal& talk(std::vector<std::string> arguments = {}, std::vector<std::string> starter = {}) {
    arguments.insert(arguments.begin(), "chat");
    auto options = program(std::move(arguments));
    if (!starter.empty()) {
      options.arguments.insert(options.arguments.begin(), options.program);
      options.arguments.insert(options.arguments.begin(), starter.begin() + 1, starter.end());
      options.program = starter.front();
    }
    terminals_.push_back(std::make_unique<Terminal>(
        test::TerminalOptions{options.program, options.arguments, options.environment}));
    Terminal& terminal = *terminals_.back();
    terminal.wait_for(kReady);
    return terminal;
  }
  /// Enters a line, and waits until the next one is asked for; what was shown in between.
  static std::string enter(Terminal& terminal, const std::string& line) {
    terminal.type(line + "\r");
    return terminal.wait_for("\n> ");
  }
  static std::string read(const std::string& file) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  /// The requests for an answer; others verify the key beside them.
  std::vector<sim::RequestRecord> asked() {
    auto requests = simulator().requests();
    std::erase_if(requests, [](const auto& request) { return request.method != "POST"; });
    return requests;
  }
  rapidjson::Document last_body() {
    rapidjson::Document body;
    body.Parse(asked().back().body.c_str());
    return body;
  }

 private:
  std::vector<std::unique_ptr<Terminal>> terminals_;
};

TEST_F(TalkProgram, EachQuestionKnowsTheOnesBefore) {
  Terminal& terminal = talk({"--system", "be brief"});
  EXPECT_THAT(enter(terminal, "first"), HasSubstr("Your prompt was: first"));
  EXPECT_THAT(enter(terminal, "second"), HasSubstr("Your prompt was: second"));
  terminal.control('d');
  EXPECT_EQ(terminal.wait(), 0);
  const auto body = last_body();
  ASSERT_EQ(body["messages"].Size(), 4u);
  EXPECT_STREQ(body["messages"][0]["content"].GetString(), "be brief");
  EXPECT_STREQ(body["messages"][1]["content"].GetString(), "first");
  EXPECT_STREQ(body["messages"][2]["role"].GetString(), "assistant");
  EXPECT_STREQ(body["messages"][3]["content"].GetString(), "second");
}

TEST_F(TalkProgram, CtrlCStopsTheAnswerAndNotTheProgram) {
  Terminal& terminal = talk();
  enter(terminal, "/model sim/stall?after=3");
  terminal.type("go on\r");
  terminal.wait_for("This");  // the answer has begun
  terminal.control('c');
  EXPECT_THAT(terminal.wait_for("\n> "), HasSubstr("stopped; /retry asks again"));
  EXPECT_TRUE(client_went_away());
  enter(terminal, "/model openai/gpt-4o");
  EXPECT_THAT(enter(terminal, "/retry"), HasSubstr("Your prompt was: go on"));
  terminal.control('d');
  EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(TalkProgram, CtrlCLeavesTheLine) {
  Terminal& terminal = talk();
  terminal.type("never mind");
  terminal.wait_for("never mind");
  terminal.control('c');
  EXPECT_THAT(terminal.wait_for("\n> "), HasSubstr("^C"));
  EXPECT_THAT(enter(terminal, "hi"), HasSubstr("Your prompt was: hi"));
  EXPECT_EQ(asked().size(), 1u);
}

TEST_F(TalkProgram, AWarningOfTheConfigurationIsSaidOnce) {
  configure("[reliability]\nretries = 0\nfallback_on = [\"content_policy\"]\n");
  Terminal& terminal = talk({"--log-level", "info"});
  enter(terminal, "/model m");
  enter(terminal, "/model n");
  const std::string shown = terminal.shown();
  const auto first = shown.find("fallback_on replaces the default");
  ASSERT_NE(first, std::string::npos) << shown;
  EXPECT_EQ(shown.find("fallback_on replaces the default", first + 1), std::string::npos) << shown;
}

TEST_F(TalkProgram, CtrlCEndsItWhenAPluginHoldsIt) {
  const auto plugin = home / "plugins/holds.so";
  std::filesystem::copy_file(PRX_CLI_FIXTURE_DIR "/holds.so", plugin);
  ::chmod(plugin.c_str(), 0755);
  configure(R"([reliability]
retries = 0
[chains.two]
targets = [{ provider = "holds" }, { provider = "openrouter" }]
)");
  Terminal& terminal = talk();
  enter(terminal, "/chain two");
  terminal.type("go on\r");
  terminal.wait_for("first");
  terminal.control('c');
  terminal.wait_for("prx: one of the plugins 'holds', 'openrouter' has not returned for 1 s");
  EXPECT_EQ(terminal.wait(), 130);
}

TEST_F(TalkProgram, SigtermEndsItAtThePromptAndDuringAnAnswer) {
  Terminal& idle = talk();
  idle.send_signal(SIGTERM);
  EXPECT_EQ(idle.wait(), 143);
  Terminal& busy = talk();
  enter(busy, "/model sim/stall?after=3");
  busy.type("go on\r");
  busy.wait_for("This");
  busy.send_signal(SIGTERM);
  EXPECT_EQ(busy.wait(), 143);
}

TEST_F(TalkProgram, AClosedWindowEndsIt) {
  Terminal& terminal = talk();
  terminal.hang_up();
  EXPECT_EQ(terminal.wait(), kHungUp);
}

TEST_F(TalkProgram, AQuestionMayHaveManyLines) {
  Terminal& terminal = talk();
  terminal.type("one \\\r");
  terminal.wait_for("... ");
  enter(terminal, "two");
  EXPECT_STREQ(last_body()["messages"][0]["content"].GetString(), "one \ntwo");
  terminal.type("\"\"\"\r");
  terminal.wait_for("... ");
  terminal.type("three\r");
  terminal.wait_for("... ");
  terminal.type("four\r");
  terminal.wait_for("... ");
  enter(terminal, "\"\"\"");
  EXPECT_STREQ(last_body()["messages"][2]["content"].GetString(), "three\nfour");
}

TEST_F(TalkProgram, PastedLinesAreOneQuestion) {
  Terminal& terminal = talk();
  terminal.type("first\r/not a command\r\tlast");
  terminal.wait_for("last");
  terminal.type("\r");
  terminal.wait_for("\n> ");
  EXPECT_EQ(asked().size(), 1u);
  EXPECT_STREQ(last_body()["messages"][0]["content"].GetString(), "first\n/not a command\n\tlast");
}

TEST_F(TalkProgram, CharactersBeyondAsciiAreEditedAsCharacters) {
  Terminal& terminal = talk();
  terminal.type(
      "gr\xC3\xBC\xC3\x9F \xF0\x9F\x8C\x9F"
      "x\x7F\r");
  terminal.wait_for("\n> ");
  EXPECT_STREQ(last_body()["messages"][0]["content"].GetString(),
               "gr\xC3\xBC\xC3\x9F \xF0\x9F\x8C\x9F");
}

/// As the library for lines writes it.
constexpr const char* kHistory = "_HiStOrY_V2_\nof\\040old\n";

TEST_F(TalkProgram, HistoryComesBackTheNextTime) {
  Terminal& first = talk();
  enter(first, "a question to remember");
  first.control('d');
  ASSERT_EQ(first.wait(), 0);
  const std::string file = home / ".local/state/prx/history";
  struct stat about {};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat((home / ".local/state/prx").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0700u);
  Terminal& second = talk();
  second.control('p');  // the line before
  second.wait_for("a question to remember");
  second.type("\r");
  second.wait_for("\n> ");
  EXPECT_EQ(asked().size(), 2u);
}

TEST_F(TalkProgram, AHistoryThatCannotBeWrittenStaysAsItWas) {
  const std::filesystem::path file = home / ".local/state/prx/history";
  std::filesystem::create_directories(file.parent_path());
  std::string large(kHistory);  // larger than the limit; a smaller limit ends a program under TSan
  for (int i = 0; i < 500; ++i) large += std::to_string(i) + std::string(3'000, 'x') + '\n';
  std::ofstream(file) << large;
  Terminal& terminal = talk({}, {"/bin/sh", "-c", "ulimit -f 2048; exec \"$@\"", "sh"});  // 1 MiB
  enter(terminal, "there is no room for this");
  EXPECT_TRUE(read(file) == large);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(file.parent_path()), {}), 1);
}

TEST_F(TalkProgram, AHistoryMayBeALink) {
  const std::filesystem::path folder = home / ".local/state/prx";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "kept") << kHistory;
  std::filesystem::create_symlink("kept", folder / "history");
  Terminal& terminal = talk();
  enter(terminal, "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "history"));
  EXPECT_EQ(read(folder / "kept"), std::string(kHistory) + "new\n");
}

TEST_F(TalkProgram, OfManyConversationsAtOnceEachLineIsKept) {
  constexpr int kTalks = 6, kLines = 8;
  std::vector<Terminal*> terminals;
  for (int i = 0; i < kTalks; ++i) terminals.push_back(&talk());
  const auto line = [](int of, int number) {
    return "/system-" + std::to_string(of) + '-' + std::to_string(number) + '.';
  };
  for (int number = 0; number < kLines; ++number) {
    for (int i = 0; i < kTalks; ++i) terminals[i]->type(line(i, number) + "\r");
    for (Terminal* terminal : terminals) terminal->wait_for("\n> ");
  }
  const std::string kept = read(home / ".local/state/prx/history");
  for (int i = 0; i < kTalks; ++i)
    for (int number = 0; number < kLines; ++number) EXPECT_THAT(kept, HasSubstr(line(i, number)));
}

TEST_F(TalkProgram, WhatIsNoHistoryIsLeftAsItIs) {
  const std::filesystem::path file = home / ".local/state/prx/history";
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << "a diary\n";
  Terminal& terminal = talk();
  enter(terminal, "/usage");
  terminal.control('d');
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_THAT(terminal.shown(), HasSubstr("is none and is left as it is"));
  EXPECT_EQ(read(file), "a diary\n");
}

TEST_F(TalkProgram, APipeAsHistoryIsNotWaitedFor) {
  const std::filesystem::path file = home / ".local/state/prx/history";
  std::filesystem::create_directories(file.parent_path());
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  Terminal& terminal = talk();
  enter(terminal, "/usage");
  EXPECT_THAT(terminal.shown(), HasSubstr("is not a regular file"));
  EXPECT_TRUE(std::filesystem::is_fifo(file));
}

TEST_F(TalkProgram, AByteThatIsNoUtf8IsNoKeyAndNothingIsSent) {
  Terminal& terminal = talk();
  for (const char* text : {"a\x84"
                           "b",
                           "\x8d", "\x83", "caf\xe9", "\xff", "/system \xe2\x82"})
    EXPECT_THAT(enter(terminal, text), HasSubstr("the question is not UTF-8")) << text;
  EXPECT_THAT(enter(terminal, "/system"), HasSubstr("no system message"));
  EXPECT_EQ(asked().size(), 0u);
  EXPECT_THAT(enter(terminal,
                    "caf\xe9\x7f"
                    "e"),
              HasSubstr("Your prompt was: cafe"));
}

TEST_F(TalkProgram, AByteThatIsNoUtf8TakesNoKeyAway) {
  Terminal& terminal = talk();
  terminal.type("caf\xe9\x03");
  EXPECT_THAT(terminal.wait_for("\n> "), HasSubstr("^C"));
  terminal.type("\xff\x03");
  EXPECT_THAT(terminal.wait_for("\n> "), HasSubstr("^C"));
  EXPECT_EQ(asked().size(), 0u);
}

TEST_F(TalkProgram, NoHistoryKeepsNone) {
  Terminal& terminal = talk({"--no-history"});
  enter(terminal, "a secret question");
  EXPECT_FALSE(std::filesystem::exists(home / ".local/state/prx/history"));
}

TEST_F(TalkProgram, WhoIsAskedCanBeChanged) {
  environment["OPENAI_API_KEY"] = kKey;
  configure(
      "[providers.openai]\nmodel = \"gpt-4o\"\n[chains.quick]\ntargets = [{ provider = "
      "\"openai\", model = \"gpt-4o-mini\" }, { provider = \"openrouter\" }]\n");
  Terminal& terminal = talk();
  EXPECT_THAT(enter(terminal, "/provider"), HasSubstr("anthropic/claude-sonnet-4 of openrouter"));
  EXPECT_THAT(enter(terminal, "/provider openai"), HasSubstr("gpt-4o of openai"));
  enter(terminal, "hi");
  EXPECT_EQ(asked().back().target, "/v1/chat/completions");
  EXPECT_THAT(enter(terminal, "/chain quick"), HasSubstr("gpt-4o-mini of openai, then 1 other"));
  enter(terminal, "hi");
  EXPECT_STREQ(last_body()["model"].GetString(), "gpt-4o-mini");
  EXPECT_THAT(enter(terminal, "/model gpt-4o"), HasSubstr("gpt-4o of openai"));
  EXPECT_THAT(enter(terminal, "/provider opnai"), HasSubstr("did you mean 'openai'"));
  EXPECT_THAT(enter(terminal, "/provider"), HasSubstr("gpt-4o of openai"));
  EXPECT_THAT(enter(terminal, "/chain nope"), HasSubstr("unknown chain"));
}

TEST_F(TalkProgram, ImagesGoWithTheNextQuestionOnly) {
  Terminal& terminal = talk();
  EXPECT_THAT(enter(terminal, "/image " + write("no.txt", "text")), HasSubstr("is not a PNG"));
  enter(terminal, "/image " + write("a.gif", "GIF89a"));
  enter(terminal, "what is it?");
  EXPECT_STREQ(last_body()["messages"][0]["content"][1]["type"].GetString(), "image_url");
  enter(terminal, "and now?");
  EXPECT_TRUE(last_body()["messages"][2]["content"].IsString());
}

TEST_F(TalkProgram, SoundsAndFilesGoWithTheNextQuestionToo) {
  Terminal& terminal = talk();
  EXPECT_THAT(enter(terminal, "/audio " + write("no.wav", "text")), HasSubstr("is not a WAV"));
  enter(terminal, "/audio " + write("a.wav", std::string("RIFF\0\0\0\0WAVE", 12)));
  enter(terminal, "/file " + write("notes.txt", "n"));
  enter(terminal, "what are they?");
  const auto body = last_body();
  const auto& content = body["messages"][0]["content"];
  ASSERT_EQ(content.Size(), 3u);
  EXPECT_STREQ(content[1]["type"].GetString(), "input_audio");
  EXPECT_STREQ(content[2]["file"]["filename"].GetString(), "notes.txt");
}

TEST_F(TalkProgram, TheSystemMessageIsShownSetAndTakenAway) {
  Terminal& terminal = talk();
  EXPECT_THAT(enter(terminal, "/system"), HasSubstr("no system message"));
  EXPECT_THAT(enter(terminal, "/system be brief"), HasSubstr("the system message is set"));
  EXPECT_THAT(enter(terminal, "/system"), HasSubstr("be brief"));
  enter(terminal, "hi");
  EXPECT_STREQ(last_body()["messages"][0]["content"].GetString(), "be brief");
  EXPECT_THAT(enter(terminal, "/system -"), HasSubstr("taken away"));
  enter(terminal, "hi");
  EXPECT_STREQ(last_body()["messages"][0]["role"].GetString(), "user");
}

TEST_F(TalkProgram, ANewConversationKeepsTheSystemMessageAlone) {
  Terminal& terminal = talk({"--system", "be brief"});
  enter(terminal, "first");
  EXPECT_THAT(enter(terminal, "/clear"), HasSubstr("a new conversation"));
  EXPECT_THAT(enter(terminal, "/retry"), HasSubstr("there is no question to ask again"));
  enter(terminal, "second");
  EXPECT_EQ(last_body()["messages"].Size(), 2u);
  EXPECT_THAT(enter(terminal, "/usage"), HasSubstr("1 call | "));
}

TEST_F(TalkProgram, AConversationIsSavedAndLoaded) {
  const std::string file = (home / "talk.json").string();
  Terminal& first = talk();
  enter(first, "remember this");
  EXPECT_THAT(enter(first, "/save " + file), HasSubstr("saved: " + file));
  EXPECT_THAT(enter(first, "/save " + file), HasSubstr("saved: " + file));
  struct stat about {};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_THAT(read(file), HasSubstr("remember this"));
  Terminal& second = talk();
  EXPECT_THAT(enter(second, "/save " + file), HasSubstr("it exists already"));
  EXPECT_THAT(enter(second, "/load " + file), HasSubstr("2 messages loaded"));
  enter(second, "and this");
  EXPECT_EQ(last_body()["messages"].Size(), 3u);
  EXPECT_THAT(enter(second, "/load " + write("bad.json", "{")), HasSubstr("is not JSON"));
  const std::string orphan = R"([{"role":"tool","tool_call_id":"c","content":"x"}])";
  EXPECT_THAT(enter(second, "/load " + write("orphan.json", orphan)),
              HasSubstr("a tool result for call 'c'"));
}

TEST_F(TalkProgram, WhatAnotherConversationSavedIsNotOverwritten) {
  const std::string file = (home / "talk.json").string();
  Terminal& one = talk();
  enter(one, "of the first");
  enter(one, "/save " + file);
  Terminal& two = talk();
  enter(two, "/load " + file);
  enter(two, "of the second");
  EXPECT_THAT(enter(two, "/save " + file), HasSubstr("saved: "));
  EXPECT_THAT(enter(one, "/save " + file), HasSubstr("choose another name, or /load it"));
  EXPECT_THAT(read(file), HasSubstr("of the second"));
  enter(one, "/load " + file);
  EXPECT_THAT(enter(one, "/save " + file), HasSubstr("saved: "));
}

TEST_F(TalkProgram, SavingKeepsALinkAndTheMode) {
  const std::filesystem::path kept = home / "kept.json", link = home / "link.json";
  Terminal& terminal = talk();
  enter(terminal, "hi");
  enter(terminal, "/save " + kept.string());
  ASSERT_EQ(::chmod(kept.c_str(), 0644), 0);
  std::filesystem::create_symlink("kept.json", link);
  enter(terminal, "/load " + link.string());
  enter(terminal, "more");
  EXPECT_THAT(enter(terminal, "/save " + link.string()), HasSubstr("saved: "));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  struct stat about {};
  ASSERT_EQ(::stat(kept.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0644u);
  EXPECT_THAT(read(kept), HasSubstr("more"));
}

TEST_F(TalkProgram, UsageAndTraceSayWhatHappened) {
  Terminal& terminal = talk();
  EXPECT_THAT(enter(terminal, "/trace"), HasSubstr("nobody was asked yet"));
  enter(terminal, "hi");
  EXPECT_THAT(enter(terminal, "/usage"), HasSubstr("1 call | 1 tokens in"));
  EXPECT_THAT(enter(terminal, "/trace"), HasSubstr("attempt 1 (first): openrouter"));
  enter(terminal, "/trace on");
  EXPECT_THAT(enter(terminal, "again"), HasSubstr("attempt 1 (first): openrouter"));
}

TEST_F(TalkProgram, AFailedAnswerEndsNothing) {
  Terminal& terminal = talk();
  enter(terminal, "/model sim/402");
  EXPECT_THAT(enter(terminal, "hi"), AllOf(HasSubstr("credits"), HasSubstr("/retry asks again")));
  enter(terminal, "/model openai/gpt-4o");
  EXPECT_THAT(enter(terminal, "/retry"), HasSubstr("Your prompt was: hi"));
}

TEST_F(TalkProgram, AQuestionThatFailedIsNotSentAgainWithTheNextOne) {
  Terminal& terminal = talk();
  enter(terminal, "/model sim/404");
  enter(terminal, "never answered");
  enter(terminal, "/model openai/gpt-4o");
  enter(terminal, "hello");
  EXPECT_EQ(last_body()["messages"].Size(), 1u);
  EXPECT_STREQ(last_body()["messages"][0]["content"].GetString(), "hello");
}

TEST_F(TalkProgram, AModelMayCallAToolThoughThereIsNone) {
  const std::string tools = R"([{"type":"function","function":{"name":"now"}}])";
  Terminal& terminal = talk({"--param", "tools=" + tools});
  EXPECT_THAT(enter(terminal, "hi"), HasSubstr("tool now("));
  EXPECT_THAT(enter(terminal, "/usage"), HasSubstr("calls | "));
}

TEST_F(TalkProgram, TwoConversationsKeepEachOthersHistory) {
  Terminal& one = talk();
  Terminal& two = talk();
  enter(one, "of the first");
  enter(two, "of the second");
  EXPECT_THAT(read(home / ".local/state/prx/history"),
              AllOf(HasSubstr("first"), HasSubstr("second")));
}

TEST_F(TalkProgram, CommandsAreExplainedAndCompleted) {
  Terminal& terminal = talk();
  EXPECT_THAT(enter(terminal, "/help"),
              AllOf(HasSubstr("/provider [NAME]"), HasSubstr("Ctrl-C stops the answer")));
  EXPECT_THAT(enter(terminal, "/modle x"), HasSubstr("did you mean /model?"));
  EXPECT_THAT(enter(terminal, "/usage now"), HasSubstr("/usage takes no argument"));
  EXPECT_THAT(enter(terminal, "/save"), HasSubstr("write /save FILE"));
  terminal.type("/us\t");
  terminal.wait_for("age ");
  terminal.type("\r");
  EXPECT_THAT(terminal.wait_for("\n> "), HasSubstr("0 calls"));
  EXPECT_THAT(enter(terminal, "//etc is a folder"), HasSubstr("Your prompt was: /etc is a folder"));
  terminal.type("/quit\r");
  EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(TalkProgram, EscapesOfTheModelAreShownAndNotObeyed) {
  Terminal& terminal = talk({"--model", "openai/gpt-4o#answer?text=a%1B]0;owned%07b"});
  const std::string shown = enter(terminal, "hi");
  EXPECT_THAT(shown, AllOf(HasSubstr("a^[]0;owned^Gb"), Not(HasSubstr("\x1b]0;"))));
}

TEST_F(TalkProgram, NoColorIsRespected) {
  const std::vector<std::string> thinking{"--model", "anthropic/claude-sonnet-4:thinking"};
  EXPECT_THAT(enter(talk(thinking), "hi"), HasSubstr("\x1b[2m"));
  environment["NO_COLOR"] = "1";
  EXPECT_THAT(enter(talk(thinking), "hi"), Not(HasSubstr("\x1b[2m")));
}

TEST_F(TalkProgram, ATerminalThatKnowsNoEscapesGetsNone) {
  for (const char* kind : {"dumb", ""}) {
    environment["TERM"] = kind;
    EXPECT_THAT(enter(talk({"--model", "anthropic/claude-sonnet-4:thinking"}), "hi"),
                Not(HasSubstr("\x1b[2m")))
        << kind;
  }
}

TEST_F(TalkProgram, ToolsAreAskedForAndTurnedOff) {
  Terminal& terminal = talk({"--tool", "now=echo noon"});
  terminal.type("what time is it?\r");
  terminal.wait_for("[y/");
  terminal.type("y\r");
  EXPECT_THAT(terminal.wait_for("\n> "), AllOf(HasSubstr("tool now("), HasSubstr("noon")));
  EXPECT_THAT(enter(terminal, "/tools"), HasSubstr("now = echo noon"));
  enter(terminal, "/tools off");
  enter(terminal, "hi");
  EXPECT_FALSE(last_body().HasMember("tools"));
  EXPECT_THAT(enter(terminal, "/tools on"), HasSubstr("the model may call them"));
}

TEST_F(TalkProgram, NoToolIsToldAKeyOfAConfigurationThatCameLater) {
  environment["MYTOK"] = "tok-0123456789abcdef";
  Terminal& terminal = talk({"--yes", "--tool", "leak=echo \"tok=$MYTOK.\""});
  EXPECT_THAT(enter(terminal, "go"), HasSubstr("tok=tok-0123456789abcdef."));  // no key so far
  configure("[providers.lab]\nplugin = \"openrouter\"\napi_key = \"${MYTOK}\"\n");
  EXPECT_THAT(enter(terminal, "/provider lab"), HasSubstr("of lab"));
  EXPECT_THAT(enter(terminal, "/provider openrouter"), HasSubstr("of openrouter"));
  EXPECT_THAT(enter(terminal, "go"), AllOf(HasSubstr("tok=."), Not(HasSubstr("tok-0123"))));
}

TEST_F(TalkProgram, WithoutToolsNoneIsDemanded) {
  Terminal& terminal = talk({"--yes", "--tool", "now=echo noon", "--tool-choice", "required"});
  enter(terminal, "/tools off");
  enter(terminal, "hi");
  EXPECT_FALSE(last_body().HasMember("tool_choice"));
}

TEST_F(TalkProgram, AClosedWindowEndsACommandToo) {
  test::Fifo fifo(home / "fifo");
  Terminal& terminal = talk({"--yes", "--tool", "wait=" + fifo.announce() + "exec sleep 300"});
  terminal.type("go\r");
  EXPECT_FALSE(fifo.read_line().empty());
  terminal.hang_up();
  EXPECT_EQ(terminal.wait(), kHungUp);
  fifo.wait_for_end();
}

/// As `nohup` starts it: the signal of a closed window never comes.
TEST_F(TalkProgram, WithoutTheSignalAClosedWindowStillEndsAnAnswerThatCannotBeShown) {
  sim::SimulatorOptions world;
  world.answer_tokens = 1'000'000;
  world.token_delay = std::chrono::milliseconds(1);
  simulate(world);
  Terminal& terminal = talk({}, {"/usr/bin/env", "--ignore-signal=HUP"});
  terminal.type("go on\r");
  terminal.wait_for("the quick");
  terminal.hang_up();
  EXPECT_EQ(terminal.wait(), kHungUp);
  EXPECT_TRUE(client_went_away());
}

TEST_F(TalkProgram, ATraceDoesNotBreakTheLineOfAnAnswer) {
  Terminal& terminal = talk({"--model", "openai/gpt-4o#answer?text=one%20line"});
  enter(terminal, "/trace on");
  for (int i = 0; i < 10; ++i)
    EXPECT_THAT(enter(terminal, "hi"), HasSubstr("one line\r\nattempt 1 (first): openrouter"));
}

TEST_F(TalkProgram, RemediesNameItsCommands) {
  Terminal& terminal = talk({"--model", "sim/404"});
  EXPECT_THAT(enter(terminal, "hi"), AllOf(HasSubstr("/model"), Not(HasSubstr("--model"))));
  enter(terminal, "/model sim/503");
  EXPECT_THAT(enter(terminal, "hi"), AllOf(HasSubstr("/model"), Not(HasSubstr("--model"))));
  EXPECT_THAT(enter(terminal, "/model chain:"),
              AllOf(HasSubstr("/model chain: names no chain"), Not(HasSubstr("--model"))));
  EXPECT_THAT(enter(terminal, "/provider opnai"),
              AllOf(HasSubstr("opnai"), Not(HasSubstr("--provider"))));
  EXPECT_THAT(enter(terminal, "/image https:///a.png"),
              HasSubstr("/image: https:///a.png is no URL of a server"));
}

TEST_F(TalkProgram, TooManyRoundsSayHowToAllowMoreAndWhatTheyCost) {
  Terminal& terminal = talk(
      {"--yes", "--tool", "now=echo noon", "--max-rounds", "2", "--model", "openai/gpt-4o:again"});
  EXPECT_THAT(enter(terminal, "hi"),
              AllOf(HasSubstr("after 2 answers; allow more by starting with --max-rounds"),
                    HasSubstr("2 answers, 1 tool call, $")));
}

TEST_F(TalkProgram, WithoutATerminalAPromptIsNeeded) {
  const auto result = run({"chat"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("no prompt"));
}

}  // namespace
}  // namespace prx::cli
