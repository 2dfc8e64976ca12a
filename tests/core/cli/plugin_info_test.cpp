// prx plugin info.
#include <fstream>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

using PluginInfoTest = ProgramTest;

rapidjson::Document parse_object(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  EXPECT_TRUE(document.IsObject()) << text;
  if (!document.IsObject()) document.SetObject();
  return document;
}

TEST_F(PluginInfoTest, ShowsWhatTheNoteSays) {
  const auto result = run({"plugin", "info", "openrouter"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(ContainsRegex("title +OpenRouter\n"), ContainsRegex("ABI +1\\.0,"),
                    ContainsRegex("hosts +https://openrouter\\.ai,"),
                    ContainsRegex("key +OPENROUTER_API_KEY, https://openrouter\\.ai"),
                    ContainsRegex("sha256 +[0-9a-f]{64}\n"), ContainsRegex("state +usable\n"),
                    HasSubstr("OPTION"), ContainsRegex("strict_routing +boolean +true")));
}

TEST_F(PluginInfoTest, JsonHasTheSame) {
  const auto info = parse_object(run({"plugin", "info", "openrouter", "--json"}).out);
  EXPECT_STREQ(info["id"].GetString(), "openrouter");
  EXPECT_STREQ(info["hosts"][0].GetString(), "https://openrouter.ai");
  EXPECT_FALSE(info["signs"].GetBool());
  EXPECT_TRUE(info["capabilities"].IsObject());
  EXPECT_EQ(info["sha256"].GetStringLength(), 64u);
  EXPECT_STREQ(info["state"].GetString(), "usable");
  bool has_default = false;
  for (const auto& option : info["options"].GetArray())
    has_default |= option["default"].IsBool() && option["default"].GetBool();
  EXPECT_TRUE(has_default) << "a default is a value, not a text";
}

TEST_F(PluginInfoTest, TakesAFileOutsideTheSearchOrder) {
  environment["PRX_PLUGIN_PATH"] = home / "nothing";
  const auto file = (home / "plugins/openai.so").string();
  const auto result = run({"plugin", "info", file});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(ContainsRegex("id +openai\n"), HasSubstr(file)));
}

TEST_F(PluginInfoTest, AFileThatMayNotBeLoadedIsShownWithTheReason) {
  const std::string config = configure("[plugins]\nallow = [\"openrouter\"]\n");
  const auto result = run({"plugin", "info", (home / "plugins/openai.so").string()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, AllOf(ContainsRegex("id +openai\n"), HasSubstr("rejected: "),
                                HasSubstr("add \"openai\" to it")));
}

TEST_F(PluginInfoTest, AFileThatIsNoPluginSaysSo) {
  write("plugins/broken.so", "not an ELF file");
  const auto result = run({"plugin", "info", (home / "plugins/broken.so").string()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, AllOf(HasSubstr("rejected: "), HasSubstr("ELF")));
  const auto missing = run({"plugin", "info", "./nowhere.so"});
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.out, HasSubstr("no such file"));
}

TEST_F(PluginInfoTest, AnIdMayHaveADot) {
  std::ifstream file(home / "plugins/openai.so", std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  const auto at = bytes.find("\"openai\"", bytes.find("\"id\""));
  ASSERT_NE(at, std::string::npos);
  write("plugins/dotted.so", bytes.replace(at, 8, "\"my.own\""));
  const auto result = run({"plugin", "info", "my.own"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("id +my\\.own\n"));
}

TEST_F(PluginInfoTest, AnUnknownIdHasARemedy) {
  const auto result = run({"plugin", "info", "openruter"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, AllOf(HasSubstr("'openruter'"), HasSubstr("prx plugin list")));
}

TEST_F(PluginInfoTest, SaysThatPluginsAreTurnedOff) {
  environment["PRX_NO_PLUGINS"] = "1";
  const auto result = run({"plugin", "info", (home / "plugins/openai.so").string()});
  EXPECT_THAT(result.out, ContainsRegex("id +openai\n"));
  EXPECT_THAT(result.err, HasSubstr("PRX_NO_PLUGINS=1"));
}

TEST_F(PluginInfoTest, WantsOneName) {
  EXPECT_EQ(run({"plugin", "info"}).exit_code, 2);
  EXPECT_EQ(run({"plugin", "info", "openai", "openrouter"}).exit_code, 2);
}

TEST_F(PluginInfoTest, OfWhatIsNoPluginNothingElseIsSaid) {
  const std::string file = write("plugins/broken.so", "");
  const auto result = run({"plugin", "info", file});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, ContainsRegex("^file +.*broken\\.so\nstate +rejected: [^\n]*\n$"));
  const auto info = parse_object(run({"plugin", "info", file, "--json"}).out);
  EXPECT_TRUE(info["signs"].IsNull());
}

TEST_F(PluginInfoTest, NamesTheVariableThatSaysWhereTheKeyGoes) {
  EXPECT_THAT(run({"plugin", "info", "openai"}).out, ContainsRegex("base URL +OPENAI_BASE_URL: "));
  const auto info = parse_object(run({"plugin", "info", "openai", "--json"}).out);
  EXPECT_STREQ(info["base_url_env"].GetString(), "OPENAI_BASE_URL");
}

}  // namespace
}  // namespace prx::cli
