// The rows that both profiles have: no clock decides them.
#include "faults/tables.hpp"

namespace prx::faults {

namespace {

using enum ErrorClass;

const std::string kOther = answer_text('x');

void statuses(Table& t) {
  row(t, "all is well", {"", ""}, served_by(0, {1, 0}).lower_bound(false)).plan("openrouter=ok");
  row(t, "500, once", {"500?times=1", ""}, served_by(0, {2, 0}).lower_bound(false))
      .plan("openrouter=500?times=1");
  row(t, "503, persistent", {"503", ""}, served_by(1, {3, 1})).plan("openrouter=503");
  row(t, "503 everywhere", {"503", "503"}, refused({kOverloaded}, {3, {2, 3}}))
      .plan("openrouter=503,openai=503");
  row(t, "503, 404, and the third is well", {"503", "404", ""}, served_by(2, {3, 1, 1}))
      .plan("openrouter=503,openai=404");
  row(t, "503 at three targets", {"503", "503", "503"}, refused({kOverloaded}, {3, 2, 1}))
      .plan("openrouter=503,openai=503,third=503");
  row(t, "400", {"400", ""}, refused({kInvalidRequest}, {1, 0})).plan("openrouter=400");
  for (const char* status : {"402", "403", "404"})
    row(t, status, {status, ""}, served_by(1, {1, 1})).plan(std::string("openrouter=") + status);
  row(t, "context length", {"context-length", ""}, served_by(1, {1, 1}))
      .plan("openrouter=context_length");
  row(t, "context length everywhere", {"context-length", "context-length"},
      refused({kContextLength}, {1, 1}))
      .plan("openrouter=context_length,openai=context_length");
  row(t, "content policy", {"policy", ""}, refused({kContentPolicy}, {1, 0}))
      .plan("openrouter=content_policy");
  row(t, "quota", {"quota", ""}, served_by(1, {1, 1})).plan("openrouter=credit");
}

void keys(Table& t) {
  row(t, "a dead key, and a second", {Target().keys({"401"}), ""}, served_by(0, {2, 0}))
      .plan("openrouter=401?times=1");
  row(t, "a key without credit, and a second", {Target().keys({"402"}), ""}, served_by(0, {2, 0}))
      .plan("openrouter=402?times=1");
  row(t, "a key at its limit, and a second", {Target().keys({"429?retry_after=30"}), ""},
      served_by(0, {2, 0}))
      .plan("openrouter=429?retry_after=30&times=1");
  row(t, "two dead keys", {Target("401").keys({"401"}), ""}, served_by(1, {2, 1}))
      .plan("openrouter=401");
}

void connections(Table& t) {
  row(t, "reset before the head, once", {"reset?times=1", ""}, served_by(0, {2, 0}))
      .plan("openrouter=reset?times=1");
  row(t, "reset before the head, persistent", {"reset", ""}, served_by(1, {3, 1}))
      .plan("openrouter=reset");
  row(t, "close before the head, persistent", {"hang-up", ""}, served_by(1, {3, 1}))
      .plan("openrouter=network");
  row(t, "connection refused", {Target().reached(Reach::kRefused), ""}, served_by(1, {3, 1}))
      .plan("openrouter=network");
  row(t, "an expired certificate", {Target().reached(Reach::kBadCertificate), ""},
      served_by(1, {3, 1}))
      .plan("openrouter=network");
}

void frames(Table& t) {
  row(t, "no [DONE]", {"no-done", ""},
      served_by(0, {1, 0}).within(milliseconds(0), milliseconds(4'000)).lower_bound(false));
  row(t, "no [DONE] and no end", {"no-end", ""},
      served_by(0, {1, 0}).within(milliseconds(0), milliseconds(4'000)))
      .streaming()
      .plan("openrouter=no-done");
  row(t, "error frame first, each shape", {"error-frame?shape={k}", ""}, served_by(1, {3, 1}))
      .each(1, 5)
      .plain(served_by(1, {{1, 3}, 1}))
      .plan("openrouter=502");
  row(t, "error frame after 10, each shape", {"error-frame?shape={k}&after=10", ""},
      served_by(1, {1, 1}))
      .each(1, 5)
      .plain(served_by(1, {{1, 3}, 1}));
  row(t, "odd but well", {"{k}", ""}, served_by(0, {1, 0}))
      .each({"wrong-type", "plain-json", "split", "crlf", "finish-twice", "usage-no-choices"})
      .plan("openrouter=ok");
  row(t, "an empty answer", {"empty", ""}, served_by(1, {3, 1})).plan("openrouter=bad_response");
}

void bodies(Table& t) {
  row(t, "HTML under 502", {"html", ""}, served_by(1, {3, 1})).plan("openrouter=502");
  row(t, "HTML under 200", {"html?status=200", ""}, served_by(1, {3, 1}))
      .plan("openrouter=bad_response");
  row(t, "an empty body under 500", {"empty-body", ""}, served_by(1, {3, 1}))
      .plan("openrouter=500");
  row(t, "truncated JSON under 200", {"truncated-json", ""}, served_by(1, {3, 1}))
      .plan("openrouter=bad_response");
  row(t, "truncated JSON under 500", {"truncated-json?status=500", ""}, served_by(1, {3, 1}))
      .plan("openrouter=500");
  row(t, "an oversized event", {"oversized", ""},
      served_by(1, {1, 1}).within(milliseconds(0), milliseconds(60'000)))
      .set("retries", "0")
      .set("head_timeout", "\"60s\"")  // one thread serves all these megabytes
      .set("first_token_timeout", "\"60s\"")
      .set("idle_timeout", "\"60s\"")
      .set("deadline", "\"60s\"")
      .set("hedge_after", "\"off\"")
      .streaming()
      .plan("openrouter=bad_response")
      .on({Host::kStream, Host::kCliJson, Host::kServe});
  row(t, "an oversized head", {"oversized-head", ""}, served_by(1, {1, 1})).set("retries", "0");
}

void breaks(Table& t) {
  row(t, "cut before the first token", {"cut?after=0", ""}, served_by(1, {3, 1}))
      .plan("openrouter=cut?after=0");
  row(t, "cut after each k, text agrees", {"cut?after={k}{w}", ""},
      served_by(1, {1, 1}).lower_bound(true))
      .each(1, kTokens)
      .plain(served_by(1, {3, 1}))
      .lossy_proxy()
      .plan("openrouter=cut?after={k}");
  row(t, "cut after each k, text differs", {"cut?after={k}{w}", Target().says(kOther)},
      refused({kBadResponse, kNetwork}, {3, 1}))
      .each(1, kTokens)
      .plain(served_by(1, {3, 1}))
      .lossy_proxy()
      .plan("openrouter=cut?after={k},openai=differs");
  row(t, "cut once, only the first agrees", {"cut?after=30&times=1{w}", Target().says(kOther)},
      served_by(0, {2, 1}))
      .plain(served_by(0, {2, 0}))
      .lossy_proxy()
      .plan("openrouter=cut?after=30&times=1,openai=differs");
  row(t, "cut inside of an event", {"cut?after=30&bytes=40{w}", ""}, served_by(1, {1, 1}))
      .plain(served_by(1, {3, 1}))
      .lossy_proxy();
  row(t, "reset after 30", {"reset?after=30{w}", ""}, served_by(1, {1, 1}))
      .plain(served_by(1, {3, 1}))
      .lossy_proxy();
  row(t, "malformed event after 10", {"malformed?after=10", ""}, served_by(1, {1, 1}))
      .streaming()
      .plan("openrouter=malformed?after=10");
  row(t, "malformed event first", {"malformed?after=0", ""}, served_by(1, {3, 1}))
      .streaming()
      .plan("openrouter=malformed?after=0");
  row(t, "no finish reason", {"no-finish", ""}, served_by(1, {1, 1}))
      .plain(served_by(1, {3, 1}))
      .plan("openrouter=no-finish");
}

void recoveries(Table& t) {
  row(t, "recovery error: cut after 10", {"cut?after=10{w}", ""},
      refused({kBadResponse, kNetwork}, {1, 0}))
      .set("recovery", "\"error\"")
      .plain(served_by(1, {3, 1}))
      .lossy_proxy()
      .plan("openrouter=cut?after=10");
  row(t, "recovery continue: cut after 20", {"cut?after=20{w}", Target().with("prefill = true")},
      served_by(1, {1, 1}).bills(kTokens - 20))
      .set("recovery", "\"continue\"")
      .plain(served_by(1, {3, 1}))
      .lossy_proxy()
      .plan("openrouter=cut?after=20");
  row(t, "recovery continue, refused",
      {"cut?after=20{w}", Target("refuse-prefill").with("prefill = true")}, served_by(1, {1, 2}))
      .set("recovery", "\"continue\"")
      .plain(served_by(1, {3, 1}))
      .lossy_proxy();
  row(t, "recovery continue, refused, text differs",
      {"cut?after=20{w}", Target("refuse-prefill").with("prefill = true").says(kOther)},
      refused({kBadResponse, kNetwork}, {{2, 3}, 2}))
      .set("recovery", "\"continue\"")
      .plain(served_by(1, {3, 1}))
      .lossy_proxy();
  row(t, "recovery buffer: cut after 30", {"cut?after=30", Target().says(kOther)},
      served_by(1, {3, 1}))
      .set("recovery", "\"buffer\"")
      .plan("openrouter=cut?after=30,openai=differs");
  row(t, "held back: cut after 3 of 5", {"cut?after=3", Target().says(kOther)},
      served_by(1, {3, 1}))
      .set("hold_tokens", "5")
      .plan("openrouter=cut?after=3,openai=differs");
}

}  // namespace

void add_common(Table& table) {
  statuses(table);
  keys(table);
  connections(table);
  breaks(table);
  frames(table);
  bodies(table);
  recoveries(table);
}

}  // namespace prx::faults
