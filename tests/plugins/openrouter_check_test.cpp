// What the OpenRouter plugin says about a request before it is sent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/plugin_driver.hpp"

namespace prx::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const Module& openrouter_module() {
  static const Module loaded = load(PRX_OPENROUTER);
  return loaded;
}

/// The words of the refusal, or "" when the body went out as it is.
std::string refusal_of(const std::string& body, const char* config = "{}") {
  TestInstance instance(openrouter_module(), config);
  TestOp op(instance, {.body = body});
  EXPECT_EQ(instance.host.requests.size(), op.refused ? 0u : 1u) << body;
  if (!op.refused) {
    EXPECT_EQ(instance.host.last().body_data, op.body().data()) << body;
    return "";
  }
  EXPECT_EQ(op.refused->error_class, ErrorClass::kInvalidRequest) << body;
  return op.refused->message;
}
std::string of_provider(const std::string& value) {
  return refusal_of(R"({"model":"m","messages":[],"provider":)" + value + "}");
}

TEST(OpenRouterRouting, OfEachKnownKeyAndKindGoesAsItIs) {
  for (
      const char* const value :
      {"{}", "null",
       R"({"order":["deepinfra/turbo","google-vertex/us-east5"],"only":[],"ignore":["a"]})",
       R"({"allow_fallbacks":false,"require_parameters":true,"zdr":true,"enforce_distillable_text":null})",
       R"({"data_collection":"deny","quantizations":["int4","fp8"]})", R"({"sort":"exacto"})",
       R"({"sort":{"by":"price","partition":"none"}})",
       R"({"max_price":{"prompt":"1.5","completion":2,"request":0,"image":"0","audio":null}})",
       R"({"preferred_max_latency":1.5,"preferred_min_throughput":{"p50":100,"p99":10}})",
       R"({"\u0073ort":"price"})"})
    EXPECT_EQ(of_provider(value), "") << value;
}

TEST(OpenRouterRouting, AnUnknownKeyIsNamedWithTheNearest) {
  EXPECT_THAT(of_provider(R"({"ordr":["a"]})"),
              AllOf(HasSubstr(R"(provider: unknown key "ordr"; did you mean "order"?)"),
                    HasSubstr("known are allow_fallbacks, data_collection, ")));
  EXPECT_THAT(of_provider(R"({"allow_fallback":true})"), HasSubstr(R"("allow_fallbacks"?)"));
  EXPECT_THAT(
      of_provider(R"({"max_price":{"promt":1}})"),
      HasSubstr(
          R"(provider.max_price: unknown key "promt"; did you mean "prompt"? (known are prompt,)"));
  EXPECT_THAT(of_provider(R"({"sort":{"order":1}})"), HasSubstr("provider.sort: unknown key"));
  EXPECT_EQ(
      of_provider(R"({"preferred_max_latency":{"zzzzzzzz":1}})"),
      R"(provider.preferred_max_latency: unknown key "zzzzzzzz" (known are p50, p75, p90, p99))");
  EXPECT_LT(of_provider("{\"" + std::string(10'000, 'x') + "\":1}").size(), 500u);
}

TEST(OpenRouterRouting, AValueOfAnotherKindIsNamedWithTheRightOne) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"order":"a"})", "provider.order must be an array of strings"},
      {R"({"only":["a",1]})", "provider.only must be an array of strings"},
      {R"({"zdr":"yes"})", "provider.zdr must be true or false"},
      {R"({"data_collection":false})", "provider.data_collection must be a string"},
      {R"({"sort":["price"]})", "provider.sort must be a string or an object"},
      {R"({"max_price":1})", "provider.max_price must be an object"},
      {R"({"max_price":{"image":true}})", "provider.max_price.image must be a string or a number"},
      {R"({"preferred_max_latency":"1"})",
       "provider.preferred_max_latency must be a number or an object"},
      {R"("groq")", R"(provider must be an object such as {"sort":"price"})"},
      {R"(["groq"])", R"(provider must be an object such as {"sort":"price"})"}};
  for (const auto& [value, message] : cases) EXPECT_EQ(of_provider(value), message);
}

TEST(OpenRouterReasoning, TakesEffortOrTokensNotBoth) {
  EXPECT_EQ(refusal_of(R"({"reasoning":{"effort":"high","max_tokens":9}})"),
            "reasoning takes effort or max_tokens, not both; remove one");
  for (const char* const fine :
       {R"({"reasoning":{"effort":"high","max_tokens":null}})",
        R"({"reasoning":{"max_tokens":9,"exclude":true}})", R"({"reasoning":null})"})
    EXPECT_EQ(refusal_of(fine), "") << fine;
}

TEST(OpenRouterModels, AreAnArrayOfTexts) {
  const char* const words = "models must be an array of strings, the models to try after \"model\"";
  EXPECT_EQ(refusal_of(R"({"models":"a/b"})"), words);
  EXPECT_EQ(refusal_of(R"({"models":["a/b",7]})"), words);
  EXPECT_EQ(refusal_of(R"({"models":["a/b:nitro", "c/d"],"route":"fallback"})"), "");
}

TEST(OpenRouterCheck, LeavesTheRestOfABodyAlone) {
  for (const char* const body :
       {R"({"model":"a/b:free","plugins":7,"transforms":{},"anything":[{"provider":{"x":1}}]})",
        R"({"messages":[{"role":"user","content":"\"provider\":{\"x\":1}"}],"temperature":"hot"})",
        R"( {"model":"~anthropic/claude-latest"} )", "{}"})
    EXPECT_EQ(refusal_of(body), "") << body;
}

TEST(OpenRouterCheck, CanBeSwitchedOffForKeysOfTomorrow) {
  EXPECT_EQ(refusal_of(R"({"provider":{"tomorrow":1}})", R"({"strict_routing":false})"), "");
}

}  // namespace
}  // namespace prx::test
