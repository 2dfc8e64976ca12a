#include "client/request_body.hpp"

#include <gtest/gtest.h>

namespace prx::driver {
namespace {

SpecialBody special(std::string body, const BodyOptions& options) {
  const auto parsed = RequestBody::parse(std::move(body));
  EXPECT_TRUE(parsed) << parsed.error().message;
  const auto out = parsed->specialise(options);
  EXPECT_TRUE(out) << out.error().message;
  return out ? *out : SpecialBody{};
}

TEST(SpecialiseBody, AddsModelAndStreamAndLeavesTheRest) {
  BodyOptions options;
  options.model = "b\"c";
  const auto out = special(
      R"({"messages":[ {"role":"user","content":"\u00e9  "} ],"temperature":0.10})", options);
  EXPECT_EQ(
      *out.text,
      R"({"messages":[ {"role":"user","content":"\u00e9  "} ],"temperature":0.10,"model":"b\"c","stream":true})");
  EXPECT_EQ(out.model, "b\"c");
  EXPECT_TRUE(out.stream);
}

TEST(SpecialiseBody, ABodyThatSaysEverythingKeepsEveryByte) {
  const std::string body = "{ \"messages\" : [] , \"stream\" : false, \"model\":\"a\\u002fb\" }";
  BodyOptions options;
  options.model = "other";
  const auto out = special(body, options);
  EXPECT_EQ(*out.text, body);
  EXPECT_EQ(out.model, "a/b");
  EXPECT_FALSE(out.stream);
}

TEST(SpecialiseBody, KnowsAFormatWhoeverAsksForIt) {
  BodyOptions options;
  EXPECT_FALSE(special("{}", options).has_format);
  EXPECT_TRUE(special(R"({"response_format":{"type":"json_object"}})", options).has_format);
  options.extra_body = R"({"response_format":{"type":"json_object"}})";
  EXPECT_TRUE(special("{}", options).has_format);
  options.target_extra_body = R"({"response_format":null})";
  EXPECT_FALSE(special("{}", options).has_format);
  options.target_extra_body = R"({"response_format":{}})";
  EXPECT_TRUE(special("{}", options).has_format);
}

TEST(SpecialiseBody, OverwritesStreamOnlyWhenAsked) {
  BodyOptions options;
  options.stream = false;
  EXPECT_TRUE(special(R"({"model":"m","stream":true})", options).stream);
  options.overwrite_stream = true;
  EXPECT_EQ(*special(R"({"model":"m","stream":true})", options).text,
            R"({"model":"m","stream":false})");
}

TEST(SpecialiseBody, TheTargetsExtraBodyWinsOverTheProviders) {
  BodyOptions options;
  options.extra_body = R"({"seed":1,"top_k":2,"stream":false})";
  options.target_extra_body = R"({"seed":3,"model":"x"})";
  const auto out = special(R"({"messages":[],"model":"m"})", options);
  EXPECT_EQ(*out.text, R"({"messages":[],"model":"x","stream":false,"seed":3,"top_k":2})");
  EXPECT_EQ(out.model, "x");
  EXPECT_FALSE(out.stream);
}

TEST(SpecialiseBody, AFallbackOverwritesTheModelThatWasAskedFor) {
  BodyOptions options;
  options.model = "gpt-4o";
  options.overwrite_model = true;
  const auto out = special(R"({"model":"openai/gpt-4o","messages":[],"stream":true})", options);
  EXPECT_EQ(*out.text, R"({"model":"gpt-4o","messages":[],"stream":true})");
  EXPECT_EQ(out.model, "gpt-4o");
}

TEST(SpecialiseBody, APrefixBecomesTheLastMessage) {
  BodyOptions options;
  options.prefix = "Once \"upon\"";
  EXPECT_EQ(
      *special(R"({"model":"m","stream":true,"messages":[{"role":"user","content":"x"} ]})",
               options)
           .text,
      R"({"model":"m","stream":true,"messages":[{"role":"user","content":"x"} ,{"role":"assistant","content":"Once \"upon\""}]})");
  EXPECT_EQ(
      *special(R"({"model":"m","stream":true,"messages":[ ]})", options).text,
      R"({"model":"m","stream":true,"messages":[ {"role":"assistant","content":"Once \"upon\""}]})");
}

TEST(SpecialiseBody, OneBodyServesSeveralTargets) {
  const auto body = RequestBody::parse(R"({"model":"a","stream":true,"messages":[]})");
  ASSERT_TRUE(body);
  EXPECT_EQ(body->model(), "a");
  BodyOptions options;
  options.overwrite_model = true;
  options.model = "b";
  EXPECT_EQ(*body->specialise(options)->text, R"({"model":"b","stream":true,"messages":[]})");
  options.model = "a";
  const auto same = body->specialise(options);
  EXPECT_EQ(*same->text, R"({"model":"a","stream":true,"messages":[]})");
  EXPECT_EQ(same->text.get(), body->specialise(options)->text.get()) << "unchanged text is shared";
}

TEST(SpecialiseBody, RefusesABodyThatIsNoObject) {
  const auto out = RequestBody::parse("[1]");
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().error_class, ErrorClass::kInvalidRequest);
}

}  // namespace
}  // namespace prx::driver
