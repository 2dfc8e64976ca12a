// Fault scripts: reading them, and which rule takes a request.
#include <gmock/gmock.h>

#include "core/sim/raw_client.hpp"
#include "sim/fault_book.hpp"
#include "sim/simulator.hpp"

namespace prx::sim {
namespace {

using test::chat;
using test::fetch;
using ::testing::HasSubstr;

std::string refused(std::string_view json) {
  const auto script = script_from_json(json);
  return script ? "accepted" : script.error().message;
}

std::unique_ptr<Simulator> simulator_with(std::string_view json) {
  SimulatorOptions options;
  options.script = script_from_json(json).value();
  return Simulator::start(std::move(options)).value();
}

TEST(FaultScript, ReadsEveryMember) {
  const auto script = script_from_json(
      R"({"rules":[{"path":"/key","model":"a/*","key":"sk-1","nth":2,"times":3,"chance":0.5,"fault":"503+crlf"}]})");
  ASSERT_TRUE(script.has_value());
  const FaultRule& rule = script->rules.at(0);
  EXPECT_EQ(rule.path, "/key");
  EXPECT_EQ(rule.model, "a/*");
  EXPECT_EQ(rule.key, "sk-1");
  EXPECT_EQ(rule.nth, 2);
  EXPECT_EQ(rule.times, 3);
  EXPECT_EQ(rule.chance, 0.5);
  EXPECT_EQ(rule.faults.size(), 2u);
}

TEST(FaultScript, SaysWhichRuleIsWrongAndWhy) {
  EXPECT_THAT(refused("{"), HasSubstr("not JSON at byte"));
  EXPECT_THAT(refused("[]"), HasSubstr("'rules'"));
  EXPECT_THAT(refused(R"({"rules":[],"more":1})"), HasSubstr("'rules'"));
  EXPECT_THAT(refused(R"({"rules":[{"fault":"429"},7]})"), HasSubstr("rule 2: must be a table"));
  EXPECT_THAT(refused(R"({"rules":[{"model":"x"}]})"), HasSubstr("rule 1: 'fault' is missing"));
  EXPECT_THAT(refused(R"({"rules":[{"fault":"429","modell":"x"}]})"),
              HasSubstr("unknown member 'modell'; known are path, model"));
  EXPECT_THAT(refused(R"({"rules":[{"fault":"429","nth":-1}]})"), HasSubstr("'nth' must be"));
  EXPECT_THAT(refused(R"({"rules":[{"fault":"429","nth":0}]})"), HasSubstr("1 or more; leave it"));
  EXPECT_THAT(refused(R"({"rules":[{"fault":"429","times":0}]})"), HasSubstr("1 or more; leave"));
  EXPECT_THAT(refused(R"({"rules":[{"fault":"429","path":1}]})"), HasSubstr("'path' must be"));
  EXPECT_THAT(refused(R"({"rules":[{"fault":"nope"}]})"), HasSubstr("unknown fault 'nope'"));
  for (const char* chance : {"-0.1", "1.1", "\"much\""})
    EXPECT_THAT(refused(R"({"rules":[{"fault":"429","chance":)" + std::string(chance) + "}]}"),
                HasSubstr("'chance' must be a number from 0.0 to 1.0"));
  EXPECT_THAT(refused(R"({"rules":[{"fault":1}]})"), HasSubstr("'fault' must be a string"));
}

TEST(FaultScript, HasAThousandRulesAtMost) {
  std::string rules = R"({"rules":[{"fault":"429"})";
  for (std::size_t i = 1; i < kScriptRulesMax; ++i) rules += R"(,{"fault":"429"})";
  EXPECT_EQ(refused(rules + "]}"), "accepted");
  EXPECT_THAT(refused(rules + R"(,{"fault":"429"}]})"), HasSubstr("more than 1000 rules"));
}

TEST(FaultScript, ARuleTakesTheNthRequestOfItsModel) {
  const auto simulator =
      simulator_with(R"({"rules":[{"model":"openai/*","nth":2,"fault":"503"}]})");
  EXPECT_EQ(chat(simulator->port(), "openai/gpt-4o", false).status, 200);
  EXPECT_EQ(chat(simulator->port(), "openai/o3", false).status, 503);
  EXPECT_EQ(chat(simulator->port(), "openai/gpt-4o", false).status, 200);
  EXPECT_EQ(chat(simulator->port(), "qwen/qwen3-32b", false).status, 200);
}

TEST(FaultScript, ARuleMatchesPathAndKeyAndStopsAfterTimes) {
  const auto simulator =
      simulator_with(R"({"rules":[{"path":"/key","key":"sk-bad","times":1,"fault":"500"}]})");
  EXPECT_EQ(fetch(simulator->port(), "GET", "/api/v1/key", "", "sk-good").status, 200);
  EXPECT_EQ(fetch(simulator->port(), "GET", "/api/v1/models", "", "sk-bad").status, 200);
  EXPECT_EQ(fetch(simulator->port(), "GET", "/api/v1/key", "", "sk-bad").status, 500);
  EXPECT_EQ(fetch(simulator->port(), "GET", "/api/v1/key", "", "sk-bad").status, 200);
}

TEST(FaultScript, TheFirstRuleThatAppliesDecidesBeforeTheModelsName) {
  const auto simulator = simulator_with(
      R"({"rules":[{"model":"sim/429","times":1,"fault":"503"},{"model":"sim/429","times":1,"fault":"ok"}]})");
  EXPECT_EQ(chat(simulator->port(), "sim/429", false).status, 503);
  EXPECT_EQ(chat(simulator->port(), "sim/429", false).status, 200);
  EXPECT_EQ(chat(simulator->port(), "sim/429", false).status, 429);
}

}  // namespace
}  // namespace prx::sim
