// What start makes of requests that are odd, and how long it takes.
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

/// Longer than this is blocking: a loop serves hundreds of operations.
constexpr milliseconds kStartMax{100};
/// Of several starts one may be slow for reasons of the machine.
constexpr int kStartsOfOne = 3;

void check_works(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  trial.expect(!subject.note.operations.empty(), "the note names operations", "it names none");
  const auto all = all_cases(session, trial);
  if (all.empty()) return;
  for (const Case& one : all) {
    trial.at(one.name);
    const bool ends = one.outcome.ended || one.outcome.refused;
    trial.expect(ends, "the operation ends", one.outcome.summary());
    if (!one.http())
      trial.expect(one.outcome.done(), "an operation that asks no server ends with DONE",
                   one.outcome.summary());
  }
}

void check_does_not_block(const Subject& subject, Trial& trial) {
  constexpr const char* kReturns =
      "start returns within 100 ms: what takes longer is a worker's, or declared as slow_start";
  expect_quick_first_time(subject, trial, Span::kStart, kStartMax, kReturns);
  Session session(subject);
  if (!ready(session, trial)) return;
  const auto all = all_cases(session, trial);
  if (all.empty()) return;
  for (const Case& one : all) {  // which has started each of them once already
    trial.at(one.name);
    CallOutcome fastest = session.run(one.spec, one.script());
    for (int i = 1; i < kStartsOfOne && fastest.start_time > kStartMax; ++i) {
      CallOutcome again = session.run(one.spec, one.script());
      if (again.start_time < fastest.start_time) fastest = std::move(again);
    }
    const auto took = std::chrono::duration_cast<milliseconds>(fastest.start_time);
    trial.expect(took <= kStartMax, kReturns, "it took " + std::to_string(took.count()) + " ms");
  }
}

void check_unknown_operation(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  for (const std::uint32_t op : {0u, 7u, 99u, 4'711u, 0xFFFFFFFFu}) {
    trial.at("operation " + std::to_string(op));
    CallSpec spec = spec_for(subject, "chat", true);
    spec.op = op;
    const CallOutcome outcome = session.run(spec, Script());
    const bool typed =
        outcome.error() != nullptr && outcome.error()->error_class == ErrorClass::kUnsupported;
    trial.expect(typed, "an operation that it does not know ends as PRX_E_UNSUPPORTED",
                 outcome.summary());
  }
}

/// The operations that a host may ask for, and that the note does not name.
void check_unnamed_operation(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  for (const std::string name : {"chat", "models", "health", "warmup", "account", "call"}) {
    const auto& named = subject.note.operations;
    if (std::find(named.begin(), named.end(), name) != named.end()) continue;
    trial.at(name + ", which the note does not name");
    const CallOutcome outcome = session.run(spec_for(subject, name, false), Script());
    trial.expect(outcome.ended || outcome.refused, "it ends", outcome.summary());
  }
  trial.expect(true, "", "");
}

void check_unknown_flags(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  const auto all = all_cases(session, trial);
  if (all.empty()) return;
  for (const Case& one : all) {
    trial.at(one.name + ", with unknown flags");
    CallSpec spec = one.spec;
    spec.flags |= ~(PRX_RF_STREAM | PRX_RF_WANT_FRAME);
    const CallOutcome outcome = session.run(spec, one.script());
    trial.expect(same(subject, one, outcome), "unknown flags of a request are ignored",
                 difference(one.outcome, outcome));
  }
}

/// JSON that no caller would send, and that a host may pass on.
std::vector<std::pair<const char*, std::string>> odd_bodies() {
  return {
      {"an empty object", "{}"},
      {"an array", "[]"},
      {"null", "null"},
      {"a number", "-1e308"},
      {"messages that are no array", R"({"model":5,"messages":"x","stream":"y"})"},
      {"members of odd kinds", R"({"model":null,"messages":[null,1,{}],"tools":{},"n":"1"})"},
      {"deep nesting", std::string(400, '[') + std::string(400, ']')},
      {"a deep member", R"({"messages":)" + std::string(400, '[') + std::string(400, ']') + "}"},
      {"a megabyte of text", R"({"model":"m","messages":[{"role":"user","content":")" +
                                 std::string(1u << 20, 'x') + R"("}]})"},
      {"escapes",
       R"({"mod\u0065l":"\ud83d\ude42","messages":[{"role":"user","content":"\u0000"}]})"}};
}

void check_odd_bodies(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  const auto all = chats(cases(session));
  const Script script = all.empty() ? Script() : all.front().script();
  for (const auto& [name, body] : odd_bodies()) {
    trial.at(std::string("a chat whose body is ") + name);
    CallSpec spec = spec_for(subject, "chat", true);
    spec.body = body;
    const CallOutcome outcome = session.run(spec, script);
    trial.expect(outcome.ended || outcome.refused, "it ends, well or with a typed error",
                 outcome.summary());
    const bool bug =
        outcome.error() != nullptr && outcome.error()->error_class == ErrorClass::kInternal;
    trial.expect(!bug, "JSON of an odd shape is no bug of the plugin", outcome.summary());
  }
}

constexpr Rule kRules[] = {
    {"operation.works", "Each operation of the note ends, and those without a server end well.",
     "prx/plugin.h, ELF note, operations", false, "", seconds(20), check_works},
    {"start.does-not-block", "start returns at once.", "prx/plugin.h, prx_provider::start", false,
     "slow_start", seconds(20), check_does_not_block},
    {"start.unknown-operation", "An unknown operation ends as PRX_E_UNSUPPORTED.",
     "prx/plugin.h, prx_request::op", false, "", seconds(20), check_unknown_operation},
    {"start.unnamed-operation", "An operation that the note does not name ends, too.",
     "prx/plugin.h, prx_provider::start", false, "", seconds(20), check_unnamed_operation},
    {"start.unknown-flags", "Unknown flags of a request are ignored.", "prx/plugin.h, How it grows",
     false, "random_answers", seconds(20), check_unknown_flags},
    {"start.odd-bodies", "A body of an odd shape ends the operation as any other does.",
     "prx/plugin.h, prx_request::body", false, "", seconds(20), check_odd_bodies},
};

}  // namespace

std::span<const Rule> start_rules() { return kRules; }

}  // namespace prx::check
