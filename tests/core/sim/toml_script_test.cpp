// Fault scripts in TOML: config's reader makes JSON text, the simulator reads that.
#include <gmock/gmock.h>

#include "config/toml_json.hpp"
#include "sim/fault.hpp"

namespace prx::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(TomlJson, KeepsEveryKindOfValueThatJsonHas) {
  EXPECT_EQ(toml_to_json("a = 1\nb = -2.5\nc = true\nd = \"x\\\"y\"\ne = [1, [2]]\n[f]\ng = {}\n",
                         "x.toml")
                .value(),
            R"({"a":1,"b":-2.5,"c":true,"d":"x\"y","e":[1,[2]],"f":{"g":{}}})");
}

TEST(TomlJson, NamesThePlaceOfWhatJsonLacks) {
  const auto date = toml_to_json("a = 1\nwhen = 2025-01-01\n", "faults.toml");
  ASSERT_FALSE(date.has_value());
  EXPECT_EQ(date.error().error_class, ErrorClass::kInvalidRequest);
  EXPECT_THAT(date.error().message, StartsWith("faults.toml:2:"));
  EXPECT_FALSE(toml_to_json("a = inf\n", "x").has_value());
  EXPECT_FALSE(toml_to_json("a = nan\n", "x").has_value());
}

TEST(TomlJson, NamesThePlaceOfWhatIsNoToml) {
  EXPECT_THAT(toml_to_json("a = \n", "faults.toml").error().message, StartsWith("faults.toml:1:"));
}

TEST(TomlScript, IsAFaultScript) {
  const auto json = toml_to_json(
      "[[rules]]\nmodel = \"openai/*\"\nfault = \"429?retry_after=2\"\ntimes = 1\n"
      "[[rules]]\npath = \"/key\"\nfault = \"silence\"\n",
      "faults.toml");
  const auto script = script_from_json(json.value());
  ASSERT_TRUE(script.has_value());
  ASSERT_EQ(script->rules.size(), 2u);
  EXPECT_EQ(script->rules[0].faults[0].retry_after, std::chrono::milliseconds(2'000));
  EXPECT_EQ(script->rules[1].faults[0].kind, FaultKind::kSilence);
}

}  // namespace
}  // namespace prx::sim
