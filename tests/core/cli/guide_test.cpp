// The pages: each `prx plan` in them prints what the page says.
#include <fstream>
#include <sstream>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::StartsWith;

constexpr std::string_view kRest = "...\n";  // the page leaves out what follows

/// A command of the page, with the configuration that stands before it.
struct Example {
  std::string toml, command, output;
};

std::vector<Example> examples_of(const std::string& name) {
  std::ifstream page(PRX_SOURCE_DIR "/" + name);
  std::vector<Example> found;
  std::string toml;
  std::string* into = nullptr;
  for (std::string line; std::getline(page, line);) {
    if (line == "```toml") {
      toml.clear();
      into = &toml;
    } else if (line == "```console") {
      std::string command;
      std::getline(page, command);
      into = &found.emplace_back(Example{toml, command, {}}).output;
    } else if (line.substr(0, 3) == "```") {
      into = nullptr;
    } else if (into != nullptr) {
      *into += line + '\n';
    }
  }
  return found;
}

/// "$ prx plan --fail a=b": its words behind the program.
std::vector<std::string> arguments_of(const std::string& command) {
  std::istringstream words(command);
  std::vector<std::string> all;
  for (std::string word; words >> word;) all.push_back(word);
  EXPECT_GE(all.size(), 3U) << command;
  if (all.size() >= 2) all.erase(all.begin(), all.begin() + 2);
  return all;
}

class Guide : public ProgramTest {
 protected:
  Guide() {
    for (const std::string name : {"OPENAI_API_KEY", "OPENROUTER_KEY_1", "OPENROUTER_KEY_2"})
      environment[name] = kKey + name;  // equal keys would be one
  }
  void expect_examples_hold(const std::string& page, std::size_t examples_min) {
    const auto examples = examples_of(page);
    EXPECT_GE(examples.size(), examples_min);
    for (const auto& example : examples) expect_holds(example);
  }

 private:
  void expect_holds(Example example) {
    configure(example.toml);
    const auto arguments = arguments_of(example.command);
    ASSERT_EQ(arguments.front(), "plan") << "this test sends nothing";
    const auto result = run(arguments);
    EXPECT_EQ(result.err, "") << example.command;
    const bool all_of_it = !example.output.ends_with(kRest);
    if (!all_of_it) example.output.resize(example.output.size() - kRest.size());
    EXPECT_THAT(result.out, StartsWith(example.output)) << example.command;
    EXPECT_TRUE(!all_of_it || result.out == example.output) << result.out;
  }
};

TEST_F(Guide, EachPlanOfTheReliabilityGuidePrintsWhatThePageSays) {
  expect_examples_hold("core/docs/reliability.md", 7);
}

TEST_F(Guide, EachPlanOfTheReadmePrintsWhatThePageSays) { expect_examples_hold("README.md", 1); }

}  // namespace
}  // namespace prx::cli
