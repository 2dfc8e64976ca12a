// prx plugin check: the verb. The rules are tests/core/check's.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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
  /// A command line as it is printed for a shell.
  test::ProcessResult run_shell(const std::string& command) {
    auto options = program({"-c", command});
    options.program = "/bin/sh";
    options.environment["PATH"] = PRX_BINARY_DIR "/bin:/usr/bin:/bin";
    return run_with(std::move(options));
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

/// The part of a report behind that name of a finding's line; of the first such line.
std::string told(const std::string& report, const std::string& name) {
  const std::string begin = "\n          " + name;
  const std::size_t at = report.find(begin);
  if (at == report.npos) return "";
  const std::size_t text = report.find_first_not_of(' ', at + begin.size());
  return report.substr(text, report.find('\n', text) - text);
}

TEST_F(PluginCheck, TheReplayThatIsPrintedFindsTheSame) {
  const auto found = check({mutant("run_path"), "--rule", "elf.no-search-path"});
  const auto again = run_shell(told(found.out, "replay"));
  EXPECT_EQ(again.exit_code, 1) << again.err;
  EXPECT_EQ(told(again.out, "happened"), "it is /opt/mutant");
}

TEST_F(PluginCheck, SoDoesThatOfAFindingAtRandom) {
  const auto found = check({mutant("dislikes_a_byte"), "--config",
                            PRX_SOURCE_DIR "/tests/core/check/mutants/check.toml", "--fuzz", "20",
                            "--seed", "77", "--rule", "fuzz.answers"});
  ASSERT_EQ(found.exit_code, 1) << found.out << found.err;
  const std::string at = told(found.out, "at");
  EXPECT_THAT(at, ContainsRegex("seed [0-9]+, .*; replay with --seed [0-9]+ --fuzz 1$"));
  const std::string replay = told(found.out, "replay");
  EXPECT_THAT(replay, HasSubstr(" --fuzz 20 --seed 77 --rule fuzz.answers"));
  const auto expect_same = [&](const std::string& command) {
    const auto again = run_shell(command);
    EXPECT_EQ(again.exit_code, 1) << command << "\n" << again.out << again.err;
    EXPECT_EQ(told(again.out, "at"), at) << command;
    EXPECT_EQ(told(again.out, "happened"), told(found.out, "happened")) << command;
  };
  expect_same(replay);
  const std::string options = at.substr(at.find("--seed"));
  expect_same(replay.substr(0, replay.find(" --fuzz 20")) + " " + options + " --rule fuzz.answers");
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
  EXPECT_TRUE(report["rules"][0]["quirks"].IsArray());
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

/// One line, and nothing of a report.
void expect_no_verdict(const test::ProcessResult& result, const std::string& why) {
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, AllOf(StartsWith("prx: "), HasSubstr(why)));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST_F(PluginCheck, AFileThatIsTooLargeIsNoBreachOfAPlugin) {
  const std::string file = mutant("honest");
  fs::resize_file(file, (512u << 20) + 1);
  expect_no_verdict(check({file, "--json"}),
                    file + ": has 536870913 bytes, and a plugin at most 536870912; give the path");
}

TEST_F(PluginCheck, NorIsOneThatCannotBeRead) {
  const std::string file = mutant("honest");
  ::chmod(file.c_str(), 0);
  auto options = program({"plugin", "check", file});
  if (::geteuid() == 0) {  // who may read everything
    constexpr uid_t kSomebody = 65'534;
    fs::copy_file(PRX_BINARY_DIR "/bin/prx", home / "prx");  // where that user can reach it
    ::chmod((home / "prx").c_str(), 0755);
    ::chmod(home.c_str(), 0755);
    for (const auto& path : {home, fs::path(file)})
      ASSERT_EQ(::chown(path.c_str(), kSomebody, kSomebody), 0) << path;
    options.program = "/usr/bin/setpriv";
    const std::string user = std::to_string(kSomebody);
    options.arguments.insert(options.arguments.begin(),
                             {"--reuid", user, "--regid", user, "--clear-groups", home / "prx"});
  }
  expect_no_verdict(run_with(std::move(options)),
                    file + ": cannot be read: Permission denied; run: chmod u+r " + file);
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

/// Whose answers are long, and come slowly.
sim::SimulatorOptions at_length() {
  sim::SimulatorOptions options;
  options.answer_tokens = 400;
  options.token_delay = std::chrono::milliseconds(5);
  return options;
}

/// A service that answers this path so.
sim::SimulatorOptions faulty(const std::string& path, const std::string& fault) {
  sim::SimulatorOptions options;
  options.script.rules.push_back({});
  options.script.rules.back().path = path;
  options.script.rules.back().faults = sim::parse_faults(fault).value();
  return options;
}

TEST_F(PluginCheck, LiveAsksTheServiceWithTheKeyOfTheEnvironment) {
  simulate(at_length());
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

struct LiveFault {
  std::string rule, path, fault, told;
  friend void PrintTo(const LiveFault& one, std::ostream* out) { *out << one.rule; }
};

class PluginCheckLive : public PluginCheck, public ::testing::WithParamInterface<LiveFault> {};

TEST_P(PluginCheckLive, FailsByItsRuleAlone) {
  simulate(faulty(GetParam().path, GetParam().fault));
  const std::string file = copy(PRX_OPENROUTER, "openrouter.so");
  const auto result = check({file, "--live", "--rule", GetParam().rule});
  EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("FAILED  " + GetParam().rule), HasSubstr(GetParam().told),
                                HasSubstr(" --live --seed 1 --rule " + GetParam().rule)));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, PluginCheckLive,
    ::testing::Values(LiveFault{"live.chat-stream", "/chat/completions", "no-finish", "FAILED"},
                      LiveFault{"live.chat-whole", "/chat/completions", "503", "overloaded: "},
                      LiveFault{"live.models", "/models", "503", "a list of models"},
                      LiveFault{"live.health", "/key", "503", "it answers this key"},
                      LiveFault{"live.cancel", "/chat/completions", "503", "an answer begins"}),
    [](const auto& test) {
      std::string name = test.param.rule;
      for (char& c : name)
        if (c == '.' || c == '-') c = '_';
      return name;
    });

TEST_F(PluginCheck, LiveIsNoCancelWhereTheAnswerWasOver) {
  sim::SimulatorOptions short_one;
  short_one.answer = "Hi";
  short_one.one_write = true;
  simulate(std::move(short_one));
  const std::string file = copy(PRX_OPENROUTER, "openrouter.so");
  const auto result = check({file, "--live", "--rule", "live.cancel"});
  EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("it was over before it could be cancelled"));
}

TEST_F(PluginCheck, LiveSeesThatThePluginItselfDoesNotEnd) {
  simulate(at_length());
  environment["MUTANT_API_KEY"] = kKey;
  const std::string config =
      "base_url = \"" + simulator().openai_base_url() + "\"\nchat.model = \"gpt-4o\"";
  const auto live = [&](const std::string& name) {
    return check({mutant(name), "--config", config, "--live", "--rule", "live.cancel"});
  };
  const auto honest = live("honest");
  EXPECT_EQ(honest.exit_code, 0) << honest.out << honest.err;
  const auto deaf = live("deaf_after_an_event");
  EXPECT_EQ(deaf.exit_code, 1) << deaf.out << deaf.err;
  EXPECT_THAT(deaf.out, HasSubstr("did not end within a second of its cancel"));
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
