// What can stand at the cursor, and how the shells are told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "cli/commands.hpp"
#include "cli/completion/line.hpp"
#include "cli/completion/shells.hpp"
#include "cli/program_help.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using Kind = Completion::Kind;
using Words = std::vector<std::string>;

/// A verb with one option of each kind.
class Ask final : public Command {
 public:
  HelpText help() const override { return {"prx ask", "Asks.", ""}; }
  void declare(Arguments& arguments) override {
    arguments.words(words_);
    arguments.flag("-q,--quiet", flag_, "Say less");
    arguments.text("--provider", text_, "NAME", "Whom", {Values::Kind::kProvider, {}});
    arguments.text("--model", text_, "NAME", "Which", {Values::Kind::kModel, {}});
    arguments.text("--image", text_, "FILE|URL", "A picture");
    arguments.text("--system", text_, "TEXT", "Any text");
    arguments.list("--fail", list_, "TARGET=FAULT", "A fault", {Values::Kind::kFault, {}});
    arguments.integer("--seed", number_, "A number");
  }
  int run(const GlobalOptions&) override { return 0; }

 private:
  bool flag_ = false;
  std::optional<std::string> text_;
  std::optional<std::int64_t> number_;
  std::vector<std::string> list_, words_;
};

class Draw final : public Command {
 public:
  HelpText help() const override { return {"prx box draw", "Draws.", ""}; }
  void declare(Arguments& arguments) override {
    arguments.words(words_, {Values::Kind::kChoice, {"red", "blue"}});
  }
  int run(const GlobalOptions&) override { return 0; }

 private:
  std::vector<std::string> words_;
};

class Bare final : public Command {
 public:
  HelpText help() const override { return {"prx bare", "Takes no words.", ""}; }
  void declare(Arguments& arguments) override { arguments.flag("--json", flag_, "As JSON"); }
  int run(const GlobalOptions&) override { return 0; }

 private:
  bool flag_ = false;
};

template <class T>
std::unique_ptr<Command> make() {
  return std::make_unique<T>();
}

constexpr std::array<CommandEntry, 5> kTable{{{"ask", "Ask it", make<Ask>},
                                              {"box draw", "Draw a box", make<Draw>},
                                              {"bare", "Do it", make<Bare>},
                                              {"bare all", "Do all of it", make<Bare>},
                                              {"__hidden", "", make<Bare>}}};

struct Asked {
  std::vector<Values::Kind> kinds;
  GivenOptions given;
};

Completion complete(const Words& words, std::string_view current, Asked* asked = nullptr) {
  return complete_line(kTable, words, current, [&](Values::Kind kind, const GivenOptions& given) {
    if (asked != nullptr) {
      asked->kinds.push_back(kind);
      asked->given = given;
    }
    return std::vector<Candidate>{{"one", "the first"}, {"a/b:c", ""}};
  });
}

Words offered(const Words& words, std::string_view current = "") {
  Words out;
  for (const Candidate& candidate : complete(words, current).candidates)
    out.push_back(candidate.word);
  return out;
}

TEST(CompletionLine, OffersEachFirstWordOnceAndNoHiddenVerb) {
  const Completion completion = complete({}, "");
  EXPECT_THAT(
      completion.candidates,
      ElementsAre(Candidate{"ask", "Ask it"}, Candidate{"box", "draw"}, Candidate{"bare", "Do it"},
                  Candidate{"help", "Print the help of the program, or of a verb"}));
  EXPECT_THAT(offered({"--config", "x"}), Contains("ask"));
}

TEST(CompletionLine, OffersTheVerbsOfAGroup) {
  EXPECT_THAT(offered({"box"}), ElementsAre("draw"));
  EXPECT_THAT(offered({"help", "box"}), ElementsAre("draw"));
}

TEST(CompletionLine, ASecondWordOfAVerbStandsRightBehindIt) {
  EXPECT_THAT(offered({"bare"}), Contains("all"));
  EXPECT_THAT(offered({"bare", "--json"}), Not(Contains("all")));
  EXPECT_THAT(offered({"bare", "all"}), Not(Contains("all")));
}

TEST(CompletionLine, HelpOffersVerbsAndNothingBehindThem) {
  EXPECT_THAT(offered({"help"}), AllOf(Contains("ask"), Not(Contains("help"))));
  EXPECT_THAT(offered({"help", "ask"}), IsEmpty());
  EXPECT_THAT(offered({"help", "bare"}), ElementsAre("all"));
}

TEST(CompletionLine, OffersOptionsBehindADashOrWhereNoWordCanStand) {
  EXPECT_THAT(offered({"ask"}), IsEmpty());
  EXPECT_THAT(
      offered({"ask"}, "-"),
      ElementsAre("-h", "--help", "-q", "--quiet", "--provider", "--model", "--image", "--system",
                  "--fail", "--seed", "--config", "--no-config", "--log-level"));
  EXPECT_THAT(offered({"bare"}), Contains("--json"));
  EXPECT_THAT(offered({}, "--"), AllOf(Contains("--version"), Not(Contains("--json"))));
}

TEST(CompletionLine, AnOptionThatWasGivenIsOfferedAgainOnlyIfItMayRepeat) {
  EXPECT_THAT(offered({"ask", "-q", "--fail", "a=b", "--seed=1"}, "-"),
              AllOf(Not(Contains("--quiet")), Not(Contains("--seed")), Contains("--fail")));
}

TEST(CompletionLine, NothingIsAnOptionBehindTwoDashes) {
  EXPECT_THAT(offered({"ask", "--"}, "-"), IsEmpty());
  EXPECT_THAT(offered({"bare", "--"}, ""), Not(Contains("--json")));
}

TEST(CompletionLine, AValueIsAskedForByItsKindWithWhatWasGivenBefore) {
  Asked asked;
  const Completion completion =
      complete({"--config", "c.toml", "ask", "--provider", "p", "--model"}, "on", &asked);
  EXPECT_THAT(completion.candidates, Contains(Candidate{"one", "the first"}));
  EXPECT_EQ(completion.before, "");
  EXPECT_THAT(asked.kinds, ElementsAre(Values::Kind::kModel));
  EXPECT_EQ(asked.given["--config"], "c.toml");
  EXPECT_EQ(asked.given["--provider"], "p");
}

TEST(CompletionLine, AValueBehindAnEqualsSignKeepsTheName) {
  const Completion completion = complete({"ask"}, "--model=a/");
  EXPECT_EQ(completion.before, "--model=");
  EXPECT_THAT(completion.candidates, Contains(Candidate{"a/b:c", ""}));
  EXPECT_THAT(offered({"ask"}, "--quiet="), IsEmpty());
  EXPECT_THAT(offered({"ask"}, "--nope="), IsEmpty());
}

TEST(CompletionLine, TheConfigurationIsNotAskedForVerbsAndOptions) {
  Asked asked;
  static_cast<void>(complete({}, "", &asked));
  static_cast<void>(complete({"ask"}, "--", &asked));
  static_cast<void>(complete({"ask", "--system"}, "", &asked));
  EXPECT_THAT(asked.kinds, IsEmpty());
}

TEST(CompletionLine, AnOptionOfFilesLeavesThemToTheShell) {
  EXPECT_EQ(complete({"ask", "--image"}, "").kind, Kind::kFiles);
  EXPECT_EQ(complete({"--config"}, "").kind, Kind::kFiles);
  EXPECT_EQ(complete({"ask", "--system"}, "").kind, Kind::kWords);
}

TEST(CompletionLine, AChoiceIsMadeOnce) {
  EXPECT_THAT(offered({"box", "draw"}), ElementsAre("red", "blue"));
  EXPECT_THAT(offered({"box", "draw", "red"}), IsEmpty());
  EXPECT_THAT(offered({"ask", "--log-level"}), Contains("trace"));
}

TEST(CompletionLine, AFaultIsATargetThenItsFaultsForEachPartOfTheList) {
  const Completion target = complete({"ask", "--fail"}, "o");
  EXPECT_EQ(target.kind, Kind::kOpen);
  EXPECT_THAT(target.candidates, Contains(Candidate{"one=", "the first"}));
  EXPECT_THAT(offered({"ask", "--fail"}, "one="), Contains("one=429:retry-after=2"));
  EXPECT_THAT(offered({"ask", "--fail"}, "one=auth,"), Contains("one=auth,one="));
  EXPECT_THAT(offered({"ask"}, "--fail=one=auth,a/b:c=r"), Contains("one=auth,a/b:c=reset"));
}

TEST(CompletionLine, BehindAnUnknownVerbThereIsNothingToOffer) {
  EXPECT_THAT(offered({"nope"}), IsEmpty());
  EXPECT_THAT(offered({"box", "nope"}), IsEmpty());
  EXPECT_THAT(offered({"__hidden"}, "-"), IsEmpty());
}

// --- the program's own table

TEST(CompletionTable, EveryVerbAndEveryOptionIsOfferedAndHasHelp) {
  const ValueSource none = [](Values::Kind, const GivenOptions&) {
    return std::vector<Candidate>();
  };
  for (const CommandEntry& entry : commands()) {
    if (entry.is_hidden()) continue;
    EXPECT_FALSE(entry.summary.empty()) << entry.name;
    const std::string name(entry.name);
    const std::size_t blank = name.find(' ');
    Words words{name.substr(0, blank)};
    if (blank != name.npos) words.push_back(name.substr(blank + 1));
    const Words before(words.begin(), words.end() - 1);
    EXPECT_THAT(complete_line(commands(), before, "", none).candidates,
                Contains(Field(&Candidate::word, words.back())));
    const VerbFacts facts = facts_of(entry);
    EXPECT_THAT(facts.help.usage, StartsWith("prx " + name));
    const Completion options = complete_line(commands(), words, "-", none);
    for (const OptionFacts& option : facts.options) {
      EXPECT_FALSE(option.help.empty()) << name << " " << option.names.front();
      for (const std::string& each : option.names)
        EXPECT_THAT(options.candidates, Contains(Candidate{each, option.help}));
    }
  }
}

TEST(CompletionTable, NoVerbIsOfferedThatIsHidden) {
  for (const Candidate& candidate : complete_line(commands(), {}, "", [](auto, const auto&) {
                                      return std::vector<Candidate>();
                                    }).candidates)
    EXPECT_THAT(candidate.word, Not(StartsWith("_")));
}

// --- the line as bash has it

TEST(BashLineTest, QuotesAndBackslashesAreUndone) {
  const BashLine line = read_bash_line(R"(prx chat 'a b'"c\"d\e" f\ g -x)", "/h");
  EXPECT_THAT(line.words, ElementsAre("prx", "chat", R"(a bc"d\e)", "f g"));
  EXPECT_EQ(line.current, "-x");
  EXPECT_EQ(line.quote, 0);
}

TEST(BashLineTest, TheOpenQuoteAndWhatIsWrittenAreKept) {
  const BashLine line = read_bash_line("prx --model \"a/b:", "/h");
  EXPECT_EQ(line.current, "a/b:");
  EXPECT_EQ(line.current_written, "\"a/b:");
  EXPECT_EQ(line.quote, '"');
  EXPECT_EQ(read_bash_line("prx 'x", "").quote, '\'');
  EXPECT_EQ(read_bash_line("prx x\\", "").current, "x");
}

TEST(BashLineTest, ALeadingTildeIsTheHome) {
  EXPECT_THAT(read_bash_line("prx --config ~/c.toml '~/d' ", "/h").words,
              ElementsAre("prx", "--config", "/h/c.toml", "~/d"));
}

TEST(BashLineTest, NothingIsExpandedOrRun) {
  EXPECT_THAT(read_bash_line("prx $(touch x) `id` $HOME ", "/h").words,
              ElementsAre("prx", "$(touch", "x)", "`id`", "$HOME"));
}

TEST(BashLineTest, ARedirectionIsNoWord) {
  const BashLine line = read_bash_line("prx chat 2>/dev/null hi >out", "/h");
  EXPECT_THAT(line.words, ElementsAre("prx", "chat", "hi"));
  EXPECT_TRUE(line.redirects);
  EXPECT_FALSE(read_bash_line("prx chat <x hi", "/h").redirects);
}

std::string bash_words(const std::string& line, std::string_view replaced, const Completion& what) {
  return bash_answer(what, read_bash_line(line, "/h"), replaced);
}

Completion of(Words words, std::string before = "") {
  Completion completion;
  completion.before = std::move(before);
  for (std::string& word : words) completion.candidates.push_back({std::move(word), "help"});
  return completion;
}

TEST(BashAnswer, LeavesOutWhatDoesNotBeginSo) {
  EXPECT_EQ(bash_words("prx ch", "ch", of({"chat", "plan"})), "words\nchat\n");
}

TEST(BashAnswer, ReplacesOnlyWhatReadlineTakesForTheWord) {
  const Completion models = of({"openai/gpt-4o:free", "openai/gpt-4o:nitro"});
  EXPECT_EQ(bash_words("prx --model openai/gpt-4o:f", "f", models), "words\nfree\n");
  EXPECT_EQ(bash_words("prx --model openai/gpt-4o:f", "openai/gpt-4o:f", models),
            "words\nopenai/gpt-4o:free\n");
  EXPECT_EQ(bash_words("prx --model \"openai/gpt-4o:f", "openai/gpt-4o:f", models),
            "words\nopenai/gpt-4o:free\n");
  EXPECT_EQ(bash_words("prx --model=op", "op", of({"openai/x"}, "--model=")), "words\nopenai/x\n");
  EXPECT_EQ(bash_words("prx --model=", "", of({"openai/x"}, "--model=")), "words\nopenai/x\n");
}

TEST(BashAnswer, QuotesWhatBashWouldRunOrSplit) {
  const Completion names = of({"my $(id) `x`;'y\"\\"});
  EXPECT_EQ(bash_words("prx my", "my", names),
            "words\nmy\\ \\$\\(id\\)\\ \\`x\\`\\;\\'y\\\"\\\\\n");
  EXPECT_EQ(bash_words("prx \"my", "my", names), "words\nmy \\$(id) \\`x\\`;'y\\\"\\\\\n");
  EXPECT_EQ(bash_words("prx 'my", "my", names), "words\nmy $(id) `x`;'\\''y\"\\\n");
  EXPECT_EQ(bash_words("prx my\\ $", "my\\ $", of({"my $x"})), "words\nmy\\ \\$x\n");
}

TEST(ShellAnswers, NamesThatATerminalCannotShowAreLeftOut) {
  const Completion bad = of({"a\nb", "c\td", "e\x1b[31m", "", "good"});
  EXPECT_EQ(bash_words("prx ", "", bad), "words\ngood\n");
  EXPECT_EQ(fish_answer(bad), "words\ngood\thelp\n");
}

TEST(ShellAnswers, HelpStaysOnOneLineWithoutTabs) {
  Completion completion;
  completion.kind = Kind::kOpen;
  completion.candidates = {{"a=", "x\ty\nz"}, {"b", ""}};
  EXPECT_EQ(zsh_answer(completion), "open\na=\tx y z\nb\n");
}

TEST(ShellAnswers, FishWantsWholeWordsAndZshTheValueAlone) {
  EXPECT_EQ(fish_answer(of({"x"}, "--model=")), "words\n--model=x\thelp\n");
  EXPECT_EQ(zsh_answer(of({"x"}, "--model=")), "words\nx\thelp\n");
}

TEST(CompletionScript, OfEachShellSaysHowToInstallIt) {
  for (const std::string& name : shell_names()) {
    const auto shell = shell_from(name);
    ASSERT_TRUE(shell);
    const std::string script(completion_script(*shell));
    EXPECT_THAT(script.substr(0, 200),
                AllOf(HasSubstr("By hand: "), HasSubstr("prx completion " + name)));
    EXPECT_THAT(script, HasSubstr("__complete " + name + " "));
  }
  EXPECT_FALSE(shell_from("csh"));
}

}  // namespace
}  // namespace prx::cli
