// Help and version texts of the program.
#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::HasSubstr;

using Help = ProgramTest;

TEST_F(Help, OfTheProgramNamesEveryVerbVariableAndExitCode) {
  const auto result = run({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  for (const char* text : {"chat",
                           "plugin list",
                           "plugin info",
                           "plugin verify",
                           "plugin new",
                           "plugin check",
                           "usage",
                           "doctor models",
                           "config check",
                           "config show",
                           "serve",
                           "sim",
                           "version",
                           "--config FILE",
                           "--no-config",
                           "--log-level LEVEL",
                           "PRX_CONFIG",
                           "PRX_PROVIDER",
                           "PRX_CHAIN",
                           "PRX_MODEL",
                           "PRX_PLUGIN_PATH",
                           "PRX_NO_PLUGINS",
                           "OPENROUTER_API_KEY",
                           "Exit codes:",
                           "130",
                           "prx chat \""})
    EXPECT_THAT(result.out, HasSubstr(text));
}

TEST_F(Help, OfChatNamesEveryOption) {
  const auto result = run({"chat", "--help"});
  EXPECT_EQ(result.exit_code, 0);
  for (const char* text : {"--provider",
                           "--chain NAME",
                           "--model",
                           "--system",
                           "--no-stream",
                           "--json",
                           "--config",
                           "--temperature",
                           "--max-tokens",
                           "--param NAME=JSON",
                           "--timeout DURATION",
                           "--trace",
                           "--warmup",
                           "--log-level",
                           "--no-config",
                           "--reasoning",
                           "--quiet",
                           "PROMPT",
                           "stdin",
                           "Examples:",
                           "Exit codes:"})
    EXPECT_THAT(result.out, HasSubstr(text));
}

TEST_F(Help, OfEveryVerbHasAnExampleAndFitsATerminal) {
  for (const auto& verb : std::vector<std::vector<std::string>>{{},
                                                                {"chat"},
                                                                {"models"},
                                                                {"plan"},
                                                                {"plugin", "list"},
                                                                {"config", "check"},
                                                                {"config", "show"},
                                                                {"usage"},
                                                                {"doctor"},
                                                                {"doctor", "models"},
                                                                {"serve"},
                                                                {"sim"},
                                                                {"version"}}) {
    auto arguments = verb;
    arguments.emplace_back("--help");
    const auto result = run(arguments);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, HasSubstr("Example"));
    std::size_t begin = 0;
    while (begin < result.out.size()) {
      const std::size_t end = result.out.find('\n', begin);
      EXPECT_LE(end - begin, 110U) << result.out.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

TEST_F(Help, VersionNamesPrxTheInterfaceAndTheRunningLibcurl) {
  const auto result = run({"version"});
  EXPECT_EQ(result.exit_code, 0);
  for (const char* text : {"prx", "abi", "1.0", "libcurl", "compiler"})
    EXPECT_THAT(result.out, HasSubstr(text));
  EXPECT_EQ(run({"--version"}).out, result.out);
  const auto json = parse_json(run({"version", "--json"}).out);
  EXPECT_STREQ(json["abi"].GetString(), "1.0");
  EXPECT_TRUE(std::isdigit(static_cast<unsigned char>(json["libcurl"].GetString()[0])))
      << json["libcurl"].GetString();
}

}  // namespace
}  // namespace prx::cli
