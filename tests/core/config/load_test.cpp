// Config::load: which file is read, and what is stronger than it.
#include <gmock/gmock.h>

#include "config/document.hpp"
#include "core/config/support.hpp"

namespace prx::config {
namespace {

using ::testing::ElementsAre;
using testing::find_setting;
using ::testing::HasSubstr;
using testing::source;
using testing::TemporaryFolder;

std::string model_of(const ConfigSource& from) {
  const auto config = Config::load(from);
  return config ? config->model : config.error().message;
}

TEST(Load, AKeyAboveTheFirstSectionIsToldWhereItBelongs) {
  const std::pair<std::string, std::string> keys[] = {
      {"provider", "[default]"},          {"model", "[default]"},
      {"retries", "[reliability]"},       {"fallback_providers", "[reliability]"},
      {"idle_timeout", "[reliability]"},  {"api_key", "[providers.<name>]"},
      {"base_url", "[providers.<name>]"}, {"level", "[log]"}};
  for (const auto& [key, section] : keys)
    EXPECT_EQ(
        testing::error_of("\n" + key + " = 'x'"),
        "prx.toml:2:1: unknown key '" + key + "' above the first section; put it below " + section);
  EXPECT_EQ(testing::error_of("[provider.a]\nmodel = 'x'"),
            "prx.toml:1:2: unknown key 'provider'; did you mean 'providers'?");
}

TEST(Load, AModelThatNamesAChainIsToldHowAChainIsChosen) {
  EXPECT_EQ(testing::error_of("[default]\nmodel = 'chain:a'"),
            "prx.toml:2:9: 'model' in [default] names a chain; set [default] chain, PRX_CHAIN or "
            "option chain");
  EXPECT_THAT(testing::error_of("", {{"PRX_MODEL", "chain:a"}}),
              HasSubstr("env PRX_MODEL names a chain"));
}

TEST(Load, FilesAreTriedInOrder) {
  const TemporaryFolder folder;
  const auto named = folder.write("named.toml", "[default]\nmodel = 'named'");
  const auto variable = folder.write("variable.toml", "[default]\nmodel = 'variable'");
  folder.write("xdg/prx/config.toml", "[default]\nmodel = 'xdg'");
  folder.write("home/.config/prx/config.toml", "[default]\nmodel = 'home'");
  testing::Variables variables = {{"HOME", (folder.path() / "home").string()}};
  EXPECT_EQ(model_of(source(variables)), "home");
  variables["XDG_CONFIG_HOME"] = "relative";
  EXPECT_EQ(model_of(source(variables)), "home") << "a relative XDG_CONFIG_HOME is ignored";
  variables["XDG_CONFIG_HOME"] = (folder.path() / "xdg").string();
  EXPECT_EQ(model_of(source(variables)), "xdg");
  variables["PRX_CONFIG"] = "";
  EXPECT_EQ(model_of(source(variables)), "xdg") << "an empty variable counts as unset";
  variables["PRX_CONFIG"] = variable.string();
  EXPECT_EQ(model_of(source(variables)), "variable");
  auto from = source(variables);
  from.file = named;
  EXPECT_EQ(model_of(from), "named");
  from.no_file = true;
  EXPECT_EQ(model_of(from), "");
}

TEST(Load, WithoutAFileItWorks) {
  const TemporaryFolder folder;
  const auto config = Config::load(source({{"HOME", folder.path().string()}}));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->provider, "openrouter");
  EXPECT_EQ(config->file, "");
  EXPECT_TRUE(Config::load(source()));
}

TEST(Load, ANamedFileHasAName) {
  ConfigSource from = testing::source();
  from.file = "";
  const auto config = Config::load(from);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message,
            "the name of the configuration file is empty; name one, or none");
}

TEST(Load, ANamedFileMustBeReadable) {
  const TemporaryFolder folder;
  auto from = source({{"PRX_CONFIG", (folder.path() / "none.toml").string()}});
  EXPECT_THAT(model_of(from), HasSubstr("none.toml: cannot be read: No such file"));
  from.file = folder.path();
  EXPECT_THAT(model_of(from), HasSubstr("is a folder"));
  from.file = folder.write("large.toml", std::string(kDocumentMax + 1, '#'));
  EXPECT_THAT(model_of(from), HasSubstr("larger than"));
  if (::geteuid() == 0) GTEST_SKIP() << "root reads every file";
  from.file = folder.write("closed.toml", "", 0000);
  EXPECT_THAT(model_of(from), HasSubstr("Permission denied"));
}

TEST(Load, FlagIsStrongerThanVariableIsStrongerThanFile) {
  const TemporaryFolder folder;
  auto from = source();
  from.file = folder.write("a.toml", "[default]\nprovider = 'p-file'\nmodel = 'm-file'");
  EXPECT_EQ(Config::load(from)->provider, "p-file");
  from.environment = testing::environment({{"PRX_PROVIDER", "p-env"}, {"PRX_MODEL", "m-env"}});
  auto config = Config::load(from);
  EXPECT_EQ(config->provider, "p-env");
  EXPECT_EQ(config->model, "m-env");
  EXPECT_EQ(find_setting(*config, "default.model")->origin, "env PRX_MODEL");
  from.provider = "p-flag";
  from.model = "m-flag";
  config = Config::load(from);
  EXPECT_EQ(config->provider, "p-flag");
  EXPECT_EQ(config->model, "m-flag");
  EXPECT_EQ(find_setting(*config, "default.provider")->origin, "option provider");
  ASSERT_TRUE(config->find_provider("p-flag"));
  EXPECT_EQ(config->find_provider("p-flag")->plugin, "p-flag");
}

TEST(Load, AnOverrideIsChecked) {
  auto from = source();
  from.no_file = true;
  from.provider = "a b";
  EXPECT_THAT(model_of(from), HasSubstr("option provider: the provider 'a b' is not a name"));
  from.provider.reset();
  from.model = "";
  EXPECT_EQ(model_of(from), "option model is empty; give it a value");
  from.model = "chain:a";
  EXPECT_EQ(model_of(from),
            "option model names a chain; set [default] chain, PRX_CHAIN or option chain");
}

TEST(Load, AnOverrideIsCalledAFlagWhereItIsOne) {
  auto from = source();
  from.no_file = true;
  from.has_flags = true;
  from.model = "";
  EXPECT_EQ(model_of(from), "flag --model is empty; give it a value");
  from.model = "chain:a";
  EXPECT_EQ(model_of(from),
            "flag --model names a chain; set [default] chain, PRX_CHAIN or flag --chain");
}

TEST(Load, AModelBelongsToTheProviderItWasWrittenFor) {
  constexpr auto kText =
      "[default]\nprovider = 'a'\nmodel = 'm'\nchain = 'c'\n[chains.c]\ntargets = [{provider='a'}]";
  auto from = source();
  const auto parse = [&] { return *Config::parse(kText, "f", "", from); };
  EXPECT_EQ(parse().model_provider, "a");
  EXPECT_EQ(parse().chain, "c");
  from.provider = "b";
  EXPECT_EQ(parse().model_provider, "a");
  EXPECT_EQ(parse().chain, "default") << "another provider was asked for";
  from.model = "n";
  EXPECT_EQ(parse().model_provider, "b");
  from.provider = "a";
  EXPECT_EQ(parse().chain, "default") << "asked for by name";
}

TEST(Load, AFallbackThatBecomesTheFirstIsNotADuplicate) {
  auto from = source();
  from.provider = "b";
  const auto config =
      Config::parse("[providers.b]\n[reliability]\nfallback_providers = ['b']", "f", "", from);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->find_chain("default")->targets.size(), 1u);
}

TEST(Load, ALiteralKeyInAFileThatOthersCanReadIsWarnedOf) {
  const TemporaryFolder folder;
  constexpr auto kText =
      "[providers.a]\napi_key = 'sk-0123456789abcdef'\nheaders = { Authorization = 'x' }";
  auto from = source({{"K", "sk-0123456789abcdef"}});
  from.file = folder.write("open.toml", kText, 0644);
  const auto where = from.file->string();
  EXPECT_THAT(
      Config::load(from)->warnings,
      ElementsAre(
          HasSubstr(where + ":2:11: providers.a.api_key is written in a file that others can read"),
          HasSubstr(where + ":3:29: providers.a.headers.Authorization is written")));
  from.file = folder.write("group.toml", kText, 0640);
  EXPECT_EQ(Config::load(from)->warnings.size(), 2u);
  from.file = folder.write("closed.toml", kText, 0600);
  EXPECT_THAT(Config::load(from)->warnings, ElementsAre());
  from.file = folder.write("variable.toml", "[providers.a]\napi_key = '${K}'", 0644);
  EXPECT_THAT(Config::load(from)->warnings, ElementsAre());
}

TEST(Load, PathsStartAtTheFilesFolderOrAtHome) {
  const TemporaryFolder folder;
  auto from = source({{"HOME", "/home/me"}});
  from.file = folder.write("a.toml", "[plugins]\ndirs = ['x/../y', '~/z', '/w']");
  EXPECT_THAT(Config::load(from)->plugins.dirs,
              ElementsAre(folder.path() / "y", "/home/me/z", "/w"));
}

TEST(Load, TheConfigurationKeepsTheEnvironmentItWasReadWith) {
  const auto vault = Config::parse("", "f", "", source({{"A", "1"}}));
  EXPECT_EQ(vault->read_with.environment("A"), "1");
  const auto other = Config::parse("", "f", "", source());
  EXPECT_EQ(other->read_with.environment("A"), std::nullopt);
  EXPECT_EQ(*vault, *other) << "what is read from it is compared, it is not";
  ConfigSource nothing;
  nothing.environment = nullptr;
  EXPECT_EQ(Config::parse("", "f", "", nothing)->read_with.environment("PATH"), std::nullopt);
}

TEST(Load, TheProcessEnvironmentIsReadEachTime) {
  const auto environment = process_environment();
  ::setenv("PRX_CONFIG_TEST_VARIABLE", "1", 1);
  EXPECT_EQ(environment("PRX_CONFIG_TEST_VARIABLE"), "1");
  ::unsetenv("PRX_CONFIG_TEST_VARIABLE");
  EXPECT_EQ(environment("PRX_CONFIG_TEST_VARIABLE"), std::nullopt);
}

TEST(FirstProvider, IsTheFirstTargetOfTheChainInForce) {
  const auto first = [](const std::string& toml, const std::optional<std::string>& flag = {}) {
    auto source = testing::source();
    source.provider = flag;
    return Config::parse(toml, "prx.toml", "/etc/prx", source)->first_provider();
  };
  const std::string careful =
      "[providers.openai]\n[chains.careful]\ntargets = [{ provider = 'openai' }, "
      "{ provider = 'openrouter' }]\n";
  EXPECT_EQ(first(""), "openrouter");
  EXPECT_EQ(first("[default]\nprovider = 'openai'"), "openai");
  EXPECT_EQ(first(careful), "openrouter") << "a chain that is not in force";
  EXPECT_EQ(first(careful + "[default]\nchain = 'careful'"), "openai");
  EXPECT_EQ(first(careful + "[default]\nchain = 'careful'", "work"), "work");
}

TEST(FirstProvider, WithoutAChainIsTheDefaultOne) {
  Config config;
  config.provider = "box";
  EXPECT_EQ(config.first_provider(), "box");
  config.chain = "empty";
  config.chains.push_back({"empty", {}, {}, ""});
  EXPECT_EQ(config.first_provider(), "box");
}

}  // namespace
}  // namespace prx::config
