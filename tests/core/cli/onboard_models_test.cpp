// The list of models that narrows, and yes or no, with a person played by the test.
#include <gmock/gmock.h>

#include <deque>

#include "cli/onboard/models.hpp"
#include "cli/onboard/setup.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// Types these lines, then leaves.
class Person final : public Dialogue {
 public:
  explicit Person(std::deque<std::string> lines) : lines_(std::move(lines)) {}
  void say(std::string_view text) override { seen += std::string(text) + "\n"; }
  Result<std::string> ask(std::string_view prompt) override {
    seen += prompt;
    if (lines_.empty()) return fail(ErrorClass::kCancelled, "");
    std::string line = lines_.front();
    lines_.pop_front();
    seen += "<" + line + ">\n";
    return line;
  }
  Result<std::string> secret(std::string_view prompt) override { return ask(prompt); }
  std::stop_token stop() const override { return {}; }

  std::string seen;

 private:
  std::deque<std::string> lines_;
};

Catalog catalog_of(const std::vector<std::string>& ids) {
  Catalog catalog;
  catalog.provider = "p";
  for (const std::string& id : ids) {
    CatalogModel model;
    model.facts.id = id;
    model.facts.context_length = 128'000;
    model.facts.prompt_price = 0.0000025;
    catalog.models.push_back(std::move(model));
  }
  return catalog;
}

const Catalog kModels = catalog_of({"a/claude", "o/gpt-4o", "o/gpt-4o-mini", "o/gpt-5"});

/// What was taken, or "(left)".
std::string taken(Person& person, const std::string& usual = "a/claude") {
  const auto chosen = choose_from(person, kModels, usual);
  return chosen ? *chosen : "(left)";
}

TEST(OnboardModels, EnterTakesTheUsualOne) {
  Person person({""});
  EXPECT_EQ(taken(person), "a/claude");
  EXPECT_THAT(person.seen,
              AllOf(HasSubstr("128,000"), HasSubstr("2.5"), HasSubstr("[a/claude]: ")));
}

TEST(OnboardModels, EachLineNarrowsTheListFurther) {
  Person person({"gpt", "4o", "mini", ""});
  EXPECT_EQ(taken(person), "o/gpt-4o-mini");
  const auto last = person.seen.substr(person.seen.find("<mini>"));
  EXPECT_THAT(last, AllOf(HasSubstr("1)  o/gpt-4o-mini"), Not(HasSubstr("gpt-5"))));
}

TEST(OnboardModels, ANumberTakesOneOfThoseShown) {
  Person person({"gpt", "3"});
  EXPECT_EQ(taken(person), "o/gpt-5");
}

TEST(OnboardModels, AWholeIdIsTakenAlsoWhenItIsPartOfOthers) {
  Person person({"o/gpt-4o"});
  EXPECT_EQ(taken(person), "o/gpt-4o");
}

TEST(OnboardModels, WordsThatFitNothingAreForgotten) {
  Person person({"gpt", "llama", "2"});
  EXPECT_EQ(taken(person), "o/gpt-4o-mini");
  EXPECT_THAT(person.seen, HasSubstr("No model has 'llama' too; * shows all again, "));
}

TEST(OnboardModels, AFirstWordThatFitsNothingFitsItAlone) {
  Person person({"llama", ""});
  EXPECT_EQ(taken(person), "a/claude");
  EXPECT_THAT(person.seen, HasSubstr("No model has 'llama'; =ID takes one that is not listed"));
}

TEST(OnboardModels, AStarShowsAllAgainAndEqualsTakesWhatIsNotListed) {
  Person person({"gpt", "*", "1"});
  EXPECT_EQ(taken(person), "a/claude");
  Person other({"=my/own"});
  EXPECT_EQ(taken(other), "my/own");
}

TEST(OnboardModels, ShowsAtMostTwelve) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kModelsShownMax + 3; ++i)
    ids.push_back(std::string("m-") + static_cast<char>('a' + i));
  Person person({std::to_string(kModelsShownMax + 1), std::to_string(kModelsShownMax)});
  EXPECT_EQ(*choose_from(person, catalog_of(ids), ""), "m-l");
  EXPECT_THAT(person.seen, AllOf(HasSubstr("12 of 15 are shown"), Not(HasSubstr("m-m"))));
}

TEST(OnboardModels, WhoLeavesTakesNothing) {
  Person person({"gpt"});
  EXPECT_EQ(taken(person), "(left)");
}

TEST(OnboardModels, EnterTakesNothingWhereThereIsNoUsualOne) {
  Person person({"", "gpt-5", ""});
  EXPECT_EQ(taken(person, ""), "o/gpt-5");
  EXPECT_THAT(person.seen, HasSubstr("can answer nothing without a model"));
  Person without_list({"", "x/y"});
  EXPECT_EQ(*ask_model(without_list, ""), "x/y");
  EXPECT_THAT(without_list.seen, HasSubstr("can answer nothing without a model"));
}

TEST(OnboardModels, WithoutAListAnyNameIsTaken) {
  Person person({"a\nb", "x/y"});
  EXPECT_EQ(*ask_model(person, ""), "x/y");
  Person enter({""});
  EXPECT_EQ(*ask_model(enter, "usual"), "usual");
}

TEST(OnboardDialogue, YesAndNoAreAskedForUntilOneIsGiven) {
  Person person({"maybe", "YES"});
  EXPECT_TRUE(*ask_yes(person, "Sure?", false));
  Person no({"n"});
  EXPECT_FALSE(*ask_yes(no, "Sure?", true));
  Person enter({""});
  EXPECT_TRUE(*ask_yes(enter, "Sure?", true));
  EXPECT_THAT(enter.seen, HasSubstr("Sure? [Y/n] "));
}

TEST(OnboardSetup, NamesTheVariableOfAServerAfterIt) {
  EXPECT_EQ(key_variable({"my-lab2", "", "", "", "", false}), "MY_LAB2_API_KEY");
  EXPECT_EQ(key_variable({"groq", "", "GROQ_API_KEY", "", "", false}), "GROQ_API_KEY");
}

}  // namespace
}  // namespace prx::cli
