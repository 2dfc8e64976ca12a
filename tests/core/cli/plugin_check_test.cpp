// prx plugin check: the verb. The rules are tests/core/check's.
#include <sys/stat.h>

#include <fstream>

#include "program_fixture.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class PluginCheck : public ProgramTest {
 protected:
  /// A copy of a file of the build, which prx loads whatever the build's umask was.
  std::string copy(const fs::path& from, const std::string& name = "acme.so") const {
    const fs::path to = home / name;
    fs::copy_file(from, to, fs::copy_options::overwrite_existing);
    fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write);
    return to.string();
  }
  std::string mutant(const std::string& name) const {
    return copy(fs::path(PRX_MUTANT_DIR) / (name + ".so"));
  }
  test::ProcessResult check(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"plugin", "check"});
    auto options = program(std::move(arguments));
    return run_with(std::move(options));
  }
};

TEST_F(PluginCheck, APluginThatKeepsTheRuleIsReportedSo) {
  const auto result = check({mutant("honest"), "--rule", "note.valid", "--rule", "elf.entry"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("mutant 1.0.0, seed 1\n"), ContainsRegex("  ok      note.valid +The note is"),
            ContainsRegex("  ok      elf.entry "),
            HasSubstr("2 rules: 2 ok. Not all rules were run: this is no pass.")));
}

TEST_F(PluginCheck, ItsHelpSaysWhatItsConfigIs) {
  EXPECT_THAT(check({"--help"}).out,
              ContainsRegex("--config FILE\\|TABLE +The plugin's check.toml"));
}

TEST_F(PluginCheck, ARuleThatDoesNotHoldFailsIt) {
  const std::string file = mutant("run_path");
  const auto result = check({file, "--rule", "elf.no-search-path"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("FAILED  elf.no-search-path"), HasSubstr("expected  no RUNPATH\n"),
                    HasSubstr("happened  it is /opt/mutant\n"),
                    HasSubstr("replay    prx plugin check " + file +
                              " --seed 1 --rule elf.no-search-path\n")));
}

TEST_F(PluginCheck, TheReplayThatIsPrintedFindsTheSame) {
  const std::string file = mutant("run_path");
  const auto again = check({file, "--seed", "1", "--rule", "elf.no-search-path"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.out, HasSubstr("it is /opt/mutant"));
}

/// Its lines as core/docs/plugin-check.md shows them, of a file that is called otherwise.
std::string as_on_page(std::string report, const std::string& file) {
  const auto replace = [&report](const std::string& from, const std::string& to) {
    for (std::size_t at = report.find(from); at != report.npos; at = report.find(from, at))
      report.replace(at, from.size(), to);
  };
  replace(file, "build/lib/prx/plugins/acme.so");
  replace(": mutant 1.0.0", ": acme 1.0.0");
  report.resize(report.rfind('\n', report.size() - 2) + 1);  // how many rules were run
  replace("\n", "\r    ");
  replace("\r", "\n");
  return "    " + report.substr(0, report.size() - 4);
}

TEST_F(PluginCheck, ThePageShowsWhatItPrints) {
  std::ifstream in(PRX_SOURCE_DIR "/core/docs/plugin-check.md");
  const std::string page(std::istreambuf_iterator<char>(in), {});
  const std::string file = mutant("event_inside_start");
  const auto failed = check({file, "--rule", "elf.entry", "--rule", "start.no-event-inside"});
  EXPECT_THAT(page, HasSubstr(as_on_page(failed.out, file)));
  const std::string local = copy(fs::path(PRX_TEMPLATE_DIR) / "template_in_process.so");
  const std::string report = as_on_page(check({local, "--rule", "http.request"}).out, local);
  EXPECT_THAT(page, HasSubstr(report.substr(report.find('\n') + 1)));
}

TEST_F(PluginCheck, JsonIsOneObject) {
  const auto result = check({mutant("run_path"), "--json", "--rule", "elf.no-search-path"});
  EXPECT_EQ(result.exit_code, 1);
  const auto report = parse_json(result.out);
  EXPECT_FALSE(report["passed"].GetBool());
  EXPECT_FALSE(report["complete"].GetBool());
  ASSERT_EQ(report["rules"].Size(), 1u);
  EXPECT_STREQ(report["rules"][0]["state"].GetString(), "failed");
}

TEST_F(PluginCheck, JUnitIsOneTestSuite) {
  const auto result = check({mutant("honest"), "--junit", "--rule", "note.valid"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(StartsWith("<?xml"), HasSubstr("tests=\"1\" failures=\"0\""),
                                HasSubstr("</testsuite>\n")));
}

TEST_F(PluginCheck, TheConfigurationIsAFileOrATable) {
  const std::string file = mutant("needs_more");
  const auto with = [&](const std::string& config) {
    return check({file, "--config", config, "--rule", "elf.needed"}).exit_code;
  };
  EXPECT_EQ(check({file, "--rule", "elf.needed"}).exit_code, 1);
  EXPECT_EQ(with(write("check.toml", "[quirks]\nneeded = [\"libresolv.so.2\"]\n")), 0);
  EXPECT_EQ(with("quirks.needed = [\"libresolv.so.2\"]"), 0);
}

TEST_F(PluginCheck, ASlipInTheConfigurationIsNamed) {
  const std::string file = mutant("honest");
  const auto result = check({file, "--config", "regoin = \"eu\""});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err,
              HasSubstr("--config: unknown key 'regoin' in [provider]; did you mean 'region'?"));
  const auto missing = check({file, "--config", "none.toml"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("none.toml: "));
}

TEST_F(PluginCheck, ItsUsersConfigurationIsNotRead) {
  configure("this is no TOML");
  EXPECT_EQ(check({mutant("honest"), "--rule", "note.valid"}).exit_code, 0);
}

TEST_F(PluginCheck, AFileThatOthersCanWriteIsNotRun) {
  const std::string file = mutant("honest");
  ::chmod(file.c_str(), 0666);
  const auto result = check({file});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(StartsWith("prx: "), HasSubstr(file)));
  EXPECT_EQ(result.out, "");
}

TEST_F(PluginCheck, AFileThatIsNotThereIsSaidSo) {
  EXPECT_EQ(check({"none.so"}).exit_code, 3);
  EXPECT_THAT(check({"none.so"}).err, HasSubstr("give the path of the built file"));
  EXPECT_THAT(check({home.string()}).err, HasSubstr("is no regular file"));
}

TEST_F(PluginCheck, NothingIsRunWherePluginsAreOff) {
  environment["PRX_NO_PLUGINS"] = "1";
  const auto result = check({mutant("honest")});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("PRX_NO_PLUGINS"));
}

TEST_F(PluginCheck, WhatIsNoPluginFailsItsFirstRuleAndIsNotLoaded) {
  const auto result = check({write("text.so", "hello")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out,
              AllOf(ContainsRegex("FAILED  elf.shared-object"), HasSubstr("not an ELF file"),
                    HasSubstr("not run: the rule elf.shared-object failed")));
}

TEST_F(PluginCheck, UsageIsChecked) {
  const std::string file = mutant("honest");
  EXPECT_EQ(check({}).exit_code, 2);
  EXPECT_EQ(check({file, file}).exit_code, 2);
  EXPECT_EQ(check({file, "--json", "--junit"}).exit_code, 2);
  EXPECT_EQ(check({file, "--fuzz", "0"}).exit_code, 2);
  EXPECT_EQ(check({file, "--fuzz", "86401"}).exit_code, 2);
  EXPECT_EQ(check({file, "--seed", "-1"}).exit_code, 2);
  EXPECT_THAT(check({file, "--rule", "elf.need"}).err,
              HasSubstr("no rule is called 'elf.need'; did you mean 'elf.needed'?"));
  EXPECT_THAT(check({file, "--rule", "live.models"}).err, HasSubstr("needs --live"));
}

TEST_F(PluginCheck, CtrlCEndsAllOfIt) {
  test::Process process(program({"plugin", "check", mutant("honest"), "--fuzz", "600"}));
  process.wait_for_out("elf.shared-object");
  process.send_signal(SIGINT);
  const auto result = end(process);
  EXPECT_EQ(result.exit_code, 130);
}

TEST_F(PluginCheck, LiveAsksTheServiceWithTheKeyOfTheEnvironment) {
  simulate();
  const std::string file = copy(PRX_OPENROUTER, "openrouter.so");
  const auto result =
      check({file, "--live", "--rule", "live.chat-stream", "--rule", "live.chat-whole", "--rule",
             "live.models", "--rule", "live.health", "--rule", "live.cancel"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("5 rules: 5 ok."));
}

TEST_F(PluginCheck, LiveFailsWhereTheServiceRefuses) {
  sim::SimulatorOptions options;
  options.keys.resize(1);
  options.keys.front().key = "another";
  simulate(std::move(options));
  const std::string file = copy(PRX_OPENROUTER, "openrouter.so");
  const auto result = check({file, "--live", "--rule", "live.chat-stream"});
  EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("FAILED  live.chat-stream"), HasSubstr("auth: "),
                                HasSubstr(" --live --seed 1 --rule live.chat-stream")));
}

TEST_F(PluginCheck, LiveWithoutTheKeyIsSaidSoAndRunsNothing) {
  const auto result = check({mutant("honest"), "--live"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("set MUTANT_API_KEY"));
}

TEST_F(PluginCheck, AnEmptyNameAndASeedThatIsTooLargeAreSaidSo) {
  EXPECT_THAT(check({""}).err, HasSubstr("the name of the file is empty"));
  EXPECT_THAT(check({mutant("honest"), "--seed", "18446744073709551615"}).err,
              HasSubstr("at most 9223372036854775807"));
}

TEST_F(PluginCheck, WithoutLiveNothingIsSentAnywhere) {
  simulate();
  const auto result = check({copy(PRX_OPENROUTER, "openrouter.so"), "--rule", "answer.samples"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_TRUE(simulator().requests().empty());
}

}  // namespace
}  // namespace prx::cli
