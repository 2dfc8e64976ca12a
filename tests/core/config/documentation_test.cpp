// core/docs/configuration.md: every TOML block in it loads, and every key is in it.
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "config/key_file.hpp"
#include "config/sections.hpp"
#include "core/config/support.hpp"

namespace prx::config {
namespace {

using ::testing::HasSubstr;
using testing::parse;

std::string guide() {
  const auto file =
      read_file(PRX_SOURCE_DIR "/core/docs/configuration.md", 1 << 20, FileKind::kRegular);
  return file ? file->text : file.error().message;
}

std::vector<std::string> toml_blocks() {
  std::istringstream lines(guide());
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

TEST(Documentation, EachExampleLoads) {
  const auto blocks = toml_blocks();
  ASSERT_GE(blocks.size(), 6u);
  for (const auto& block : blocks) {
    auto source = testing::source({{"OPENROUTER_API_KEY", "a"}, {"OPENAI_API_KEY", "b"}});
    source.read_secrets = false;
    const auto config = Config::parse(block, "configuration.md", "/etc/ssl/certs", source);
    EXPECT_TRUE(config) << config.error().message << '\n' << block;
  }
}

TEST(Documentation, EachKeyIsDescribed) {
  const auto text = guide();
  auto keys = policy_keys();
  keys.insert(keys.end(), kProviderKeys.begin(), kProviderKeys.end());
  for (const auto* key : {"fallback_providers", "share_health", "targets", "dirs", "allow", "path",
                          "sha256", "level", "file", "format", "provider", "model", "chain"})
    keys.push_back(key);
  for (const auto key : keys) EXPECT_THAT(text, HasSubstr("| `" + std::string(key) + "` |"));
}

// Whoever makes one of these keys act changes the guide and this test.
TEST(Documentation, SaysWhichKeysDoNotActYet) {
  const std::set<std::string_view> acting = {
      "deadline",           "connect_timeout",     "head_timeout",
      "non_stream_timeout", "first_token_timeout", "idle_timeout",
      "progress_timeout",   "finish_grace"};
  auto keys = policy_keys();
  keys.insert(keys.end(), {"fallback_providers", "share_health"});
  const auto text = guide();
  const auto section = text.substr(text.find("## [reliability]"));
  for (const auto key : keys) {
    const auto begin = section.find("| `" + std::string(key) + "` |");
    ASSERT_NE(begin, std::string::npos) << key;
    const auto line = section.substr(begin, section.find('\n', begin) - begin);
    EXPECT_THAT(line, ::testing::EndsWith(acting.contains(key) ? "| yes |" : "| **no** |"));
  }
}

}  // namespace
}  // namespace prx::config
