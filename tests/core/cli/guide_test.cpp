// The pages: each `prx plan` in them prints what the page says, and what they tell to run runs.
#include <csignal>
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

/// "$ prx plan --fail 'a=b'": its words behind the program, unquoted.
std::vector<std::string> arguments_of(const std::string& command) {
  std::istringstream words(command);
  std::vector<std::string> all;
  for (std::string word; words >> word;) {
    std::erase(word, '\'');
    all.push_back(word);
  }
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

/// The texts of the page's blocks of a language, from a heading on.
std::vector<std::string> blocks_of(const std::string& name, const std::string& heading,
                                   const std::string& language) {
  std::ifstream page(PRX_SOURCE_DIR "/" + name);
  std::vector<std::string> blocks;
  bool in_section = false, in_block = false;
  for (std::string line; std::getline(page, line);) {
    if (line.substr(0, 3) == "## ") in_section = line == heading;
    if (in_section && line == "```" + language) {
      blocks.emplace_back();
      in_block = true;
    } else if (line == "```") {
      in_block = false;
    } else if (in_block) {
      blocks.back() += line + '\n';
    }
  }
  return blocks;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from << " is not in\n" << text;
  for (; at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

class SimGuide : public ProgramTest {
 protected:
  /// A block of the page, typed into a shell in the home.
  [[nodiscard]] test::ProcessOptions shell(const std::string& script) const {
    test::ProcessOptions options = program({"-c", script});
    options.program = "/bin/sh";
    options.directory = home;
    options.environment["PATH"] = PRX_BINARY_DIR "/bin:/usr/bin:/bin";
    return options;
  }
};

TEST_F(SimGuide, EachCommandOfTheGuideRuns) {
  simulate();
  write("photo.png", "\x89PNG\r\n\x1a\n");
  write("notes.txt", "a note");
  int commands = 0;
  for (const std::string heading :
       {"## First steps", "## Asking", "## Images, sounds, files", "## Answers as JSON"})
    for (std::string block : blocks_of("core/docs/guide.md", heading, "sh")) {
      ++commands;
      if (heading == "## First steps") replace(block, "sk-or-v1-...", kKey);
      if (heading == "## Asking" && block.find("git diff") != std::string::npos) {
        replace(block, "git diff", "echo a change");
        replace(block, "jq -r .text", "grep -q text");
      }
      if (heading == "## Answers as JSON")  // the simulator says what it is told to say
        replace(block, "--no-stream", "--no-stream --model 'openai/gpt-4o#answer?text=%7B%7D'");
      const auto result = run_with(shell("set -e\n" + block));
      EXPECT_EQ(result.exit_code, 0) << block << result.err;
    }
  EXPECT_EQ(commands, 5);
}

TEST_F(SimGuide, TheFailoverRunsAsItIsWritten) {
  const auto files = blocks_of("core/docs/sim.md", "## A failover", "toml");
  auto terminals = blocks_of("core/docs/sim.md", "## A failover", "sh");
  ASSERT_EQ(files.size(), 2U);
  ASSERT_EQ(terminals.size(), 2U);
  write("faults.toml", files[0]);
  write("failover.toml", files[1]);
  replace(terminals[0], "prx sim --port 8080", "exec prx sim --quiet --port 0");
  test::Process server(shell(terminals[0]));
  server.wait_for_out("/api/v1\n");
  replace(terminals[1], "http://127.0.0.1:8080/api/v1",
          server.out().substr(0, server.out().find('\n')));
  const std::string origin = server.out().substr(0, server.out().find("/api/v1"));
  replace(terminals[1], "http://127.0.0.1:8080", origin);
  const auto result = run_with(shell(terminals[1]));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("This is a simulated answer"));
  EXPECT_THAT(result.err, ::testing::ContainsRegex("attempt 3 .retry.: openrouter .*overloaded"));
  EXPECT_THAT(result.err, ::testing::ContainsRegex("attempt 4 .fallback.: openai gpt-4o"));
  server.send_signal(SIGTERM);
  end(server);
}

}  // namespace
}  // namespace prx::cli
