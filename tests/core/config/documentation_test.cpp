// The guides: every TOML block in them loads, every key is described, with its default.
#include <gmock/gmock.h>

#include <sstream>

#include "config/sections.hpp"
#include "core/config/support.hpp"
#include "os/file.hpp"

namespace prx::config {
namespace {

using ::testing::HasSubstr;
using testing::parse;

std::string guide(const std::string& name) {
  const auto file = os::read_file(PRX_SOURCE_DIR "/" + name, 1 << 20, os::FileKind::kRegular);
  return file ? file->text : file.error().message;
}

std::vector<std::string> toml_blocks(const std::string& text) {
  std::istringstream lines(text);
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.substr(0, 3) == "```") {
      inside = line == "```toml";
      if (inside) blocks.emplace_back();
    } else if (inside) {
      blocks.back() += line + '\n';
    }
  }
  return blocks;
}

/// The line of a table that describes the key; "" when there is none.
std::string row_of(const std::string& text, std::string_view key) {
  const auto begin = text.find("| `" + std::string(key) + "` |");
  return begin == std::string::npos ? "" : text.substr(begin, text.find('\n', begin) - begin);
}

void expect_examples_load(const std::string& name, std::size_t blocks_min) {
  const auto blocks = toml_blocks(guide(name));
  EXPECT_GE(blocks.size(), blocks_min);
  for (const auto& block : blocks) {
    auto source = testing::source({{"OPENROUTER_API_KEY", "a"},
                                   {"OPENROUTER_KEY_1", "c"},
                                   {"OPENROUTER_KEY_2", "d"},
                                   {"OPENAI_API_KEY", "b"}});
    source.read_secrets = false;
    const auto config = Config::parse(block, name, "/etc/ssl/certs", source);
    EXPECT_TRUE(config) << config.error().message << '\n' << block;
  }
}

TEST(Documentation, EachExampleOfTheConfigurationGuideLoads) {
  expect_examples_load("core/docs/configuration.md", 6);
}

TEST(Documentation, EachExampleOfTheReliabilityGuideLoads) {
  expect_examples_load("core/docs/reliability.md", 5);
}

TEST(Documentation, EachExampleOfTheIsolationGuideLoads) {
  expect_examples_load("core/docs/isolation.md", 1);
}

TEST(Documentation, EachExampleOfThePresetsPageLoads) {
  expect_examples_load("core/docs/providers/presets.md", 3);
}

TEST(Documentation, EachExampleOfTheReadmeLoads) { expect_examples_load("README.md", 2); }

TEST(Documentation, EachKeyIsDescribed) {
  const auto text = guide("core/docs/configuration.md");
  auto keys = policy_keys();
  keys.insert(keys.end(), kProviderKeys.begin(), kProviderKeys.end());
  for (const auto* key : {"fallback_providers",
                          "share_health",
                          "targets",
                          "dirs",
                          "allow",
                          "path",
                          "sha256",
                          "level",
                          "file",
                          "format",
                          "provider",
                          "model",
                          "chain",
                          "extra_body",
                          "context_length",
                          "prefill",
                          "models",
                          "requests_per_minute",
                          "calls_max",
                          "budget",
                          "budget_window",
                          "certificate",
                          "key"})
    keys.push_back(key);
  for (const auto key : kServeKeys)
    if (key != "keys" && key != "tls") keys.push_back(key);  // tables of their own
  for (const auto key : keys) EXPECT_NE(row_of(text, key), "") << key;
}

TEST(Documentation, SaysTheDefaultsOfTheReliabilityKeys) {
  const auto config = parse("");
  ASSERT_TRUE(config) << config.error().message;
  const auto text = guide("core/docs/configuration.md");
  const auto section = text.substr(text.find("## [reliability]"));
  constexpr std::string_view kPrefix = "reliability.";
  std::size_t keys = 0;
  for (const auto& setting : config->settings) {
    if (setting.path.substr(0, kPrefix.size()) != kPrefix) continue;
    ++keys;
    const auto key = setting.path.substr(kPrefix.size());
    EXPECT_THAT(row_of(section, key), HasSubstr("| `" + setting.value + "` |")) << key;
  }
  EXPECT_GE(keys, 20u);
}

}  // namespace
}  // namespace prx::config
