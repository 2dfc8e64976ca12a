// Where the prompt of prx chat comes from.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/chat/prompt.hpp"
#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using test::Process;
using test::ProcessOptions;
using ::testing::HasSubstr;

class ChatPrompt : public ProgramTest {
 protected:
  /// Runs prx chat with text on stdin; the prompt that the provider got.
  std::string sent(std::vector<std::string> words, std::string input) {
    simulate();
    words.insert(words.begin(), "chat");
    auto options = program(std::move(words));
    options.input = ProcessOptions::Input::kPipe;
    options.input_text = std::move(input);
    const auto result = run_with(options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.exit_code == 0 ? only_body()["messages"][0]["content"].GetString() : "";
  }
};

TEST_F(ChatPrompt, IsStdinWithoutArguments) {
  EXPECT_EQ(sent({}, "from a pipe\n"), "from a pipe\n");
}

TEST_F(ChatPrompt, IsStdinForADash) { EXPECT_EQ(sent({"-"}, "text"), "text"); }

TEST_F(ChatPrompt, IsArgumentsABlankLineAndStdin) {
  EXPECT_EQ(sent({"Explain", "this:"}, "int x;"), "Explain this:\n\nint x;");
}

TEST_F(ChatPrompt, IsSentByteForByte) {
  const std::string prompt = "\"quotes\" \\ \t \xc3\xa9 \xf0\x9f\x98\x80 [a,b] {}\n";
  EXPECT_EQ(sent({}, prompt), prompt);
}

TEST_F(ChatPrompt, WordsThatLookLikeOptionsFollowTwoDashes) {
  EXPECT_EQ(sent({"--", "--model", "-5"}, ""), "--model -5");
}

TEST_F(ChatPrompt, ThatIsMissingIsAUsageErrorOnATerminal) {
  auto options = program({"chat"});
  options.input = ProcessOptions::Input::kTerminal;
  const auto result = run_with(options);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("no prompt; give it as an argument"));
}

TEST_F(ChatPrompt, ThatIsNotUtf8IsRefusedBeforeAnythingIsSent) {
  simulate();
  const auto result = run({"chat", "caf\xe9"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("not UTF-8"));
  EXPECT_EQ(run({"chat", "--system", "caf\xe9", "Hello"}).exit_code, 2);
  EXPECT_EQ(simulator().stats().requests, 0U);
}

TEST_F(ChatPrompt, ThatIsTooLongIsRefused) {
  auto options = program({"chat"});
  options.input = ProcessOptions::Input::kFile;
  options.input_file = write("long.txt", "");
  ASSERT_EQ(::truncate(options.input_file.c_str(), static_cast<off_t>(kPromptMax) + 1), 0);
  const auto result = run_with(options);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("longer than"));
}

TEST_F(ChatPrompt, ThatMakesTheRequestTooLongIsAUsageErrorToo) {
  simulate();
  auto options = program({"chat"});
  options.input = ProcessOptions::Input::kFile;
  options.input_file = write("long.txt", std::string(kPromptMax, 'x'));
  const auto result = run_with(options);
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_EQ(simulator().stats().requests, 0U);
}

TEST_F(ChatPrompt, AClosedStdinHurtsNobody) {
  simulate();
  auto options = program({"chat", "Hello"});
  options.input = ProcessOptions::Input::kClosed;
  EXPECT_EQ(run_with(options).exit_code, 0);
}

TEST_F(ChatPrompt, ASilentPipeIsExplained) {
  simulate();
  auto options = program({"chat", "Explain"});
  options.input = ProcessOptions::Input::kPipe;
  options.keep_input_open = true;
  Process process(options);
  process.wait_for_err("</dev/null");
  process.write_input("this");
  process.close_input();
  EXPECT_EQ(end(process).exit_code, 0);
  EXPECT_STREQ(only_body()["messages"][0]["content"].GetString(), "Explain\n\nthis");
}

TEST_F(ChatPrompt, AStdinThatNeverEndsIsBoundedByTheTimeout) {
  simulate();
  for (const auto& [prompt, remedy] :
       {std::pair("Explain", "</dev/null"), std::pair("-", "end it")}) {
    auto options = program({"chat", "--timeout", "100ms", prompt});
    options.input = ProcessOptions::Input::kPipe;
    options.input_text = "some of it";
    options.keep_input_open = true;
    Process process(options);
    const auto result = end(process);
    EXPECT_EQ(result.exit_code, 6);
    EXPECT_THAT(result.err, HasSubstr("prx: --timeout is over, and stdin has not ended; "));
    EXPECT_THAT(result.err, HasSubstr(remedy));
  }
  EXPECT_EQ(simulator().stats().requests, 0U);
}

TEST_F(ChatPrompt, AnInterruptEndsTheWaitForStdin) {
  auto options = program({"chat", "--timeout", "1h", "Explain"});
  options.input = ProcessOptions::Input::kPipe;
  options.keep_input_open = true;
  Process process(options);
  process.wait_for_err("</dev/null");
  process.send_signal(SIGINT);
  EXPECT_EQ(process.wait().signal, SIGINT) << "nothing was asked: the shell sees the signal itself";
}

}  // namespace
}  // namespace prx::cli
