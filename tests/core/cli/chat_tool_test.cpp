// prx chat --tool: commands that a model calls, asked for, run, told, ended.
#include <csignal>

#include "program_fixture.hpp"
#include "support/fifo.hpp"

namespace prx::cli {
namespace {

using test::Process;
using test::ProcessOptions;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ChatTool : public ProgramTest {
 protected:
  static constexpr const char* kModel = "openai/gpt-4o";

  void SetUp() override { simulate(); }

  /// Another simulator, whose first answer calls the tool with these arguments.
  void simulate_a_call_with(const std::string& arguments) {
    sim::SimulatorOptions world;
    world.script.rules.resize(1);
    world.script.rules[0].nth = 1;
    world.script.rules[0].faults = sim::parse_faults("tool-answer?arguments=" + arguments).value();
    simulate(world);
  }

  /// prx chat --model MODEL --yes ...
  test::ProcessResult chat(std::vector<std::string> arguments, const std::string& model = kModel) {
    return run(whole(std::move(arguments), model, true));
  }
  static std::vector<std::string> whole(std::vector<std::string> arguments,
                                        const std::string& model, bool yes) {
    std::vector<std::string> all{"chat", "--model", model, "Hello"};
    if (yes) all.emplace_back("--yes");
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  /// The same without --yes, in a session with a terminal.
  ProcessOptions at_terminal(std::vector<std::string> arguments,
                             const std::string& model = kModel) const {
    ProcessOptions options = program(whole(std::move(arguments), model, false));
    options.session = ProcessOptions::Session::kTerminal;
    return options;
  }
  /// What the model was told, by the body of the last request.
  std::vector<std::string> told() {
    rapidjson::Document body;
    body.Parse(simulator().requests().back().body.c_str());
    std::vector<std::string> results;
    for (const auto& message : body["messages"].GetArray())
      if (message["role"] == "tool") results.emplace_back(message["content"].GetString());
    return results;
  }
};

TEST_F(ChatTool, ACommandGetsTheArgumentsAndItsOutputIsTheResult) {
  const auto result = chat({"--tool", "echo=cat", "--tool-schema",
                            R"(echo={"description":"says it again","parameters":{"type":"object",)"
                            R"("properties":{"text":{"type":"string"}}}})"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(told(), std::vector<std::string>{R"({"text":"sample"})"});
  EXPECT_THAT(result.out, HasSubstr(R"(The tool said: {"text":"sample"})"));
  EXPECT_THAT(result.err, StartsWith(R"(prx: tool echo({"text":"sample"}): 17 bytes, )"));
  EXPECT_THAT(result.err, HasSubstr(" | 2 answers, 1 tool call, $"));
  const auto first = simulator().requests().at(0).body;
  EXPECT_THAT(first, HasSubstr(R"("description":"says it again")"));
}

TEST_F(ChatTool, WithoutASchemaAnyObjectWillDo) {
  EXPECT_EQ(chat({"--tool", "now=echo 12:00"}).exit_code, 0);
  EXPECT_THAT(simulator().requests().at(0).body, HasSubstr(R"("parameters":{"type":"object"})"));
  EXPECT_EQ(told(), std::vector<std::string>{"12:00\n"});
}

TEST_F(ChatTool, ASchemaMayStandInAFile) {
  const std::string file =
      write("schema.json", R"({"parameters":{"type":"object"},"strict":true})");
  EXPECT_EQ(chat({"--tool", "now=date", "--tool-schema", "now=@" + file}).exit_code, 0);
  EXPECT_THAT(simulator().requests().at(0).body, HasSubstr(R"("strict":true)"));
}

TEST_F(ChatTool, NotStreamingAndThroughTheOtherPlugin) {
  environment["OPENAI_API_KEY"] = kKey;
  const auto result = run({"chat", "--provider", "openai", "--model", "gpt-4o", "--no-stream",
                           "--yes", "--tool", "now=echo 12:00", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("The tool said: 12:00"));
}

TEST_F(ChatTool, AFailureIsToldWithTheEndOfItsStderr) {
  EXPECT_EQ(chat({"--tool", "bad=echo noise; echo 'no such city' >&2; exit 3"}).exit_code, 0);
  EXPECT_EQ(told(),
            std::vector<std::string>{"error: the command ended with status 3: no such city"});
}

TEST_F(ChatTool, OfALongStderrTheModelIsToldTheEnd) {
  EXPECT_EQ(chat({"--tool", "bad=head -c 300000 /dev/zero | tr '\\0' x >&2; echo last >&2; exit 1"})
                .exit_code,
            0);
  const auto results = told();
  ASSERT_EQ(results.size(), 1U);
  EXPECT_LT(results[0].size(), 2'200U);
  EXPECT_TRUE(results[0].ends_with("xxxlast"));
}

TEST_F(ChatTool, WithoutAStderrTheEndOfStdoutSaysWhy) {
  EXPECT_EQ(chat({"--tool", "bad=echo 2 tests failed; exit 1"}).exit_code, 0);
  EXPECT_EQ(told(),
            std::vector<std::string>{"error: the command ended with status 1: 2 tests failed"});
}

TEST_F(ChatTool, ACommandThatIsKilledOrMissingIsToldSo) {
  EXPECT_EQ(chat({"--tool", "bad=kill -9 $$"}).exit_code, 0);
  EXPECT_EQ(told(), std::vector<std::string>{"error: the command was killed by signal 9"});
  EXPECT_EQ(chat({"--tool", "bad=/no/such/program 2>/dev/null"}).exit_code, 0);
  EXPECT_EQ(told(), std::vector<std::string>{"error: the command ended with status 127"});
}

TEST_F(ChatTool, BytesThatAreNoTextAreNotTold) {
  EXPECT_EQ(chat({"--tool", "bad=printf '\\377'"}).exit_code, 0);
  EXPECT_EQ(told(), std::vector<std::string>{"error: the command's output is not UTF-8 text"});
}

TEST_F(ChatTool, SeveralCommandsRunInOneRound) {
  const auto result =
      chat({"--tool", "one=echo 1", "--tool", "two=echo 2"}, "openai/gpt-4o#parallel-tools");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(told(), (std::vector<std::string>{"1\n", "2\n"}));
}

// --- nothing may hang

TEST_F(ChatTool, ArgumentsLargerThanAPipeReachACommandThatReads) {
  simulate_a_call_with("{\"text\":\"" + std::string(200'000, 'x') + "\"}");
  EXPECT_EQ(chat({"--tool", "count=wc -c"}).exit_code, 0);
  EXPECT_EQ(told(), std::vector<std::string>{"200011\n"});
}

TEST_F(ChatTool, ACommandNeedNotReadItsInput) {
  simulate_a_call_with("{\"text\":\"" + std::string(200'000, 'x') + "\"}");
  EXPECT_EQ(chat({"--tool", "deaf=echo done"}).exit_code, 0);
  EXPECT_EQ(told(), std::vector<std::string>{"done\n"});
  EXPECT_EQ(chat({"--tool", "deaf=exec <&-; echo done"}).exit_code, 0);
  EXPECT_EQ(told(), std::vector<std::string>{"done\n"});
}

TEST_F(ChatTool, ACommandThatPrintsForEverIsEndedAndItsResultCut) {
  EXPECT_EQ(chat({"--tool", "chatty=yes"}).exit_code, 0);
  const auto requests = simulator().requests();
  EXPECT_GT(requests.back().body_size, 1u << 20);
  EXPECT_LT(requests.back().body_size, 3u << 20) << "line feeds are escaped";
}

TEST_F(ChatTool, ACommandThatComplainsForEverOnStderrIsStillEndedByTheTimeout) {
  const auto result = chat({"--timeout", "2s", "--tool", "chatty=yes >&2"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("the deadline of 2000 ms passed while tools were running"));
}

TEST_F(ChatTool, AChildThatKeepsTheOutputOpenDoesNotHoldItUp) {
  EXPECT_EQ(chat({"--tool", "leaves=sleep 1000 & echo done"}).exit_code, 0);
  EXPECT_EQ(told(), std::vector<std::string>{"done\n"});
}

TEST_F(ChatTool, ACommandHasNoTerminalToWaitOn) {
  auto options = at_terminal({"--yes", "--tool", "asks=read line </dev/tty || echo none"});
  Process process(options);
  const auto result = end(process);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(told(), std::vector<std::string>{"none\n"});
}

TEST_F(ChatTool, CtrlCEndsTheCommandAndTheProgram) {
  test::Fifo fifo(home / "fifo");
  Process process(
      program(whole({"--tool", "slow=" + fifo.announce() + "exec sleep 1000"}, kModel, true)));
  EXPECT_FALSE(fifo.read_line().empty());
  process.send_signal(SIGINT);
  EXPECT_EQ(end(process).exit_code, 130);
  fifo.wait_for_end();
  EXPECT_EQ(simulator().requests().size(), 1U);
}

TEST_F(ChatTool, TheTimeoutEndsTheCommandToo) {
  const auto result = chat({"--timeout", "2s", "--tool", "slow=sleep 1000"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("error: stopped before it ended"));
  EXPECT_THAT(result.err, HasSubstr("the deadline of 2000 ms passed while tools were running"));
}

// --- what a command sees

TEST_F(ChatTool, NoKeyIsInTheEnvironmentOfACommand) {
  environment["SOME_OTHER_API_KEY"] = "other";
  environment["MY_TOKEN"] = kKey;  // the same key under another name
  environment["HEADER_LINE"] = std::string("Authorization: Bearer ") + kKey;
  environment["OTHERS"] = "x another-key-0123 y";
  environment["NOBODYS_API_KEY"] = "another-key-0123";
  environment["HARMLESS"] = "kept";
  environment["HEADER_PART"] = "part-of-a-header";
  configure(
      "[reliability]\nretries = 0\n[providers.openrouter]\napi_key = \"${TEAM_SECRET}\"\n"
      "headers = { \"X-Team\" = \"Bearer ${HEADER_PART}\" }\n");
  environment["TEAM_SECRET"] = kKey;
  EXPECT_EQ(chat({"--tool", "env=env"}).exit_code, 0);
  const auto results = told();
  ASSERT_EQ(results.size(), 1U);
  EXPECT_THAT(results[0], HasSubstr("HARMLESS=kept"));
  EXPECT_THAT(results[0], AllOf(Not(HasSubstr("OPENROUTER_API_KEY")),
                                Not(HasSubstr("SOME_OTHER_API_KEY")), Not(HasSubstr("MY_TOKEN")),
                                Not(HasSubstr("TEAM_SECRET")), Not(HasSubstr("HEADER_PART")),
                                Not(HasSubstr("another-key")), Not(HasSubstr(kKey))));
}

// --- consent

TEST_F(ChatTool, ThePersonIsAskedWithTheArgumentsAndMaySayYes) {
  Process process(at_terminal({"--tool", "echo=cat"},
                              "openai/gpt-4o#tool-answer?arguments="
                              "{\"a\":\"\\u001b[31m\",\"b\":\"%c2%9b2J\"}"));
  process.wait_for_tty("Run it? [y/N/a(ll)] ");
  EXPECT_THAT(process.tty(),
              HasSubstr("The model calls echo\r\n  command:   cat\r\n  arguments: "));
  EXPECT_THAT(process.tty(), Not(HasSubstr("\x1b")));
  process.type("y\n");
  const auto result = end(process);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("The tool said: "));
}

TEST_F(ChatTool, WhoeverSaysNoOrNothingDeclines) {
  for (const std::string answer : {"n\n", "\n", "what?\n", "\x04"}) {
    Process process(at_terminal({"--tool", "touch=touch " + (home / "ran").string()}));
    process.wait_for_tty("Run it? [y/N/a(ll)] ");
    process.type(answer);
    const auto result = end(process);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(told(), std::vector<std::string>{"error: the user declined"});
    EXPECT_THAT(result.err, HasSubstr("prx: tool touch({}): error: the user declined"));
    EXPECT_FALSE(std::filesystem::exists(home / "ran")) << answer;
  }
}

TEST_F(ChatTool, AllAnswersWhatComesLaterToo) {
  Process process(at_terminal({"--tool", "one=echo 1", "--tool", "two=echo 2"},
                              "openai/gpt-4o#parallel-tools"));
  process.wait_for_tty("Run it? [y/N/a(ll)] ");
  process.type("all\n");
  const auto result = end(process);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(told(), (std::vector<std::string>{"1\n", "2\n"}));
  EXPECT_EQ(process.tty().find("Run it?"), process.tty().rfind("Run it?"));
}

TEST_F(ChatTool, CtrlCAtTheQuestionEndsTheProgram) {
  Process process(at_terminal({"--tool", "touch=touch " + (home / "ran").string()}));
  process.wait_for_tty("Run it? [y/N/a(ll)] ");
  process.type("\x03");
  EXPECT_EQ(end(process).exit_code, 130);
  EXPECT_FALSE(std::filesystem::exists(home / "ran"));
  EXPECT_EQ(simulator().requests().size(), 1U);
}

TEST_F(ChatTool, TheTimeoutEndsAQuestion) {
  Process process(at_terminal({"--timeout", "2s", "--tool", "now=date"}));
  process.wait_for_tty("Run it? [y/N/a(ll)] ");
  EXPECT_EQ(end(process).exit_code, 6);
}

TEST_F(ChatTool, WithoutATerminalOrYesNothingIsSent) {
  ProcessOptions options = program(whole({"--tool", "now=date"}, kModel, false));
  options.session = ProcessOptions::Session::kBare;
  const auto result = run_with(options);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err,
            "prx: --tool: there is no terminal to ask on before a command runs; add --yes to run "
            "commands without asking\n");
  EXPECT_EQ(simulator().requests().size(), 0U);
}

TEST_F(ChatTool, NothingRunsThatWasNotShown) {
  simulate_a_call_with("{\"text\":\"" + std::string(10'000, 'x') + "the end\"}");
  for (const std::string answer : {"y", "v"}) {
    Process process(at_terminal({"--tool", "count=wc -c"}));
    process.wait_for_tty("5922 more bytes of arguments are not shown");
    process.wait_for_tty("Show all of them? [v(iew)/N/a(ll)] ");
    EXPECT_THAT(process.tty(), Not(HasSubstr("the end")));
    process.type(answer + "\n");
    process.wait_for_tty("the end\"}\r\nRun it? [y/N/a(ll)] ");
    EXPECT_EQ(simulator().requests().size(), 1U) << "it did not run yet";
    process.type("y\n");
    EXPECT_EQ(end(process).exit_code, 0);
    EXPECT_EQ(told(), std::vector<std::string>{"10018\n"});
    simulate_a_call_with("{\"text\":\"" + std::string(10'000, 'x') + "the end\"}");
  }
}

TEST_F(ChatTool, WhoeverDoesNotWantToSeeTheRestDeclines) {
  simulate_a_call_with("{\"text\":\"" + std::string(10'000, 'x') + "\"}");
  Process process(at_terminal({"--tool", "touch=touch " + (home / "ran").string()}));
  process.wait_for_tty("Show all of them? [v(iew)/N/a(ll)] ");
  process.type("\n");
  EXPECT_EQ(end(process).exit_code, 0);
  EXPECT_EQ(told(), std::vector<std::string>{"error: the user declined"});
  EXPECT_FALSE(std::filesystem::exists(home / "ran"));
}

// --- JSON

TEST_F(ChatTool, JsonHasEachRoundAndTheTotal) {
  const auto result = chat({"--json", "--tool", "now=echo 12:00"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const auto json = parse_json(result.out);
  EXPECT_THAT(json["text"].GetString(), HasSubstr("The tool said: 12:00"));
  ASSERT_EQ(json["rounds"].Size(), 2U);
  EXPECT_STREQ(json["rounds"][0]["answer"]["finish_reason"].GetString(), "tool_calls");
  ASSERT_EQ(json["rounds"][0]["tools"].Size(), 1U);
  const auto& tool = json["rounds"][0]["tools"][0];
  EXPECT_STREQ(tool["name"].GetString(), "now");
  EXPECT_STREQ(tool["arguments"].GetString(), "{}");
  EXPECT_STREQ(tool["result"].GetString(), "12:00\n");
  EXPECT_FALSE(tool["failed"].GetBool());
  EXPECT_TRUE(tool["took_ms"].IsNumber());
  EXPECT_EQ(json["rounds"][1]["answer"]["attempts"].Size(), 1U);
  EXPECT_EQ(json["total"]["answers"].GetInt(), 2);
  EXPECT_GT(json["total"]["cost"]["dollars"].GetDouble(), json["cost"]["dollars"].GetDouble());
  EXPECT_TRUE(json["error"].IsNull());
}

TEST_F(ChatTool, TooManyRoundsSayHowToAllowMore) {
  const auto result =
      chat({"--json", "--max-rounds", "2", "--tool", "now=echo 12:00"}, "openai/gpt-4o:again");
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.err,
            "prx: the model still calls tools after 2 answers; allow more with --max-rounds, or "
            "ask for less\n");
  const auto json = parse_json(result.out);
  EXPECT_EQ(json["rounds"].Size(), 1U);
  EXPECT_EQ(json["total"]["answers"].GetInt(), 2);
  EXPECT_STREQ(json["error"]["class"].GetString(), "invalid_request");
}

TEST_F(ChatTool, TooManyRoundsStillSayWhatTheyCost) {
  const auto result =
      chat({"--max-rounds", "2", "--tool", "now=echo 12:00"}, "openai/gpt-4o:again");
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.err, HasSubstr("with --max-rounds, or ask for less\nprx: 2 answers, 1 tool "
                                    "call, $"));
  EXPECT_THAT(result.err, ::testing::EndsWith(" in all\n"));
  const auto quiet =
      chat({"-q", "--max-rounds", "2", "--tool", "now=echo 12:00"}, "openai/gpt-4o:again");
  EXPECT_THAT(quiet.err, Not(HasSubstr("in all")));
}

TEST_F(ChatTool, ArgumentsThatAreNoJsonAreToldToTheModelAndCostNoAttempt) {
  simulate_a_call_with("{\"city\":");
  const auto result = chat({"--tool", "weather=touch " + (home / "ran").string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(simulator().requests().size(), 2U);
  EXPECT_FALSE(std::filesystem::exists(home / "ran"));
  ASSERT_EQ(told().size(), 1U);
  EXPECT_THAT(told()[0], StartsWith("error: the arguments are not JSON"));
  EXPECT_THAT(result.err, HasSubstr("prx: tool weather({\"city\":): error: "));
}

// --- options

TEST_F(ChatTool, WrongOptionsNameTheToolAndSendNothing) {
  struct Case {
    std::vector<std::string> arguments;
    std::string says;
  };
  const std::string big = write("big.json", std::string((1u << 20) + 1, ' '));
  const Case cases[] = {
      {{"--tool", "now"}, "--tool now: write NAME=COMMAND"},
      {{"--tool", "=date"}, "--tool =date: write NAME=COMMAND"},
      {{"--tool", "now="}, "--tool now: give it a command"},
      {{"--tool", "a b=date"}, "tool 'a b': a tool's name is 1 to 64"},
      {{"--tool", "now=date", "--tool", "now=date"}, "tool 'now': is there already"},
      {{"--tool", "now=date", "--tool-schema", "now={"}, "--tool-schema now: not JSON: "},
      {{"--tool", "now=date", "--tool-schema", "now=[]"}, "--tool-schema now: write {"},
      {{"--tool", "now=date", "--tool-schema", "now={\"parameter\":{}}"},
       "--tool-schema now: unknown member \"parameter\""},
      {{"--tool", "now=date", "--tool-schema", "now={\"parameters\":[]}"},
       "--tool-schema now: parameters must be an object"},
      {{"--tool", "now=date", "--tool-schema", "now={\"description\":1}"},
       "--tool-schema now: description must be a string"},
      {{"--tool", "now=date", "--tool-schema", "now={\"strict\":1}"},
       "--tool-schema now: strict must be true or false"},
      {{"--tool", "now=date", "--tool-schema", "now={\"type\":\"object\"}"},
       "--tool-schema now: these are the parameters alone"},
      {{"--tool", "now=date", "--tool-schema", "then={}"},
       "--tool-schema then: there is no --tool of that name"},
      {{"--tool", "now=date", "--tool-schema", "now={}", "--tool-schema", "now={}"},
       "--tool-schema now is given twice"},
      {{"--tool", "now=date", "--tool-schema", "now=@/no/such"},
       "--tool-schema now: /no/such: cannot be read: No such"},
      {{"--tool", "now=date", "--tool-schema", "now=@/"}, "--tool-schema now: /: is a folder"},
      {{"--tool", "now=date", "--tool-schema", "now=@" + big}, "is longer than 1048576 bytes"},
      {{"--tool", "now=date", "--tool-choice", "then"}, "--tool-choice then: write auto, none"},
      {{"--tool", "now=date", "--max-rounds", "0"},
       "--max-rounds 0: write a number from 1 to 1000"},
      {{"--tool", "now=date", "--max-rounds", "1001"},
       "--max-rounds 1001: write a number from 1 to 1000"},
      {{"--tool", "now=date", "--param", "tools=[]"}, "--param tools: use --tool alone"},
      {{"--tool", "now=date", "--param", "tool_choice=\"auto\""},
       "--param tool_choice: use --tool-choice instead"},
      {{"--tool-schema", "now={}"}, "--tool-schema: give the --tool that it describes"},
      {{"--tool-choice", "auto"}, "--tool-choice: give a --tool to choose"},
      {{"--max-rounds", "2"}, "--max-rounds: is of no use without a --tool"},
  };
  for (const Case& each : cases) {
    const auto result = chat(each.arguments);
    EXPECT_EQ(result.exit_code, 2) << each.says;
    EXPECT_THAT(result.err, HasSubstr(each.says));
  }
  EXPECT_EQ(simulator().requests().size(), 0U);
}

TEST_F(ChatTool, AChoiceIsOfTheFirstAnswerAlone) {
  EXPECT_EQ(
      chat({"--tool", "one=echo 1", "--tool", "two=echo 2", "--tool-choice", "two"}).exit_code, 0);
  const auto requests = simulator().requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_THAT(requests[0].body,
              HasSubstr(R"("tool_choice":{"type":"function","function":{"name":"two"}})"));
  EXPECT_THAT(requests[1].body, Not(HasSubstr("tool_choice")));
  EXPECT_EQ(told(), std::vector<std::string>{"2\n"});
}

TEST_F(ChatTool, AReaderThatGoesAwayEndsTheRunQuietly) {
  sim::SimulatorOptions world;
  world.answer_tokens = 100'000;
  world.token_delay = std::chrono::milliseconds(1);
  simulate(world);
  Process process(program(whole({"-q", "--tool", "now=date"}, kModel, true)));
  process.wait_for_out("the");
  process.close_out();
  const auto result = end(process);
  EXPECT_EQ(result.exit_code, 141);
  EXPECT_EQ(result.err, "");
}

TEST_F(ChatTool, EachAnswerOfARunHasItsTrace) {
  const auto result = chat({"-q", "--trace", "--tool", "now=date"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("attempt 1 (first)"), HasSubstr("attempt 2 (first)")));
}

}  // namespace
}  // namespace prx::cli
