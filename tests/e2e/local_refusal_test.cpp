// Requests that are wrong by themselves: refused before anything is sent, by the library or by the
// plugin, with one class and in one line that names the parameter.
#include <gmock/gmock.h>

#include "rig.hpp"

namespace prx::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Refusal {
  std::string name, provider, member, value, words;
};
std::ostream& operator<<(std::ostream& out, const Refusal& refusal) { return out << refusal.name; }

class RefusedUnsent : public ::testing::TestWithParam<Refusal> {};
INSTANTIATE_TEST_SUITE_P(
    Each, RefusedUnsent,
    ::testing::Values(
        Refusal{"RoutingKey", "openrouter", "provider", R"({"sotr":"price"})",
                R"(provider: unknown key "sotr"; did you mean "sort"?)"},
        Refusal{"RoutingValue", "openrouter", "provider", R"({"order":5})",
                "provider.order must be an array of strings"},
        Refusal{"Models", "openrouter", "models", "5", "models must be an array of strings"},
        Refusal{"Reasoning", "openrouter", "reasoning", R"({"effort":"low","max_tokens":5})",
                "reasoning takes effort or max_tokens"},
        Refusal{"StreamOptions", "openai", "stream_options", "5",
                "stream_options must be an object"}),
    [](const auto& instance) { return instance.param.name; });

TEST_P(RefusedUnsent, ByThePluginIsInvalidAndNamesTheParameter) {
  for (const bool streams : {true, false}) {
    if (!streams && GetParam().member == "stream_options") continue;  // of no meaning there
    Rig rig;
    rig.toml += "[default]\nprovider = \"" + GetParam().provider +
                "\"\nmodel = \"openai/gpt-4o\"\n[reliability]\nfallback_providers = [\"" +
                (GetParam().provider == "openai" ? "openrouter" : "openai") + "\"]\n";
    const auto client = rig.open();
    ChatRequest request = ask("hi");
    request.extra = "{\"" + GetParam().member + "\":" + GetParam().value + "}";
    CallOptions options;
    options.stream_upstream = streams;
    const CallError error = expect_failure(client->chat(request, options));
    EXPECT_EQ(error.error_class, ErrorClass::kInvalidRequest);
    EXPECT_THAT(error.message, HasSubstr(GetParam().words));
    EXPECT_THAT(error.message, Not(HasSubstr("\n")));
    ASSERT_EQ(error.attempts.size(), 1u) << "nobody else takes it either";
    EXPECT_TRUE(error.attempts[0].refused_unsent);
    EXPECT_FALSE(error.attempts[0].asked());
    EXPECT_EQ(rig.simulator->stats().requests, 0u);
  }
}

TEST(RefusedBeforeAnyAttempt, ByTheLibraryIsInvalidToo) {
  Rig rig;
  const auto client = rig.open();
  ChatRequest request = ask("\xff");
  const CallError error = expect_failure(client->chat(request));
  EXPECT_EQ(error.error_class, ErrorClass::kInvalidRequest);
  EXPECT_THAT(error.message, HasSubstr("messages[0]"));
  EXPECT_TRUE(error.attempts.empty());
}

TEST(AnAttempt, ThatTheProviderRefusedWasAsked) {
  Rig rig;
  const CallError error = expect_failure(rig.open()->chat(ask("hi", "sim/400")));
  ASSERT_EQ(error.attempts.size(), 1u);
  EXPECT_TRUE(error.attempts[0].asked());
}

}  // namespace
}  // namespace prx::test
