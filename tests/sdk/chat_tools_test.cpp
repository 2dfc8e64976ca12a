#include <gtest/gtest.h>

#include "event_log.hpp"

namespace prx::sdk {
namespace {

using test::chunk;
using test::decode;
using test::sse;
using Lines = std::vector<std::string>;

const std::string kCalls = chunk("{}", R"("finish_reason":"tool_calls")");

/// The tool events of a stream whose frames hold these elements of tool_calls.
Lines tools(const std::vector<std::string>& deltas) {
  std::vector<std::string> frames;
  for (const std::string& delta : deltas)
    frames.push_back(chunk("{\"tool_calls\":[" + delta + "]}"));
  frames.push_back(kCalls);
  frames.push_back("[DONE]");
  const auto log = decode(sse(frames));
  EXPECT_EQ(log.last(), "done");
  Lines out;
  for (const std::string& line : log.lines)
    if (line.rfind("tool ", 0) == 0) out.push_back(line.substr(5));
  return out;
}

TEST(ChatTools, ArgumentsFollowTheFirstEvent) {
  EXPECT_EQ(
      tools({R"({"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}})",
             R"({"index":0,"function":{"arguments":"{\"x\""}})",
             R"({"index":0,"function":{"arguments":":1}"}})"}),
      (Lines{"0.0 id=a name=f args=", "0.0 id= name= args={\"x\"", "0.0 id= name= args=:1}"}));
}

TEST(ChatTools, AnIndexMayBeAString) {
  EXPECT_EQ(tools({R"({"index":"0","id":"a","function":{"name":"f"}})",
                   R"({"index":"1","id":"b","function":{"name":"g"}})",
                   R"({"index":"0","function":{"arguments":"{}"}})",
                   R"({"index":"x","function":{"arguments":"[]"}})"}),
            (Lines{"0.0 id=a name=f args=", "0.1 id=b name=g args=", "0.0 id= name= args={}",
                   "0.0 id= name= args=[]"}))
      << "no index at all: of the call in progress";
}

TEST(ChatTools, MissingArgumentsAreNone) {
  EXPECT_EQ(tools({R"({"index":0,"id":"a","function":{"name":"f"}})",
                   R"({"index":0,"function":{"arguments":null}})"}),
            (Lines{"0.0 id=a name=f args="}));
}

TEST(ChatTools, IndexIsDenseInOrderOfAppearance) {
  EXPECT_EQ(tools({R"({"index":3,"id":"a","function":{"name":"f","arguments":"1"}})",
                   R"({"index":7,"id":"b","function":{"name":"g","arguments":"2"}})",
                   R"({"index":3,"function":{"arguments":"3"}})"}),
            (Lines{"0.0 id=a name=f args=1", "0.1 id=b name=g args=2", "0.0 id= name= args=3"}));
}

TEST(ChatTools, KnownIdWinsOverADriftedIndex) {
  EXPECT_EQ(tools({R"({"index":0,"id":"a","function":{"name":"f","arguments":"1"}})",
                   R"({"index":5,"id":"a","function":{"arguments":"2"}})"}),
            (Lines{"0.0 id=a name=f args=1", "0.0 id= name= args=2"}));
}

TEST(ChatTools, NewIdOnAUsedIndexIsANewCall) {
  EXPECT_EQ(tools({R"({"index":0,"id":"a","function":{"name":"f","arguments":"1"}})",
                   R"({"index":0,"id":"b","function":{"name":"f","arguments":"2"}})",
                   R"({"index":0,"function":{"arguments":"3"}})"}),
            (Lines{"0.0 id=a name=f args=1", "0.1 id=b name=f args=2", "0.1 id= name= args=3"}));
}

TEST(ChatTools, WithoutIdAndIndexItIsTheCallInProgress) {
  EXPECT_EQ(tools({R"({"id":"a","function":{"name":"f","arguments":"1"}})",
                   R"({"function":{"arguments":"2"}})",
                   R"({"id":"b","function":{"name":"g","arguments":"3"}})",
                   R"({"function":{"arguments":"4"}})"}),
            (Lines{"0.0 id=a name=f args=1", "0.0 id= name= args=2", "0.1 id=b name=g args=3",
                   "0.1 id= name= args=4"}));
}

TEST(ChatTools, MissingAndEmptyIdsAreGenerated) {
  EXPECT_EQ(tools({R"({"index":0,"function":{"name":"f","arguments":"1"}})",
                   R"({"index":1,"id":"","function":{"name":"g","arguments":"2"}})"}),
            (Lines{"0.0 id=call_prx_1 name=f args=1", "0.1 id=call_prx_2 name=g args=2"}));
}

TEST(ChatTools, LateIdBelongsToTheSameCall) {
  EXPECT_EQ(
      tools({R"({"index":0,"function":{"name":"f","arguments":""}})",
             R"({"index":0,"id":"a","function":{"arguments":"1"}})",
             R"({"index":0,"id":"a","function":{"arguments":"2"}})"}),
      (Lines{"0.0 id=call_prx_1 name=f args=", "0.0 id= name= args=1", "0.0 id= name= args=2"}));
}

TEST(ChatTools, DuplicateIdsOfDifferentCallsAreReplaced) {
  const Lines expected{"0.0 id=a name=f args=1", "0.1 id=call_prx_2 name=g args=2"};
  EXPECT_EQ(
      tools(
          {R"({"index":0,"id":"a","function":{"name":"f","arguments":"1"}},{"index":1,"id":"a","function":{"name":"g","arguments":"2"}})"}),
      expected);
  EXPECT_EQ(tools({R"({"index":0,"id":"a","function":{"name":"f","arguments":"1"}})",
                   R"({"index":1,"id":"a","function":{"name":"g","arguments":"2"}})"}),
            expected);
}

TEST(ChatTools, GeneratedIdsAvoidThoseOfTheWire) {
  EXPECT_EQ(tools({R"({"index":0,"id":"call_prx_2","function":{"name":"f","arguments":"1"}})",
                   R"({"index":1,"function":{"name":"g","arguments":"2"}})"}),
            (Lines{"0.0 id=call_prx_2 name=f args=1", "0.1 id=call_prx_3 name=g args=2"}));
}

TEST(ChatTools, ArgumentsBeforeTheNameAreHeld) {
  EXPECT_EQ(tools({R"({"index":0,"id":"a","function":{"arguments":"{"}})",
                   R"({"index":0,"function":{"name":"f","arguments":"}"}})"}),
            (Lines{"0.0 id=a name=f args={}"}));
}

TEST(ChatTools, ACallThatFinishesWithoutANameIsABadResponse) {
  const std::string nameless =
      chunk(R"({"tool_calls":[{"index":0,"id":"a","function":{"arguments":"{}"}}]})");
  for (const std::string& end : {kCalls, test::kStop}) {
    const auto log = decode(sse({nameless, end, "[DONE]"}));
    EXPECT_EQ(log.lines.back(), "error bad_response 200 OpenRouter: a tool call has no name");
    EXPECT_EQ(log.count("tool"), 0u);
  }
}

TEST(ChatTools, ACallThatTheProviderCutBeforeItsNameIsShown) {
  const std::string nameless =
      chunk(R"({"tool_calls":[{"index":0,"id":"a","function":{"arguments":""}}]})");
  for (const char* reason : {"length", "content_filter"}) {
    const auto log = decode(sse(
        {nameless, chunk("{}", "\"finish_reason\":\"" + std::string(reason) + "\""), "[DONE]"}));
    EXPECT_EQ(log.count("tool 0.0 id=a name= args="), 1u);
    EXPECT_EQ(log.last(), "done");
  }
}

TEST(ChatTools, ArgumentsAsAnObjectKeepTheirBytes) {
  EXPECT_EQ(tools({R"({"id":"a","function":{"name":"f","arguments":{"b" : 1, "a":"\u0041"}}})"}),
            (Lines{R"(0.0 id=a name=f args={"b" : 1, "a":"\u0041"})"}));
}

TEST(ChatTools, StopWithCallsIsAFinishByToolCalls) {
  const auto log = decode(sse(
      {chunk(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]})"),
       test::kStop, "[DONE]"}));
  EXPECT_EQ(log.count("finish 0 3 stop"), 1u);
}

TEST(ChatTools, WholeMessageHasOneEventPerCall) {
  const auto log = decode(
      R"({"choices":[{"index":0,"finish_reason":"tool_calls","message":{"content":null,"tool_calls":[)"
      R"({"id":"a","function":{"name":"f","arguments":"1"}},{"id":"a","function":{"name":"f","arguments":"2"}},{"function":{"name":"f","arguments":"3"}}]}}]})",
      {.headers = {{"content-type", "application/json"}}});
  EXPECT_EQ(log.lines,
            (Lines{"tool 0.0 id=a name=f args=1", "tool 0.1 id=call_prx_2 name=f args=2",
                   "tool 0.2 id=call_prx_3 name=f args=3", "finish 0 3 tool_calls", "done"}));
}

TEST(ChatTools, MembersThatAreNotKnownGoOnAsTheyAre) {
  const std::string signature = R"({ "google":{"thought_signature" : "A\/+=\u00e9"} })";
  EXPECT_EQ(
      tools({R"({"index":0,"id":"a","type":"function","extra_content": )" + signature +
                 R"(,"function":{"name":"f","arguments":""}})",
             R"({"index":0,"function":{"arguments":"{}"}})",
             R"({"index":0,"x\u0041":[1, 2],"y":7,"z":true,"function":{"arguments":" "}})"}),
      (Lines{"0.0 id=a name=f args=",
             R"(0.0 id= name= args= json={"extra_content":)" + signature + "}",
             "0.0 id= name= args={}",
             "0.0 id= name= args= ", R"(0.0 id= name= args= json={"x\u0041":[1, 2]})",
             R"(0.0 id= name= args= json={"y":7})", R"(0.0 id= name= args= json={"z":true})"}));
}

TEST(ChatTools, MembersOfAFunctionThatAreNotKnownAreInOne) {
  EXPECT_EQ(
      tools({R"({"index":0,"id":"a","function":{"name":"f","strict":"s","arguments":"1"}})",
             R"({"index":0,"note":"n","function":{"deep":{"name":"not this"}}})"}),
      (Lines{"0.0 id=a name=f args=1", R"(0.0 id= name= args= json={"function":{"strict":"s"}})",
             R"(0.0 id= name= args= json={"note":"n"})",
             R"(0.0 id= name= args= json={"function":{"deep":{"name":"not this"}}})"}));
}

TEST(ChatTools, OfEachCallAreItsOwnMembers) {
  EXPECT_EQ(tools({R"({"index":0,"id":"a","s":"1","function":{"name":"f","arguments":"1"}},)"
                   R"({"index":1,"id":"b","function":{"name":"g","arguments":"2"}},)"
                   R"({"index":2,"id":"c","function":{"name":"h","arguments":"3"},"s":"3"})"}),
            (Lines{"0.0 id=a name=f args=1", R"(0.0 id= name= args= json={"s":"1"})",
                   "0.1 id=b name=g args=2", "0.2 id=c name=h args=3",
                   R"(0.2 id= name= args= json={"s":"3"})"}));
}

TEST(ChatTools, MembersThatSayNothingAreLeftOut) {
  EXPECT_EQ(tools({R"({"index":0,"id":"a","e":null,"f":{},"g":"","function":{"name":"f"}})"}),
            (Lines{"0.0 id=a name=f args="}));
}

TEST(ChatTools, MembersWaitForALateName) {
  EXPECT_EQ(
      tools({R"({"index":0,"id":"a","s":"1","function":{"arguments":"{"}})",
             R"({"index":0,"t":"2"})", R"({"index":0,"function":{"name":"f","arguments":"}"}})"}),
      (Lines{"0.0 id=a name=f args={}", R"(0.0 id= name= args= json={"s":"1"})",
             R"(0.0 id= name= args= json={"t":"2"})"}));
}

TEST(ChatTools, WholeMessageKeepsMembersToo) {
  const auto log = decode(
      R"({"choices":[{"index":0,"finish_reason":"tool_calls","message":{"content":null,"tool_calls":[)"
      R"({"id":"a","extra_content":{"s": "x"},"function":{"name":"f","arguments":"1"}}]}}]})",
      {.headers = {{"content-type", "application/json"}}});
  EXPECT_EQ(log.lines, (Lines{"tool 0.0 id=a name=f args=1",
                              R"(tool 0.0 id= name= args= json={"extra_content":{"s": "x"}})",
                              "finish 0 3 tool_calls", "done"}));
}

TEST(ChatTools, MembersAreLimited) {
  const auto frames = [](int n) {
    std::string call = R"({"index":0,"id":"a","function":{"name":"f","arguments":"1"})";
    for (int i = 0; i < n; ++i) call += ",\"m" + std::to_string(i) + "\":1";
    return sse({chunk("{\"tool_calls\":[" + call + "}]}"), kCalls, "[DONE]"});
  };
  EXPECT_EQ(decode(frames(256)).last(), "done");
  EXPECT_NE(decode(frames(257)).error.message.find("too many"), std::string::npos);
}

TEST(ChatTools, CallsAreLimited) {
  const auto frames = [](int n) {
    std::vector<std::string> out;
    for (int i = 0; i < n; ++i)
      out.push_back(chunk("{\"tool_calls\":[{\"index\":" + std::to_string(i) +
                          R"(,"function":{"name":"f","arguments":"1"}}]})"));
    out.push_back(kCalls);
    out.push_back("[DONE]");
    return sse(out);
  };
  EXPECT_EQ(decode(frames(1024)).last(), "done");
  EXPECT_NE(decode(frames(1025)).error.message.find("too many tool calls"), std::string::npos);
}

}  // namespace
}  // namespace prx::sdk
