// The table of the fast profile.
#include "faults/outage.hpp"
#include "faults/tables.hpp"

namespace prx::faults {

namespace {

using enum ErrorClass;

const std::string kOther = answer_text('x');

void rate_limits(Table& t) {
  row(t, "429, Retry-After, once", {"429?retry_after=0.3&times=1", ""},
      served_by(0, {2, 0}).spaced(milliseconds(300)).lower_bound(false))
      .plan("openrouter=429:retry-after=0.3*1");
  for (const char* form : {"ms", "reset", "body"})
    row(t, std::string("429, Retry-After as ") + form + ", once",
        {std::string("429?retry_after=0.3&times=1&form=") + form, ""},
        served_by(0, {2, 0}).spaced(milliseconds(290)));
  row(t, "429, Retry-After as a date, once", {"429?retry_after=1&times=1&form=date", ""},
      served_by(0, {2, 0}));
  row(t, "429, Retry-After, persistent", {"429?retry_after=0.2", ""},
      served_by(1, {3, 1}).spaced(milliseconds(200)))
      .plan("openrouter=429:retry-after=0.2");
  row(t, "429, long Retry-After", {"429?retry_after=30", ""},
      served_by(1, {1, 1}).within(milliseconds(0), milliseconds(4'000)))
      .plan("openrouter=429:retry-after=30");
  row(t, "429, long Retry-After, nobody else", {"429?retry_after=30"},
      refused({kRateLimit}, {1}).within(milliseconds(0), milliseconds(4'000)))
      .plan("openrouter=429:retry-after=30");
  row(t, "429, once", {"429?times=1", ""}, served_by(0, {2, 0}).spaced(milliseconds(1'000)))
      .plan("openrouter=429*1");
  row(t, "429, persistent", {"429", ""}, served_by(1, {3, 1}).spaced(milliseconds(1'000)))
      .plan("openrouter=429");
}

void silences(Table& t) {
  row(t, "accept and silence", {"silence", ""}, served_by(1, {1, 1}).lower_bound(true))
      .set("head_timeout", "\"400ms\"")
      .set("non_stream_timeout", "\"400ms\"")
      .plan("openrouter=silence");
  row(t, "accept and silence, hedged", {"silence", ""}, served_by(1, {1, 1}).lower_bound(true))
      .set("hedge_after", "\"200ms\"")
      .set("non_stream_timeout", "\"400ms\"")
      .plan("openrouter=silence");
  row(t, "silence everywhere", {"silence", "silence"},
      refused({kTimeout}, {1, {0, 1}}).within(milliseconds(700), milliseconds(4'000)))
      .set("hedge_after", "\"200ms\"")
      .set("connect_timeout", "\"700ms\"")
      .set("deadline", "\"800ms\"")
      .plan("openrouter=silence,openai=silence");
  row(t, "late head, hedged", {"late-head?ms=9000", ""}, served_by(1, {1, 1}))
      .set("hedge_after", "\"200ms\"")
      .streaming();
  row(t, "late first token, hedged", {"late-token?ms=9000", ""},
      served_by(1, {1, 1}).lower_bound(true))
      .set("hedge_after", "\"200ms\"")
      .streaming()
      .plan("openrouter=late=9s");
  row(t, "late first token with comments, hedged", {"late-token?ms=9000&comments=50", ""},
      served_by(1, {1, 1}))
      .set("hedge_after", "\"200ms\"")
      .streaming()
      .plan("openrouter=late=9s");
  row(t, "late first token, the hedge is later", {"late-token?ms=800", "late-token?ms=9000"},
      served_by(0, {1, 1}))
      .set("hedge_after", "\"200ms\"")
      .streaming()
      .plan("openrouter=late=800ms,openai=late=9s");
  row(t, "late first token with comments", {"late-token?ms=9000&comments=50", ""},
      served_by(1, {1, 1}))
      .set("first_token_timeout", "\"600ms\"")
      .streaming()
      .plan("openrouter=late=9s,openai=ok");
  row(t, "a trickle of bytes", {"slow?size=1&ms=20", ""}, served_by(1, {1, 1}))
      .set("first_token_timeout", "\"600ms\"")
      .streaming();
}

void stalls(Table& t) {
  row(t, "stall after 10, text agrees", {"stall?after=10", ""}, served_by(1, {1, 1}))
      .set("idle_timeout", "\"400ms\"")
      .plan("openrouter=stall@10");
  row(t, "stall after 10, text differs", {"stall?after=10", Target().says(kOther)},
      refused({kTimeout}, {{2, 3}, 1}))
      .set("idle_timeout", "\"400ms\"")
      .plain(served_by(1, {1, 1}))
      .plan("openrouter=stall@10,openai=differs");
  row(t, "stall after 10 with comments", {"stall?after=10&comments=50", ""}, served_by(1, {1, 1}))
      .set("progress_timeout", "\"500ms\"")
      .streaming();
  row(t, "stall before the first token", {"stall?after=0", ""}, served_by(1, {1, 1}))
      .set("first_token_timeout", "\"400ms\"")
      .streaming()
      .plan("openrouter=stall@0");
}

void outages(Table& t) {
  Outage outage;
  outage.lasts = milliseconds(3'000);
  outage.every = milliseconds(200);
  row(t, "an outage under a trickle of calls", {"503?for=3000", ""}, served_by(0, {0, 0}))
      .plays([outage](Stage& stage, Host host) { return play_outage(stage, host, outage); })
      .on({Host::kStream, Host::kBlock});
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
  rate_limits(table);
  silences(table);
  stalls(table);
  outages(table);
  for (Scenario& scenario : table) shorten(scenario);
  return table;
}

}  // namespace prx::faults
