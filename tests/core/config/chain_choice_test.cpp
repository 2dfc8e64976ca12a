// Which chain is in force when flags, variables and the file speak of it.
#include <gmock/gmock.h>

#include "core/config/support.hpp"

namespace prx::config {
namespace {

using testing::environment;
using testing::find_setting;
using ::testing::HasSubstr;
using testing::Variables;

constexpr auto kToml = R"([default]
chain = "careful"
[providers.openai]
[chains.careful]
targets = [{ provider = "openrouter" }]
[chains.cheap]
targets = [{ provider = "openai" }]
)";

struct Said {
  std::optional<std::string> provider, chain;
  Variables variables;
};

Result<Config> load(const Said& said, std::string_view toml = kToml) {
  ConfigSource source;
  source.environment = environment(said.variables);
  source.provider = said.provider;
  source.chain = said.chain;
  return Config::parse(toml, "prx.toml", "/etc/prx", source);
}

std::string chain_of(const Said& said) {
  const auto config = load(said);
  return config ? config->chain : config.error().message;
}

TEST(ChainChoice, TheStrongestNamesIt) {
  EXPECT_EQ(chain_of({}), "careful");
  EXPECT_EQ(chain_of({{}, {}, {{"PRX_CHAIN", "cheap"}}}), "cheap");
  EXPECT_EQ(chain_of({{}, "careful", {{"PRX_CHAIN", "cheap"}}}), "careful");
  EXPECT_EQ(chain_of({{}, "default", {}}), "default");
  EXPECT_EQ(chain_of({{}, "cheap", {{"PRX_PROVIDER", "openai"}}}), "cheap");
}

TEST(ChainChoice, AStrongerProviderLeadsTheShortForm) {
  EXPECT_EQ(chain_of({"openai", {}, {}}), "default");
  EXPECT_EQ(chain_of({"openai", {}, {{"PRX_CHAIN", "cheap"}}}), "default");
  EXPECT_EQ(chain_of({"openrouter", {}, {{"PRX_CHAIN", "cheap"}}}), "default");
  EXPECT_EQ(chain_of({"openrouter", {}, {}}), "default") << "though it is that of the file";
  EXPECT_EQ(chain_of({{}, {}, {{"PRX_PROVIDER", "openrouter"}}}), "default");
}

TEST(ChainChoice, TheSettingNamesWhoSaidIt) {
  const auto flag = load({{}, "cheap", {}});
  ASSERT_TRUE(flag);
  EXPECT_EQ(find_setting(*flag, "default.chain")->value, "\"cheap\"");
  EXPECT_EQ(find_setting(*flag, "default.chain")->origin, "option chain");
  EXPECT_EQ(flag->first_provider(), "openai");
  const auto variable = load({{}, {}, {{"PRX_CHAIN", "cheap"}}});
  ASSERT_TRUE(variable);
  EXPECT_EQ(find_setting(*variable, "default.chain")->origin, "env PRX_CHAIN");
}

TEST(ChainChoice, AnUnknownChainIsAnErrorOfWhoNamedIt) {
  EXPECT_EQ(chain_of({{}, "carful", {}}),
            "option chain: unknown chain 'carful'; did you mean 'careful'?");
  EXPECT_EQ(chain_of({{}, {}, {{"PRX_CHAIN", "chep"}}}),
            "env PRX_CHAIN: unknown chain 'chep'; did you mean 'cheap'?");
  EXPECT_EQ(load({{}, "a b", {}}, "").error().message,
            "option chain: unknown chain 'a b'; add [chains.<name>]");
  EXPECT_EQ(chain_of({{}, "", {}}), "option chain is empty; give it a value");
}

TEST(ChainChoice, AChainAndAProviderOfOneStrengthExcludeEachOther) {
  EXPECT_THAT(chain_of({"openai", "cheap", {}}),
              HasSubstr("option provider and option chain exclude each other"));
  EXPECT_THAT(chain_of({{}, {}, {{"PRX_CHAIN", "cheap"}, {"PRX_PROVIDER", "openai"}}}),
              HasSubstr("env PRX_PROVIDER and env PRX_CHAIN exclude each other"));
}

}  // namespace
}  // namespace prx::config
