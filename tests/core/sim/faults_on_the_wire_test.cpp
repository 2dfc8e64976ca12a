// Faults of statuses, heads, bodies and connections, as a client sees them.
#include <gmock/gmock.h>

#include "core/sim/raw_client.hpp"
#include "sim/simulator.hpp"

namespace prx::sim {
namespace {

using std::chrono::milliseconds;
using test::chat;
using test::Close;
using test::is_json;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class WireFault : public ::testing::TestWithParam<bool> {  // streaming or not
 protected:
  [[nodiscard]] test::Response ask(std::string_view model, std::string_view members = {}) const {
    return chat(simulator_->port(), model, GetParam(), members);
  }
  /// Sends and leaves the reading to the test.
  [[nodiscard]] test::RawClient send(std::string_view model) const {
    test::RawClient client(simulator_->port());
    client.send(
        test::request_text("POST", "/api/v1/chat/completions", test::chat_body(model, GetParam())));
    return client;
  }
  [[nodiscard]] bool wait_for(const std::function<bool(const Stats&)>& done) const {
    return simulator_->wait_for(done, test::kPatience);
  }
  std::unique_ptr<Simulator> simulator_ = Simulator::start({}).value();
};

INSTANTIATE_TEST_SUITE_P(BothWays, WireFault, ::testing::Bool(),
                         [](const auto& way) { return way.param ? "Stream" : "Whole"; });

TEST_P(WireFault, AnyStatusHasABodyInTheVendorsShape) {
  for (const int status :
       {400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 429, 500, 502, 503, 504, 520, 524, 529}) {
    const auto reply = ask("sim/" + std::to_string(status));
    EXPECT_EQ(reply.status, status);
    EXPECT_TRUE(is_json(reply.body));
    EXPECT_THAT(reply.body, HasSubstr("\"code\":" + std::to_string(status)));
    EXPECT_EQ(reply.headers.count("retry-after"), 0u);
  }
}

TEST_P(WireFault, RetryAfterComesInEachForm) {
  EXPECT_EQ(ask("sim/429?retry_after=2").headers.at("retry-after"), "2");
  EXPECT_EQ(ask("sim/429?retry_after=0.5").headers.at("retry-after"), "0.5");
  EXPECT_EQ(ask("sim/503?retry_after=2&form=ms").headers.at("retry-after-ms"), "2000");
  EXPECT_THAT(ask("sim/429?retry_after=2&form=date").headers.at("retry-after"),
              MatchesRegex("[A-Z][a-z]+, [0-9]+ [A-Z][a-z]+ [0-9]+ [0-9:]+ GMT"));
  EXPECT_THAT(ask("sim/429?retry_after=2&form=reset").headers.at("x-ratelimit-reset"),
              MatchesRegex("[0-9]+"));
  const auto body = ask("sim/429?retry_after=2&form=body");
  EXPECT_EQ(body.headers.count("retry-after"), 0u);
  EXPECT_THAT(body.body, HasSubstr(R"("X-RateLimit-Reset":"2")"));
}

TEST_P(WireFault, TheCodeComesAsNumberStringWordOrNull) {
  EXPECT_THAT(ask("sim/429").body, HasSubstr(R"("code":429)"));
  EXPECT_THAT(ask("sim/429?code=string").body, HasSubstr(R"("code":"429")"));
  EXPECT_THAT(ask("sim/500?code=word").body, HasSubstr(R"("code":"server_error")"));
  EXPECT_THAT(ask("sim/429?code=null").body, HasSubstr(R"("code":null)"));
}

TEST_P(WireFault, TimesCountsDownToHealth) {
  EXPECT_EQ(ask("sim/500?times=2").status, 500);
  EXPECT_EQ(ask("sim/500?times=2").status, 500);
  const auto healthy = ask("sim/500?times=2");
  EXPECT_EQ(healthy.status, 200);
  EXPECT_EQ(test::content(healthy.body), test::kHelloAnswer);
}

TEST_P(WireFault, TypedRefusalsCarryTheirCodes) {
  const auto context = ask("sim/context-length");
  EXPECT_EQ(context.status, 400);
  EXPECT_THAT(context.body, HasSubstr(R"("error_type":"context_length_exceeded")"));
  const auto policy = ask("sim/policy");
  EXPECT_EQ(policy.status, 403);
  EXPECT_THAT(policy.body, HasSubstr(R"("error_type":"content_policy_violation")"));
  EXPECT_EQ(ask("sim/quota").status, 402);
  EXPECT_THAT(ask("sim/502").body, HasSubstr(R"("raw":"upstream connect error)"));
}

TEST_P(WireFault, APrefillIsRefusedOnlyWhenThereIsOne) {
  EXPECT_EQ(ask("sim/refuse-prefill").status, 200);
  const auto reply =
      test::fetch(simulator_->port(), "POST", "/api/v1/chat/completions",
                  R"({"model":"sim/refuse-prefill","messages":[{"role":"user","content":"a"},)"
                  R"({"role":"assistant","content":"b"}]})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("prefill"));
}

TEST_P(WireFault, BodiesAreHtmlOrEmptyOrTruncated) {
  const auto html = ask("sim/html?status=504");
  EXPECT_EQ(html.status, 504);
  EXPECT_EQ(html.headers.at("content-type"), "text/html");
  EXPECT_THAT(html.body, HasSubstr("<center>nginx</center>"));
  EXPECT_EQ(ask("sim/html").status, 502);
  const auto empty = ask("sim/empty-body?status=503");
  EXPECT_EQ(empty.status, 503);
  EXPECT_EQ(empty.headers.at("content-length"), "0");
  const auto truncated = ask("sim/truncated-json?status=500");
  EXPECT_EQ(truncated.status, 500);
  EXPECT_TRUE(truncated.whole);
  EXPECT_FALSE(is_json(truncated.body));
}

TEST_P(WireFault, AResetComesBeforeAnyByte) {
  const auto reply = ask("sim/reset");
  EXPECT_EQ(reply.head, "");
  EXPECT_EQ(reply.close, Close::kReset);
  EXPECT_TRUE(wait_for([](const Stats& stats) { return stats.faults == 1; }));
}

TEST_P(WireFault, AHangUpIsAnOrderlyCloseBeforeAnyByte) {
  const auto reply = ask("sim/hang-up");
  EXPECT_EQ(reply.head, "");
  EXPECT_EQ(reply.close, Close::kFin);
}

TEST_P(WireFault, SilenceSendsNothingAndStaysOpenUntilTheClientLeaves) {
  auto client = send("sim/silence");
  ASSERT_TRUE(wait_for([](const Stats& stats) { return stats.requests == 1; }));
  const auto reply = client.read(milliseconds(50));
  EXPECT_EQ(reply.head, "");
  EXPECT_EQ(reply.close, Close::kOpen);
  client.close();
  EXPECT_TRUE(wait_for([](const Stats& stats) { return stats.clients_gone == 1; }));
  EXPECT_EQ(simulator_->requests().at(0).status, 0);
}

TEST_P(WireFault, ALateHeadIsLate) {
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(ask("sim/late-head?ms=80").status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(80));
}

TEST_P(WireFault, ALateTokenComesAfterTheHead) {
  auto client = send("sim/late-token?ms=200");
  ASSERT_TRUE(client.read_until("\r\n\r\n"));
  const auto at_head = std::chrono::steady_clock::now();
  ASSERT_TRUE(client.read_until("This"));
  EXPECT_GE(std::chrono::steady_clock::now() - at_head, milliseconds(150));
}

TEST_P(WireFault, AStallKeepsTheConnectionOpen) {
  auto client = send("sim/stall?after=2");
  ASSERT_TRUE(client.read_until("assistant"));
  const auto reply = client.read(milliseconds(50));
  EXPECT_EQ(reply.status, 200);
  EXPECT_FALSE(reply.whole);
  EXPECT_EQ(reply.close, Close::kOpen);
  client.close();
  EXPECT_TRUE(wait_for([](const Stats& stats) { return stats.clients_gone == 1; }));
}

TEST_P(WireFault, ACutIsAnOrderlyCloseInTheMiddle) {
  const auto reply = ask("sim/cut?after=2");
  EXPECT_EQ(reply.status, 200);
  EXPECT_FALSE(reply.whole);
  EXPECT_EQ(reply.close, Close::kFin);
}

TEST_P(WireFault, ASlowBodyTricklesAndIsWhole) {
  const auto before = std::chrono::steady_clock::now();
  const auto reply = ask("sim/slow?size=400&ms=15");
  EXPECT_TRUE(reply.whole);
  EXPECT_EQ(test::content(reply.body), test::kHelloAnswer);
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(30));
}

TEST_P(WireFault, AnOversizedHeadIsThatBig) {
  const auto reply = ask("sim/oversized-head?bytes=200000");
  EXPECT_GT(reply.head.size(), 200'000u);
  EXPECT_LT(reply.head.size(), 210'000u);
  EXPECT_TRUE(reply.whole);
}

TEST_P(WireFault, AnOversizedBodyIsThatBig) {
  EXPECT_GE(ask("sim/oversized?bytes=100000").body.size(), 100'000u);
}

TEST_P(WireFault, AFlapThatIsNeverUpIsDown) {
  EXPECT_EQ(ask("sim/flap?up=0&down=1000").status, 503);
  EXPECT_EQ(ask("sim/flap?up=1000000&down=0").status, 200);
}

TEST_P(WireFault, FaultsAdd) {
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(ask("sim/late-head?ms=50+503").status, 503);
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(50));
}

TEST(FaultComments, KeepAStalledOrLateStreamAlive) {
  const auto simulator = Simulator::start({}).value();
  test::RawClient client(simulator->port());
  client.send(test::request_text("POST", "/api/v1/chat/completions",
                                 test::chat_body("sim/stall?after=1&comments=5", true)));
  ASSERT_TRUE(client.read_until("\"This\""));
  EXPECT_TRUE(client.read_until(
      ": OPENROUTER PROCESSING\n\n\r\n19\r\n: OPENROUTER PROCESSING\n\n\r\n19\r\n: OPENROUTER"));
  const auto late = chat(simulator->port(), "sim/late-token?ms=50&comments=10", true);
  EXPECT_EQ(test::count(late.body, ": OPENROUTER PROCESSING"), 3 + 4);
  EXPECT_EQ(test::content(late.body), test::kHelloAnswer);
}

TEST(FaultWhole, ErrorsUnderHttp200AreInTheBody) {
  const auto simulator = Simulator::start({}).value();
  const auto ask = [&](std::string_view model) { return chat(simulator->port(), model, false); };
  const auto whole = ask("sim/error-frame?status=429");
  EXPECT_EQ(whole.status, 200);
  EXPECT_THAT(whole.body, HasSubstr(R"({"error":{"message":"Rate limit reached","code":429)"));
  const auto choice = ask("sim/error-frame?shape=4");
  EXPECT_TRUE(is_json(choice.body));
  EXPECT_THAT(choice.body, HasSubstr(R"(},"error":{"message")"));
  EXPECT_THAT(ask("sim/no-finish").body, HasSubstr(R"("finish_reason":null)"));
  EXPECT_FALSE(is_json(ask("sim/malformed").body));
  EXPECT_EQ(ask("sim/wrong-type").headers.at("content-type"), "text/plain");
  EXPECT_THAT(ask("sim/empty").body, HasSubstr(R"("total_tokens":0)"));
}

}  // namespace
}  // namespace prx::sim
