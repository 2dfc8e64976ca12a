#include <gmock/gmock.h>

#include <map>

#include "plugin/search.hpp"

namespace prx {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

TEST(SearchOptions, SplitsThePluginPathAtColons) {
  const auto options = search_options({}, environment({{"PRX_PLUGIN_PATH", "/a::/b/:/a:"}}), {});
  EXPECT_THAT(options.env_dirs, ElementsAre("/a", "/b/"));
}

TEST(SearchOptions, ResolvesARelativePluginPathAgainstTheWorkingFolder) {
  const auto options = search_options({}, environment({{"PRX_PLUGIN_PATH", "build/plugins"}}), {});
  EXPECT_THAT(options.env_dirs, ElementsAre(fs::current_path() / "build/plugins"));
}

TEST(SearchOptions, LimitsThePluginPath) {
  std::string path;
  for (std::size_t i = 0; i <= kSearchDirsMax; ++i) path += ":/" + std::to_string(i);
  EXPECT_THAT(search_options({}, environment({{"PRX_PLUGIN_PATH", path}}), {}).env_dirs,
              SizeIs(kSearchDirsMax));
}

TEST(SearchOptions, TakesTheUsersDataFolderElseTheOneAtHome) {
  EXPECT_THAT(
      search_options({}, environment({{"XDG_DATA_HOME", "/x"}, {"HOME", "/h"}}), {}).user_dirs,
      ElementsAre("/x/prx/plugins"));
  EXPECT_THAT(search_options({}, environment({{"XDG_DATA_HOME", "relative"}, {"HOME", "/h"}}), {})
                  .user_dirs,
              ElementsAre("/h/.local/share/prx/plugins"));
  EXPECT_THAT(search_options({}, environment({}), {}).user_dirs, IsEmpty());
}

TEST(SearchOptions, IgnoresTheEnvironmentInASecureExecution) {
  const ProcessFacts secure{true, "/opt/prx/bin"};
  const auto options = search_options(
      {}, environment({{"PRX_PLUGIN_PATH", "/a"}, {"XDG_DATA_HOME", "/x"}, {"HOME", "/h"}}),
      secure);
  EXPECT_THAT(options.env_dirs, IsEmpty());
  EXPECT_THAT(options.user_dirs, IsEmpty());
  EXPECT_THAT(options.install_dirs, Contains(fs::path("/opt/prx/lib/prx/plugins")));
}

TEST(SearchOptions, TakesWhatTheConfigurationSays) {
  PluginsConfig config;
  config.dirs = {"/d"};
  config.allow = std::vector<std::string>{"openai"};
  config.entries = {{"acme", "/p/acme.so", "", {}}};
  const auto options = search_options(config, environment({}), {});
  EXPECT_THAT(options.config_dirs, ElementsAre("/d"));
  EXPECT_EQ(options.allow, config.allow);
  EXPECT_EQ(options.entries, config.entries);
}

TEST(SearchOptions, AreDisabledByTheEnvironment) {
  EXPECT_FALSE(search_options({}, environment({}), {}).disabled);
  EXPECT_FALSE(search_options({}, environment({{"PRX_NO_PLUGINS", "0"}}), {}).disabled);
  for (const char* off : {"", "false", "no", "Off"})
    EXPECT_FALSE(search_options({}, environment({{"PRX_NO_PLUGINS", off}}), {}).disabled) << off;
  for (const char* on : {"1", "true", "yes", "2", "x"})
    EXPECT_TRUE(search_options({}, environment({{"PRX_NO_PLUGINS", on}}), {}).disabled) << on;
}

TEST(InstallDirs, AreRelativeToAProgramOrALibrary) {
  EXPECT_THAT(install_dirs("/opt/prx/bin"), Contains(fs::path("/opt/prx/lib/prx/plugins")));
  EXPECT_THAT(install_dirs("/usr/lib/x86_64-linux-gnu"),
              Contains(fs::path("/usr/lib/x86_64-linux-gnu/prx/plugins")));
  EXPECT_THAT(install_dirs("/opt/prx/lib"), Contains(fs::path("/opt/prx/lib/prx/plugins")));
  EXPECT_THAT(install_dirs(""), IsEmpty());
}

TEST(ProcessFacts, NameTheFolderOfThisProgram) {
  EXPECT_EQ(process_facts().self_dir, fs::canonical("/proc/self/exe").parent_path());
  EXPECT_FALSE(process_facts().secure);
}

}  // namespace
}  // namespace prx
