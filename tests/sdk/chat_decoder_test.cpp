#include <gtest/gtest.h>

#include "event_log.hpp"

namespace prx::sdk {
namespace {

using test::chunk;
using test::decode;
using test::Exchange;
using test::kStop;
using test::sse;
using test::text_chunk;
using Lines = std::vector<std::string>;

const std::string kMeta = "meta gen-1|acme/one|Acme";
const std::string kUsage =
    R"({"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"cost":0.5})";
const std::string kUsageLine = "usage 3,2,5,-1,-1,-1 $0.5 " + kUsage;

std::string with_usage(const std::string& frame) {
  return frame.substr(0, frame.size() - 1) + ",\"usage\":" + kUsage + "}";
}

TEST(ChatDecoder, TextStreamsAndEndsInTheOrderOfTheGrammar) {
  const auto log =
      decode(sse({text_chunk("Hel"), text_chunk("lo"), kStop, with_usage(chunk("{}")), "[DONE]"}));
  EXPECT_EQ(log.lines,
            (Lines{kMeta, "text 0 Hel", "text 0 lo", "finish 0 1 stop", kUsageLine, "done"}));
}

TEST(ChatDecoder, UsageMayComeInEachKnownForm) {
  const Lines expected{kMeta, "text 0 x", "finish 0 1 stop", kUsageLine, "done"};
  const std::string bare = "{\"choices\":[],\"usage\":" + kUsage + "}";
  EXPECT_EQ(decode(sse({text_chunk("x"), kStop, bare, "[DONE]"})).lines, expected);
  EXPECT_EQ(decode(sse({text_chunk("x"), bare, kStop, "[DONE]"})).lines, expected);
  EXPECT_EQ(decode(sse({text_chunk("x"), with_usage(kStop), "[DONE]"})).lines, expected);
  EXPECT_EQ(decode(sse({text_chunk("x"), kStop, with_usage(kStop), "[DONE]"})).lines, expected);
  EXPECT_EQ(decode(sse({text_chunk("x"), kStop, "{\"usage\":" + kUsage + "}", "[DONE]"})).lines,
            expected);
}

TEST(ChatDecoder, UsageOfBothDialectsIsReadWhole) {
  const std::string usage =
      R"({"prompt_tokens":9,"completion_tokens":8,"total_tokens":17,"cost":0.25,"prompt_tokens_details":)"
      R"({"cached_tokens":4,"cache_write_tokens":1},"completion_tokens_details":{"reasoning_tokens":6}})";
  const auto log =
      decode(sse({text_chunk("x"), kStop, "{\"choices\":[],\"usage\":" + usage + "}", "[DONE]"}));
  EXPECT_EQ(log.lines.at(3), "usage 9,8,17,6,4,1 $0.25 " + usage);
}

TEST(ChatDecoder, UsageNumbersAreReadInEachForm) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({ "input_tokens" : 9.0 , "output_tokens":8e0, "total_tokens":17 })", "9,8,17,-1,-1,-1"},
      {R"({"prompt_tokens":null,"input_tokens":9,"completion_tokens":"8"})", "9,-1,-1,-1,-1,-1"},
      {R"({"prompt_tokens":-9,"completion_tokens":1e30,"total_tokens":18446744073709551615})",
       "-1,-1,-1,-1,-1,-1"},
      {R"({"prompt_tokens":1,"prompt_tokens_details":null,"prompt_cache_hit_tokens":3})",
       "1,-1,-1,-1,3,-1"},
      {R"({"prompt_tokens":1,"x":{"prompt_tokens":2,"a":["}"]},"completion_tokens":5})",
       "1,5,-1,-1,-1,-1"},
  };
  for (const auto& [usage, expected] : cases) {
    const auto log =
        decode(sse({text_chunk("x"), kStop, "{\"choices\":[],\"usage\":" + usage + "}", "[DONE]"}));
    EXPECT_EQ(log.lines.at(3).substr(0, 6 + expected.size()), "usage " + expected);
  }
}

TEST(ChatDecoder, RepeatedFinishReasonIsFolded) {
  const auto log = decode(sse({text_chunk("x"), kStop, kStop, "[DONE]"}));
  EXPECT_EQ(log.count("finish"), 1u);
}

TEST(ChatDecoder, NativeFinishReasonIsTheName) {
  const auto log = decode(sse(
      {text_chunk("x"),
       chunk("{}", R"("finish_reason":"length","native_finish_reason":"MAX_TOKENS")"), "[DONE]"}));
  EXPECT_EQ(log.count("finish 0 2 MAX_TOKENS"), 1u);
}

TEST(ChatDecoder, FinishReasonsMap) {
  const std::pair<const char*, int> cases[] = {
      {"stop", 1}, {"length", 2}, {"tool_calls", 3}, {"content_filter", 4}, {"odd", 0}};
  for (const auto& [reason, finish] : cases) {
    const auto log =
        decode(sse({text_chunk("x"),
                    chunk("{}", "\"finish_reason\":\"" + std::string(reason) + "\""), "[DONE]"}));
    EXPECT_EQ(log.count("finish 0 " + std::to_string(finish) + " " + reason), 1u);
  }
}

TEST(ChatDecoder, ChoicesAreKeptApart) {
  const auto frame = [](int index, const std::string& rest) {
    return "{\"id\":\"gen-1\",\"choices\":[{\"index\":" + std::to_string(index) + "," + rest +
           "}]}";
  };
  const auto log =
      decode(sse({frame(1, R"("delta":{"content":"b"})"), frame(0, R"("delta":{"content":"a"})"),
                  frame(0, R"("delta":{},"finish_reason":"stop")"),
                  frame(1, R"("finish_reason":"length","delta":{"content":"B"})"), "[DONE]"}));
  EXPECT_EQ(log.lines, (Lines{"meta gen-1||", "text 1 b", "text 0 a", "text 1 B",
                              "finish 1 2 length", "finish 0 1 stop", "done"}));
}

TEST(ChatDecoder, ReasoningInBothSpellings) {
  const auto log = decode(
      sse({chunk(R"({"content":"","reasoning":"hm"})"), chunk(R"({"reasoning_content":"ok"})"),
           chunk(R"({"reasoning":"same","reasoning_content":"same"})"), kStop, "[DONE]"}));
  EXPECT_EQ(log.joined("reasoning 0 "), "hmoksame");
}

TEST(ChatDecoder, RawMembersKeepTheirExactBytes) {
  const std::string details =
      R"([ {"type":"reasoning.text", "signature":"a\/b\u003d\"x\"", "n":1.50} ])";
  const auto log = decode(sse(
      {chunk(
           "{\"content\":\"t\\n\",\"reasoning_details\":" + details +
               R"(,"annotations":[{"u":"\u0041"}],"images":[1],"audio":{"id":"z"},"refusal":"n\u006f"})",
           R"("logprobs":{"content":[ ]},"finish_reason":"stop")"),
       "[DONE]"}));
  EXPECT_EQ(log.lines, (Lines{kMeta, "item 0 reasoning_details  " + details, "text 0 t\n",
                              R"(item 0 annotations  [{"u":"\u0041"}])", "item 0 images  [1]",
                              R"(item 0 audio  {"id":"z"})", R"(item 0 refusal  "n\u006f")",
                              R"(item 0 logprobs  {"content":[ ]})", "finish 0 1 stop", "done"}));
}

TEST(ChatDecoder, EmptyAndNullMembersSayNothing) {
  const auto log = decode(sse(
      {chunk(
           R"({"content":null,"reasoning":null,"refusal":null,"reasoning_details":[],"annotations":[],"tool_calls":null})",
           R"("logprobs":null,"finish_reason":null)"),
       text_chunk("x"), kStop, "[DONE]"}));
  EXPECT_EQ(log.lines, (Lines{kMeta, "text 0 x", "finish 0 1 stop", "done"}));
}

TEST(ChatDecoder, ContentMayBeAnArrayOfParts) {
  const auto log = decode(sse(
      {chunk(
           R"({"content":[{"type":"text","text":"a\n"},"b",{"type":"image_url","image_url":{"url":"u"}}]})"),
       kStop, "[DONE]"}));
  EXPECT_EQ(log.lines.at(1), "text 0 a\n");
  EXPECT_EQ(log.lines.at(2), "text 0 b");
  EXPECT_EQ(log.lines.at(3),
            R"(item 0 content_part image_url {"type":"image_url","image_url":{"url":"u"}})");
}

TEST(ChatDecoder, DebugAndUnknownFramesAreRawAfterMeta) {
  const std::string early =
      R"({"choices":[],"prompt_filter_results":[{"x":1}],"id":"","model":""})";
  const std::string debug =
      R"({"id":"gen-1","choices":[],"debug":{"echo_upstream_body":{"a":[1, 2]}}})";
  const auto log = decode(sse({early, debug, text_chunk("x"), kStop, "[DONE]"}));
  EXPECT_EQ(log.lines, (Lines{"meta gen-1||", "raw " + early, "raw " + debug, "text 0 x",
                              "finish 0 1 stop", "done"}));
}

TEST(ChatDecoder, MetaComesFirstOrNotAtAll) {
  const auto log =
      decode(sse({R"({"choices":[{"delta":{"content":"x"}}]})", text_chunk("y"), kStop, "[DONE]"}));
  EXPECT_EQ(log.count("meta"), 0u);
  EXPECT_EQ(log.joined("text 0 "), "xy");
}

TEST(ChatDecoder, TruncatedStreamsAreBadResponses) {
  for (const auto& frames :
       {std::vector<std::string>{text_chunk("x")}, {text_chunk("x"), "[DONE]"}, {"[DONE]"}, {}}) {
    const auto log = decode(sse(frames));
    EXPECT_EQ(log.error.error_class, ErrorClass::kBadResponse);
    EXPECT_EQ(log.count("done"), 0u);
  }
  EXPECT_NE(decode(sse({text_chunk("x")})).error.message.find("truncated"), std::string::npos);
}

TEST(ChatDecoder, EndOfBodyAfterTheFinishReasonIsDone) {
  EXPECT_EQ(decode(sse({text_chunk("x"), kStop})).last(), "done");
  Error cut;
  cut.error_class = ErrorClass::kNetwork;
  Exchange exchange;
  exchange.end = &cut;
  EXPECT_EQ(decode(sse({text_chunk("x"), kStop}), exchange).last(), "done");
  cut.error_class = ErrorClass::kCancelled;
  EXPECT_EQ(decode(sse({text_chunk("x"), kStop}), exchange).error.error_class,
            ErrorClass::kCancelled);
}

TEST(ChatDecoder, EveryChoiceThatBeganMustFinish) {
  const auto two = [](const char* first, const char* second) {
    return R"({"choices":[{"index":0,)" + std::string(first) + R"("delta":{"content":"a"}},)" +
           R"({"index":1,)" + second + R"("delta":{"content":"b"}}]})";
  };
  const char* const stop = R"("finish_reason":"stop",)";
  for (const std::string& frame : {two(stop, ""), two("", stop)})
    for (const auto& frames : {std::vector<std::string>{frame}, {frame, "[DONE]"}}) {
      const auto log = decode(sse(frames));
      EXPECT_EQ(log.error.error_class, ErrorClass::kBadResponse);
      EXPECT_NE(log.error.message.find("truncated"), std::string::npos) << log.error.message;
    }
  EXPECT_NE(decode(sse({two(stop, ""), "[DONE]"})).error.message.find("of choice 1"),
            std::string::npos);
  EXPECT_EQ(decode(sse({two(stop, stop), "[DONE]"})).last(), "done");
}

TEST(ChatDecoder, EveryChoiceOfAWholeAnswerMustFinish) {
  const auto log = decode(
      R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"},{"index":1,"message":{"content":"b"},"finish_reason":null}]})",
      {.headers = {{"content-type", "application/json"}}});
  EXPECT_EQ(log.last(), "error bad_response 200 OpenRouter: choice 1 has no finish reason");
}

TEST(ChatDecoder, HttpErrorEndsWithThatError) {
  Error cut;
  cut.error_class = ErrorClass::kTimeout;
  cut.message = "no byte for 30s";
  cut.phase = Phase::kBody;
  Exchange exchange;
  exchange.end = &cut;
  const auto log = decode(sse({text_chunk("x")}), exchange);
  EXPECT_EQ(log.lines, (Lines{kMeta, "text 0 x", "error timeout 0 no byte for 30s"}));
  EXPECT_EQ(log.error.phase, Phase::kBody);
  EXPECT_EQ(decode("", exchange).last(), "error timeout 0 no byte for 30s");
}

TEST(ChatDecoder, EventCutOffFromItsBlankLineCountsWhenWhole) {
  EXPECT_EQ(decode(sse({text_chunk("x"), kStop}) + "data: [DONE]").last(), "done");
  EXPECT_EQ(decode(sse({text_chunk("x")}) + "data: " + kStop).last(), "done");
  const auto cut = decode(sse({text_chunk("x")}) + "data: " + kStop.substr(0, 40));
  EXPECT_NE(cut.error.message.find("truncated"), std::string::npos);
}

TEST(ChatDecoder, NothingComesAfterTheTerminalEvent) {
  const auto log = decode(sse({text_chunk("x"), kStop, "[DONE]", text_chunk("y"), "{broken",
                               R"({"error":{"message":"late"}})"}));
  EXPECT_EQ(log.last(), "done");
  EXPECT_EQ(log.count("text"), 1u);
}

TEST(ChatDecoder, EmptyAnswersAreBadResponses) {
  EXPECT_NE(decode(sse({chunk("{}"), kStop, "[DONE]"})).error.message.find("empty answer"),
            std::string::npos);
  const std::string used = R"({"choices":[],"usage":{"completion_tokens":4}})";
  EXPECT_EQ(decode(sse({kStop, used, "[DONE]"})).last(), "done");
  const std::string filtered = chunk("{}", R"("finish_reason":"content_filter")");
  EXPECT_EQ(decode(sse({filtered, "[DONE]"})).last(), "done");
}

TEST(ChatDecoder, TextsThatNameThingsAreBounded) {
  const std::string longer(1'000'000, 'x');
  const auto log = decode(sse(
      {R"({"id":")" + longer + R"(","model":"m\u0007\n2","choices":[{"delta":{"content":"a"},)" +
           R"("finish_reason":")" + longer + R"("}]})",
       "[DONE]"}));
  ASSERT_EQ(log.lines.size(), 4u);
  EXPECT_EQ(log.lines[0], "meta " + std::string(509, 'x') + "...|m 2|");
  EXPECT_EQ(log.lines[2], "finish 0 0 " + std::string(509, 'x') + "...");
}

TEST(ChatDecoder, CostsAndTokensBeyondReasonAreUnknown) {
  const std::pair<const char*, const char*> cases[] = {
      {"1000000", "$1e+06"}, {"1000001", "$-1"}, {"1e308", "$-1"}, {"-0.5", "$-1"},
      {"\"1\"", "$-1"},      {"[1]", "$-1"},     {"true", "$-1"}};
  for (const auto& [cost, expected] : cases) {
    const auto log = decode(sse(
        {text_chunk("x"), kStop,
         R"({"choices":[],"usage":{"prompt_tokens":1000000000000,"completion_tokens":1000000000001,"cost":)" +
             std::string(cost) + "}}",
         "[DONE]"}));
    EXPECT_EQ(
        log.lines.at(3).rfind("usage 1000000000000,-1,-1,-1,-1,-1 " + std::string(expected), 0), 0u)
        << cost << " " << log.lines.at(3);
  }
  for (const char* cost : {"1e999", "NaN", "Infinity"})
    EXPECT_EQ(decode(sse({R"({"choices":[],"usage":{"cost":)" + std::string(cost) + "}}"}))
                  .error.error_class,
              ErrorClass::kBadResponse)
        << cost;
}

TEST(ChatDecoder, MalformedEventsAreBadResponsesAfterTheTextBefore) {
  for (const char* frame :
       {"{\"id\":", "[]", "3", "{} x", "{\"choices\":[}", "not json", "{\"a\":\"\x01\"}"}) {
    const auto log = decode(sse({text_chunk("x"), frame, kStop, "[DONE]"}));
    EXPECT_EQ(log.lines.size(), 3u) << frame;
    EXPECT_EQ(log.error.error_class, ErrorClass::kBadResponse) << frame;
    EXPECT_EQ(log.error.phase, Phase::kBody) << frame;
  }
}

TEST(ChatDecoder, NestingIsLimited) {
  const auto nested = [](std::size_t n) {
    return "{\"x\":" + std::string(n, '[') + std::string(n, ']') + "}";
  };
  EXPECT_EQ(decode(sse({text_chunk("x"), nested(127), kStop, "[DONE]"})).last(), "done");
  const auto log = decode(sse({text_chunk("x"), nested(128), kStop, "[DONE]"}));
  EXPECT_NE(log.error.message.find("nested too deeply"), std::string::npos);
  EXPECT_EQ(decode(sse({nested(1'000'000)})).error.error_class, ErrorClass::kBadResponse);
}

TEST(ChatDecoder, ChoicesOfOneFrameAreLimited) {
  const auto frame = [](int n) {
    std::string out =
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}";
    for (int i = 1; i < n; ++i)
      out += ",{\"index\":" + std::to_string(i) + ",\"delta\":{},\"finish_reason\":\"stop\"}";
    return out + "]}";
  };
  EXPECT_EQ(decode(sse({frame(128), "[DONE]"})).last(), "done");
  EXPECT_NE(decode(sse({frame(129), "[DONE]"})).error.message.find("too many"), std::string::npos);
}

TEST(ChatDecoder, LineAndBodyLimitsAreReached) {
  Exchange exchange;
  exchange.options.line_max = 300;
  EXPECT_NE(
      decode(sse({text_chunk(std::string(300, 'x'))}), exchange).error.message.find("too long"),
      std::string::npos);
  exchange.options.body_max = 50;
  exchange.headers = {{"content-type", "application/json"}};
  EXPECT_NE(
      decode("{\"x\":\"" + std::string(60, 'x') + "\"}", exchange).error.message.find("too long"),
      std::string::npos);
}

TEST(ChatDecoder, TextThatIsNotUtf8IsReplaced) {
  const auto log = decode(sse({text_chunk("a\xFF"
                                          "b"),
                               text_chunk("c\xC3"), kStop, "[DONE]"}));
  EXPECT_EQ(log.joined("text 0 "),
            "a\xEF\xBF\xBD"
            "bc\xEF\xBF\xBD");
}

TEST(ChatDecoder, LoneSurrogatesAreReplaced) {
  const auto log = decode(sse({text_chunk("\\ud83c\\udf1f|\\ud83c|x"), text_chunk("\\ud83c"),
                               text_chunk("\\\\ud83c"), kStop, "[DONE]"}));
  EXPECT_EQ(log.joined("text 0 "), "\xF0\x9F\x8C\x9F|\xEF\xBF\xBD|x\xEF\xBF\xBD\\ud83c");
}

TEST(ChatDecoder, WantFrameGivesEachFrameOnceWithItsFirstEvent) {
  Exchange exchange;
  exchange.options.want_frame = true;
  const std::string both = chunk(R"({"content":"a","reasoning":"b\n"})");
  const auto log =
      decode(sse({both, text_chunk("c"), text_chunk("\\n"), kStop, "[DONE]"}), exchange);
  EXPECT_EQ(log.frames,
            (Lines{both, "", "", text_chunk("c"), text_chunk("\\n"), std::string(kStop), ""}));
  EXPECT_EQ(log.flags,
            (std::vector<std::uint32_t>{0, PRX_EVF_SAME_FRAME, PRX_EVF_SAME_FRAME, 0, 0, 0, 0}));
}

TEST(ChatDecoder, TheFrameOfAnAnswerInOnePieceIsAllOfIt) {
  Exchange exchange;
  exchange.options.want_frame = true;
  const std::string whole =
      R"({"id":"a","x":1,"choices":[{"message":{"content":"b"},"finish_reason":"stop"}]})";
  exchange.headers = {{"content-type", "application/json"}};
  const auto log = decode(whole, exchange);
  ASSERT_FALSE(log.frames.empty());
  EXPECT_EQ(log.frames.front(), whole);
  EXPECT_EQ(std::count(log.frames.begin(), log.frames.end(), ""),
            static_cast<std::ptrdiff_t>(log.frames.size()) - 1);
}

TEST(ChatDecoder, HostThatWantsNoMoreGetsItsEnd) {
  Exchange exchange;
  exchange.stop_after = 2;
  const auto log = decode(sse({text_chunk("a"), text_chunk("b"), kStop, "[DONE]"}), exchange);
  EXPECT_EQ(log.lines.size(), 3u);
  EXPECT_EQ(log.error.error_class, ErrorClass::kCancelled);
}

TEST(ChatDecoder, FailEndsOnceAndOnlyOnce) {
  test::EventLog log;
  ChatDecoder decoder({}, log.sink(), "OpenRouter");
  Error error;
  error.error_class = ErrorClass::kCancelled;
  error.message = "cancelled";
  decoder.fail(error);
  decoder.fail(error);
  decoder.finish(nullptr);
  EXPECT_TRUE(decoder.ended());
  EXPECT_EQ(log.lines, Lines{"error cancelled 0 cancelled"});
}

TEST(ChatDecoder, AnswerCompleteTellsBeforeTheEnd) {
  test::EventLog log;
  ChatDecoder decoder({}, log.sink(), "OpenRouter");
  decoder.head({});
  std::string a = sse({text_chunk("x")}), b = sse({kStop});
  decoder.data(a.data(), a.size());
  EXPECT_FALSE(decoder.answer_complete());
  decoder.data(b.data(), b.size());
  EXPECT_TRUE(decoder.answer_complete());
  EXPECT_FALSE(decoder.ended());
  decoder.finish(nullptr);
  EXPECT_EQ(log.last(), "done");
}

TEST(ChatDecoder, JsonAnswerToAStreamingRequestIsReadWhole) {
  const std::string body =
      R"( {"id":"g","model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"hi"}}],"usage":)" +
      kUsage + "}";
  const Lines expected{"meta g|m|", "text 0 hi", "finish 0 1 stop", kUsageLine, "done"};
  for (const char* media : {"application/json; charset=utf-8", "Application/JSON",
                            "text/event-stream", "text/plain", ""})
    EXPECT_EQ(decode(body, {.headers = {{"content-type", media}}}).lines, expected) << media;
}

TEST(ChatDecoder, WholeAnswersWithoutAnAnswerAreErrors) {
  const Exchange json{.headers = {{"content-type", "application/json"}}};
  for (const char* body : {"{}", R"({"choices":[]})",
                           R"({"choices":[{"message":{"content":"x"},"finish_reason":null}]})",
                           "{\"choices\":[", "", "[]"})
    EXPECT_EQ(decode(body, json).error.error_class, ErrorClass::kBadResponse) << body;
}

TEST(ChatDecoder, WholeAnswerThatWasCutIsWhatHttpSaid) {
  Error cut;
  cut.error_class = ErrorClass::kNetwork;
  cut.message = "cut";
  Exchange exchange{.headers = {{"content-type", "application/json"}}};
  exchange.end = &cut;
  EXPECT_EQ(decode(R"({"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]})", exchange)
                .last(),
            "error network 0 cut");
}

TEST(ChatDecoder, ForeignMediaTypeIsNamed) {
  const auto log = decode("<!doctype html><html>secret page</html>",
                          {.headers = {{"content-type", "text/html; charset=utf-8"}}});
  EXPECT_EQ(log.error.error_class, ErrorClass::kBadResponse);
  EXPECT_NE(log.error.message.find("text/html"), std::string::npos);
  EXPECT_EQ(log.error.message.find("secret page"), std::string::npos);
}

TEST(ChatDecoder, MislabelledStreamsAreRead) {
  for (const char* media :
       {"application/json", "text/plain", "", "text/event-stream; charset=utf-8"})
    EXPECT_EQ(
        decode(sse({text_chunk("x"), kStop, "[DONE]"}), {.headers = {{"content-type", media}}})
            .last(),
        "done")
        << media;
}

TEST(ChatDecoder, BlanksBeforeEitherFormAreNothingHoweverTheyAreCut) {
  const std::string whole = R"({"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]})";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}}) {
    EXPECT_EQ(decode("\t \r\n" + sse({text_chunk("x"), kStop}), {.piece = piece}).last(), "done");
    EXPECT_EQ(decode(" \n\t" + whole, {.piece = piece}).last(), "done");
  }
}

TEST(ChatDecoder, ByteOrderMarkBeforeEitherForm) {
  EXPECT_EQ(decode("\xEF\xBB\xBF" + sse({text_chunk("x"), kStop, "[DONE]"})).last(), "done");
  EXPECT_EQ(decode("\xEF\xBB\xBF"
                   R"({"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]})",
                   {.headers = {{"content-type", "application/json"}}})
                .last(),
            "done");
}

}  // namespace
}  // namespace prx::sdk
