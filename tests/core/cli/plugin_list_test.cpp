// prx plugin list.
#include <sys/stat.h>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using PluginList = ProgramTest;

rapidjson::Document parse_array(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  EXPECT_TRUE(document.IsArray()) << text;
  if (!document.IsArray()) document.SetArray();
  return document;
}

const rapidjson::Value* find_by_path(const rapidjson::Document& plugins, const std::string& path) {
  for (const auto& plugin : plugins.GetArray()) {
    if (path == plugin["path"].GetString()) return &plugin;
  }
  ADD_FAILURE() << path << " is not listed";
  return nullptr;
}

TEST_F(PluginList, ShowsIdVersionAbiKindsPathAndState) {
  const auto result = run({"plugin", "list"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("ID"));
  EXPECT_THAT(result.out,
              ::testing::ContainsRegex(
                  "openrouter +0\\.1\\.0 +1\\.0 +openrouter +.*/plugins/openrouter.so +usable"));
  EXPECT_THAT(result.out, ::testing::ContainsRegex(
                              "openai +0\\.1\\.0 +1\\.0 +openai +.*/plugins/openai.so +usable"));
}

TEST_F(PluginList, JsonHasTheSame) {
  const auto plugins = parse_array(run({"plugin", "list", "--json"}).out);
  const auto* plugin = find_by_path(plugins, home / "plugins/openrouter.so");
  ASSERT_NE(plugin, nullptr);
  EXPECT_STREQ((*plugin)["id"].GetString(), "openrouter");
  EXPECT_STREQ((*plugin)["abi"].GetString(), "1.0");
  EXPECT_STREQ((*plugin)["kinds"][0].GetString(), "openrouter");
  EXPECT_STREQ((*plugin)["found_by"].GetString(), "PRX_PLUGIN_PATH");
  EXPECT_STREQ((*plugin)["state"].GetString(), "usable");
  EXPECT_TRUE((*plugin)["reason"].IsNull());
}

TEST_F(PluginList, AFileThatIsNoPluginIsListedWithItsReason) {
  write("plugins/broken.so", "not an ELF file");
  const auto plugins = parse_array(run({"plugin", "list", "--json"}).out);
  const auto* plugin = find_by_path(plugins, home / "plugins/broken.so");
  ASSERT_NE(plugin, nullptr);
  EXPECT_STREQ((*plugin)["state"].GetString(), "rejected");
  EXPECT_THAT((*plugin)["reason"].GetString(), HasSubstr("ELF"));
  EXPECT_THAT(run({"plugin", "list"}).out, AllOf(HasSubstr("rejected: "), HasSubstr("usable")));
}

TEST_F(PluginList, AFileThatOthersCanWriteIsRejected) {
  const auto file = home / "plugins/openai.so";
  ASSERT_EQ(::chmod(file.c_str(), 0777), 0);
  const auto plugins = parse_array(run({"plugin", "list", "--json"}).out);
  const auto* plugin = find_by_path(plugins, file);
  ASSERT_NE(plugin, nullptr);
  EXPECT_STREQ((*plugin)["state"].GetString(), "rejected");
  EXPECT_THAT((*plugin)["reason"].GetString(), HasSubstr("writ"));
}

TEST_F(PluginList, SaysWhichAreIsolatedAndSoDoesInfo) {
  configure("[plugins.openai]\nisolation = \"process\"\n");
  EXPECT_THAT(run({"plugin", "list"}).out,
              AllOf(::testing::ContainsRegex("openai.so +usable, isolated"),
                    ::testing::ContainsRegex("openrouter.so +usable\n")));
  const auto plugins = parse_array(run({"plugin", "list", "--json"}).out);
  const auto* plugin = find_by_path(plugins, home / "plugins/openai.so");
  ASSERT_NE(plugin, nullptr);
  EXPECT_STREQ((*plugin)["isolation"].GetString(), "process");
  EXPECT_THAT(run({"plugin", "info", "openai"}).out, HasSubstr("in a process of its own"));
  EXPECT_THAT(run({"plugin", "info", "openrouter"}).out, HasSubstr("with its rights"));
}

/// The program finds prx-plugin-host from where it lies itself, or says what is missing.
TEST_F(PluginList, AnIsolatedPluginAnswersTheProgram) {
  simulate();
  configure("[plugins]\nisolation = \"process\"\n");
  const auto result = run({"chat", "--no-stream", "hi"});
  if (!std::filesystem::exists(PRX_BINARY_DIR "/lib/prx/prx-plugin-host")) {
    EXPECT_THAT(result.err, HasSubstr("build prx with libseccomp-dev"));
    return;
  }
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("hi"));
  EXPECT_THAT(run({"doctor"}).out, HasSubstr("in a process of its own"));
}

TEST_F(PluginList, NeedsNoKeyAndNoUsableProvider) {
  environment.erase("OPENROUTER_API_KEY");
  configure("[default]\nprovider = \"box\"\n[providers.box]\nplugin = \"nowhere\"\n");
  EXPECT_EQ(run({"plugin", "list"}).exit_code, 0);
}

TEST_F(PluginList, SaysThatPluginsAreTurnedOff) {
  environment["PRX_NO_PLUGINS"] = "1";
  const auto result = run({"plugin", "list", "--json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("PRX_NO_PLUGINS=1"));
  EXPECT_TRUE(parse_array(result.out).Empty());
}

TEST_F(PluginList, AWrongConfigurationIsSaid) {
  const std::string file = configure("[plugins]\ndir = []\n");
  const auto result = run({"plugin", "list"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr(file + ":2:"));
}

TEST_F(PluginList, AFileThatWillNotLoadIsRejectedAsAClientRejectsItAndSoIsItInInfoAndDoctor) {
  environment["OPENAI_API_KEY"] = kKey;
  const std::string pin = "[default]\nprovider = \"openai\"\n[plugins.openai]\nsha256 = \"" +
                          std::string(64, 'a') + "\"\n";
  const std::string host =
      "[default]\nprovider = \"openai\"\n[plugins]\nisolation = \"process\"\n"
      "isolation_host = \"/nope\"\n";
  for (const auto& [toml, why] : {std::pair(pin, "pinned is aaaa"), std::pair(host, "/nope: ")}) {
    configure(toml);
    const auto plugins = parse_array(run({"plugin", "list", "--json"}).out);
    const auto* plugin = find_by_path(plugins, home / "plugins/openai.so");
    ASSERT_NE(plugin, nullptr);
    EXPECT_STREQ((*plugin)["state"].GetString(), "rejected");
    ASSERT_TRUE((*plugin)["reason"].IsString());
    EXPECT_THAT((*plugin)["reason"].GetString(), HasSubstr(why));
    const auto info = run({"plugin", "info", "openai"});
    EXPECT_EQ(info.exit_code, 3);
    EXPECT_THAT(info.out, ::testing::ContainsRegex("state +rejected: .*" + std::string(why)));
    EXPECT_THAT(run({"config", "check"}).err, HasSubstr((*plugin)["reason"].GetString()));
    const auto doctor = run({"doctor"});
    EXPECT_EQ(doctor.exit_code, 1);
    EXPECT_THAT(doctor.out, AllOf(HasSubstr(why), ::testing::Not(HasSubstr("trusted: "))));
  }
}

TEST_F(PluginList, NamesThePathOnceBesideItsColumn) {
  const auto file = home / "plugins/openai.so";
  ASSERT_EQ(::chmod(file.c_str(), 0664), 0);
  EXPECT_THAT(run({"plugin", "list"}).out,
              HasSubstr("rejected: not trusted: it can be written by its group; "));
}

}  // namespace
}  // namespace prx::cli
