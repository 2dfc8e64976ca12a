// Values of variables in headers, extra_body and options: never shown, and known to the redactor.
#include <gmock/gmock.h>

#include "core/config/support.hpp"

namespace prx::config {
namespace {

using ::testing::AllOf;
using testing::find_setting;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::parse;
using testing::printable;
using ::testing::UnorderedElementsAre;
using testing::Variables;

const Variables kVariables = {{"TOKEN", "hidden-0123456789"}, {"NAME", "team-hidden"}};

std::string shown_value(const Result<Config>& config, std::string_view path) {
  const auto* setting = config ? find_setting(*config, path) : nullptr;
  return setting ? setting->value : "(none)";
}

// What a plugin's own key will be shown as when its note knows it.
std::string written(const Result<Config>& config, const std::string& key) {
  const auto* provider = config ? config->find_provider("a") : nullptr;
  return provider ? provider->options_written.at(key) : "(none)";
}

TEST(ExpandedSecrets, AreShownAsTheyAreWritten) {
  const auto config = parse(R"([providers.a]
headers = { X-Team = "of ${NAME}", X-Title = "Our service" }
extra_body = { user = "${TOKEN}", metadata = { list = ["x", "${NAME:-none}"] }, n = 3 }
own = { deep = [{ word = "a ${TOKEN} b" }] }
title = "${NAME}"
[chains.c]
targets = [{ provider = "a", extra_body = { user = "${TOKEN}" } }]
)",
                            kVariables);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(shown_value(config, "providers.a.headers.X-Team"), "\"of ${NAME}\"");
  EXPECT_EQ(shown_value(config, "providers.a.headers.X-Title"), "\"Our service\"");
  EXPECT_EQ(shown_value(config, "providers.a.extra_body"),
            R"({ user = "${TOKEN}", metadata = { list = ["x", "${NAME:-none}"] }, n = 3 })");
  EXPECT_EQ(written(config, "own"), R"({ deep = [{ word = "a ${TOKEN} b" }] })");
  EXPECT_EQ(written(config, "title"), "\"${NAME}\"");
  EXPECT_EQ(shown_value(config, "chains.c.targets.1.extra_body"), "{ user = \"${TOKEN}\" }");
  EXPECT_THAT(printable(*config), ::testing::Not(HasSubstr("hidden")));
}

TEST(ExpandedSecrets, StillReachWhatIsSent) {
  const auto config = parse(
      "[providers.a]\nheaders = { X = 'of ${NAME}' }\nextra_body = { user = '${TOKEN}' }\n"
      "own = ['${NAME}']",
      kVariables);
  ASSERT_TRUE(config) << config.error().message;
  const auto& provider = *config->find_provider("a");
  EXPECT_EQ(provider.headers[0].second, "of team-hidden");
  EXPECT_EQ(provider.extra_body, R"({"user":"hidden-0123456789"})");
  EXPECT_EQ(provider.options, R"({"own":["team-hidden"]})");
}

TEST(ExpandedSecrets, WhatIsNoUtf8CannotBeSent) {
  const Variables variables = {{"RAW", "caf\xE9"}};
  for (const auto* line : {"extra_body = { user = '${RAW}' }", "own = '${RAW}'"})
    EXPECT_THAT(testing::error_of("[providers.a]\n" + std::string(line), variables),
                AllOf(HasSubstr("not UTF-8"), ::testing::Not(HasSubstr("caf"))));
}

TEST(ExpandedSecrets, MembersOfSecretNameAreMaskedAtEveryDepth) {
  const auto config = parse(R"([providers.a]
extra_body = { a = { b = [{ api_key = "hidden-1" }] }, tokens = ["hidden-2", { c = "hidden-3" }], max_tokens = 5 }
auth = { credentials = { user = "hidden-4" }, plain = "seen" }
client_secret = ["hidden-5"]
)");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(printable(*config), ::testing::Not(HasSubstr("hidden")));
  EXPECT_EQ(shown_value(config, "providers.a.extra_body"),
            R"({ a = { b = [{ api_key = "********" }] }, )"
            R"(tokens = ["********", { c = "********" }], max_tokens = 5 })");
  EXPECT_EQ(written(config, "auth"), R"({ credentials = { user = "********" }, plain = "seen" })");
  EXPECT_EQ(written(config, "client_secret"), "[\"********\"]");
  EXPECT_THAT(config->find_provider("a")->secrets,
              UnorderedElementsAre("hidden-1", "hidden-2", "hidden-3", "hidden-4", "hidden-5"));
}

TEST(ExpandedSecrets, AreGatheredForTheRedactor) {
  const auto config = parse(R"([providers.a]
headers = { Authorization = "Bearer literal", X-Team = "of ${NAME}", X-Title = "Our service" }
extra_body = { user = "${TOKEN}", kind = "plain" }
own = "${NAME}"
[chains.c]
targets = [{ provider = "a", extra_body = { user = "target ${TOKEN}" } },
           { provider = "openrouter", extra_body = { user = "${NAME}" } }]
)",
                            kVariables);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(
      config->find_provider("a")->secrets,
      UnorderedElementsAre("Bearer literal", "of team-hidden", "team-hidden", "hidden-0123456789",
                           "team-hidden", "target hidden-0123456789", "hidden-0123456789"));
  EXPECT_THAT(config->find_provider("openrouter")->secrets, UnorderedElementsAre("team-hidden"));
}

TEST(ExpandedSecrets, TextOfTheFileIsNoSecret) {
  const auto config = parse(R"([providers.a]
headers = { X-Title = "Our service", X-Other = "${NOPE:-Our service}", X-Empty = "${EMPTY}" }
extra_body = { text = "$${NAME}" }
)",
                            {{"NAME", "team-hidden"}, {"EMPTY", ""}});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->find_provider("a")->secrets, IsEmpty());
  EXPECT_EQ(config->find_provider("a")->extra_body, R"({"text":"${NAME}"})");
}

}  // namespace
}  // namespace prx::config
