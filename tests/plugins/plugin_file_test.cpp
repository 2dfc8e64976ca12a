// What prx_add_plugin() makes of a plugin: one symbol, a note that tells the truth, a small file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>

#include "plugins/plugin_driver.hpp"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::test {
namespace {

using json::ObjectIndex;

std::string output_of(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  std::string output;
  std::array<char, 4096> buffer;  // NOLINT: filled by fread
  while (const std::size_t size = fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), size);
  const int status = pclose(pipe);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? output : "failed: " + command;
}

std::string text_of(const ObjectIndex& note, const char* key) {
  return json::unquoted(note.find(key).value_or("")).value_or("(none)");
}

class PluginFile : public testing::TestWithParam<const char*> {};

TEST_P(PluginFile, ExportsOneSymbol) {
  const std::string symbols =
      output_of(std::string(PRX_NM) + " -D --defined-only --format=just-symbols " + GetParam());
  EXPECT_EQ(symbols, PRX_QUERY_SYMBOL "\n");
}

TEST_P(PluginFile, NoteIsJsonThatFitsAndAgreesWithTheQuery) {
  const Module module = load(GetParam());
  const std::string note = note_of(module);
  ASSERT_FALSE(note.empty());
  EXPECT_LE(note.size(), PRX_NOTE_MAX);
  EXPECT_TRUE(json::validate(note)) << note;
  const auto index = ObjectIndex::parse(note);
  ASSERT_TRUE(index) << note;
  EXPECT_EQ(text_of(*index, "id"), sdk::view(module.plugin->id));
  EXPECT_EQ(text_of(*index, "version"), sdk::view(module.plugin->version));
  EXPECT_EQ(text_of(*index, "abi"), "1.0");
  EXPECT_EQ(text_of(*index, "needs"), "1.0");
  EXPECT_TRUE(index->find("kinds"));
}

TEST_P(PluginFile, QueryIsPureAndComplete) {
  const Module first = load(GetParam());
  const Module second = load(GetParam());
  EXPECT_EQ(first.plugin, second.plugin);
  EXPECT_EQ(first.plugin->size, sizeof(prx_plugin));
  EXPECT_EQ(first.plugin->abi_major, PRX_ABI_MAJOR);
  EXPECT_EQ(first.plugin->abi_needs, 0u);
  ASSERT_NE(first.provider, nullptr);
  EXPECT_EQ(first.plugin->interface_(sdk::str("prx.provider/2")), nullptr);
}

INSTANTIATE_TEST_SUITE_P(All, PluginFile,
                         testing::Values(PRX_OPENROUTER, PRX_OPENAI, PRX_LAYER_STEPS,
                                         PRX_LAYER_HTTP, PRX_EXAMPLE_HTTP, PRX_EXAMPLE_ECHO,
                                         PRX_EXAMPLE_C),
                         [](const auto& test) {
                           return std::filesystem::path(test.param).stem().string();
                         });

TEST(PluginNote, DescribeSaysTheCapabilitiesOfTheNote) {
  for (const char* const file : {PRX_OPENROUTER, PRX_OPENAI, PRX_LAYER_STEPS}) {
    const Module module = load(file);
    const std::string note = note_of(module);
    const TestInstance instance(module, R"({"mode":"answer"})");
    const auto described = ObjectIndex::parse(note)->find("capabilities");
    ASSERT_TRUE(described) << file;
    EXPECT_EQ(instance.describe(), *described);
  }
}

TEST(PluginNote, VersionIsTheNotesOrTheProjects) {
  EXPECT_EQ(sdk::view(load(PRX_LAYER_HTTP).plugin->version), "7.8.9");
  EXPECT_EQ(sdk::view(load(PRX_EXAMPLE_ECHO).plugin->version), "1.0.0");
}

#ifdef PRX_SHIPPED
constexpr std::uintmax_t kHttpPluginMax = 100'000;     // one without the dialect
constexpr std::uintmax_t kDialectPluginMax = 200'000;  // one with it; files grow by pages of 4 KB
constexpr std::uintmax_t kOpenAiMax = 216'000;         // it also edits messages, and learns

void expect_stripped_below(const std::string& file, std::uintmax_t size_max) {
  const std::string stripped =
      testing::TempDir() + "prx_stripped_" + std::filesystem::path(file).filename().string();
  ASSERT_EQ(output_of(std::string(PRX_STRIP) + " -o " + stripped + " " + file), "");
  EXPECT_LT(std::filesystem::file_size(stripped), size_max);
  EXPECT_FALSE(note_of(load(stripped)).empty()) << "strip took the note away";
  std::filesystem::remove(stripped);
}

TEST(PluginSize, AStrippedHttpPluginIsBelow100Kilobytes) {
  expect_stripped_below(PRX_SHIPPED_HTTP, kHttpPluginMax);
}

TEST(PluginSize, AStrippedPluginWithTheDialectIsBelow195Kilobytes) {
  expect_stripped_below(PRX_SHIPPED, kDialectPluginMax);
}

TEST(PluginSize, AStrippedOpenAiIsBelow216Kilobytes) {
  expect_stripped_below(PRX_SHIPPED_OPENAI, kOpenAiMax);
}
#endif

}  // namespace
}  // namespace prx::test
