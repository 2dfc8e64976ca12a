// [serve.keys.NAME], allowed_hosts and allowed_origins: who may use `prx serve`.
#include <gmock/gmock.h>

#include "config/listen_place.hpp"
#include "core/config/support.hpp"

namespace prx::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using testing::find_setting;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::parse;

const std::string kHash = "sha256 = '" + std::string(64, 'a') + "'\n";

TEST(ServeKeys, AKeyHasItsLimits) {
  const auto config =
      parse("[serve.keys.alice]\nsha256 = '" + std::string(63, '0') + "F'\n" +
            "models = ['openai/*', 'chain:careful']\nrequests_per_minute = 60\ncalls_max = 4\n"
            "budget = 2.5\nbudget_window = '1h'\n[serve.keys.bob]\n" +
            kHash + "budget = 5\n[serve.keys.carol]\nsha256 = '" + std::string(64, 'c') +
            "'\nbudget = 5\nbudget_window = 'off'\n");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->serve.keys.size(), 3u);
  const ServeKeyConfig& alice = config->serve.keys[0];
  EXPECT_EQ(alice.name, "alice");
  EXPECT_EQ(alice.sha256, std::string(63, '0') + 'f') << "digits have one case";
  EXPECT_THAT(alice.models.value(), ElementsAre("openai/*", "chain:careful"));
  EXPECT_EQ(alice.requests_per_minute, 60);
  EXPECT_EQ(alice.calls_max, 4);
  EXPECT_EQ(alice.budget, 2.5);
  EXPECT_EQ(alice.budget_window, Milliseconds(3'600'000));
  const ServeKeyConfig& bob = config->serve.keys[1];
  EXPECT_EQ(bob.models, std::nullopt);
  EXPECT_EQ(bob.requests_per_minute, std::nullopt);
  EXPECT_EQ(bob.calls_max, std::nullopt);
  EXPECT_EQ(bob.budget, 5.0);
  EXPECT_EQ(bob.budget_window, Milliseconds(std::chrono::hours(24)));
  EXPECT_EQ(config->serve.keys[2].budget_window, std::nullopt);
  EXPECT_EQ(find_setting(*config, "serve.keys.alice.calls_max")->value, "4");
}

TEST(ServeKeys, WithOneItListensAnywhere) {
  EXPECT_THAT(error_of("[serve]\nlisten = '0.0.0.0:80'\n"),
              AllOf(HasSubstr("[serve.keys.NAME]"), HasSubstr("--new-key")));
  const auto config = parse("[serve]\nlisten = '0.0.0.0:80'\n[serve.keys.a]\n" + kHash);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->serve.listen, "0.0.0.0:80");
  EXPECT_TRUE(check_serve_listen("[::]:0", true));
  EXPECT_FALSE(check_serve_listen("[::]:0", false));
  EXPECT_FALSE(check_serve_listen("example.org:80", true)) << "an address, not a name";
}

TEST(ServeKeys, TheAccessLogIsBesideTheConfigurationOrOnStandardError) {
  EXPECT_EQ(parse("")->serve.access_log, "");
  EXPECT_EQ(parse("[serve]\naccess_log = '/var/log/prx.log'")->serve.access_log,
            "/var/log/prx.log");
  for (const char* const place : {"stderr", "-"})
    EXPECT_EQ(parse("[serve]\naccess_log = '" + std::string(place) + "'")->serve.access_log,
              "stderr");
  EXPECT_EQ(parse("[serve]\naccess_log = 'a.log'")->serve.access_log, "/etc/prx/a.log");
  EXPECT_THAT(error_of("[serve]\naccess_log = ''"), HasSubstr("access_log"));
}

TEST(ServeKeys, HostsAndOriginsAreComparedInLowerCase) {
  const auto config = parse(
      "[serve]\nallowed_hosts = ['PRX.example.org', '10.0.0.7', '[fd00::1]']\n"
      "allowed_origins = ['https://App.example.org', 'http://10.0.0.7:3000', 'tauri://localhost']");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->serve.allowed_hosts, ElementsAre("prx.example.org", "10.0.0.7", "[fd00::1]"));
  EXPECT_THAT(config->serve.allowed_origins,
              ElementsAre("https://app.example.org", "http://10.0.0.7:3000", "tauri://localhost"));
  EXPECT_THAT(parse("")->serve.allowed_origins, ElementsAre());
}

TEST(ServeKeys, OneKeyHasOneName) {
  EXPECT_THAT(error_of("[serve.keys.a]\n" + kHash + "[serve.keys.b]\n" + kHash),
              AllOf(HasSubstr("prx.toml:3:"), HasSubstr("[serve.keys.b]"),
                    HasSubstr("[serve.keys.a]"), HasSubstr("remove one of them")));
}

TEST(ServeKeys, AKeyInPlaceOfItsHashIsNotRepeated) {
  const std::string error = error_of("[serve.keys.a]\nsha256 = 'prx-0123456789abcdef'\n");
  EXPECT_THAT(error, AllOf(HasSubstr("prx.toml:2:"), HasSubstr("64 hexadecimal digits"),
                           HasSubstr("never the key itself"), Not(HasSubstr("0123456789"))));
}

struct BadKey {
  std::string toml, message;
};
void PrintTo(const BadKey& bad, std::ostream* out) { *out << bad.toml; }

class ServeKeysRefused : public ::testing::TestWithParam<BadKey> {};

TEST_P(ServeKeysRefused, WithPlaceAndRemedy) {
  EXPECT_THAT(error_of(GetParam().toml),
              AllOf(HasSubstr("prx.toml:"), HasSubstr(GetParam().message)));
}

BadKey key(const std::string& lines, const std::string& message) {
  return {"[serve.keys.a]\n" + kHash + lines, message};
}

INSTANTIATE_TEST_SUITE_P(
    All, ServeKeysRefused,
    ::testing::Values(
        BadKey{"[serve.keys.a]\ncalls_max = 1", "has no sha256"},
        BadKey{"[serve]\nkeys = ['x']", "'keys' in [serve]"},
        BadKey{"[serve.keys]\na = 'x'", "'serve.keys.a' must be a table"},
        BadKey{"[serve.keys.'a b']\n" + kHash, "cannot be 'a b'"},
        BadKey{"[serve.keys.a]\nsha256 = ''", "is empty"},
        key("model = 'x'", "did you mean 'models'"), key("models = []", "remove it to allow"),
        key("models = ['']", "entry 1"), key("models = 'x'", "an array of strings"),
        key("requests_per_minute = 0", "use 1 to 1000000"),
        key("calls_max = 100001", "use 1 to 100000"), key("budget = 0", "is 0"),
        key("budget = 10001", "use 0.01 to 10000"), key("budget = '5'", "must be a number"),
        key("budget_window = '1h'", "add budget"),
        key("budget = 1\nbudget_window = '59s'", "use \"1m\" or more"),
        BadKey{"[serve]\nallowed_hosts = ['https://x.org']", "entry 1 is no host"},
        BadKey{"[serve]\nallowed_hosts = ['x.org', 'y.org:80']", "entry 2 is no host"},
        BadKey{"[serve]\nallowed_origins = ['*']", "entry 1 is no origin"},
        BadKey{"[serve]\nallowed_origins = ['null']", "entry 1 is no origin"},
        BadKey{"[serve]\nallowed_origins = ['https://x.org/']", "entry 1 is no origin"},
        BadKey{"[serve]\nallowed_origins = ['https://x.org:']", "entry 1 is no origin"}));

TEST(ServeKeys, ListsHaveAnEnd) {
  std::string many = "'a.org'";
  for (int i = 1; i < 256; ++i) many += ",'a.org'";
  EXPECT_TRUE(parse("[serve]\nallowed_hosts = [" + many + "]"));
  EXPECT_THAT(error_of("[serve]\nallowed_hosts = [" + many + ",'a.org']"),
              HasSubstr("more than 256"));
  EXPECT_THAT(error_of("[serve.keys.a]\n" + kHash + "models = [" + many + ",'a']"),
              HasSubstr("1 to 256"));
}

TEST(ServeKeys, TablesHaveAnEnd) {
  std::string text;
  for (int i = 0; i < 10'001; ++i) {
    const std::string number = std::to_string(100'000 + i);
    text += "[serve.keys.k" + number + "]\nsha256='" + std::string(58, '0') + number + "'\n";
  }
  EXPECT_THAT(error_of(text), HasSubstr("more than 10000 keys"));
}

}  // namespace
}  // namespace prx::config
