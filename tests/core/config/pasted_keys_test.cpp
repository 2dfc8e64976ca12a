// Keys that were pasted where no key belongs: a misspelt name, a path, the name of a table. What is
// printed of such a configuration, an error included, does not hold them.
#include <gmock/gmock.h>

#include "config/mask.hpp"
#include "config/resolve.hpp"
#include "core/config/support.hpp"

namespace prx::config {
namespace {

using ::testing::AllOf;
using testing::environment;
using testing::error_of;
using testing::find_setting;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::parse;
using testing::printable;

constexpr auto kPrefixed = "sk-or-v1-5ec2e75ec2e75ec2";
constexpr auto kRandom = "5ec2e75ec2e75ec2e75ec2e75ec2e75e";

std::string with(std::string text, const std::string& key) {
  for (auto at = text.find('@'); at != std::string::npos; at = text.find('@', at))
    text.replace(at, 1, key);
  return text;
}

PluginNote note_with_title() {
  PluginNote note;
  note.id = "openrouter";
  note.kinds = {"openrouter"};
  note.options = {{"title", "string", "", ""}};
  return note;
}

TEST(PastedKeys, TheValueOfAKeyThatNobodyKnowsIsHidden) {
  for (const auto* value :
       {"\"hidden-1\"", "1234567890", "[\"hidden-1\"]", "{ a = \"hidden-1\" }"}) {
    const auto config =
        parse("[providers.openrouter]\napi_kye = " + std::string(value) + "\ntitle = \"Mine\"\n");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_THAT(printable(*config), AllOf(Not(HasSubstr("hidden")), Not(HasSubstr("12345"))));
    const auto notes = {note_with_title()};
    const auto resolved = resolve_config(*config, notes, environment({}));
    ASSERT_FALSE(resolved);
    EXPECT_THAT(resolved.error().message,
                AllOf(HasSubstr("did you mean 'api_key'"), Not(HasSubstr("hidden"))));
  }
}

TEST(PastedKeys, TheValueOfAKeyThatThePluginKnowsIsShown) {
  const auto config = parse("[providers.openrouter]\ntitle = \"Mine\"\n");
  ASSERT_TRUE(config);
  const auto notes = {note_with_title()};
  const auto resolved = resolve_config(*config, notes, environment({}));
  ASSERT_TRUE(resolved) << resolved.error().message;
  EXPECT_EQ(find_setting(*resolved, "providers.openrouter.title")->value, "\"Mine\"");
}

TEST(PastedKeys, AreNoPathAndNoName) {
  for (const auto* key : {kPrefixed, kRandom}) {
    for (const auto* toml :
         {"[providers.a]\napi_key_file = '@'", "[providers.a]\nca_file = '@'", "[log]\nfile = '@'",
          "[plugins.a]\npath = '@'", "[providers.@]", "[providers.a]\n[chains.@]", "[plugins.@]",
          "[default]\nprovider = '@'"}) {
      const auto error = error_of(with(toml, key));
      EXPECT_THAT(error, AllOf(HasSubstr("prx.toml:"), Not(HasSubstr("5ec2e7")))) << toml;
      EXPECT_NE(error, "(no error)") << toml;
    }
  }
}

TEST(PastedKeys, OrdinaryNamesAndPathsStay) {
  for (const auto* name :
       {"openrouter", "sk-test", "claude-3-5-sonnet-20241022", "key.txt",
        "./sk-or-v1-0123456789abc", "/run/secrets/5ec2e75ec2e75ec2e75ec2e75ec2e75e",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "a-very-long-name-of-a-provider-in-the-north-of-europe-2"})
    EXPECT_FALSE(looks_like_key(name)) << name;
  EXPECT_EQ(without_keys("a/b-2.5:free sk-short 3.1-70B-Instruct-Turbo-2025"),
            "a/b-2.5:free sk-short 3.1-70B-Instruct-Turbo-2025");
}

TEST(PastedKeys, AreHiddenInEveryValueAndMessage) {
  const auto config =
      parse(with("[default]\nmodel = '@'\n[providers.openrouter]\n"
                 "base_url = 'https://x.org/@/v1'\nheaders = { X-Id = 'a @' }\n"
                 "extra_body = { user = '@' }\n[plugins]\ndirs = ['/x/@']\n",
                 kPrefixed));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(printable(*config), Not(HasSubstr("5ec2e7")));
  for (const auto* toml :
       {"[providers.a]\napi_key = '${@}", "[providers.a]\napi_key = ['@']",
        "[providers.a]\napi_key = '@ @'", "[providers.a]\napi_key = @",
        "[providers.a]\napi_key = \"\"\"@\n@\"\"\"", "[providers.a]\napi_keys = ['@', '@\t']",
        "[providers.a]\nhttp_version = '@'", "[providers.a]\nconnect_timeout = '@'",
        "[providers.a]\n@ = 1\n@ = 2", "[@]", "@ = 1", "[default]\nchain = '@'", "[default]\n@ = 1",
        "[providers.a]\nbase_url = 'https://@?x'", "[providers.a.@",
        "[reliability]\nfallback_providers = ['@']", "[providers.a]\nheaders = { '@ @' = 'x' }",
        "[providers.a]\nextra_body = { '@' = 1979-05-27 }"}) {
    const auto error = error_of(with(toml, kPrefixed));
    EXPECT_THAT(error, AllOf(HasSubstr("prx.toml"), Not(HasSubstr("5ec2e7")))) << toml;
  }
}

TEST(PastedKeys, AKeyThatIsPartOfTheMaskIsHiddenOnce) {
  const auto config =
      parse("[default]\nmodel = 'a****b'\n[providers.openrouter]\napi_key = '****'");
  ASSERT_TRUE(config);
  EXPECT_EQ(find_setting(*config, "default.model")->value, "\"a********b\"");
}

}  // namespace
}  // namespace prx::config
