// Tab in real shells, in a terminal where they have one; and what they ask the program for.
#include <sys/stat.h>
#include <unistd.h>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kBashCompletion = "/usr/share/bash-completion/bash_completion";

class CompletionProgram : public ProgramTest {
 protected:
  CompletionProgram() {
    environment["PATH"] = PRX_BINARY_DIR "/bin:/usr/bin:/bin";
    environment["XDG_CACHE_HOME"] = home / "cache";
    environment["TERM"] = "dumb";
    configure(
        "[default]\n"
        "provider = \"openrouter\"\n"
        "[providers.openrouter]\n"
        "[providers.backup]\n"
        "plugin = \"openai\"\n"
        "base_url = \"http://127.0.0.1:9/v1\"\n"
        "api_key_command = \"touch " +
        (home / "ran").string() +
        "\"\n"
        "[chains.careful]\n"
        "targets = [{ provider = \"backup\", model = \"m\" }]\n");
  }

  /// What the program tells zsh that can stand behind these words.
  std::string ask(std::vector<std::string> words) {
    words.insert(words.begin(), {"__complete", "zsh"});
    const auto result = run(std::move(words));
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    return result.out;
  }
};

TEST_F(CompletionProgram, NamesProvidersAndChainsOfTheConfigurationAndRunsNoCommandForIt) {
  EXPECT_THAT(ask({"chat", "--provider", ""}),
              AllOf(HasSubstr("\nopenrouter\tOpenRouter\n"), HasSubstr("\nbackup\tplugin openai\n"),
                    HasSubstr("\nopenai\tOpenAI\n"), HasSubstr("\ngroq\tGroq\n")));
  EXPECT_THAT(ask({"chat", "--chain", ""}), HasSubstr("\ncareful\tbackup\n"));
  EXPECT_THAT(ask({"plan", "--chain", "careful", "--fail", ""}), "open\nbackup=\n");
  EXPECT_FALSE(std::filesystem::exists(home / "ran"));
}

TEST_F(CompletionProgram, GoesByTheFileThatTheLineNames) {
  const std::string file = write("other.toml", "[providers.mine]\nplugin = \"openai\"\n");
  EXPECT_THAT(ask({"--config", file, "chat", "--provider", ""}), HasSubstr("\nmine"));
  EXPECT_THAT(ask({"chat", "--no-config", "--provider", ""}), Not(HasSubstr("\nbackup")));
}

TEST_F(CompletionProgram, NamesIdsOfPluginsWhereTheyCanStand) {
  for (const char* verb : {"info", "verify"}) {
    EXPECT_THAT(ask({"plugin", verb, ""}),
                AllOf(HasSubstr("\nopenai\tOpenAI\n"), HasSubstr("\nopenrouter\tOpenRouter\n")));
  }
  EXPECT_THAT(ask({"plugin", "info", "./"}), StartsWith("files"));
}

TEST_F(CompletionProgram, NamesModelsThatWereFetchedOnceAndSendsNothing) {
  simulate();
  EXPECT_THAT(ask({"chat", "--model", ""}), AllOf(Not(HasSubstr("gpt-4o")), HasSubstr("careful")));
  EXPECT_EQ(run({"models"}).exit_code, 0);
  const std::size_t before = simulator().requests().size();
  EXPECT_THAT(ask({"chat", "--model", ""}),
              AllOf(HasSubstr("\nopenai/gpt-4o\tOpenAI: GPT-4o\n"),
                    HasSubstr("\nmeta-llama/llama-3.1-8b-instruct:free\t"),
                    HasSubstr("\nchain:careful\tbackup\n")));
  EXPECT_THAT(ask({"chat", "--provider", "backup", "--model", ""}), Not(HasSubstr("gpt-4o")));
  EXPECT_EQ(simulator().requests().size(), before);
}

TEST_F(CompletionProgram, ABrokenConfigurationCostsItsOwnNamesAlone) {
  configure("[default\nprovider = ");
  EXPECT_THAT(ask({"c"}), HasSubstr("\nchat\t"));
  EXPECT_THAT(ask({"chat", "--"}), HasSubstr("\n--provider\t"));
  EXPECT_EQ(ask({"chat", "--provider", ""}), "words\n");
}

TEST_F(CompletionProgram, AFileThatNeverEndsIsLeftAlone) {
  const std::string pipe = home / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(ask({"chat", "--config", pipe, "--provider", ""}), "");
}

TEST_F(CompletionProgram, IsToldByNobodyElseThanAShell) {
  EXPECT_EQ(run({"__complete", "csh", ""}).exit_code, 2);
  EXPECT_EQ(run({"__complete"}).exit_code, 2);
  const auto result = run({"completion", "csh"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("bash, zsh or fish"));
}

/// A shell at a terminal of its own. It says what stands in its line when ^G is typed.
class Session {
 public:
  Session(test::ProcessOptions options, const std::string& command) {
    options.program = "/bin/sh";
    options.arguments = {"-c", "exec 3>&1 </dev/tty >/dev/tty 2>&1; exec " + command};
    options.session = test::ProcessOptions::Session::kTerminal;
    process_.emplace(std::move(options));
    process_->wait_for_out("ready\n");
  }
  ~Session() { process_->type("\x15 exit\r"); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// The line after Tab was pressed behind `typed`.
  std::string tab(const std::string& typed) {
    process_->type(typed + "\t\x07");
    const std::string mark = "#" + std::to_string(++lines_) + "\n";
    process_->wait_for_out(mark);
    const std::string& out = process_->out();
    const std::size_t end = out.rfind(mark);
    const std::size_t begin = out.rfind('\n', end - 1) + 1;
    return out.substr(begin, end - begin);
  }
  /// What it lists when Tab is pressed twice.
  void expect_listed(const std::string& typed, const std::string& text) {
    process_->type(typed + "\t\t");
    process_->wait_for_tty(text);
    process_->type("\x07");
    process_->wait_for_out("#" + std::to_string(++lines_) + "\n");
  }

 private:
  std::optional<test::Process> process_;
  int lines_ = 0;
};

class TabInAShell : public CompletionProgram {
 protected:
  static bool have(const std::string& shell) { return ::access(shell.c_str(), X_OK) == 0; }

  static constexpr const char* kSourceBash = "source <(prx completion bash)\n";
  static constexpr const char* kSourceZsh =
      "autoload -Uz compinit; compinit -u -D\n"
      "source <(prx completion zsh)\n";

  Session bash(const std::string& setup = kSourceBash) {
    const std::string file =
        write("bashrc", setup +
                            "show() { printf '%s#%d\\n' \"$READLINE_LINE\" $((++lines)) >&3;"
                            " READLINE_LINE=; READLINE_POINT=0; }\n"
                            "bind -x '\"\\C-g\": show'\n"
                            "echo ready >&3\n");
    return {program({}), "/bin/bash --noprofile --rcfile '" + file + "' -i"};
  }
  Session zsh(const std::string& setup = kSourceZsh) {
    environment["ZDOTDIR"] = home;
    write(".zshrc", setup +
                        "show() { print -r -u3 -- \"$BUFFER#$((++lines))\"; BUFFER= }\n"
                        "zle -N show; bindkey -e; bindkey '^G' show\n"
                        "print -u3 ready\n");
    return {program({}), "/bin/zsh -d -i"};
  }
  void fetch_models() {
    simulate();
    EXPECT_EQ(run({"models"}).exit_code, 0);
  }
  void expect_common_lines(Session& shell) {
    EXPECT_EQ(shell.tab("prx cha"), "prx chat ");
    EXPECT_EQ(shell.tab("prx plugin l"), "prx plugin list ");
    EXPECT_EQ(shell.tab("prx chat --prov"), "prx chat --provider ");
    EXPECT_EQ(shell.tab("prx chat --provider back"), "prx chat --provider backup ");
    EXPECT_EQ(shell.tab("prx chat --chain=care"), "prx chat --chain=careful ");
    EXPECT_EQ(shell.tab("prx --log-level tr"), "prx --log-level trace ");
    EXPECT_EQ(shell.tab("prx completion fi"), "prx completion fish ");
    EXPECT_EQ(shell.tab("prx plan --fail openr"), "prx plan --fail openrouter=");
    EXPECT_EQ(shell.tab("prx plan --fail openrouter=42"),
              "prx plan --fail openrouter=429:retry-after=2 ");
    EXPECT_EQ(shell.tab("prx chat --model meta-llama/llama-3.1-8b-instruct:f"),
              "prx chat --model meta-llama/llama-3.1-8b-instruct:free ");
    EXPECT_EQ(shell.tab("prx chat --model=meta-llama/llama-3.1-8b-instruct:f"),
              "prx chat --model=meta-llama/llama-3.1-8b-instruct:free ");
    EXPECT_EQ(shell.tab("prx chat --model \"meta-llama/llama-3.2"),
              "prx chat --model \"meta-llama/llama-3.2-3b-instruct:free\" ");
  }
  /// Files are of the home, where the shell stands.
  void expect_files(Session& shell) {
    EXPECT_EQ(shell.tab("prx chat --config only"), "prx chat --config only-one.toml ");
    EXPECT_EQ(shell.tab("prx chat --config=only"), "prx chat --config=only-one.toml ");
    EXPECT_EQ(shell.tab("prx chat --config 'with blank.toml' --provider dis"),
              "prx chat --config 'with blank.toml' --provider distant ");
    EXPECT_EQ(shell.tab("prx chat --system only"), "prx chat --system only");
  }
  test::ProcessOptions program(std::vector<std::string> arguments) const {
    auto options = ProgramTest::program(std::move(arguments));
    options.directory = home;
    write("only-one.toml", "");
    write("with blank.toml", "[providers.distant]\nplugin = \"openai\"\n");
    return options;
  }
};

TEST_F(TabInAShell, BashWithoutItsCompletionPackage) {
  if (!have("/bin/bash")) GTEST_SKIP() << "bash is not installed";
  fetch_models();
  Session shell = bash();
  expect_common_lines(shell);
  expect_files(shell);
  shell.expect_listed("prx co", "completion");
}

TEST_F(TabInAShell, BashWithItsCompletionPackage) {
  if (!have("/bin/bash") || ::access(kBashCompletion, R_OK) != 0)
    GTEST_SKIP() << "bash-completion is not installed";
  fetch_models();
  Session shell = bash(std::string("source ") + kBashCompletion + "\n" + kSourceBash);
  expect_common_lines(shell);
  expect_files(shell);
}

TEST_F(TabInAShell, BashFindsAnInstalledScript) {
  if (!have("/bin/bash") || ::access(kBashCompletion, R_OK) != 0)
    GTEST_SKIP() << "bash-completion is not installed";
  write("data/bash-completion/completions/prx", run({"completion", "bash"}).out);
  Session shell = bash(std::string("source ") + kBashCompletion + "\n");
  EXPECT_EQ(shell.tab("prx cha"), "prx chat ");
  EXPECT_EQ(shell.tab("prx chat --provider=back"), "prx chat --provider=backup ");
}

TEST_F(TabInAShell, BashRunsNothingThatStandsInTheLine) {
  if (!have("/bin/bash")) GTEST_SKIP() << "bash is not installed";
  Session shell = bash();
  EXPECT_EQ(shell.tab("prx chat --config $(touch expanded) --prov"),
            "prx chat --config $(touch expanded) --provider ");
  EXPECT_EQ(shell.tab("true; PRX_MODEL=x prx plugin l"), "true; PRX_MODEL=x prx plugin list ");
  EXPECT_FALSE(std::filesystem::exists(home / "expanded"));
}

TEST_F(TabInAShell, Zsh) {
  if (!have("/bin/zsh")) GTEST_SKIP() << "zsh is not installed";
  fetch_models();
  Session shell = zsh();
  expect_common_lines(shell);
  expect_files(shell);
  EXPECT_EQ(shell.tab("prx chat --config $(touch expanded) --prov"),
            "prx chat --config $(touch expanded) --provider ");
  EXPECT_FALSE(std::filesystem::exists(home / "expanded"));
  shell.expect_listed("prx c", "Send a prompt and print the answer");
}

TEST_F(TabInAShell, ZshFindsAnInstalledScript) {
  if (!have("/bin/zsh")) GTEST_SKIP() << "zsh is not installed";
  write("site-functions/_prx", run({"completion", "zsh"}).out);
  Session shell =
      zsh("fpath=($HOME/site-functions $fpath); autoload -Uz compinit; compinit -u -D\n");
  EXPECT_EQ(shell.tab("prx cha"), "prx chat ");
  EXPECT_EQ(shell.tab("prx chat --provider=back"), "prx chat --provider=backup ");
}

TEST_F(TabInAShell, Fish) {
  if (!have("/usr/bin/fish")) GTEST_SKIP() << "fish is not installed";
  fetch_models();
  const auto complete = [this](const std::string& line) {
    auto options = program(
        {"--no-config", "-c", "prx completion fish | source; complete -C \"$argv[1]\"", line});
    options.program = "/usr/bin/fish";
    return run_with(std::move(options)).out;
  };
  EXPECT_EQ(complete("prx cha"), "chat\tSend a prompt and print the answer as it comes\n");
  EXPECT_THAT(complete("prx plugin "), HasSubstr("list\t"));
  EXPECT_THAT(complete("prx chat --prov"), StartsWith("--provider\t"));
  EXPECT_THAT(complete("prx chat --provider back"), StartsWith("backup"));
  EXPECT_EQ(complete("prx chat --chain=care"), "--chain=careful\tbackup\n");
  EXPECT_EQ(complete("prx plan --fail openr"), "openrouter=\n");
  EXPECT_THAT(complete("prx chat --model meta-llama/llama-3.1-8b-instruct:f"),
              StartsWith("meta-llama/llama-3.1-8b-instruct:free\tMeta"));
  EXPECT_EQ(complete("prx chat --config only"), "only-one.toml\n");
  EXPECT_EQ(complete("prx chat --config=only"), "--config=only-one.toml\n");
  EXPECT_THAT(complete("prx chat --config 'with blank.toml' --provider dis"),
              StartsWith("distant"));
  EXPECT_EQ(complete("prx chat --system only"), "");
  EXPECT_THAT(complete("prx chat --config (touch expanded) --prov"), StartsWith("--provider\t"));
  EXPECT_FALSE(std::filesystem::exists(home / "expanded"));
}

}  // namespace
}  // namespace prx::cli
