// cancel at every moment, a sink that wants no more, and release.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "check/rules/bench.hpp"
#include "check/rules/operation_rules.hpp"

namespace prx::check {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Events of one case at which a cancel is tried; longer answers have more of the same.
constexpr std::size_t kIndicesMax = 64;
constexpr const char* kEndsInTime = "the terminal event comes within a second of cancel";
/// So slow that no answer ends by itself within the second.
constexpr milliseconds kPause{10'000};

Script slowly(const Case& one) { return one.http() ? pieces(*one.sample, 24, kPause) : Script(); }

/// Runs to the `cancel` in the spec, and on for a second after it.
void expect_end_in_time(Session& session, Trial& trial, const Case& one, CallSpec spec) {
  const auto call = session.call(std::move(spec), slowly(one));
  if (!call->start(session.instance())) return;
  call->run_while([&call] { return !call->cancelled(); });
  trial.expect(call->run_for(Call::kGrace), kEndsInTime, call->outcome().summary());
  if (call->ended()) call->release();
}

void check_every_event(const Subject& subject, Trial& trial, std::size_t CallSpec::*when,
                       const std::string& how) {
  Session session(subject);
  if (!ready(session, trial)) return;
  const auto all = all_cases(session, trial);
  if (all.empty()) return;
  for (const Case& one : all) {
    const std::size_t events = std::min(one.outcome.events.size(), kIndicesMax);
    for (std::size_t index = 1; index <= events; ++index) {
      trial.at(one.name + ", cancelled " + how + " event " + std::to_string(index));
      CallSpec spec = one.spec;
      spec.*when = index;
      expect_end_in_time(session, trial, one, std::move(spec));
    }
  }
  expect_a_start(trial);
}

void check_after_event(const Subject& subject, Trial& trial) {
  check_every_event(subject, trial, &CallSpec::cancel_after, "after");
}
void check_inside_event(const Subject& subject, Trial& trial) {
  check_every_event(subject, trial, &CallSpec::cancel_inside, "inside");
}

void check_before_answer(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  const auto all = all_cases(session, trial);
  if (all.empty()) return;
  for (const Case& one : all) {
    Script silent;
    silent.head_wait = std::chrono::hours(1);
    const auto call = session.call(one.spec, silent);
    trial.at(one.name + ", cancelled at once");
    if (!call->start(session.instance())) continue;
    call->cancel();
    trial.expect(call->run_for(Call::kGrace), kEndsInTime, call->outcome().summary());
    if (call->ended()) call->release();
  }
  expect_a_start(trial);
}

void check_twice(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  const auto all = all_cases(session, trial);
  if (all.empty()) return;
  for (const Case& one : all) {
    trial.at(one.name + ", cancelled twice, and again after the end");
    const auto call = session.call(one.spec, slowly(one));
    if (!call->start(session.instance())) continue;
    call->run_while([&call] { return call->events() < 1; });
    call->cancel();
    call->cancel();
    trial.expect(call->run_for(Call::kGrace), kEndsInTime, call->outcome().summary());
    call->cancel();
    call->linger(seconds(1));
    if (call->ended()) call->release();
  }
  expect_none(trial, session.world(), {Breach::kEventAfterEnd});
}

void check_after_end(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  const auto all = all_cases(session, trial);
  if (all.empty()) return;
  for (const Case& one : all) {
    trial.at(one.name + ", cancelled after the end");
    const auto call = session.call(one.spec, one.script());
    if (!call->start(session.instance()) || !call->run()) continue;
    call->cancel();
    call->linger(seconds(1));
    trial.expect(same(subject, one, call->outcome()), "a cancel after the end is nothing",
                 difference(one.outcome, call->outcome()));
    call->release();
  }
  expect_none(trial, session.world(), {Breach::kEventAfterEnd});
}

void check_stop(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  const auto all = all_cases(session, trial);
  if (all.empty()) return;
  for (const Case& one : all) {
    trial.at(one.name + ", whose sink wants no more after the first event");
    CallSpec spec = one.spec;
    spec.stop_at = 1;
    const auto call = session.call(spec, slowly(one));
    if (!call->start(session.instance())) continue;
    call->run_while([&call] { return call->events() < 1; });
    trial.expect(call->run_for(Call::kGrace),
                 "a sink that returns other than 0 gets the terminal event soon",
                 call->outcome().summary());
    if (call->ended()) call->release();
  }
  expect_a_start(trial);
}

/// The end mark came, the connection stays open: whoever releases then must let go of it.
void check_release_in_flight(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  const auto good = good_http_cases(session, trial);
  if (good.empty()) return;
  static_cast<void>(session.world().breaches.take());
  for (const Case& one : good) {
    Script open = one.script();
    open.hangs = true;
    const auto call = session.call(one.spec, open);
    trial.at(one.name + ", released while its connection is open");
    if (!call->start(session.instance())) continue;
    if (!call->run()) call->cancel();
    if (call->run_for(Call::kGrace)) call->release();
  }
  expect_none(trial, session.world(), {Breach::kExchangeLeft});
}

constexpr const char* kCancel = "prx/plugin.h, prx_provider::cancel";

constexpr Rule kRules[] = {
    {"cancel.before-answer", "A cancel before any answer ends the operation within a second.",
     kCancel, false, "", seconds(20), check_before_answer},
    {"cancel.after-event", "A cancel after each event ends the operation within a second.", kCancel,
     false, "", seconds(20), check_after_event},
    {"cancel.inside-event", "A cancel from inside each event ends the operation within a second.",
     kCancel, false, "", seconds(20), check_inside_event},
    {"cancel.twice", "A cancel may come twice.", kCancel, false, "", seconds(20), check_twice},
    {"cancel.after-end", "A cancel after the end is nothing.", kCancel, false, "random_answers",
     seconds(20), check_after_end},
    {"sink.stop", "A sink that wants no more gets the terminal event soon.",
     "prx/plugin.h, prx_sink::event", false, "", seconds(20), check_stop},
    {"release.open-connection", "An operation is released while its connection is open.",
     "prx/plugin.h, prx_http::send", false, "", seconds(20), check_release_in_flight},
};

}  // namespace

std::span<const Rule> cancel_rules() { return kRules; }

std::span<const Rule> operation_rules() {
  static const std::vector<Rule> all = [] {
    std::vector<Rule> tables;
    for (const auto table : {start_rules(), tour_rules(), cancel_rules(), hold_rules()})
      tables.insert(tables.end(), table.begin(), table.end());
    return tables;
  }();
  return all;
}

}  // namespace prx::check
