// The table of the full profile: the defaults, real durations.
#include "faults/outage.hpp"
#include "faults/tables.hpp"

namespace prx::faults {

namespace {

using enum ErrorClass;
using std::chrono::seconds;

const std::string kOther = answer_text('x');

void rate_limits(Table& t) {
  row(t, "429, Retry-After 2, once", {"429?retry_after=2&times=1", ""},
      served_by(0, {2, 0}).spaced(seconds(2)).within(seconds(2), seconds(8)))
      .plan("openrouter=429?retry_after=2&times=1");
  row(t, "429, Retry-After 2, persistent", {"429?retry_after=2", ""},
      served_by(1, {3, 1}).spaced(seconds(2)).within(seconds(4), seconds(10)))
      .plan("openrouter=429?retry_after=2");
  row(t, "429, persistent", {"429", ""},
      served_by(1, {3, 1}).spaced(seconds(1)).within(seconds(3), seconds(9)))
      .plan("openrouter=429");
  row(t, "429 everywhere", {"429", "429"},
      refused({kRateLimit}, {{1, 4}, {1, 4}}).spaced(seconds(1)).within(seconds(1), seconds(60)))
      .plan("openrouter=429,openai=429");
  row(t, "429, Retry-After 30, a fallback", {"429?retry_after=30", ""}, served_by(1, {1, 1}))
      .plan("openrouter=429?retry_after=30");
  row(t, "429, Retry-After 30, nobody else", {"429?retry_after=30&times=1"},
      served_by(0, {2}).spaced(seconds(30)).within(seconds(30), seconds(38)))
      .plan("openrouter=429?retry_after=30&times=1");
  row(t, "429, Retry-After 90, nobody else", {"429?retry_after=90"}, refused({kRateLimit}, {1}))
      .plan("openrouter=429?retry_after=90");
}

void silences(Table& t) {
  row(t, "accept and silence", {"silence", ""},
      served_by(1, {1, 1}).within(seconds(10), seconds(18)))
      .streaming()
      .plan("openrouter=silence");
  row(t, "accept and silence, no hedge", {"silence", ""},
      served_by(1, {1, 1}).within(seconds(30), seconds(38)))
      .set("hedge_after", "\"off\"")
      .streaming()
      .plan("openrouter=silence");
  row(t, "silence everywhere", {"silence", "silence"},
      refused({kTimeout}, {1, 1}).within(seconds(35), seconds(48)))
      .streaming()
      .plan("openrouter=silence,openai=silence");
  row(t, "first token after 20 s", {"late-token?ms=20000", ""},
      served_by(1, {1, 1}).within(seconds(10), seconds(15)))
      .streaming()
      .plan("openrouter=late-token?ms=20000");
  row(t, "head after 20 s", {"late-head?ms=20000", ""},
      served_by(1, {1, 1}).within(seconds(10), seconds(15)))
      .streaming();
  row(t, "first token after 20 s, nobody else", {"late-token?ms=20000"},
      served_by(0, {1}).within(seconds(20), seconds(28)))
      .streaming()
      .plan("openrouter=late-token?ms=20000");
  row(t, "120 s without a first token, no hedge", {"late-token?ms=300000&comments=1000", ""},
      served_by(1, {1, 1}).within(seconds(119), seconds(130)))
      .set("hedge_after", "\"off\"")
      .streaming()
      .plan("openrouter=late-token?ms=300000");
}

void stalls(Table& t) {
  row(t, "stall of 30 s after 10, text agrees", {"stall?after=10", ""},
      served_by(1, {1, 1}).within(seconds(29), seconds(40)))
      .plan("openrouter=stall?after=10");
  row(t, "stall of 30 s after 10, text differs", {"stall?after=10", Target().says(kOther)},
      refused({kTimeout}, {{2, 3}, 1}).within(seconds(29), seconds(110)))
      .plain(served_by(1, {1, 1}).within(seconds(29), seconds(40)))
      .plan("openrouter=stall?after=10,openai=differs");
  row(t, "120 s of single bytes after 10", {"trickle?after=10", ""},
      served_by(1, {1, 1}).within(seconds(119), seconds(130)))
      .streaming();
  row(t, "120 s of comments after 10", {"stall?after=10&comments=1000", ""},
      served_by(1, {1, 1}).within(seconds(119), seconds(130)))
      .streaming();
}

void outages(Table& t) {
  row(t, "60 s of 503, a call every 4 s", {"503?for=60000", ""}, served_by(0, {0, 0}))
      .plays([](Stage& stage, Host host) { return play_outage(stage, host, Outage()); })
      .on({Host::kStream, Host::kBlock, Host::kServe});
  row(t, "60 s of silence, a call every 4 s", {"silence?for=60000", ""}, served_by(0, {0, 0}))
      .plays([](Stage& stage, Host host) { return play_outage(stage, host, Outage()); })
      .on({Host::kStream, Host::kBlock, Host::kServe});
}

}  // namespace

std::vector<Scenario> full_scenarios() {
  Table table;
  add_common(table);
  add_shapes(table);
  rate_limits(table);
  silences(table);
  stalls(table);
  outages(table);
  return table;
}

}  // namespace prx::faults
