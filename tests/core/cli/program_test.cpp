#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "cli/command.hpp"
#include "cli/exit_codes.hpp"

namespace prx::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

constexpr int kRan = 77;

/// Prints what it was given, so that a test sees it.
class Echo final : public Command {
 public:
  HelpText help() const override { return {"prx echo", "Echoes.", "Example: prx echo\n"}; }
  void declare(Arguments& arguments) override {
    arguments.flag("--json", json_, "as JSON");
    arguments.words(words_);
  }
  int run(const GlobalOptions& globals) override {
    std::printf("config=%s level=%s json=%d", globals.config.value_or("none").c_str(),
                globals.log_level.value_or("none").c_str(), json_ ? 1 : 0);
    for (const std::string& word : words_) std::printf(" [%s]", word.c_str());
    std::fflush(stdout);
    return kRan;
  }
  int refuse(const Error& error, bool json) const override {
    std::fprintf(stderr, "refused(%d): %s", json ? 1 : 0, error.message.c_str());
    return kExitUsage;
  }

 private:
  bool json_ = false;
  std::vector<std::string> words_;
};

std::unique_ptr<Command> make_echo() { return std::make_unique<Echo>(); }

constexpr std::array<CommandEntry, 3> kTable{{{"echo", "Say it again", make_echo},
                                              {"box open", "Open it", make_echo},
                                              {"box close", "Close it", make_echo}}};

struct Outcome {
  int code = 0;
  std::string out, err;
};

Outcome run(const std::vector<std::string>& arguments) {
  CaptureStdout();
  CaptureStderr();
  Outcome result;
  result.code = run_program(kTable, arguments);
  result.out = GetCapturedStdout();
  result.err = GetCapturedStderr();
  return result;
}

TEST(Program, RunsTheVerbWithItsWords) {
  const Outcome result = run({"echo", "a", "--json", "b"});
  EXPECT_EQ(result.code, kRan);
  EXPECT_EQ(result.out, "config=none level=none json=1 [a] [b]");
}

TEST(Program, GlobalOptionsStandBeforeOrAfterTheVerb) {
  EXPECT_THAT(run({"--config", "c", "echo", "--log-level", "debug"}).out,
              HasSubstr("config=c level=debug"));
}

TEST(Program, RunsAVerbOfAGroup) { EXPECT_THAT(run({"box", "close", "x"}).out, HasSubstr("[x]")); }

TEST(Program, AnUnknownVerbNamesTheNearest) {
  const Outcome result = run({"ehco"});
  EXPECT_EQ(result.code, kExitUsage);
  EXPECT_EQ(result.err, "prx: unknown verb 'ehco'; did you mean echo?\n");
}

TEST(Program, AnUnknownVerbOfAGroupNamesTheNearest) {
  EXPECT_EQ(run({"box", "opne"}).err, "prx: unknown verb 'box opne'; did you mean box open?\n");
}

TEST(Program, AVerbLikeNoOtherPointsToHelp) {
  EXPECT_EQ(run({"xyzzy"}).err, "prx: unknown verb 'xyzzy'; prx --help lists them\n");
}

TEST(Program, AGroupOrNothingAloneIsAUsageError) {
  EXPECT_EQ(run({"box"}).code, kExitUsage);
  EXPECT_THAT(run({"box"}).err, HasSubstr("prx box --help"));
  EXPECT_EQ(run({}).code, kExitUsage);
  EXPECT_THAT(run({}).err, HasSubstr("prx --help"));
}

TEST(Program, HelpListsEveryVerbAndTheExitCodes) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--help"}, {"-h"}, {"help"}}) {
    const Outcome result = run(arguments);
    EXPECT_EQ(result.code, kExitOk);
    for (const char* text :
         {"echo", "Say it again", "box open", "--config", "--no-config", "--log-level", "130"})
      EXPECT_THAT(result.out, HasSubstr(text));
  }
}

TEST(Program, HelpOfAVerbHasTheGlobalOptionsToo) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"echo", "--help"}, {"help", "echo"}}) {
    const Outcome result = run(arguments);
    EXPECT_EQ(result.code, kExitOk);
    for (const char* text : {"Usage: prx echo", "--json", "--config FILE", "Example: prx echo"})
      EXPECT_THAT(result.out, HasSubstr(text));
  }
}

TEST(Program, HelpOfAGroupListsItsVerbsAlone) {
  const Outcome result = run({"box", "--help"});
  EXPECT_EQ(result.code, kExitOk);
  EXPECT_THAT(result.out, HasSubstr("box close"));
  EXPECT_EQ(result.out.find("echo"), std::string::npos);
}

TEST(Program, AnUnknownOptionOfAVerbIsRefusedByIt) {
  const Outcome result = run({"echo", "--jsn"});
  EXPECT_EQ(result.code, kExitUsage);
  EXPECT_EQ(result.err, "refused(0): unknown option --jsn; did you mean --json?");
  EXPECT_THAT(run({"echo", "--json", "--nope"}).err, HasSubstr("refused(1)"));
  EXPECT_THAT(run({"echo", "--nope", "--", "--json"}).err, HasSubstr("refused(0)"));
}

TEST(Program, AnUnknownOptionBeforeTheVerbNamesTheNearest) {
  EXPECT_EQ(run({"--confg", "x", "echo"}).err,
            "prx: unknown option --confg; did you mean --config?\n");
}

TEST(Program, AnUnknownLogLevelIsRefused) {
  EXPECT_THAT(run({"echo", "--log-level", "loud"}).err,
              HasSubstr("--log-level loud: use trace, debug"));
}

TEST(Program, AFileAndNoFileExcludeEachOther) {
  EXPECT_THAT(run({"--config", "c", "--no-config", "echo"}).err, HasSubstr("exclude each other"));
}

}  // namespace
}  // namespace prx::cli
