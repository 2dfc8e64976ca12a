#include "client/answer.hpp"

#include <gtest/gtest.h>

#include "client/abi_convert.hpp"

namespace prx::driver {
namespace {

prx_event make(std::uint32_t type) {
  prx_event event{};
  event.size = sizeof event;
  event.type = type;
  return event;
}
prx_event text(std::string_view piece) {
  prx_event event = make(PRX_EV_TEXT);
  event.text = to_c(piece);
  return event;
}
prx_event finish(std::uint32_t reason = PRX_FINISH_STOP) {
  prx_event event = make(PRX_EV_FINISH);
  event.finish = reason;
  return event;
}
prx_event tool(std::uint32_t index, std::string_view id, std::string_view name,
               std::string_view piece) {
  prx_event event = make(PRX_EV_TOOL_CALL);
  event.index = index;
  event.id = to_c(id);
  event.name = to_c(name);
  event.text = to_c(piece);
  return event;
}
prx_event item(std::string_view name, std::string_view json) {
  prx_event event = make(PRX_EV_ITEM);
  event.name = to_c(name);
  event.json = to_c(json);
  return event;
}

void take(Answer& answer, const prx_event& event) {
  const auto taken = answer.take(event);
  ASSERT_TRUE(taken) << taken.error().message;
}

TEST(Answer, JoinsTextOfTheFirstChoice) {
  Answer answer;
  take(answer, text("Hel"));
  prx_event other = text("not this");
  other.choice = 1;
  take(answer, other);
  take(answer, text("lo"));
  take(answer, finish());
  EXPECT_FALSE(answer.all_finished());
  prx_event other_end = finish();
  other_end.choice = 1;
  take(answer, other_end);
  EXPECT_TRUE(answer.all_finished());
  ASSERT_TRUE(answer.complete());
  EXPECT_EQ(answer.response().text, "Hello");
  EXPECT_EQ(answer.response().finish_reason, FinishReason::kStop);
}

TEST(Answer, AChoiceThatBeganAndDidNotFinishIsNoAnswer) {
  Answer answer;
  take(answer, text("Hello"));
  prx_event other = text("half");
  other.choice = 1;
  take(answer, other);
  take(answer, finish());
  const auto whole = answer.complete();
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().error_class, ErrorClass::kBadResponse);
}

TEST(Answer, ChoicesAreBounded) {
  Answer answer;
  prx_event piece = text("x");
  for (std::uint32_t choice = 1; choice < Answer::kChoicesMax; ++choice) {
    piece.choice = choice;
    ASSERT_TRUE(answer.take(piece));
  }
  piece.choice = Answer::kChoicesMax;
  EXPECT_FALSE(answer.take(piece));
}

TEST(Answer, JoinsToolArgumentsByteForByte) {
  Answer answer;
  take(answer, tool(0, "c1", "add", ""));
  take(answer, tool(1, "c2", "sub", "{ \"b\":"));
  take(answer, tool(0, "", "", "{\"a\" :1}"));
  take(answer, tool(1, "", "", " 2}"));
  take(answer, finish(PRX_FINISH_TOOL_CALLS));
  ASSERT_TRUE(answer.complete());
  const std::vector<ToolCall> expected{{"c1", "add", "{\"a\" :1}"}, {"c2", "sub", "{ \"b\": 2}"}};
  EXPECT_EQ(answer.response().tool_calls, expected);
}

TEST(Answer, ACallWithoutArgumentsGetsAnEmptyObject) {
  Answer answer;
  take(answer, tool(0, "c1", "now", ""));
  take(answer, finish(PRX_FINISH_TOOL_CALLS));
  ASSERT_TRUE(answer.complete());
  EXPECT_EQ(answer.response().tool_calls[0].arguments, "{}");
}

TEST(Answer, ArgumentsThatAreNotJsonAreABrokenAnswer) {
  Answer answer;
  take(answer, tool(0, "c1", "add", "{\"a\":"));
  take(answer, finish(PRX_FINISH_TOOL_CALLS));
  const auto whole = answer.complete();
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().error_class, ErrorClass::kBadResponse);
}

TEST(Answer, ACallCutByTheLengthLimitIsLeftOut) {
  Answer answer;
  take(answer, tool(0, "c1", "add", "{}"));
  take(answer, tool(1, "c2", "add", "{\"a\":"));
  take(answer, finish(PRX_FINISH_LENGTH));
  ASSERT_TRUE(answer.complete());
  ASSERT_EQ(answer.response().tool_calls.size(), 1u);
  EXPECT_EQ(answer.response().tool_calls[0].id, "c1");
  EXPECT_EQ(answer.response().tool_calls_cut, 1u);
}

TEST(Answer, EveryFormOfACutCallIsCounted) {
  for (const std::uint32_t reason : {PRX_FINISH_LENGTH, PRX_FINISH_CONTENT_FILTER}) {
    Answer answer;
    take(answer, text("some"));
    take(answer, tool(0, "c1", "add", ""));  // cut before its arguments
    take(answer, tool(1, "c2", "", ""));     // cut before its name
    take(answer, tool(2, "c3", "add", "{\"a\":"));
    take(answer, finish(reason));
    ASSERT_TRUE(answer.complete());
    EXPECT_TRUE(answer.response().tool_calls.empty());
    EXPECT_TRUE(answer.tool_calls().empty());
    EXPECT_EQ(answer.response().tool_calls_cut, 3u);
  }
}

TEST(Answer, ACutOfOneChoiceExcusesNoOther) {
  Answer answer;
  prx_event other = tool(0, "c1", "add", "{\"a\":");
  other.choice = 1;
  take(answer, text("a"));
  take(answer, other);
  take(answer, finish(PRX_FINISH_LENGTH));
  prx_event end = finish(PRX_FINISH_TOOL_CALLS);
  end.choice = 1;
  take(answer, end);
  EXPECT_FALSE(answer.complete());
}

TEST(Answer, ACallWithoutANameIsABrokenAnswer) {
  Answer answer;
  take(answer, tool(0, "c1", "", "{}"));
  take(answer, finish(PRX_FINISH_TOOL_CALLS));
  const auto whole = answer.complete();
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().error_class, ErrorClass::kBadResponse);
}

TEST(Answer, AnEmptyAnswerIsABrokenOneUnlessTokensWereUsed) {
  for (const std::int64_t tokens : {-1, 0, 1}) {
    Answer answer;
    take(answer, item("logprobs", "[]"));
    take(answer, finish());
    prx_usage usage{sizeof(prx_usage), 0, 5, tokens, -1, -1, -1, -1, -1};
    prx_event event = make(PRX_EV_USAGE);
    event.usage = &usage;
    take(answer, event);
    const auto whole = answer.complete();
    EXPECT_EQ(whole.has_value(), tokens > 0) << tokens;
    if (!whole) {
      EXPECT_EQ(whole.error().error_class, ErrorClass::kBadResponse);
    }
  }
}

TEST(Answer, OneThingSaidIsNotEmpty) {
  prx_event other = text("b");
  other.choice = 1;
  prx_event thought = make(PRX_EV_REASONING);
  thought.text = to_c("hm");
  for (const prx_event& event : {text("a"), other, thought, tool(0, "c", "f", ""),
                                 item("images", "[1]"), finish(PRX_FINISH_CONTENT_FILTER)}) {
    Answer answer;
    take(answer, event);
    if (event.type != PRX_EV_FINISH) take(answer, finish());
    if (event.choice != 0) {
      prx_event end = finish();
      end.choice = event.choice;
      take(answer, end);
    }
    EXPECT_TRUE(answer.complete());
  }
}

TEST(Answer, JoinsArraysOfItemsWithTheirBytes) {
  Answer answer;
  take(answer, item("reasoning_details", R"([{"type":"reasoning.text","text":"a"}])"));
  take(answer, item("reasoning_details", "[ ]"));
  take(answer, item("reasoning_details", R"([{"signature":"x\/y"}])"));
  take(answer, item("refusal", R"("No,")"));
  take(answer, item("refusal", R"(" sorry")"));
  EXPECT_EQ(answer.response().reasoning_details,
            R"([{"type":"reasoning.text","text":"a"},{"signature":"x\/y"}])");
  EXPECT_EQ(answer.response().refusal, "No, sorry");
}

TEST(Answer, KeepsUsageAndMeta) {
  Answer answer;
  prx_event meta = make(PRX_EV_META);
  meta.id = to_c("gen-1");
  meta.name = to_c("a/b");
  meta.text = to_c("Vendor");
  take(answer, meta);
  prx_usage usage{sizeof(prx_usage), 0, 5, 7, 12, -1, 2, -1, 0.25};
  prx_event event = make(PRX_EV_USAGE);
  event.usage = &usage;
  event.json = to_c("{}");
  take(answer, event);
  EXPECT_EQ(answer.response().id, "gen-1");
  EXPECT_EQ(answer.response().model, "a/b");
  EXPECT_EQ(answer.response().served_by, "Vendor");
  EXPECT_EQ(answer.response().usage.completion_tokens, 7);
  EXPECT_EQ(answer.response().usage.reasoning_tokens, std::nullopt);
  EXPECT_EQ(answer.response().usage.cost, 0.25);
}

TEST(Answer, DoneWithoutAFinishReasonIsABreach) {
  Answer answer;
  take(answer, text("a"));
  const auto whole = answer.complete();
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().error_class, ErrorClass::kInternal);
}

TEST(Answer, AnEventOfAChoiceAfterItsFinishReasonIsABreach) {
  Answer answer;
  take(answer, finish());
  prx_event other = text("of another choice");
  other.choice = 1;
  take(answer, other);
  EXPECT_FALSE(answer.take(text("late")));
  EXPECT_FALSE(answer.take(finish()));
}

TEST(Answer, MoreToolCallsThanTheLimitAreABrokenAnswer) {
  Answer answer;
  for (std::uint32_t i = 0; i < Answer::kToolCallsMax; ++i) take(answer, tool(i, "c", "f", ""));
  const auto taken = answer.take(tool(Answer::kToolCallsMax, "c", "f", ""));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().error_class, ErrorClass::kBadResponse);
}

Result<void> json_of(std::string_view said, std::uint32_t reason = PRX_FINISH_STOP) {
  Answer answer;
  take(answer, text(said));
  take(answer, finish(reason));
  EXPECT_TRUE(answer.complete());
  return answer.check_json();
}

TEST(Answer, JsonThatWasAskedForIsChecked) {
  EXPECT_TRUE(json_of(R"( {"a": [1, 2]} )"));
  EXPECT_TRUE(json_of("42"));
  const auto fenced = json_of("```json\n{}\n```");
  ASSERT_FALSE(fenced);
  EXPECT_EQ(fenced.error().error_class, ErrorClass::kBadResponse);
  EXPECT_EQ(fenced.error().message,
            "the answer is not the JSON that response_format asks for (not well-formed JSON at "
            "byte 0)");
  EXPECT_FALSE(fenced.error().retryable);
}

TEST(Answer, JsonThatTheLengthLimitCutWouldBeCutAgain) {
  const auto cut = json_of(R"({"a": [1,)", PRX_FINISH_LENGTH);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().error_class, ErrorClass::kBadResponse);
  EXPECT_EQ(cut.error().retryable, false);
  EXPECT_NE(cut.error().message.find("raise max_tokens"), std::string::npos);
}

TEST(Answer, ARefusalOrAToolCallNeedsNoJson) {
  Answer refused;
  take(refused, item("refusal", R"("I cannot")"));
  take(refused, finish());
  ASSERT_TRUE(refused.complete());
  EXPECT_TRUE(refused.check_json());
  Answer calls;
  take(calls, tool(0, "c", "add", "{}"));
  take(calls, finish(PRX_FINISH_TOOL_CALLS));
  ASSERT_TRUE(calls.complete());
  EXPECT_TRUE(calls.check_json());
}

// --- what else there is of a tool call

prx_event tool_json(std::string_view json) {
  prx_event event = tool(0, "", "", "");
  event.json = to_c(json);
  return event;
}

TEST(Answer, ACallWithOtherMembersHasThemInItsJson) {
  Answer answer;
  take(answer, tool(0, "c", "add", "{\"b\": 1,"));
  take(answer, tool_json(R"({"s": { "x" : "A\/=" },"function":{"q\u0041":[1]}})"));
  take(answer,
       tool_json(R"( {"t":1,"s":{"y":2},"id":"not mine","function":{"name":"nor that"}} )"));
  take(answer, tool(0, "", "", "\"a\":2}"));
  take(answer, tool(1, "d", "sub", "{}"));
  take(answer, finish(PRX_FINISH_TOOL_CALLS));
  ASSERT_TRUE(answer.complete());
  const auto& calls = answer.response().tool_calls;
  EXPECT_EQ(
      calls[0].json,
      R"({"id":"c","type":"function","function":{"name":"add","arguments":"{\"b\": 1,\"a\":2}","q\u0041":[1]},"s":{"y":2},"t":1})");
  EXPECT_EQ(calls[1].json, "");
  answer.rename_tool_call(0, "e");
  EXPECT_NE(answer.tool_calls()[0].call.json.find(R"({"id":"e",)"), std::string::npos);
}

TEST(Answer, AMemberOfACallIsThereOnceHoweverItIsSpelled) {
  Answer answer;
  take(answer, tool(0, "c", "add", "{}"));
  take(answer, tool_json(R"({"a\/b":1})"));
  take(answer, tool_json(R"({"\u0061/b":2})"));
  take(answer, finish(PRX_FINISH_TOOL_CALLS));
  ASSERT_TRUE(answer.complete());
  const std::string& json = answer.response().tool_calls[0].json;
  EXPECT_NE(json.find(R"(},"a\/b":2})"), std::string::npos) << json;
}

TEST(Answer, WhatIsNoObjectBreaksThePluginsContract) {
  for (const char* const json : {"[1]", "{", R"({"a":})", R"({"function":1})"}) {
    Answer answer;
    take(answer, tool(0, "c", "add", "{}"));
    const auto taken = answer.take(tool_json(json));
    ASSERT_FALSE(taken) << json;
    EXPECT_EQ(taken.error().error_class, ErrorClass::kInternal) << json;
  }
}

TEST(Answer, OtherMembersOfACallAreLimited) {
  const auto with = [](std::size_t count, std::size_t size) {
    std::string json = "{";
    for (std::size_t i = 0; i < count; ++i)
      json += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":1";
    return json + ",\"z\":\"" + std::string(size, 'x') + "\"}";
  };
  const auto refused = [](const std::string& json) {
    Answer answer;
    take(answer, tool(0, "c", "add", "{}"));
    const auto taken = answer.take(tool_json(json));
    return !taken && taken.error().error_class == ErrorClass::kBadResponse;
  };
  EXPECT_FALSE(refused(with(Answer::kCallMembersMax - 1, 1)));
  EXPECT_TRUE(refused(with(Answer::kCallMembersMax, 1)));
  EXPECT_FALSE(refused(with(1, Answer::kCallMembersSizeMax - 6)));
  EXPECT_TRUE(refused(with(1, Answer::kCallMembersSizeMax)));
}

}  // namespace
}  // namespace prx::driver
