// Each key of each section, valid and invalid, with exact places.
#include <gmock/gmock.h>

#include "core/config/support.hpp"

namespace prx::config {
namespace {

using std::chrono_literals::operator""ms;
using ::testing::ElementsAre;
using testing::error_of;
using testing::find_setting;
using ::testing::HasSubstr;
using testing::parse;
using ::testing::StartsWith;

TEST(Config, WithoutAnyTextItIsOpenRouter) {
  const auto config = parse("");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->provider, "openrouter");
  EXPECT_EQ(config->model, "");
  EXPECT_EQ(config->chain, "default");
  ASSERT_EQ(config->providers.size(), 1u);
  EXPECT_EQ(config->providers[0].plugin, "openrouter");
  ASSERT_EQ(config->chains.size(), 1u);
  EXPECT_EQ(config->chains[0].targets[0].provider, "openrouter");
  EXPECT_EQ(config->reliability, ReliabilityConfig{});
  EXPECT_EQ(config->providers[0].timeouts, TimeoutConfig{});
}

TEST(Config, TheShortFormIsAChain) {
  const auto config = parse(R"([default]
provider = "openrouter"
model = "anthropic/claude-sonnet-4"
[providers.openrouter]
api_key = "${OPENROUTER_API_KEY}"
[providers.openai]
model = "gpt-4o"
[reliability]
fallback_providers = ["openai"]
)",
                            {{"OPENROUTER_API_KEY", "sk-or-v1-0123456789abcdef"}});
  ASSERT_TRUE(config) << config.error().message;
  const auto* chain = config->find_chain("default");
  ASSERT_TRUE(chain);
  ASSERT_EQ(chain->targets.size(), 2u);
  EXPECT_EQ(chain->targets[0].provider, "openrouter");
  EXPECT_EQ(chain->targets[1].provider, "openai");
  EXPECT_EQ(config->find_provider("openai")->model, "gpt-4o");
  EXPECT_THAT(config->warnings, ElementsAre());
}

TEST(Config, TheLongFormNamesEverything) {
  const auto config = parse(R"([default]
chain = "careful"
[providers.openai]
[providers.local-vllm]
plugin = "openai"
base_url = "http://127.0.0.1:8000/v1/"
connect_timeout = "3s"
[chains.careful]
targets = [
  { provider = "openrouter", model = "anthropic/claude-sonnet-4" },
  { provider = "openai", model = "gpt-4o", extra_body = { seed = 7 } },
  { provider = "local-vllm", model = "llama-3.1-8b", first_token_timeout = "5m" },
]
recovery = "splice"
deadline = "90s"
idle_timeout = "7s"
)");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->chain, "careful");
  const auto& chain = *config->find_chain("careful");
  ASSERT_EQ(chain.targets.size(), 3u);
  EXPECT_EQ(chain.policy.deadline, 90'000ms);
  EXPECT_EQ(chain.targets[1].extra_body, "{\"seed\":7}");
  EXPECT_EQ(chain.targets[2].timeouts->first_token, 300'000ms);
  EXPECT_EQ(chain.targets[2].timeouts->connect, 3'000ms);
  EXPECT_EQ(chain.targets[2].timeouts->idle, 7'000ms);
  EXPECT_EQ(chain.targets[0].timeouts->connect, 10'000ms);
  EXPECT_EQ(config->find_provider("local-vllm")->base_url, "http://127.0.0.1:8000/v1");
  EXPECT_EQ(chain.where, "prx.toml:8:9");
}

TEST(Config, EveryNameOfTheReliabilityTableIsAKeyThereAndInAChain) {
  const std::string keys = R"(
retries = 3
attempts_max = 9
deadline = "off"
backoff_base = "1s"
backoff_max = "9s"
retry_after_max = "0ms"
wait_max = "1m"
connect_timeout = "4s"
head_timeout = "5s"
non_stream_timeout = "6s"
first_token_timeout = "7s"
idle_timeout = "off"
progress_timeout = "8s"
finish_grace = "1s"
hedge_after = "off"
hedge_max_share = 0.5
breaker_failures = 5
breaker_failure_rate = 1
retry_budget = 0.0
recovery = "buffer"
hold = "200ms"
hold_tokens = 12
fallback_on = ["timeout", "rate_limit"]
retry_on = []
)";
  for (const std::string head :
       {"[reliability]", "[chains.x]\ntargets = [{provider = \"openrouter\"}]"}) {
    const auto config = parse(head + keys);
    ASSERT_TRUE(config) << config.error().message;
    const auto& policy = config->chains.back().policy;
    EXPECT_EQ(policy.retries, 3);
    EXPECT_EQ(policy.attempts_max, 9);
    EXPECT_EQ(policy.deadline, std::nullopt);
    EXPECT_EQ(policy.backoff_base, 1'000ms);
    EXPECT_EQ(policy.backoff_max, 9'000ms);
    EXPECT_EQ(policy.retry_after_max, 0ms);
    EXPECT_EQ(policy.wait_max, 60'000ms);
    EXPECT_EQ(policy.finish_grace, 1'000ms);
    EXPECT_EQ(policy.hedge_after, std::nullopt);
    EXPECT_EQ(policy.hedge_max_share, 0.5);
    EXPECT_EQ(policy.breaker_failures, 5);
    EXPECT_EQ(policy.breaker_failure_rate, 1.0);
    EXPECT_EQ(policy.retry_budget, 0.0);
    EXPECT_EQ(policy.recovery, Recovery::kBuffer);
    EXPECT_EQ(policy.hold, 200ms);
    EXPECT_EQ(policy.hold_tokens, 12);
    EXPECT_THAT(*policy.fallback_on, ElementsAre(ErrorClass::kTimeout, ErrorClass::kRateLimit));
    EXPECT_THAT(*policy.retry_on, ElementsAre());
    const TimeoutConfig timeouts{4'000ms, 5'000ms, 6'000ms, 7'000ms, std::nullopt, 8'000ms};
    EXPECT_EQ(config->chains.back().targets[0].timeouts, timeouts);
  }
}

TEST(Config, EveryKeyOfAProviderIsRead) {
  const auto config = parse(R"([providers.work]
plugin = "openrouter"
api_keys = ["${A}", "${B}"]
base_url = "https://eu.openrouter.ai/api/v1"
model = "m"
headers = { X-Title = "mine", "HTTP-Referer" = "https://example.org" }
extra_body = { provider = { order = ["a"], sort = "price" }, t = 0.5, n = 3, on = true, list = [] }
http_version = "1.1"
head_timeout = "off"
own_key = { deep = [1, "${A}"] }
other = "x"
[log]
level = "debug"
file = "prx.log"
format = "json"
[plugins]
dirs = ["plugins", "/opt/plugins"]
allow = ["openrouter"]
[plugins.openrouter]
path = "./openrouter.so"
sha256 = "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"
)",
                            {{"A", "key-a"}, {"B", "key-b"}});
  ASSERT_TRUE(config) << config.error().message;
  const auto& work = *config->find_provider("work");
  EXPECT_EQ(work.plugin, "openrouter");
  ASSERT_EQ(work.keys.size(), 2u);
  EXPECT_EQ(work.keys[1].secret.reveal(), "key-b");
  EXPECT_EQ(work.keys[1].label, "B");
  EXPECT_EQ(work.keys[1].origin, "prx.toml:3:21");
  EXPECT_EQ(work.model, "m");
  ASSERT_EQ(work.headers.size(), 2u);
  EXPECT_EQ(work.headers[0].first, "X-Title");
  EXPECT_EQ(work.extra_body,
            R"({"provider":{"order":["a"],"sort":"price"},"t":0.5,"n":3,"on":true,"list":[]})");
  EXPECT_EQ(work.http_version, HttpVersion::k11);
  EXPECT_EQ(work.timeouts.head, std::nullopt);
  EXPECT_EQ(work.options, R"({"own_key":{"deep":[1,"key-a"]},"other":"x"})");
  EXPECT_EQ(config->places.at("providers.work.other"), "prx.toml:11:1");
  EXPECT_EQ(config->log.level, "debug");
  EXPECT_EQ(config->log.file, "/etc/prx/prx.log");
  EXPECT_EQ(config->log.format, "json");
  EXPECT_THAT(config->plugins.dirs, ElementsAre("/etc/prx/plugins", "/opt/plugins"));
  EXPECT_THAT(*config->plugins.allow, ElementsAre("openrouter"));
  ASSERT_EQ(config->plugins.entries.size(), 1u);
  EXPECT_EQ(config->plugins.entries[0].path, "/etc/prx/openrouter.so");
  EXPECT_EQ(config->plugins.entries[0].sha256.substr(0, 16), "0123456789abcdef");
}

TEST(Config, AnUnknownKeyIsNamedWithItsPlaceAndTheNearest) {
  EXPECT_EQ(error_of("[default]\n\n  modle = 'x'"),
            "prx.toml:3:3: unknown key 'modle' in [default]; did you mean 'model'?");
  EXPECT_EQ(error_of("[provider.x]"),
            "prx.toml:1:2: unknown key 'provider'; did you mean 'providers'?");
  EXPECT_EQ(error_of("[reliability]\nretrys = 1"),
            "prx.toml:2:1: unknown key 'retrys' in [reliability]; did you mean 'retries'?");
  EXPECT_EQ(error_of("[chains.a]\ntarget = []"),
            "prx.toml:2:1: unknown key 'target' in [chains.a]; did you mean 'targets'?");
  EXPECT_EQ(
      error_of("[chains.a]\ntargets = [{provder = 'x'}]"),
      "prx.toml:2:13: unknown key 'provder' in [chains.a.targets.1]; did you mean 'provider'?");
  EXPECT_EQ(error_of("[log]\nlevle = 'x'"),
            "prx.toml:2:1: unknown key 'levle' in [log]; did you mean 'level'?");
  EXPECT_EQ(
      error_of("[plugins]\ndir = []"),
      "prx.toml:2:1: unknown key 'dir' in [plugins]; did you mean 'dirs'?; a plugin's own table is "
      "[plugins.<id>]");
  EXPECT_EQ(error_of("[plugins.a]\npaht = 'x'"),
            "prx.toml:2:1: unknown key 'paht' in [plugins.a]; did you mean 'path'?");
}

struct Bad {
  const char* toml;
  const char* message;  // a part of it
};

class BadConfig : public ::testing::TestWithParam<Bad> {};

TEST_P(BadConfig, IsRefusedWithItsPlaceAndARemedy) {
  const auto message = error_of(GetParam().toml);
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_THAT(message, StartsWith("prx.toml:")) << GetParam().toml;
}

INSTANTIATE_TEST_SUITE_P(
    Values, BadConfig,
    ::testing::Values(
        Bad{"default = 1",
            "prx.toml:1:11: 'default' must be a table, not an integer; write [default]"},
        Bad{"[default]\nprovider = 1",
            "2:12: 'provider' in [default] must be a string, not an integer"},
        Bad{"[default]\nprovider = ''", "is empty"},
        Bad{"[default]\nprovider = 'a b'", "is not a name"},
        Bad{"[default]\nmodel = '${NOPE}'",
            "2:9: default.model: NOPE is not set; export it or write "
            "${NOPE:-default}"},
        Bad{"[default]\nmodel = '${NOPE'", "2:9: default.model: '${' without '}'"},
        Bad{"[default]\nchain = 'carful'\n[chains.careful]\ntargets=[{provider='openrouter'}]",
            "2:9: unknown chain 'carful' in [default]; did you mean 'careful'?"},
        Bad{"[default]\nchain = 'x'", "add [chains.x]"},
        Bad{"[reliability]\nconnect_timeout = 10",
            "2:19: 'connect_timeout' in [reliability] must be a duration such as \"500ms\", \"8s\" "
            "or "
            "\"1h30m\", or \"off\", not an integer; write \"10s\" or \"10ms\", in quotes"},
        Bad{"[reliability]\nbackoff_max = 'off'", "'backoff_max' in [reliability] cannot be 'off'"},
        Bad{"[reliability]\ndeadline = '1.5s'", "cannot be '1.5s'"},
        Bad{"[reliability]\ndeadline = '169h'", "at most \"168h\""},
        Bad{"[reliability]\nhead_timeout = '0ms'", "is too short; use \"1ms\" or more"},
        Bad{"[reliability]\nretries = 11", "2:11: 'retries' in [reliability] is 11; use 0 to 10"},
        Bad{"[reliability]\nretries = '2'", "must be an integer, not a string"},
        Bad{"[reliability]\nretries = 2.0", "must be an integer, not a number"},
        Bad{"[reliability]\nattempts_max = 0", "use 1 to 20"},
        Bad{"[reliability]\nattempts_max = 21", "use 1 to 20"},
        Bad{"[reliability]\nhedge_max_share = 1.1", "is 1.1; use 0.0 to 1.0"},
        Bad{"[reliability]\nhedge_max_share = nan", "use 0.0 to 1.0"},
        Bad{"[reliability]\nretry_budget = '20 %'", "must be a number, not a string"},
        Bad{"[reliability]\nbreaker_failures = 101", "use 1 to 100"},
        Bad{"[reliability]\nbreaker_failure_rate = -1", "use 0.0 to 1.0"},
        Bad{"[reliability]\nhold_tokens = 10001", "use 0 to 10000"},
        Bad{"[reliability]\nbreaker = 3", "did you mean 'breaker_failures'?"},
        Bad{"[reliability]\nrecovery = 'splise'", "cannot be 'splise'; did you mean 'splice'?"},
        Bad{"[reliability]\nshare_health = 1", "must be a boolean"},
        Bad{"[reliability]\nbackoff_base = '9s'",
            "2:16: backoff_base in [reliability] is longer than backoff_max"},
        Bad{"[reliability]\nfallback_on = ['timeout', 'rate_limits']",
            "2:27: unknown error class 'rate_limits' in reliability.fallback_on; did you mean "
            "'rate_limit'?"},
        Bad{"[reliability]\nretry_on = ['cancelled']", "cannot have 'cancelled'"},
        Bad{"[reliability]\nretry_on = ['auth', 'auth']", "stands twice"},
        Bad{"[reliability]\nretry_on = 'auth'", "must be an array of strings"},
        Bad{"[reliability]\nretry_on = [1]", "must be an array of strings, not an integer"},
        Bad{"[reliability]\nfallback_providers = ['a', 'a b']",
            "2:28: the provider 'a b' is not a name"},
        Bad{"[reliability]\nfallback_providers = ['openrouter']",
            "2:23: duplicate target 'openrouter'"},
        Bad{"[default]\nprovider = 'openai'\n[reliability]\nfallback_providers = ['openai']",
            "4:23: duplicate target 'openai' in the chain 'default': it is the default provider, "
            "which is asked first; write here the provider that was the default before "
            "(\"openrouter\", when none was named), or remove the entry"},
        Bad{"[default]\nprovider = 'b'\n[reliability]\nfallback_providers = ['openrouter', 'b']",
            "the provider that was the default before, or remove the entry"},
        Bad{"[reliability]\nfallback_providers = ['a', 'a']",
            "2:28: duplicate target 'a' in the chain 'default'; remove it"},
        Bad{"[reliability]\ndeadline = '9s'",
            "2:12: the chain 'default' has the deadline 9s, shorter than the connect_timeout 10s"},
        Bad{"[reliability]\nconnect_timeout = '11m'", "2:19: the chain 'default' has the deadline"},
        Bad{"[providers.openrouter]\nconnect_timeout = '11m'", "2:19: the chain 'default' has"},
        Bad{"[chains.a]\ntargets = [{provider='a'}, {provider='b', connect_timeout='11m'}]",
            "2:59: the chain 'a' has the deadline"},
        Bad{"[chains.a]\ntargets = [{provider='a'}]\nconnect_timeout='11m'",
            "3:17: the chain 'a' has the deadline"},
        Bad{"[providers]\nopenai = 1", "2:10: 'openai' in [providers] must be a table"},
        Bad{"[providers.'a b']", "1:12: the provider 'a b' is not a name"},
        Bad{"[providers.a]\nplugin = ''", "is empty"},
        Bad{"[providers.a]\nmodel = 1", "must be a string"},
        Bad{"[providers.a]\nbase_url = 'ftp://x'",
            "2:12: 'base_url' in [providers.a] must begin with http"},
        Bad{"[providers.a]\nbase_url = 'https://x/?a=1'", "has a query"},
        Bad{"[providers.a]\nbase_url = 'https://u:p@x/'", "holds a user or password"},
        Bad{"[providers.a]\nhttp_version = '3'", "cannot be '3'; valid are auto, 1.1, 2"},
        Bad{"[providers.a]\nhttp_version = 2", "must be a string, not an integer"},
        Bad{"[providers.a]\nca_file = 'missing.pem'", "/etc/prx/missing.pem cannot be read"},
        Bad{"[providers.a]\nheaders = { 'X Y' = 'a' }", "is not a header name"},
        Bad{"[providers.a]\nheaders = { X = \"a\\r\\nb\" }", "has a line break"},
        Bad{"[providers.a]\nheaders = { X = 'a', x = 'b' }", "repeats 'X'"},
        Bad{"[default]\nmodel = \"a\\u0000b\"", "2:9: 'model' in [default] is no model's name"},
        Bad{"[providers.a]\nmodel = \"a\\u001bb\"", "2:9: 'model' in [providers.a] is no model's"},
        Bad{"[chains.a]\ntargets = [{ provider = 'openrouter', model = \"\\n\" }]",
            "'model' in [chains.a.targets.1] is no model's name"},
        Bad{"[providers.a]\nheaders = { Host = 'a' }", "HTTP sets it"},
        Bad{"[providers.a]\nheaders = { Proxy-Authorization = 'Basic a' }", "HTTP sets it"},
        Bad{"[providers.a]\nheaders = { X = 1 }", "must be a string"},
        Bad{"[providers.a]\nheaders = []", "must be a table"},
        Bad{"[providers.a]\nextra_body = 'x'", "must be a table"},
        Bad{"[providers.a]\nextra_body = { a = { b = inf } }",
            "2:26: providers.a.extra_body: inf or nan cannot be"},
        Bad{"[providers.a]\nextra_body = { a = 2026-01-01 }",
            "a date or time cannot be sent as JSON"},
        Bad{"[providers.a]\nown = 07:32:00", "a date or time cannot be sent as JSON"},
        Bad{"[providers.a]\napi_key = 'x'\napi_key_file = 'y'",
            "3:1: [providers.a] has both api_key and api_key_file; keep one"},
        Bad{"[providers.a]\napi_keys = []", "is empty; give it 1 to 64 keys"},
        Bad{"[providers.a]\napi_keys = 'x'", "must be an array"},
        Bad{"[providers.a]\napi_keys = ['a', 1]", "put each key in quotes"},
        Bad{"[providers.a]\napi_key = 12345678", "must be a string, not an integer"},
        Bad{"[providers.a]\napi_key = ''", "has an empty key"},
        Bad{"[providers.a]\napi_key_file = ''", "is empty"},
        Bad{"[providers.a]\napi_key_command = []", "is empty"},
        Bad{"[providers.a]\napi_key_command = ''", "is empty"},
        Bad{"[providers.a]\napi_key_command = 1", "must be a string or an array of strings"},
        Bad{"[providers.a]\napi_key_command = ['x', 1]", "put each in quotes"},
        Bad{"[providers.a]\nconnect_timeout = 'soon'", "cannot be 'soon'"},
        Bad{"[chains.a]", "1:9: [chains.a] has no targets"},
        Bad{"[chains.default]\ntargets = []", "choose another name"},
        Bad{"[chains.'a b']", "is not a name"}, Bad{"[chains.a]\ntargets = []", "has 0 entries"},
        Bad{"[chains.a]\ntargets = 'x'", "must be an array of tables"},
        Bad{"[chains.a]\ntargets = ['x']", "chains.a.targets.1 must be a table, not a string"},
        Bad{"[chains.a]\ntargets = [{model = 'x'}]", "has no provider"},
        Bad{"[chains.a]\ntargets = [{provider='openrouter'}, {provider='openrouter'}]",
            "2:37: duplicate target 'openrouter' in the chain 'a'"},
        Bad{"[chains.a]\nattempts_max = 1\ntargets = [{provider='openrouter'}, "
            "{provider='openrouter', model='m'}]",
            "1:9: the chain 'a' has 2 targets, but attempts_max is 1"},
        Bad{"[chains.a]\ndeadline='2s'\ntargets = [{provider='openrouter', connect_timeout='3s'}]",
            "2:10: the chain 'a' has the deadline 2s, shorter than the connect_timeout 3s"},
        Bad{"[plugins]\ndirs = 'x'", "must be an array of strings"},
        Bad{"[plugins]\ndirs = ['']", "has an empty path"},
        Bad{"[plugins]\nallow = [1]", "must be an array of strings"},
        Bad{"[plugins.a]", "says nothing; write path"},
        Bad{"[plugins.a]\npath = 'x'\nsha256 = 'abc'", "is not 64 hexadecimal digits"},
        Bad{"[plugins]\nisolation = 'thread'", "cannot be 'thread'; valid are none, process"},
        Bad{"[plugins]\nisolation_host = 3", "must be a string"},
        Bad{"[plugins.a]\nisolation = 'process'\nmemory_max = 63", "is 63; use 64 to 65536"},
        Bad{"[plugins.a]\nisolation = 'process'\nmemory_max = 65537", "is 65537; use 64 to 65536"},
        Bad{"[plugins.a]\nisolation = 'process'\ncpu_max = '999ms'",
            "'cpu_max' in [plugins.a] is too short; use \"1s\" or more, or \"off\""},
        Bad{"[plugins.a]\nisolation = 'process'\ncpu_max = '0s'",
            "'cpu_max' in [plugins.a] is too short; use \"1s\" or more, or \"off\""},
        Bad{"[plugins.a]\npath = 'x'\nmemory_max = 64",
            "limits the process of an isolated plugin, and this one has none"},
        Bad{"[log]\nlevel = 'loud'", "cannot be 'loud'; valid are trace"},
        Bad{"[log]\nformat = 'xml'", "valid are text, json"},
        Bad{"[log]\nfile = 3", "must be a string"}, Bad{"[serve]\nlisten = ''", "is empty"},
        Bad{"[serve]\nlisten = '8383'", "'listen' in [serve]: '8383' is no address"},
        Bad{"[serve]\nlisten = '0.0.0.0:80'", "other machines"},
        Bad{"[serve]\nconnections_max = 0", "1"}, Bad{"[serve]\nloops = 0", "1"},
        Bad{"[serve]\nloops = 65", "64"}, Bad{"[serve]\nbody_max = 1023", "1024"},
        Bad{"[serve]\nbody_max = 1073741825", "1073741824"},
        Bad{"[serve]\nidle_timeout = '0s'", "'idle_timeout' in [serve]"},
        Bad{"[serve]\ndrain_timeout = 'x'", "write a duration"},
        Bad{"[serve]\ndrain = '1s'", "unknown key 'drain'"},
        Bad{"listen = '127.0.0.1:80'", "put it below [serve]"}));

TEST(Config, TheServiceHasItsAddressAndItsLimits) {
  const auto usual = parse("");
  ASSERT_TRUE(usual);
  EXPECT_EQ(usual->serve.listen, "127.0.0.1:8383");
  EXPECT_EQ(usual->serve.connections_max, 10'000);
  EXPECT_FALSE(usual->serve.loops);
  EXPECT_EQ(usual->serve.body_max, 32 << 20);
  EXPECT_EQ(usual->serve.idle_timeout, Milliseconds(75'000));
  EXPECT_EQ(usual->serve.drain_timeout, Milliseconds(30'000));
  const auto given = parse(
      "[serve]\nlisten = '[::1]:0'\nconnections_max = 5\ndrain_timeout = '0s'\n"
      "body_max = 1073741824\nidle_timeout = '1ms'\nloops = 2\n");
  ASSERT_TRUE(given) << given.error().message;
  EXPECT_EQ(given->serve.listen, "[::1]:0");
  EXPECT_EQ(given->serve.connections_max, 5);
  EXPECT_EQ(given->serve.loops, 2);
  EXPECT_EQ(given->serve.body_max, 1 << 30);
  EXPECT_EQ(given->serve.idle_timeout, Milliseconds(1));
  EXPECT_EQ(given->serve.drain_timeout, Milliseconds(0));
}

TEST(Config, APluginIsIsolatedAsItsTableOrElseTheSectionSays) {
  const auto config = parse(R"(
[plugins]
isolation = "process"
[plugins.a]
isolation = "none"
[plugins.b]
memory_max = 64
cpu_max = "off"
)");
  ASSERT_TRUE(config) << config.error().message;
  const PluginsConfig& plugins = config->plugins;
  EXPECT_EQ(plugins.isolation_of("a").isolation, Isolation::kNone);
  EXPECT_EQ(plugins.isolation_of("b"), (IsolationConfig{Isolation::kProcess, 64, std::nullopt}));
  EXPECT_EQ(plugins.isolation_of("c").isolation, Isolation::kProcess);
  EXPECT_EQ(plugins.isolation_of("c").memory_max, 512);
  EXPECT_EQ(plugins.isolation_of("c").cpu_max, std::optional<Milliseconds>(std::chrono::hours(1)));
}

TEST(Config, ListsHaveLimits) {
  std::string providers, headers = "[providers.a.headers]\n", keys = "[providers.a]\napi_keys = [",
                         targets;
  for (int i = 0; i < 257; ++i) providers += "[providers.p" + std::to_string(i) + "]\n";
  for (int i = 0; i < 65; ++i) headers += "X-" + std::to_string(i) + " = 'a'\n";
  for (int i = 0; i < 65; ++i) keys += "'k" + std::to_string(i) + "', ";
  for (int i = 0; i < 21; ++i)
    targets += "{provider='openrouter', model='" + std::to_string(i) + "'}, ";
  std::string chains;
  for (int i = 0; i < 257; ++i)
    chains += "[chains.c" + std::to_string(i) + "]\ntargets=[{provider='openrouter'}]\n";
  EXPECT_THAT(error_of(providers), HasSubstr("more than 256 providers"));
  EXPECT_THAT(error_of(headers), HasSubstr("more than 64 headers"));
  EXPECT_THAT(error_of(keys + "]"), HasSubstr("give it 1 to 64 keys"));
  EXPECT_THAT(error_of("[chains.a]\ntargets = [" + targets + "]"), HasSubstr("has 21 entries"));
  EXPECT_THAT(error_of(chains), HasSubstr("more than 256 chains"));
}

TEST(Config, AListThatTurnsTheOtherFallbacksOffIsWarnedOf) {
  const auto warnings = [](const std::string& toml) { return parse(toml)->warnings; };
  EXPECT_THAT(warnings("[reliability]\nfallback_on = ['content_policy']"),
              ElementsAre("prx.toml:2:15: reliability.fallback_on replaces the default, so that no "
                          "failure of a provider leads to the next one; add those of the default "
                          "that should (network, timeout, overloaded, rate_limit, credit, auth, "
                          "permission, not_found, unsupported, context_length, bad_response, "
                          "internal)"));
  EXPECT_THAT(warnings("[chains.a]\ntargets=[{provider='a'}]\nfallback_on = ['invalid_request']"),
              ElementsAre(HasSubstr("prx.toml:3:15: chains.a.fallback_on replaces")));
  EXPECT_THAT(warnings("[reliability]\nfallback_on = ['content_policy', 'timeout']"),
              ElementsAre());
  EXPECT_THAT(warnings("[reliability]\nfallback_on = []"), ElementsAre()) << "said plainly";
}

TEST(Settings, HaveTheListsOfClassesToo) {
  const auto bare = parse("");
  for (const auto* path : {"reliability.fallback_on", "reliability.retry_on"}) {
    ASSERT_TRUE(find_setting(*bare, path)) << path;
    EXPECT_EQ(*find_setting(*bare, path), (Setting{path, "(by class)", "default"}));
  }
  const auto given = parse("[reliability]\nretry_on = ['timeout']");
  EXPECT_EQ(find_setting(*given, "reliability.retry_on")->value, "[\"timeout\"]");
}

TEST(Settings, ComeInTheOrderOfTheFileThenTheDefaults) {
  const auto config =
      parse("[log]\nlevel = 'info'\n[providers.openrouter]\nmodel = 'm'\n[default]\nmodel = 'x'\n");
  ASSERT_TRUE(config);
  ASSERT_GE(config->settings.size(), 4u);
  EXPECT_EQ(config->settings[0], (Setting{"log.level", "\"info\"", "prx.toml:2:9"}));
  EXPECT_EQ(config->settings[1], (Setting{"providers.openrouter.model", "\"m\"", "prx.toml:4:9"}));
  EXPECT_EQ(config->settings[2], (Setting{"default.model", "\"x\"", "prx.toml:6:9"}));
  ASSERT_TRUE(find_setting(*config, "reliability.deadline"));
  EXPECT_EQ(*find_setting(*config, "reliability.deadline"),
            (Setting{"reliability.deadline", "\"10m\"", "default"}));
  EXPECT_EQ(find_setting(*config, "default.provider")->origin, "default");
}

TEST(Config, TheSameTextGivesTheSameValue) {
  constexpr auto kText =
      "[providers.b]\n[providers.a]\nx = 1\n[chains.z]\ntargets = [{provider='a'}]";
  EXPECT_EQ(*parse(kText), *parse(kText));
  EXPECT_EQ(parse(kText)->providers[0].name, "b");
}

}  // namespace
}  // namespace prx::config
