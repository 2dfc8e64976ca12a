// prx chat that succeeds: what goes where, and what was asked for.
#include <sys/stat.h>

#include <algorithm>
#include <csignal>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using test::Process;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

using Chat = ProgramTest;

constexpr const char* kAnswer =
    "This is a simulated answer: no model was asked. Your prompt was: Hello";

TEST_F(Chat, OnlyTheAnswerGoesToStdout) {
  simulate();
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, std::string(kAnswer) + "\n");
}

TEST_F(Chat, TheStatusLineNamesProviderModelTokensCostAndTimes) {
  simulate();
  const auto result = run({"chat", "Hello"});
  EXPECT_THAT(
      result.err,
      MatchesRegex(
          "prx: openrouter .*\\| anthropic/claude-sonnet-4 \\| [0-9]+ tokens? in, [0-9]+ out \\| "
          "\\$0\\.[0-9]+ \\| first token [0-9.]+ [mu]?s \\| total [0-9.]+ [mu]?s\n"));
}

TEST_F(Chat, TheAnswerStreamsBeforeItIsComplete) {
  simulate();
  Process process(program({"chat", "--model", "sim/stall?after=3", "Hello"}));
  process.wait_for_out("This is a");  // and the rest never comes
  process.send_signal(SIGINT);
  EXPECT_EQ(end(process).out, "This is a\n");
}

TEST_F(Chat, TheModelFlagWinsOverAChainTargetsOwn) {
  simulate();
  configure(
      "[default]\nchain = \"one\"\n[chains.one]\n"
      "targets = [{ provider = \"openrouter\", model = \"openai/gpt-4o\" }]\n");
  EXPECT_EQ(run({"chat", "--model", "sim/ok", "Hello"}).exit_code, 0);
  EXPECT_STREQ(only_body()["model"].GetString(), "sim/ok");
}

TEST_F(Chat, QuietLeavesOutTheStatusLine) {
  simulate();
  EXPECT_EQ(run({"chat", "--quiet", "Hello"}).err, "");
}

TEST_F(Chat, NoStreamAsksForTheWholeAnswer) {
  simulate();
  const auto result = run({"chat", "--no-stream", "Hello"});
  EXPECT_EQ(result.out, std::string(kAnswer) + "\n");
  const auto body = only_body();
  EXPECT_FALSE(body.HasMember("stream") && body["stream"].GetBool());
}

TEST_F(Chat, OptionsBecomeMembersOfTheRequest) {
  simulate();
  const auto result =
      run({"chat", "--model", "openai/gpt-4o", "--system", "Be brief", "--temperature", "0.25",
           "--max-tokens", "64", "--param", "top_p=0.5", "--param", "stop=[\"END\"]", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto body = only_body();
  EXPECT_STREQ(body["model"].GetString(), "openai/gpt-4o");
  EXPECT_TRUE(body["stream"].GetBool());
  EXPECT_STREQ(body["messages"][0]["role"].GetString(), "system");
  EXPECT_STREQ(body["messages"][0]["content"].GetString(), "Be brief");
  EXPECT_STREQ(body["messages"][1]["content"].GetString(), "Hello");
  EXPECT_EQ(body["temperature"].GetDouble(), 0.25);
  EXPECT_EQ(body["max_tokens"].GetInt(), 64);
  EXPECT_EQ(body["top_p"].GetDouble(), 0.5);
  EXPECT_STREQ(body["stop"][0].GetString(), "END");
}

TEST_F(Chat, ProviderChoosesAnotherTable) {
  simulate();
  environment["OPENAI_API_KEY"] = "sk-5ec2e75ec2e75ec2e75ec2e75ec2e7";
  const auto result = run({"chat", "--provider", "openai", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("prx: openai | gpt-4o |"));
  EXPECT_THAT(simulator().requests().at(0).target, HasSubstr("/v1/chat/completions"));
}

TEST_F(Chat, NoFallbackAsksTheFirstTargetAlone) {
  simulate();
  environment["OPENAI_API_KEY"] = "sk-5ec2e75ec2e75ec2e75ec2e75ec2e7";
  configure(
      "[default]\nprovider = \"openai\"\n"
      "[reliability]\nfallback_providers = [\"openrouter\"]\nretries = 1\n"
      "backoff_base = \"1ms\"\n[chains.two]\n"
      "retries = 1\nbackoff_base = \"1ms\"\ntargets = [\n"
      "  { provider = \"openai\", model = \"sim/503\" },\n"
      "  { provider = \"openrouter\", model = \"sim/ok\" }]\n");
  EXPECT_EQ(run({"chat", "--provider", "openai", "--model", "sim/503", "Hello"}).exit_code, 0);
  for (const auto& chosen : {std::pair("--provider", "openai"), std::pair("--chain", "two")}) {
    const auto before = simulator().requests().size();
    const auto result =
        run({"chat", chosen.first, chosen.second, "--model", "sim/503", "--no-fallback", "Hello"});
    EXPECT_EQ(result.exit_code, 5) << result.err;
    EXPECT_EQ(simulator().requests().size(), before + 2) << "the first target, and its retry";
  }
}

TEST_F(Chat, AnAnswerCutByMaxTokensSaysSo) {
  simulate();
  const auto result = run({"chat", "--max-tokens", "2", "Hello"});
  EXPECT_EQ(result.out, "This is\n");
  EXPECT_THAT(result.err, HasSubstr("| finished: length\n"));
}

TEST_F(Chat, ReasoningGoesToStderrWhenAskedFor) {
  simulate();
  const std::vector<std::string> arguments{"chat", "--param", "reasoning={\"enabled\":true}",
                                           "Hello"};
  EXPECT_THAT(run(arguments).err, Not(HasSubstr("A simulator does not think")));
  std::vector<std::string> asking = arguments;
  asking.emplace_back("--reasoning");
  const auto result = run(asking);
  EXPECT_THAT(result.err, HasSubstr("A simulator does not think"));
  EXPECT_EQ(result.out, std::string(kAnswer) + "\n");
}

TEST_F(Chat, TraceShowsEachAttemptWithItsKeysLabelAlone) {
  simulate();
  const auto result = run({"chat", "--trace", "Hello"});
  EXPECT_THAT(result.err, HasSubstr("attempt 1"));
  EXPECT_THAT(result.err,
              HasSubstr("openrouter anthropic/claude-sonnet-4, key OPENROUTER_API_KEY"));
  EXPECT_THAT(result.err, HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(result.err, HasSubstr("| served"));
}

TEST_F(Chat, ATraceLineBeginsALineOfItsOwnOnATerminal) {
  simulate();
  configure("[reliability]\nbackoff_base = \"1ms\"\n");
  auto options =
      program({"chat", "--trace", "--quiet", "--model", "sim/cut?after=3&ms=200&times=1", "Hello"});
  options.output = test::ProcessOptions::Output::kScreen;
  const auto result = run_with(options);
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("This is a\r\nattempt 1 (first)"));
  EXPECT_THAT(result.out, HasSubstr("\r\n simulated answer"));
  EXPECT_THAT(result.out, HasSubstr("Hello\r\nattempt 2 (splice"));
}

TEST_F(Chat, ToolCallsAreNamedOnStderr) {
  simulate();
  const auto result = run(
      {"chat", "--param",
       R"(tools=[{"type":"function","function":{"name":"add","parameters":{"type":"object"}}}])",
       "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("prx: the model calls add("));
}

TEST_F(Chat, ATerminalSeesControlCharactersAPipeGetsThem) {
  simulate();
  const std::vector<std::string> arguments{"chat", "-q", "--model", "sim/answer?text=%1B[31mred%07",
                                           "Hello"};
  EXPECT_EQ(run(arguments).out, "\x1b[31mred\x07\n");
  auto options = program(arguments);
  options.output = test::ProcessOptions::Output::kTerminal;
  EXPECT_EQ(run_with(options).out, "^[[31mred^G\r\n");  // a terminal turns LF into CR LF
}

TEST_F(Chat, AnEnvironmentWithoutAFileIsEnough) {
  simulate();
  std::filesystem::remove_all(home / "config");
  EXPECT_EQ(run({"chat", "Hello"}).exit_code, 0);
}

TEST_F(Chat, AConfigurationFileIsEnough) {
  simulate();
  const std::string key = environment.extract("OPENROUTER_API_KEY").mapped();
  const std::string url = environment.extract("OPENROUTER_BASE_URL").mapped();
  configure("[default]\nmodel = \"openai/gpt-4o\"\n[providers.openrouter]\napi_key = \"" + key +
            "\"\nbase_url = \"" + url + "\"\n");
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(simulator().requests().at(0).key_is(kKey));
  EXPECT_STREQ(only_body()["model"].GetString(), "openai/gpt-4o");
}

TEST_F(Chat, WarmupAsksAboutTheKey) {
  simulate();
  EXPECT_EQ(run({"chat", "--warmup", "Hello"}).exit_code, 0);
  const auto requests = simulator().requests();
  EXPECT_TRUE(std::any_of(requests.begin(), requests.end(), [](const sim::RequestRecord& request) {
    return request.target == "/api/v1/key";
  }));
}

TEST_F(Chat, WithoutWarmupOneRequestIsAll) {
  simulate();
  run({"chat", "Hello"});
  EXPECT_EQ(simulator().stats().requests, 1U);
}

TEST_F(Chat, WarningsOfTheLogGoToStderrUnlessItIsOff) {
  simulate();
  const std::string file =
      configure(std::string("[providers.openrouter]\napi_key = \"") + kKey + "\"\n");
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  const auto loud = run({"chat", "--quiet", "Hello"});
  EXPECT_EQ(loud.out, std::string(kAnswer) + "\n");
  EXPECT_THAT(loud.err, HasSubstr(file));
  EXPECT_EQ(run({"chat", "--quiet", "--log-level", "off", "Hello"}).err, "");
}

}  // namespace
}  // namespace prx::cli
