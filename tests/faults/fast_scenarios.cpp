// The table of the fast profile.
#include "faults/outage.hpp"
#include "faults/tables.hpp"

namespace prx::faults {

namespace {

using enum ErrorClass;

const std::string kOther = answer_text('x');
/// Of a clock that is to ring: what is well must be quicker, on a busy machine and with TLS too.
const std::string kShort = "\"1s\"";

void rate_limits(Table& t) {
  row(t, "429, Retry-After, once", {"429?retry_after=0.3&times=1", ""},
      served_by(0, {2, 0}).spaced(milliseconds(300)).lower_bound(false))
      .plan("openrouter=429?retry_after=0.3&times=1");
  for (const char* form : {"ms", "reset", "body"})
    row(t, std::string("429, Retry-After as ") + form + ", once",
        {std::string("429?retry_after=0.3&times=1&form=") + form, ""},
        served_by(0, {2, 0}).spaced(milliseconds(290)));
  row(t, "429, Retry-After as a date, once", {"429?retry_after=1&times=1&form=date", ""},
      served_by(0, {2, 0}));
  row(t, "429, Retry-After, persistent", {"429?retry_after=0.2", ""},
      served_by(1, {3, 1}).spaced(milliseconds(200)))
      .plan("openrouter=429?retry_after=0.2");
  row(t, "429, long Retry-After", {"429?retry_after=30", ""},
      served_by(1, {1, 1}).within(milliseconds(0), milliseconds(4'000)))
      .plan("openrouter=429?retry_after=30");
  row(t, "429, long Retry-After, nobody else", {"429?retry_after=30"},
      refused({kRateLimit}, {1}).within(milliseconds(0), milliseconds(4'000)))
      .plan("openrouter=429?retry_after=30");
  row(t, "429, once", {"429?times=1", ""}, served_by(0, {2, 0}).spaced(milliseconds(1'000)))
      .plan("openrouter=429?times=1");
  row(t, "429, persistent", {"429", ""}, served_by(1, {3, 1}).spaced(milliseconds(1'000)))
      .plan("openrouter=429");
}

void silences(Table& t) {
  row(t, "accept and silence", {"silence", ""}, served_by(1, {1, 1}).lower_bound(true))
      .set("head_timeout", kShort)
      .set("non_stream_timeout", kShort)
      .plan("openrouter=silence");
  row(t, "accept and silence, hedged", {"silence", ""}, served_by(1, {1, 1}).lower_bound(true))
      .set("hedge_after", kShort)
      .set("non_stream_timeout", kShort)
      .plan("openrouter=silence");
  row(t, "silence everywhere", {"silence", "silence"},
      refused({kTimeout}, {1, {0, 1}}).within(milliseconds(2'400), kSoon))
      .set("hedge_after", kShort)
      .set("connect_timeout", "\"2s\"")
      .set("deadline", "\"2500ms\"")
      .plan("openrouter=silence,openai=silence");
  row(t, "late head, hedged", {"late-head?ms=9000", ""}, served_by(1, {1, 1}))
      .set("hedge_after", kShort)
      .streaming();
  row(t, "late first token, hedged", {"late-token?ms=9000", ""},
      served_by(1, {1, 1}).lower_bound(true))
      .set("hedge_after", kShort)
      .streaming()
      .plan("openrouter=late-token?ms=9000");
  row(t, "late first token with comments, hedged", {"late-token?ms=9000&comments=50", ""},
      served_by(1, {1, 1}))
      .set("hedge_after", kShort)
      .streaming()
      .plan("openrouter=late-token?ms=9000");
  row(t, "late first token, the hedge is later", {"late-token?ms=2500", "late-token?ms=9000"},
      served_by(0, {1, 1}))
      .set("hedge_after", kShort)
      .streaming()
      .plan("openrouter=late-token?ms=2500,openai=late-token?ms=9000");
  row(t, "late first token with comments", {"late-token?ms=9000&comments=50", ""},
      served_by(1, {1, 1}))
      .set("first_token_timeout", kShort)
      .streaming()
      .plan("openrouter=late-token?ms=9000,openai=ok");
  row(t, "a trickle of bytes", {"slow?size=1&ms=20", ""}, served_by(1, {1, 1}))
      .set("first_token_timeout", kShort)
      .streaming();
}

void stalls(Table& t) {
  row(t, "stall after 10, text agrees", {"stall?after=10", ""}, served_by(1, {1, 1}))
      .set("idle_timeout", kShort)
      .plan("openrouter=stall?after=10");
  row(t, "stall after 10, text differs", {"stall?after=10", Target().says(kOther)},
      refused({kTimeout}, {{2, 3}, 1}).within(milliseconds(2'000), kSoon))
      .set("idle_timeout", kShort)
      .plain(served_by(1, {1, 1}))
      .plan("openrouter=stall?after=10,openai=differs");
  row(t, "stall after 10 with comments", {"stall?after=10&comments=50", ""}, served_by(1, {1, 1}))
      .set("progress_timeout", kShort)
      .streaming();
  row(t, "single bytes after 10, text agrees", {"trickle?after=10", ""}, served_by(1, {1, 1}))
      .set("progress_timeout", kShort)
      .streaming();
  row(t, "single bytes after 10, text differs", {"trickle?after=10", Target().says(kOther)},
      refused({kTimeout}, {{2, 3}, 1}).within(milliseconds(2'000), kSoon))
      .set("progress_timeout", kShort)
      .streaming();
  row(t, "a body of single bytes, not streamed", {"trickle", ""}, served_by(1, {1, 1}))
      .set("non_stream_timeout", kShort)
      .on({Host::kCliPlain, Host::kServePlain});
  row(t, "stall before the first token", {"stall?after=0", ""}, served_by(1, {1, 1}))
      .set("first_token_timeout", kShort)
      .streaming()
      .plan("openrouter=stall?after=0");
}

void outages(Table& t) {
  Outage outage;
  outage.lasts = milliseconds(3'000);
  outage.every = milliseconds(200);
  row(t, "an outage under a trickle of calls", {"503?for=3000", ""}, served_by(0, {0, 0}))
      .plays([outage](Stage& stage, Host host) { return play_outage(stage, host, outage); })
      .on({Host::kStream, Host::kBlock, Host::kServe});
  row(t, "a shell loop that shares health", {"503", ""}, served_by(1, {0, 0}))
      .share_health()
      .plays([](Stage& stage, Host host) { return play_shell_loop(stage, host, 6, 9); })
      .on({Host::kCli, Host::kCliJson, Host::kCliPlain});
}

/// Everything scaled down, but for what a busy machine may take.
void shorten(Scenario& scenario) {
  const std::map<std::string, std::string> base{
      {"backoff_base", "\"40ms\""},      {"backoff_max", "\"160ms\""},
      {"retry_after_max", "\"2500ms\""}, {"wait_max", "\"3s\""},
      {"finish_grace", "\"200ms\""},     {"hedge_after", "\"off\""},
      {"connect_timeout", "\"5s\""},     {"head_timeout", "\"6s\""},
      {"non_stream_timeout", "\"6s\""},  {"first_token_timeout", "\"6s\""},
      {"idle_timeout", "\"6s\""},        {"progress_timeout", "\"6s\""},
      {"deadline", "\"15s\""},
  };
  scenario.chain.insert(base.begin(), base.end());
}

}  // namespace

std::vector<Scenario> fast_scenarios() {
  Table table;
  add_common(table);
  add_shapes(table);
  rate_limits(table);
  silences(table);
  stalls(table);
  outages(table);
  for (Scenario& scenario : table) shorten(scenario);
  return table;
}

}  // namespace prx::faults
