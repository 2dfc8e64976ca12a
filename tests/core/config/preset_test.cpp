// Presets: the shipped file, what a bad one is told, and what becomes of a provider that has one.
#include "config/preset.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <sstream>

#include "config/options_check.hpp"
#include "config/resolve.hpp"
#include "core/config/support.hpp"

namespace prx::config {
namespace {

using ::testing::AllOf;
using testing::environment;
using testing::find_setting;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Variables;

std::string file_text(const std::string& path) {
  std::ifstream file(PRX_SOURCE_DIR "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

constexpr auto kGroqKey = "gsk-0123456789abcdef";
constexpr auto kOpenAiKey = "sk-openai-0123456789abcd";

// --- the shipped file

TEST(PresetFile, IsReadAsItStandsInTheSource) {
  const auto read = read_presets(file_text("core/data/presets.toml"), "presets.toml");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(presets().size(), read->size()) << "the build embedded another text";
  for (std::size_t i = 0; i < read->size(); ++i) EXPECT_EQ(presets()[i].name, (*read)[i].name);
}

TEST(PresetFile, HasTheServicesThatTheGuideNames) {
  const auto page = file_text("core/docs/providers/presets.md");
  for (const auto* name :
       {"groq", "together", "deepseek", "mistral", "xai", "fireworks", "cerebras", "perplexity",
        "nvidia", "ollama", "vllm", "lmstudio", "llamacpp"})
    EXPECT_NE(find_preset(name), nullptr) << name;
  for (const auto& preset : presets()) {
    EXPECT_THAT(page, HasSubstr("| `" + preset.name + "` |"));
    EXPECT_THAT(page, HasSubstr("| `" + preset.base_url + "` |")) << preset.name;
    EXPECT_THAT(page, HasSubstr(preset.key_env)) << preset.name;
  }
  EXPECT_EQ(find_preset("openrouter"), nullptr);
}

TEST(PresetFile, SharesNoKeyAndNoHostBetweenServices) {
  std::set<std::string> seen;
  for (const auto& preset : presets()) {
    EXPECT_TRUE(preset.key_env.empty() || seen.insert(preset.key_env).second) << preset.name;
    for (const auto& host : preset.hosts) EXPECT_TRUE(seen.insert(host).second) << preset.name;
  }
}

TEST(PresetFile, AsksPeopleForAKeyWhereTheyCanGetOne) {
  for (const auto& preset : presets())
    EXPECT_TRUE(preset.keyless || !preset.key_url.empty()) << preset.name;
}

// A key that the plugin does not know would be left out without a word.
TEST(PresetFile, HasOptionsThatThePluginKnows) {
  auto json = file_text("plugins/openai/plugin.json");
  json.insert(json.find('{') + 1, R"("version":"1.0.0",)");
  const auto note = parse_note(json);
  ASSERT_TRUE(note) << note.error().message;
  for (const auto& preset : presets()) {
    std::string options;
    for (const auto& [key, value] : preset.options)
      options += (options.empty() ? "{\"" : ",\"") + key + "\":" + value;
    ProviderConfig provider;
    provider.name = preset.name;
    provider.options = options.empty() ? "{}" : options + '}';
    Config config;
    const auto checked = check_options(config, provider, {*note});
    EXPECT_TRUE(checked) << checked.error().message;
  }
}

// --- bad files

constexpr std::string_view kGood = R"(plugin = "openai"
title = "Acme"
base_url = "https://acme.test/v1"
key_env = "ACME_API_KEY"
)";

std::string reading(const std::string& text) {
  const auto read = read_presets(text, "p.toml");
  return read ? "(no error)" : read.error().message;
}

std::string acme(const std::string& more) { return "[acme]\n" + std::string(kGood) + more; }

TEST(PresetReader, ReadsEachKey) {
  const auto read = read_presets(
      acme("hosts = ['https://EU.acme.test/']\nbase_url_env = 'ACME_URL'\nkeyless = true\n"
           "key_url = 'https://acme.test/keys'\ncredit_url = 'https://acme.test/pay'\n"
           "default_model = 'acme-1'\nmodel_prefix = 'acme/'\noptions = { a = [1], b = 'x' }\n"
           "[[acme.messages]]\nstatus = 400\ntext = 'too long'\nclass = 'context_length'\n"),
      "p.toml");
  ASSERT_TRUE(read) << read.error().message;
  const auto& preset = read->at(0);
  EXPECT_THAT(preset.hosts, ::testing::ElementsAre("https://acme.test", "https://eu.acme.test"));
  EXPECT_TRUE(preset.keyless);
  EXPECT_EQ(preset.base_url_env, "ACME_URL");
  EXPECT_EQ(preset.key_url, "https://acme.test/keys");
  EXPECT_EQ(preset.credit_url, "https://acme.test/pay");
  EXPECT_EQ(preset.default_model, "acme-1");
  EXPECT_EQ(preset.model_prefix, "acme/");
  EXPECT_THAT(preset.options,
              ::testing::ElementsAre(std::pair("a", "[1]"), std::pair("b", "\"x\"")));
  EXPECT_EQ(preset.messages.at(0).error_class, ErrorClass::kContextLength);
}

TEST(PresetReader, RefusesWhatIsWrongWithItsPlace) {
  EXPECT_EQ(reading(acme("base_ulr_env = 'X'")),
            "p.toml:6:1: unknown key 'base_ulr_env' in [acme]; did you mean 'base_url_env'?");
  EXPECT_THAT(reading("[acme]\ntitle = 'Acme'"),
              HasSubstr("p.toml:1:2: 'plugin' in [acme] is missing"));
  EXPECT_THAT(reading(acme("base_url_env = 'acme url'")), HasSubstr("is no variable's name"));
  EXPECT_THAT(reading(acme("key_url = 'http://acme.test'")), HasSubstr("is not https"));
  EXPECT_THAT(reading(acme("hosts = ['http://acme.test']")),
              HasSubstr("is neither https nor of this machine"));
  EXPECT_THAT(reading(acme("messages = 1")), HasSubstr("must be an array"));
  EXPECT_THAT(reading(acme("messages = [1]")), HasSubstr("must hold tables"));
  EXPECT_THAT(reading(acme("messages = [{ class = 'auth' }]")), HasSubstr("has no 'text'"));
  for (const std::string word : {"length", "cancelled"})
    EXPECT_THAT(reading(acme("messages = [{ text = 'x', class = '" + word + "' }]")),
                HasSubstr("'" + word + "' is no class of errors"));
  EXPECT_THAT(reading("['a b']\n" + std::string(kGood)), HasSubstr("'a b' is not a name"));
  EXPECT_THAT(reading(acme("") + acme("")), HasSubstr("p.toml:6:"));
  EXPECT_THAT(reading("[acme]\nplugin = 'x'\ntitle = 'A'\nbase_url = 'https://a.test'"),
              HasSubstr("'key_env' in [acme] is missing; add it, or keyless = true"));
  EXPECT_THAT(reading("acme = 1"), HasSubstr("p.toml:1:"));
}

TEST(PresetReader, HasALimitOfPresets) {
  std::string text;
  for (std::size_t i = 0; i < kPresetsMax; ++i)
    text += "[p" + std::to_string(i) + "]\n" + std::string(kGood);
  EXPECT_EQ(reading(text), "(no error)");
  EXPECT_THAT(reading(text + acme("")), HasSubstr("more than 256 presets"));
}

// --- a provider with a preset

PluginNote openai() {
  PluginNote note;
  note.id = "openai";
  note.kinds = {"openai"};
  note.title = "OpenAI";
  note.hosts = {"https://api.openai.com"};
  note.key_env = "OPENAI_API_KEY";
  note.key_url = "https://platform.openai.com/api-keys";
  note.base_url_env = "OPENAI_BASE_URL";
  note.default_model = "gpt-4o";
  note.model_prefix = "openai/";
  note.options = {{"system_role", "string", "\"auto\"", ""},
                  {"max_tokens_field", "array", "[]", ""}};
  return note;
}

Result<Config> resolve(std::string_view toml, const Variables& variables = {},
                       const std::vector<PluginNote>& notes = {openai()},
                       const std::vector<std::string>& rejected = {}) {
  auto config = testing::parse(toml, variables);
  if (!config) return config;
  return resolve_config(std::move(config).value(), notes, environment(variables), rejected);
}

/// The first provider, or one whose name is the error.
ProviderConfig first(const Result<Config>& config) {
  if (config) return config->providers.at(0);
  ProviderConfig error;
  error.name = config.error().message;
  return error;
}

TEST(Preset, NeedsNothingButAKey) {
  const auto config = resolve("[providers.groq]\napi_key = '${GROQ_API_KEY}'\n",
                              {{"GROQ_API_KEY", kGroqKey}, {"OPENAI_BASE_URL", "https://o.test"}});
  const auto provider = first(config);
  EXPECT_EQ(provider.name, "groq");
  EXPECT_EQ(provider.preset, "groq");
  EXPECT_EQ(provider.plugin, "openai") << "what the plugin's create() is told";
  EXPECT_EQ(provider.plugin_id, "openai");
  EXPECT_EQ(provider.base_url, "https://api.groq.com/openai/v1");
  EXPECT_EQ(provider.title, "Groq");
  EXPECT_EQ(provider.key_env, "GROQ_API_KEY");
  EXPECT_EQ(provider.key_url, "https://console.groq.com/keys");
  EXPECT_EQ(provider.keys.at(0).secret.reveal(), kGroqKey);
  EXPECT_EQ(provider.problem, "");
  EXPECT_EQ(provider.model_prefix, "") << "of the service, not of the plugin's vendor";
  EXPECT_EQ(provider.model_in_use, find_preset("groq")->default_model);
  EXPECT_THAT(config->warnings, Not(::testing::Contains(HasSubstr("no model is named"))));
}

TEST(Preset, ShowsWhatComesFromIt) {
  const auto config = resolve("[providers.groq]\napi_key = 'gsk-0123456789'\n");
  ASSERT_TRUE(config) << config.error().message;
  for (const auto& [path, value] : {std::pair("plugin", "\"openai\""),
                                    std::pair("base_url", "\"https://api.groq.com/openai/v1\""),
                                    std::pair("system_role", "\"system\"")}) {
    const auto* setting = find_setting(*config, "providers.groq." + std::string(path));
    ASSERT_NE(setting, nullptr) << path;
    EXPECT_EQ(setting->value, value);
    EXPECT_EQ(setting->origin, "preset groq");
  }
  EXPECT_EQ(find_setting(*config, "providers.groq.model")->origin, "default of the preset groq");
}

TEST(Preset, IsNamedByAnyTable) {
  const auto config =
      resolve("[providers.fast]\nplugin = 'groq'\nmodel = 'm'\n", {{"GROQ_API_KEY", kGroqKey}});
  const auto provider = first(config);
  EXPECT_EQ(provider.preset, "groq");
  EXPECT_EQ(provider.base_url, "https://api.groq.com/openai/v1");
  EXPECT_EQ(provider.keys.at(0).origin, "env GROQ_API_KEY");
  EXPECT_EQ(provider.title, "Groq");
  EXPECT_EQ(provider.model_in_use, "m");
  EXPECT_EQ(find_setting(*config, "providers.fast.plugin")->value, "\"groq\"");
}

TEST(Preset, NeedsNoTable) {
  const Variables variables = {{"GROQ_API_KEY", kGroqKey}};
  for (const auto* toml :
       {"[default]\nprovider = 'groq'", "[reliability]\nfallback_providers = ['groq']",
        "[chains.c]\ntargets = [{ provider = 'groq' }]"}) {
    const auto config = resolve(toml, variables);
    ASSERT_TRUE(config) << config.error().message;
    const auto* provider = config->find_provider("groq");
    ASSERT_NE(provider, nullptr) << toml;
    EXPECT_EQ(provider->preset, "groq") << toml;
    EXPECT_EQ(provider->keys.size(), 1U) << toml;
  }
}

TEST(Preset, GivesWayToWhatTheTableSays) {
  const auto config = resolve(
      "[providers.groq]\nbase_url = 'https://proxy.test/v1'\nmodel = 'm'\nsystem_role = "
      "'developer'\napi_key = 'gsk-0123456789'\n");
  const auto provider = first(config);
  EXPECT_EQ(provider.base_url, "https://proxy.test/v1");
  EXPECT_EQ(provider.model_in_use, "m");
  EXPECT_THAT(provider.options, HasSubstr(R"("system_role":"developer")"));
}

TEST(Preset, OptionsOfAnotherTypeThanThePluginsAreLeftOut) {
  const auto provider = first(resolve("[providers.groq]\n"));
  EXPECT_THAT(provider.options,
              AllOf(HasSubstr(R"("system_role":"system")"), HasSubstr(R"("max_tokens_field":[])")));
  EXPECT_THAT(provider.options, Not(HasSubstr("request_members"))) << "the plugin does not know it";
}

TEST(Preset, GivesWayToAPluginOfItsName) {
  auto groq = openai();
  groq.id = "groq-plugin";
  groq.kinds = {"groq"};
  groq.title = "Groq's own";
  const auto provider = first(resolve("[providers.groq]\n", {}, {openai(), groq}));
  EXPECT_EQ(provider.plugin_id, "groq-plugin");
  EXPECT_EQ(provider.preset, "");
  EXPECT_EQ(provider.title, "Groq's own");
  const auto broken = first(resolve("[providers.groq]\n", {}, {openai()}, {"groq"}));
  EXPECT_THAT(broken.problem, HasSubstr("plugin 'groq' of the provider 'groq' was found"));
}

TEST(Preset, SaysWhoseKeyMisses) {
  EXPECT_EQ(first(resolve("[providers.groq]\n", {{"OPENAI_API_KEY", kOpenAiKey}})).key_missing,
            "GROQ_API_KEY is not set; export it or set [providers.groq] api_key");
}

TEST(Preset, SendsNoVendorsKeyToAnother) {
  const Variables both = {{"GROQ_API_KEY", kGroqKey}, {"OPENAI_API_KEY", kOpenAiKey}};
  const auto groq = first(resolve("[providers.groq]\n", both));
  ASSERT_EQ(groq.keys.size(), 1U);
  EXPECT_EQ(groq.keys[0].secret.reveal(), kGroqKey);
  for (const auto* url : {"https://api.openai.com/v1", "https://proxy.test/v1",
                          "http://api.groq.com/openai/v1", "https://api.groq.com.evil.test"}) {
    const auto elsewhere =
        first(resolve("[providers.groq]\nbase_url = '" + std::string(url) + "'", both));
    EXPECT_TRUE(elsewhere.keys.empty()) << url;
    EXPECT_THAT(elsewhere.key_missing, HasSubstr("GROQ_API_KEY is not sent to ")) << url;
  }
  const auto here = first(resolve("[providers.groq]\nbase_url = 'http://127.0.0.1:1/v1'", both));
  EXPECT_EQ(here.keys.at(0).secret.reveal(), kGroqKey) << "what stays on this machine";
  const auto other = first(resolve(
      "[providers.x]\nplugin = 'openai'\nbase_url = 'https://api.groq.com/openai/v1'", both));
  EXPECT_TRUE(other.keys.empty()) << "OpenAI's key, at Groq";
}

TEST(Preset, OfAServerOfOnesOwnWantsNoKey) {
  const Variables variables = {{"OPENAI_API_KEY", kOpenAiKey}};
  for (const std::string name : {"ollama", "vllm", "lmstudio", "llamacpp"}) {
    for (const std::string line : {"", "base_url = 'http://box.test:1/v1'"}) {
      const auto provider = first(resolve("[providers." + name + "]\n" + line, variables));
      EXPECT_TRUE(provider.keys.empty()) << name << line;
      EXPECT_EQ(provider.key_missing, "") << name << line;
    }
  }
  const auto given = first(resolve("[providers.ollama]\napi_key = 'box-0123456789'\n"));
  EXPECT_EQ(given.keys.size(), 1U);
  const Variables key = {{"VLLM_API_KEY", "box-0123456789"}};
  EXPECT_EQ(first(resolve("[providers.vllm]\n", key)).keys.size(), 1U);
}

TEST(Preset, OfAServerOfOnesOwnMayHaveAVendorToo) {
  const Variables key = {{"OLLAMA_API_KEY", "cloud-0123456789"}};
  EXPECT_EQ(first(resolve("[providers.ollama]\n", key)).keys.size(), 1U);
  const auto at = [&](const std::string& url) {
    return first(resolve("[providers.ollama]\nbase_url = '" + url + "'", key)).keys.size();
  };
  EXPECT_EQ(at("https://ollama.com/v1"), 1U);
  EXPECT_EQ(at("http://ollama.com/v1"), 0U);
  EXPECT_EQ(at("https://ollama.com.evil.test/v1"), 0U);
}

TEST(Preset, OfAServerOfOnesOwnSaysWhichKeyIsNotSentElsewhere) {
  const Variables key = {{"VLLM_API_KEY", "box-0123456789"}};
  const std::string gpu =
      "[default]\nprovider = 'gpu'\nmodel = 'm'\n[providers.gpu]\nplugin = 'vllm'\n"
      "base_url = 'http://box.test/v1'\n";
  const auto silent = resolve(gpu, key);
  ASSERT_TRUE(silent) << silent.error().message;
  EXPECT_TRUE(silent->find_provider("gpu")->keys.empty());
  EXPECT_THAT(silent->warnings,
              ::testing::ElementsAre("prx.toml:4:12: VLLM_API_KEY is not sent to "
                                     "http://box.test; set [providers.gpu] api_key = "
                                     "\"${VLLM_API_KEY}\" to send it there, or \"none\" to send "
                                     "none"));
  EXPECT_THAT(resolve(gpu)->warnings, ::testing::IsEmpty()) << "there is none to send";
  const auto named = resolve(gpu + "api_key = '${VLLM_API_KEY}'\n", key);
  EXPECT_EQ(named->find_provider("gpu")->keys.at(0).secret.reveal(), "box-0123456789");
  EXPECT_THAT(named->warnings, ::testing::IsEmpty());
  EXPECT_THAT(resolve(gpu + "api_key = 'none'\n", key)->warnings, ::testing::IsEmpty());
}

TEST(Preset, WithoutAModelSaysWhereToFindOne) {
  const auto provider = first(resolve("[providers.ollama]\n"));
  EXPECT_EQ(why_left_out(provider, provider.model_in_use),
            "it has no model; set [providers.ollama] model (prx models --provider ollama shows "
            "what it has, or its plugin's documentation)");
}

TEST(Preset, IsTheNearestNameToASlip) {
  for (const auto* toml : {"[default]\nprovider = 'gorq'", "[providers.gorq]\n"}) {
    const auto config = resolve(toml);
    const auto text = config ? config->find_provider("gorq")->problem : config.error().message;
    EXPECT_THAT(text, HasSubstr("; did you mean 'groq'?")) << toml;
  }
}

TEST(Preset, WithoutItsPluginIsAProblemThatNamesBoth) {
  auto other = openai();
  other.id = "other";
  other.kinds = {"other"};
  const auto provider = first(resolve("[providers.groq]\n", {}, {other}));
  EXPECT_THAT(provider.problem,
              HasSubstr("no plugin offers 'openai' for the provider 'groq', which the preset "
                        "'groq' needs"));
  const auto implicit = resolve("[default]\nprovider = 'groq'", {}, {other});
  ASSERT_TRUE(implicit) << implicit.error().message;
}

TEST(Preset, ResolvedTwiceIsTheSame) {
  const auto once = resolve("[providers.groq]\napi_key = 'gsk-0123456789'\n");
  ASSERT_TRUE(once);
  const std::vector<PluginNote> notes = {openai()};
  const auto twice = resolve_config(*once, notes, environment({}));
  ASSERT_TRUE(twice);
  EXPECT_EQ(once->providers, twice->providers);
}

TEST(Preset, NamesNobodyAtAServerThatIsNotTheVendors) {
  const auto provider =
      first(resolve("[providers.fast]\nplugin = 'groq'\nbase_url = 'https://proxy.test/v1'\n"));
  EXPECT_EQ(provider.title, "");
  EXPECT_EQ(provider.key_url, "");
}

// --- words of errors

ErrorClass class_of(const std::string& preset, int status, const std::string& message,
                    const std::string& code = {}) {
  Error error;
  error.error_class = ErrorClass::kInvalidRequest;
  error.http_status = status;
  error.message = message;
  error.provider_code = code;
  classify_by_words(error, *find_preset(preset));
  return error.error_class;
}

constexpr auto kVllm =
    "OpenAI answered 400 Bad Request: This model's maximum context length is 8192";

TEST(PresetWords, GiveTheClassThatTheStatusDoesNot) {
  EXPECT_EQ(class_of("vllm", 400, kVllm, "BadRequestError"), ErrorClass::kContextLength);
  EXPECT_EQ(class_of("vllm", 400, kVllm), ErrorClass::kContextLength);
  EXPECT_EQ(class_of("xai", 400, "xAI: Incorrect API key provided: xa***", "Client specified ..."),
            ErrorClass::kAuth);
  EXPECT_EQ(class_of("ollama", 404, R"(model "x" not found, try pulling it first)"),
            ErrorClass::kNotFound);
  EXPECT_EQ(
      class_of("lmstudio", 200, "Trying to keep the first 9 tokens when context the overflows."),
      ErrorClass::kContextLength);
}

TEST(PresetWords, SayNothingWhereATypedCodeDoes) {
  EXPECT_EQ(class_of("vllm", 400, kVllm, "invalid_api_key"), ErrorClass::kInvalidRequest);
}

TEST(PresetWords, AreOfTheirStatusAndOfAnAnswer) {
  EXPECT_EQ(class_of("vllm", 503, kVllm), ErrorClass::kInvalidRequest);
  EXPECT_EQ(class_of("ollama", 0, "x not found, try pulling it first"),
            ErrorClass::kInvalidRequest);
  EXPECT_EQ(class_of("vllm", 400, "temperature must be non-negative"), ErrorClass::kInvalidRequest);
}

}  // namespace
}  // namespace prx::config
