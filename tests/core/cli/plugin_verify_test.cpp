// prx plugin verify.
#include <sys/stat.h>

#include <fstream>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class PluginVerifyTest : public ProgramTest {
 protected:
  /// What sha256sum says: not the program's own word.
  std::string digest(const std::string& file) const {
    const std::string command = "sha256sum '" + (home / file).string() + "'";
    FILE* const pipe = ::popen(command.c_str(), "r");
    char text[65] = {};
    EXPECT_EQ(std::fread(text, 1, 64, pipe), 64u);
    ::pclose(pipe);
    return text;
  }
  void pin(const std::string& id, const std::string& sha256) {
    configure("[plugins." + id + "]\nsha256 = \"" + sha256 + "\"\n");
  }
};

TEST_F(PluginVerifyTest, ShowsThePinToWrite) {
  const auto result = run({"plugin", "verify"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(ContainsRegex("openai +not pinned"),
                                HasSubstr("[plugins.openrouter] sha256 = \"" +
                                          digest("plugins/openrouter.so") + "\"")));
}

TEST_F(PluginVerifyTest, AFileThatIsAsPinnedIsOk) {
  pin("openai", digest("plugins/openai.so"));
  const auto result = run({"plugin", "verify", "openai"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("openai +ok"));
}

TEST_F(PluginVerifyTest, AFileThatDiffersFails) {
  pin("openai", digest("plugins/openai.so"));
  std::ofstream(home / "plugins/openai.so", std::ios::app) << "x";
  const auto result = run({"plugin", "verify"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, AllOf(ContainsRegex("openai +differs"), HasSubstr("its sha256 is "),
                                HasSubstr("correct [plugins.openai] sha256")));
  EXPECT_THAT(result.out, ContainsRegex("openrouter +not pinned"));
}

TEST_F(PluginVerifyTest, OneThatDiffersAndCannotBeTrustedEitherIsUnusable) {
  pin("openai", std::string(64, 'a'));
  ::chmod((home / "plugins/openai.so").c_str(), 0666);
  const auto result = run({"plugin", "verify", "openai"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, AllOf(ContainsRegex("openai +unusable"), HasSubstr("not trusted")));
}

TEST_F(PluginVerifyTest, ANamedPluginHasToBePinned) {
  EXPECT_EQ(run({"plugin", "verify", "openai"}).exit_code, 3);
}

TEST_F(PluginVerifyTest, WhatIsPinnedOrNamedAndNotThereIsMissing) {
  pin("acme", std::string(64, 'a'));
  const auto result = run({"plugin", "verify"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, ContainsRegex("acme +missing"));
  EXPECT_THAT(run({"plugin", "verify", "nobody"}).out, ContainsRegex("nobody +missing"));
}

TEST_F(PluginVerifyTest, AFileThatCannotBeUsedHasItsReason) {
  write("plugins/broken.so", "not an ELF file");
  const auto result = run({"plugin", "verify"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, AllOf(HasSubstr("unusable"), HasSubstr("ELF")));
}

TEST_F(PluginVerifyTest, OneThatIsAsPinnedAndWillNotLoadIsNoOk) {
  configure(
      "[plugins]\nisolation_host = \"/nonexistent\"\n[plugins.openai]\nisolation = "
      "\"process\"\nsha256 = \"" +
      digest("plugins/openai.so") + "\"\n");
  const auto result = run({"plugin", "verify", "openai"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, AllOf(ContainsRegex("openai +unusable"), HasSubstr("/nonexistent")));
}

TEST_F(PluginVerifyTest, JsonHasTheSame) {
  rapidjson::Document rows;
  const auto result = run({"plugin", "verify", "--json"});
  rows.Parse(result.out.data(), result.out.size());
  ASSERT_TRUE(rows.IsArray()) << result.out;
  ASSERT_EQ(rows.Size(), 2u);
  EXPECT_STREQ(rows[0]["id"].GetString(), "openai");
  EXPECT_EQ(rows[0]["sha256"].GetString(), digest("plugins/openai.so"));
  EXPECT_TRUE(rows[0]["pin"].IsNull());
  EXPECT_STREQ(rows[0]["verdict"].GetString(), "not pinned");
}

}  // namespace
}  // namespace prx::cli
