// resolve_config: keys, URLs, options and models from the plugins' notes.
#include "config/resolve.hpp"

#include <gmock/gmock.h>

#include "core/config/support.hpp"

namespace prx::config {
namespace {

using ::testing::ElementsAre;
using testing::environment;
using testing::find_setting;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::printable;
using testing::Variables;

PluginNote note(const std::string& id) {
  PluginNote result;
  result.id = id;
  result.kinds = {id};
  return result;
}

std::vector<PluginNote> notes() {
  auto openrouter = note("openrouter");
  openrouter.hosts = {"https://openrouter.ai"};
  openrouter.key_env = "OPENROUTER_API_KEY";
  openrouter.base_url_env = "OPENROUTER_BASE_URL";
  openrouter.default_model = "anthropic/claude-sonnet-4";
  openrouter.options = {{"app_title", "string", "\"OpenPRX\"", "Title sent to OpenRouter"},
                        {"limit", "integer", "", ""},
                        {"share", "number", "", ""},
                        {"on", "boolean", "", ""},
                        {"list", "array", "", ""},
                        {"more", "table", "", ""}};
  auto openai = note("openai");
  openai.hosts = {"https://api.openai.com"};
  openai.key_env = "OPENAI_API_KEY";
  openai.base_url_env = "OPENAI_BASE_URL";
  openai.default_model = "gpt-4o-mini";
  openai.model_prefix = "openai/";
  return {openrouter, openai};
}

Result<Config> resolve(std::string_view toml, const Variables& variables = {}) {
  auto config = testing::parse(toml, variables);
  if (!config) return config;
  return resolve_config(std::move(config).value(), notes(), environment(variables));
}

std::string resolve_error(std::string_view toml) {
  const auto config = resolve(toml);
  return config ? "(no error)" : config.error().message;
}

constexpr auto kOpenAiKey = "sk-openai-0123456789abcd";

TEST(Resolve, SchemeAndHostOfAUrlAreOfAnyCase) {
  const Variables variables = {{"OPENAI_BASE_URL", "HTTPS://Proxy.Example.org/v1/"},
                               {"OPENAI_API_KEY", kOpenAiKey}};
  const auto of_variable = resolve("[default]\nprovider = 'openai'", variables);
  ASSERT_TRUE(of_variable) << of_variable.error().message;
  EXPECT_EQ(of_variable->find_provider("openai")->base_url, "https://proxy.example.org/v1");
  const auto of_file =
      resolve("[providers.openai]\nbase_url = 'Https://PROXY.example.org:443/v1'", variables);
  ASSERT_TRUE(of_file) << of_file.error().message;
  EXPECT_EQ(of_file->find_provider("openai")->base_url, "https://proxy.example.org/v1");
  EXPECT_EQ(of_file->find_provider("openai")->keys.size(), 1U) << "the plugin's own variable";
}

TEST(Resolve, NamesOfTheVendorAreThoseOfThePluginThatServes) {
  // The id of the first is a kind of the second, which serves it: kinds come before ids.
  auto own = note("box"), second = note("second");
  own.kinds = {"other"};
  second.kinds = {"box"};
  second.title = "Second";
  second.key_url = "https://second.test/keys";
  auto config = testing::parse("[providers.box]\n");
  ASSERT_TRUE(config);
  const std::vector<PluginNote> both = {own, second};
  const auto resolved = resolve_config(std::move(config).value(), both, environment({}));
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->providers[0].title, "Second");
  EXPECT_EQ(resolved->providers[0].key_url, "https://second.test/keys");
}

TEST(Resolve, SomebodyElsesServerHasNoNamesOfTheVendor) {
  const auto config = resolve("[providers.mine]\nplugin = 'openai'\nbase_url = 'http://box.test'");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->providers[0].key_env, "");
  const auto vendors =
      resolve("[providers.mine]\nplugin = 'openai'\nbase_url = 'https://api.openai.com/v2'");
  ASSERT_TRUE(vendors);
  EXPECT_EQ(vendors->providers[0].key_env, "OPENAI_API_KEY");
}

TEST(Resolve, NothingButTheEnvironmentsKeyIsEnough) {
  const auto config = resolve("", {{"OPENROUTER_API_KEY", "sk-or-v1-0123456789abcd"}});
  ASSERT_TRUE(config);
  const auto& provider = config->providers[0];
  ASSERT_EQ(provider.keys.size(), 1u);
  EXPECT_EQ(provider.keys[0].label, "OPENROUTER_API_KEY");
  EXPECT_EQ(provider.keys[0].origin, "env OPENROUTER_API_KEY");
  EXPECT_EQ(provider.model_in_use, "anthropic/claude-sonnet-4");
  EXPECT_EQ(provider.plugin_id, "openrouter");
  EXPECT_EQ(*find_setting(*config, "providers.openrouter.api_key"),
            (Setting{"providers.openrouter.api_key", "\"...abcd\"", "env OPENROUTER_API_KEY"}));
  EXPECT_EQ(find_setting(*config, "providers.openrouter.model")->origin,
            "default of the plugin openrouter");
}

TEST(Resolve, AMissingKeyNamesItsVariable) {
  EXPECT_EQ(resolve("")->providers[0].key_missing,
            "OPENROUTER_API_KEY is not set; export it or set [providers.openrouter] api_key");
  EXPECT_THAT(resolve("", {{"OPENROUTER_API_KEY", "a b"}})->providers[0].key_missing,
              HasSubstr("white space"));
}

TEST(Resolve, AServerOfOnesOwnWithoutAKeyIsToldHowToSaySo) {
  const auto provider =
      resolve("[providers.lab]\nplugin = 'openai'\nbase_url = 'http://127.0.0.1:8000/v1'")
          ->providers[0];
  EXPECT_EQ(provider.key_missing,
            "OPENAI_API_KEY is not set; set [providers.lab] api_key (\"none\" for a server "
            "without keys)");
  EXPECT_EQ(resolve("[providers.openai]")->providers[0].key_missing,
            "OPENAI_API_KEY is not set; export it or set [providers.openai] api_key");
}

TEST(Resolve, WhoHasAKeyIsNamedWhereTheFirstHasNone) {
  const std::string missing =
      "OPENROUTER_API_KEY is not set; export it or set [providers.openrouter] api_key";
  const std::string hint = "; openai has a key: set [default] provider = \"openai\" to ask it";
  const auto of_first = [](const std::string& toml, const Variables& variables = {}) {
    const auto config = resolve(toml, variables);
    return config->find_provider(config->first_provider())->key_missing;
  };
  EXPECT_EQ(of_first("[providers.openai]\napi_key = '${K}'", {{"K", "k-0123456789"}}),
            missing + hint);
  EXPECT_EQ(of_first("", {{"OPENAI_API_KEY", kOpenAiKey}}), missing + hint);
  EXPECT_EQ(
      of_first("[reliability]\nfallback_providers = ['openai']", {{"OPENAI_API_KEY", kOpenAiKey}}),
      missing)
      << "it is asked";
  EXPECT_EQ(of_first("[default]\nchain = 'c'\n[chains.c]\ntargets = [{provider = 'openrouter'}]",
                     {{"OPENAI_API_KEY", kOpenAiKey}}),
            missing)
      << "the chain would win";
}

TEST(Resolve, AConfiguredKeyIsNotReplacedByTheVariable) {
  const Variables variables = {{"OPENROUTER_API_KEY", "theirs"}, {"MINE", "mine"}};
  EXPECT_EQ(resolve("[providers.openrouter]\napi_key='${MINE}'", variables)
                ->providers[0]
                .keys[0]
                .secret.reveal(),
            "mine");
  EXPECT_TRUE(
      resolve("[providers.openrouter]\napi_key='${NOPE}'", variables)->providers[0].keys.empty());
}

TEST(Resolve, AVendorsKeyIsNotSentElsewhere) {
  for (const auto* url : {"https://api.groq.com/openai/v1", "http://api.openai.com/v1",
                          "https://api.openai.com:8443/v1", "https://api.openai.com.evil.com",
                          "https://127.0.0.1.evil.com"}) {
    const auto config =
        resolve("[providers.groq]\nplugin = 'openai'\nbase_url = '" + std::string(url) + "'",
                {{"OPENAI_API_KEY", kOpenAiKey}});
    ASSERT_TRUE(config);
    EXPECT_TRUE(config->providers[0].keys.empty()) << url;
    EXPECT_THAT(config->providers[0].key_missing, HasSubstr("OPENAI_API_KEY is not sent to "))
        << url;
  }
  const auto config =
      resolve("[providers.groq]\nplugin = 'openai'\nbase_url = 'https://api.groq.com/v1'",
              {{"OPENAI_API_KEY", kOpenAiKey}});
  EXPECT_EQ(config->providers[0].key_missing,
            "OPENAI_API_KEY is not sent to api.groq.com; set [providers.groq] api_key (\"none\" "
            "for a server without keys)");
}

TEST(Resolve, AVendorsKeyGoesWhereItBelongs) {
  for (const auto* line :
       {"", "base_url = 'https://api.openai.com/v2'", "base_url = 'http://127.0.0.1:1/v1'",
        "base_url = 'http://[::1]:1'", "base_url = 'http://localhost:1'"}) {
    const auto config = resolve("[providers.x]\nplugin = 'openai'\n" + std::string(line),
                                {{"OPENAI_API_KEY", kOpenAiKey}});
    ASSERT_EQ(config->providers[0].keys.size(), 1u) << line;
    EXPECT_EQ(config->providers[0].keys[0].secret.reveal(), kOpenAiKey);
  }
}

TEST(Resolve, TheVendorsOwnUrlVariableMayNameAnyHost) {
  const Variables variables = {{"OPENAI_API_KEY", kOpenAiKey},
                               {"OPENAI_BASE_URL", "https://proxy.example/v1/"}};
  for (const auto* line : {"", "base_url = '${OPENAI_BASE_URL}'"}) {
    const auto config = resolve("[providers.openai]\n" + std::string(line), variables);
    EXPECT_EQ(config->providers[0].base_url, "https://proxy.example/v1");
    EXPECT_EQ(config->providers[0].keys.size(), 1u);
  }
  EXPECT_EQ(
      find_setting(*resolve("[providers.openai]", variables), "providers.openai.base_url")->origin,
      "env OPENAI_BASE_URL");
}

TEST(Resolve, AConfiguredUrlIsNotReplacedByTheVariable) {
  EXPECT_EQ(resolve("[providers.openai]\nbase_url='https://api.openai.com/v1'",
                    {{"OPENAI_BASE_URL", "https://other/"}})
                ->providers[0]
                .base_url,
            "https://api.openai.com/v1");
}

TEST(Resolve, ABadUrlVariableIsAProblemOfItsProviderOnly) {
  const auto config = resolve("[providers.openai]", {{"OPENAI_BASE_URL", "nonsense"}});
  ASSERT_TRUE(config);
  EXPECT_THAT(config->find_provider("openai")->problem,
              HasSubstr("OPENAI_BASE_URL must begin with http"));
  EXPECT_EQ(config->find_provider("openrouter")->problem, "");
}

TEST(Resolve, ABadUrlVariableIsNamedWithTheRemedyAndGetsNoKey) {
  const auto config = resolve("", {{"OPENROUTER_BASE_URL", "localhost:8080/v1"},
                                   {"OPENROUTER_API_KEY", "sk-or-v1-0123456789abcd"}});
  ASSERT_TRUE(config);
  const auto& provider = config->providers[0];
  EXPECT_EQ(provider.problem,
            "the provider 'openrouter': OPENROUTER_BASE_URL must begin with http:// or https://; "
            "correct or unset it, or set [providers.openrouter] base_url");
  EXPECT_TRUE(provider.keys.empty());
  EXPECT_EQ(provider.key_missing, "");
  EXPECT_EQ(find_setting(*config, "providers.openrouter.api_key"), nullptr);
}

TEST(Resolve, ANameThatMeansNothingIsAnErrorOfWhoSaidIt) {
  const std::string fallback = "[reliability]\nfallback_providers = ['openai']\n";
  EXPECT_EQ(resolve_error(fallback + "[default]\nprovider = 'opnrouter'"),
            "prx.toml:4:12: unknown provider 'opnrouter'; did you mean 'openrouter'? (there is "
            "neither a [providers.opnrouter] table nor a plugin or preset of that name)");
  const auto said = [&](const std::optional<std::string>& flag, const Variables& variables) {
    auto source = testing::source(variables);
    source.provider = flag;
    auto config = Config::parse(fallback + "[providers.local]\nplugin = 'openai'", "f", "", source);
    if (config) config = resolve_config(*config, notes(), environment(variables));
    return config ? "(no error)" : config.error().message;
  };
  EXPECT_THAT(said("opnrouter", {}),
              HasSubstr("option provider: unknown provider 'opnrouter'; did you mean 'openr"));
  EXPECT_THAT(said({}, {{"PRX_PROVIDER", "lcoal"}}),
              HasSubstr("env PRX_PROVIDER: unknown provider 'lcoal'; did you mean 'local'?"));
  EXPECT_THAT(said("zzz", {}), HasSubstr("valid are local, openrouter, openai, groq, together, "));
  EXPECT_EQ(said("local", {}), "(no error)");
  EXPECT_EQ(said("openrouter", {}), "(no error)");
}

TEST(Resolve, AFallbackOrTargetMayBeAPluginWithoutATable) {
  const auto config = resolve(
      "[default]\nprovider = 'openai'\n[reliability]\nfallback_providers = ['openrouter']\n"
      "[chains.c]\ntargets = [{provider='openrouter'}, {provider='openai'}]");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->find_chain("default")->targets[1].model_in_use, "anthropic/claude-sonnet-4");
  EXPECT_EQ(config->find_provider("openrouter")->where, "prx.toml:4:23");
}

TEST(Resolve, AnUnknownFallbackOrTargetIsAnErrorWithItsPlace) {
  EXPECT_THAT(
      resolve_error("[providers.openai]\n[reliability]\nfallback_providers = ['openai', 'opnai']"),
      HasSubstr("prx.toml:3:33: unknown provider 'opnai'; did you mean 'openai'?"));
  EXPECT_THAT(resolve_error("[chains.a]\ntargets = [{provider = 'opnrouter'}]"),
              HasSubstr("prx.toml:2:12: unknown provider 'opnrouter'; did you mean 'openrouter'?"));
}

TEST(Resolve, ANameThatNoProviderCanHaveIsNotSuggested) {
  const std::vector<PluginNote> dotted{note("x.y-z")};
  const auto message = [&](const char* toml) {
    const auto config = resolve_config(*testing::parse(toml), dotted, environment({}));
    return config ? "(no error)" : config.error().message;
  };
  EXPECT_THAT(message("[default]\nprovider = 'x-y-z'"),
              HasSubstr("unknown provider 'x-y-z'; to ask the plugin 'x.y-z', whose name has a "
                        "dot, set [providers.x-y-z] plugin = \"x.y-z\""));
  EXPECT_THAT(message("[default]\nprovider = 'xx-y-z'"), Not(HasSubstr("did you mean")));
  EXPECT_EQ(message("[default]\nprovider = 'x-y-z'\n[providers.x-y-z]\nplugin = 'x.y-z'"),
            "(no error)");
}

TEST(Resolve, APluginThatIsThereAndCannotBeUsedIsAProblemNotAnError) {
  const std::vector<std::string> rejected = {"later"};
  const auto config =
      resolve_config(*testing::parse("[reliability]\nfallback_providers = ['later']"), notes(),
                     environment({}), rejected);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->find_provider("later")->problem,
              HasSubstr("the plugin 'later' of the provider 'later' was found and cannot be used"));
}

TEST(Resolve, WhatNobodyNamedIsNoError) {
  const auto note_of_openai = std::vector<PluginNote>{notes()[1]};
  const auto none = resolve_config(*testing::parse(""), note_of_openai, environment({}));
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_THAT(none->providers[0].problem, HasSubstr("no plugin offers 'openrouter'"));
  auto source = testing::source();
  source.provider = "openai";
  const auto other = resolve_config(
      *Config::parse("[default]\nprovider = 'openrouter'\nmodel = 'm'", "f", "", source),
      note_of_openai, environment({}));
  EXPECT_TRUE(other) << "another one was asked for";
}

TEST(Resolve, APluginThatIsMissingForATableIsAProblemNotAnError) {
  EXPECT_THAT(resolve("[providers.x]\nplugin = 'zzz'")->providers[0].problem,
              HasSubstr("install it"));
}

TEST(Resolve, WithoutAnyPluginTheRemedyIsWhereToLook) {
  const auto none = resolve_config(*testing::parse(""), {}, testing::environment({}));
  ASSERT_TRUE(none);
  EXPECT_THAT(none->providers[0].problem, HasSubstr("PRX_PLUGIN_PATH or [plugins] dirs"));
  const auto off =
      resolve_config(*testing::parse(""), {}, testing::environment({{"PRX_NO_PLUGINS", "1"}}));
  ASSERT_TRUE(off);
  EXPECT_EQ(off->providers[0].problem,
            "no plugin offers 'openrouter' for the provider 'openrouter': PRX_NO_PLUGINS=1 turns "
            "plugins off; unset it");
}

TEST(Resolve, AnUnknownOptionHasItsPlaceAndTheNearestKey) {
  EXPECT_EQ(resolve_error("[providers.openai]\nmodle = 'x'"),
            "prx.toml:2:1: unknown key 'modle' in [providers.openai]; did you mean 'model'?");
  EXPECT_EQ(
      resolve_error("[providers.openrouter]\napp_titel = 'x'"),
      "prx.toml:2:1: unknown key 'app_titel' in [providers.openrouter]; did you mean 'app_title'?");
}

TEST(Resolve, OptionsAreOfTheirType) {
  EXPECT_EQ(resolve_error("[providers.openrouter]\n\napp_title = 1"),
            "prx.toml:3:1: 'app_title' in [providers.openrouter] must be of type string; it is: "
            "Title sent to "
            "OpenRouter");
  for (const auto* line :
       {"limit = 1.5", "limit = '1'", "share = 'x'", "on = 1", "list = {}", "more = []"})
    EXPECT_THAT(resolve_error("[providers.openrouter]\n" + std::string(line)),
                HasSubstr("must be of type"));
  const auto config =
      resolve("[providers.openrouter]\nlimit=1\nshare=2\non=true\nlist=[1]\nmore={a=1}");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->providers[0].options,
            R"({"limit":1,"share":2,"on":true,"list":[1],"more":{"a":1},"app_title":"OpenPRX"})");
}

TEST(Resolve, AFallbackHasAModelOfItsOwn) {
  const auto model = [](std::string_view toml) {
    const auto config = resolve(toml);
    return config ? config->find_chain(config->chain)->targets.back().model_in_use
                  : config.error().message;
  };
  const std::string fallback =
      "[reliability]\nfallback_providers = ['openai']\n[providers.openai]\n";
  EXPECT_EQ(model(fallback + "model = 'own'\n[default]\nmodel = 'openai/gpt-4o'"), "own");
  EXPECT_EQ(model(fallback + "[default]\nmodel = 'openai/gpt-4o'"), "gpt-4o");
  EXPECT_EQ(model(fallback + "[default]\nmodel = 'anthropic/claude'"), "gpt-4o-mini");
  EXPECT_EQ(model(fallback + "[default]\nmodel = 'openai/'"), "gpt-4o-mini");
  EXPECT_EQ(model("[providers.openai]\nmodel='own'\n[chains.c]\ntargets=[{provider='openai',model='"
                  "target'}]\n"
                  "[default]\nchain='c'"),
            "target");
  EXPECT_EQ(model("[default]\nmodel = 'asked'\n[providers.openrouter]\nmodel = 'own'"), "asked");
  EXPECT_EQ(model("[default]\nmodel = 'asked'\n[reliability]\nfallback_providers = ['work']\n"
                  "[providers.work]\nplugin = 'openrouter'"),
            "asked")
      << "the same plugin at the same URL has the same models";
}

TEST(Resolve, AProviderChosenByAFlagDoesNotGetTheModelOfAnother) {
  auto source = testing::source();
  source.provider = "openai";
  const auto model = [&](const std::string& toml) {
    return resolve_config(*Config::parse(toml, "f", "", source), notes(), environment({}))
        ->find_provider("openai")
        ->model_in_use;
  };
  EXPECT_EQ(model("[default]\nmodel = 'anthropic/claude-sonnet-4'"), "gpt-4o-mini");
  EXPECT_EQ(model("[default]\nmodel = 'openai/gpt-4o'"), "gpt-4o");
}

TEST(Resolve, TargetsThatTurnOutTheSameAreDuplicates) {
  EXPECT_EQ(resolve_error("[providers.openai]\nmodel='m'\n[chains.c]\n"
                          "targets=[{provider='openai'},{provider='openai',model='m'}]"),
            "prx.toml:4:30: duplicate target 'openai' with the model 'm' in the chain 'c'; remove "
            "it, or give it "
            "another model");
}

TEST(Resolve, AFallbackWithoutAKeyIsWarnedOf) {
  const auto config = resolve("[providers.openai]\n[reliability]\nfallback_providers=['openai']");
  ASSERT_TRUE(config);
  EXPECT_THAT(
      config->warnings,
      ElementsAre(HasSubstr("the fallback 'openai' is left out: OPENAI_API_KEY is not set")));
}

TEST(Resolve, AKeyThatIsMissingIsOneWarningWithItsPlace) {
  const auto config = resolve(
      "[providers.openai]\napi_key = '${GONE}'\n[reliability]\nfallback_providers=['openai']",
      {{"OPENROUTER_API_KEY", "sk-or-v1-0123456789abcd"}});
  ASSERT_TRUE(config);
  EXPECT_THAT(config->warnings,
              ElementsAre("the fallback 'openai' is left out: prx.toml:2:11: "
                          "providers.openai.api_key: GONE is not set; export it, or change "
                          "[providers.openai] api_key"));
}

TEST(Resolve, APluginThatIsMissingIsOneWarningForAllItsTargets) {
  const auto config = resolve(
      "[default]\nchain = 'c'\n[providers.box]\nplugin = 'nowhere'\n[chains.c]\n"
      "targets = [{provider='openrouter'}, {provider='box', model='a'}, {provider='box', "
      "model='b'}]",
      {{"OPENROUTER_API_KEY", "sk-or-v1-0123456789abcd"}});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->warnings, ElementsAre(HasSubstr("the fallback 'box' is left out: ")));
}

TEST(Resolve, AServerOfOnesOwnThatIsAskedForThePluginsModelIsWarnedOf) {
  const auto warnings = [](const std::string& lines, const Variables& variables = {}) {
    return resolve("[providers.local]\nplugin = 'openai'\napi_key = 'none'\n" + lines, variables)
        ->warnings;
  };
  const std::string url = "base_url = 'http://127.0.0.1:8080/v1'\n";
  const std::string first = "[default]\nprovider = 'local'\n";
  EXPECT_THAT(warnings(url + first),
              ElementsAre("prx.toml:1:12: no model is named for the provider 'local': "
                          "http://127.0.0.1:8080/v1 is asked for 'gpt-4o-mini', the default of the "
                          "plugin openai; set [providers.local] model"));
  EXPECT_THAT(warnings(url + "[reliability]\nfallback_providers = ['local']"),
              ::testing::Contains(HasSubstr("set [providers.local] model")));
  const std::string chain = "[chains.c]\ntargets = [{provider = 'local'}]\n";
  EXPECT_THAT(warnings(url + chain + "[default]\nchain = 'c'"),
              ElementsAre(HasSubstr("set [providers.local] model")));
  EXPECT_THAT(warnings(url), ElementsAre()) << "nobody asks it";
  EXPECT_THAT(warnings(url + chain), ElementsAre()) << "nobody asks that chain";
  EXPECT_THAT(warnings(url + "model = 'llama'"), ElementsAre());
  EXPECT_THAT(warnings(url + "[default]\nprovider = 'local'\nmodel = 'llama'"), ElementsAre());
  EXPECT_THAT(warnings(url + "[chains.c]\ntargets = [{provider = 'local', model = 'llama'}]\n"
                             "[default]\nchain = 'c'"),
              ElementsAre());
  EXPECT_THAT(warnings("base_url = 'https://api.openai.com/v2'\n" + first), ElementsAre());
  EXPECT_THAT(warnings(url + first, {{"OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"}}),
              ElementsAre())
      << "the plugin's own variable says where it is";
}

TEST(Resolve, NoKeyOfTheEnvironmentIsInAnythingThatIsPrinted) {
  const auto config = resolve("[providers.openai]\nmodel = '" + std::string(kOpenAiKey) + "'",
                              {{"OPENAI_API_KEY", kOpenAiKey}});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->providers[0].keys.size(), 1u);
  EXPECT_THAT(printable(*config), Not(HasSubstr("0123456789")));
}

TEST(NoteFor, PrefersAKindToAnId) {
  auto all = notes();
  all[1].kinds = {"openai", "openrouter-like"};
  EXPECT_EQ(note_for(all, "openrouter-like"), &all[1]);
  EXPECT_EQ(note_for(all, "openrouter"), &all[0]);
  all[0].kinds = {"other"};
  EXPECT_EQ(note_for(all, "openrouter"), &all[0]);
  EXPECT_EQ(note_for(all, "none"), nullptr);
}

TEST(Resolve, WhatPluginsSaysOfAPluginThatIsNotThereIsAWarning) {
  const auto config = resolve(
      "[providers.work]\nplugin = 'openai'\nbase_url = 'https://w.example'\nmodel = 'm'\n"
      "[plugins]\nallow = ['openai', 'openrouter', 'opnai']\n"
      "[plugins.opnrouter]\nisolation = 'process'\n[plugins.work]\nisolation = 'process'\n"
      "[plugins.ghost]\nisolation = 'process'\n[plugins.openai]\nisolation = 'process'");
  ASSERT_TRUE(config);
  const std::string hint = "(the table is named after the plugin, not the provider)";
  EXPECT_THAT(config->warnings,
              ::testing::IsSupersetOf(
                  {"prx.toml:7:10: [plugins.opnrouter]: no plugin 'opnrouter' was found; did you "
                   "mean 'openrouter'? " +
                       hint,
                   "prx.toml:9:10: [plugins.work]: no plugin 'work' was found; did you mean "
                   "'openai'? " +
                       hint,
                   "prx.toml:11:10: [plugins.ghost]: no plugin 'ghost' was found; install it, or "
                   "correct the name " +
                       hint,
                   std::string("prx.toml:6:9: [plugins] allow: no plugin 'opnai' was found; did "
                               "you mean 'openai'? (it lists plugins, not providers)")}));
  for (const auto& warning : config->warnings)
    EXPECT_THAT(warning, ::testing::Not(HasSubstr("no plugin 'openai'")));
}

TEST(Resolve, WhatPluginsSaysOfARejectedPluginOrWhenTheyAreOffIsNoWarning) {
  const auto parsed = *testing::parse("[plugins.acme]\nisolation = 'process'");
  const std::vector<std::string> rejected{"acme"};
  EXPECT_THAT(resolve_config(parsed, {}, testing::environment({}), rejected)->warnings,
              ::testing::Not(::testing::Contains(HasSubstr("[plugins.acme]"))));
  EXPECT_THAT(resolve_config(parsed, {}, testing::environment({}))->warnings,
              ::testing::Contains(HasSubstr("[plugins.acme]")));
  const auto off = resolve_config(parsed, {}, testing::environment({{"PRX_NO_PLUGINS", "yes"}}));
  EXPECT_THAT(off->warnings, ::testing::Not(::testing::Contains(HasSubstr("[plugins.acme]"))));
  EXPECT_THAT(off->providers[0].problem, HasSubstr("PRX_NO_PLUGINS=yes turns plugins off"));
}

}  // namespace
}  // namespace prx::config
