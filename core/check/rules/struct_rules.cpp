// Structs at the edge of a page, structs of a later minor, what is borrowed, and hosts with less.
#include <string>
#include <utility>

#include "check/rules/bench.hpp"
#include "check/rules/table_rules.hpp"
#include "prx/sdk/abi.hpp"

namespace prx::check {
namespace {

using std::chrono::seconds;

/// Each case again on a host that lends so; a plugin that touches more than it was lent crashes,
/// and the report names the case.
void check_lending(const Subject& subject, Trial& trial, Lending lending, const std::string& how) {
  Session plain(subject);
  if (!ready(plain, trial)) return;
  const auto expected = all_cases(plain, trial);
  if (expected.empty()) return;
  trial.at("init and create, " + how);
  SessionOptions options;
  options.lending = lending;
  Session session(subject, options);
  if (!ready(session, trial)) return;
  trial.at("describe, " + how);
  static_cast<void>(session.describe());
  for (const Case& one : expected) {
    trial.at(one.name + ", " + how);
    const Script script = one.http() ? pieces(*one.sample, 64) : Script();
    const CallOutcome outcome = session.run(one.spec, script);
    trial.expect(same(subject, one, outcome), "the operation ends as on any other host",
                 difference(one.outcome, outcome));
    static_cast<void>(session.run(one.spec, broken(PRX_E_NETWORK, PRX_PHASE_CONNECT)));
  }
  trial.expect(session.host().lender().canaries_live(), "what the host lends is not written to",
               "prx_host or a service's table was changed behind its end");
  expect_none(trial, session.world(), {Breach::kServiceArguments});
}

void check_edge(const Subject& subject, Trial& trial) {
  check_lending(subject, trial, Lending::kEdge,
                "each struct and each text ending at an unreadable page");
}

void check_future(const Subject& subject, Trial& trial) {
  check_lending(subject, trial, Lending::kCanary, "structs of a later minor, larger");
  check_lending(subject, trial, Lending::kFuture,
                "structs of a later minor, whose new part is unreadable");
}

/// What was lent for a call is unreadable once it returned; slowly, so that the plugin is called
/// again later.
void check_borrowed(const Subject& subject, Trial& trial) {
  Session plain(subject);
  if (!ready(plain, trial)) return;
  const auto expected = all_cases(plain, trial);
  SessionOptions options;
  options.lending = Lending::kBorrowed;
  Session session(subject, options);
  if (expected.empty() || !ready(session, trial)) return;
  for (const Case& one : expected) {
    trial.at(one.name + ", what was borrowed for start and for each piece unreadable afterwards");
    const Script script =
        one.http() ? pieces(*one.sample, 16, std::chrono::milliseconds(50)) : Script();
    const CallOutcome outcome = session.run(one.spec, script);
    trial.expect(same(subject, one, outcome), "nothing that was borrowed is kept",
                 difference(one.outcome, outcome));
  }
}

void check_missing(const Subject& subject, Trial& trial) {
  for (const std::string id : {PRX_LOG_ID, PRX_HTTP_ID, PRX_EXEC_ID, PRX_SECRET_ID}) {
    trial.at("a host without " + id);
    SessionOptions options;
    options.missing = {id};
    Session session(subject, options);
    const auto& refused = session.refused();
    trial.expect(session.ready() || refused.has_value(),
                 "create works, or fails with a typed error", session.problem());
    if (!session.ready()) continue;
    for (const std::string& operation : subject.note.operations) {
      const CallOutcome outcome = session.run(spec_for(subject, operation, true), Script());
      trial.expect(outcome.ended || outcome.refused, operation + " ends, well or not",
                   outcome.summary());
    }
  }
}

/// One service that a host refuses an operation.
struct Refusal {
  Service service;
  const char* what;
};
constexpr Refusal kRefusals[] = {{Service::kSpawn, "worker"},
                                 {Service::kTimer, "timer"},
                                 {Service::kSend, "request"},
                                 {Service::kPost, "posted task"}};
constexpr std::size_t kRefusedFromMax = 4;  ///< which of an operation's calls is the first refused

/// \return whether the operation came to what was to be refused
bool check_refusal(Session& session, Trial& trial, const Case& one, CallSpec spec,
                   const Script& script) {
  const auto call = session.call(std::move(spec), script);
  const bool started = call->start(session.instance());
  call->run_while([&call] { return !call->was_refused(); });
  const bool was_refused = call->was_refused();
  if (was_refused) {
    const bool ends = !started || call->run_for(Call::kGrace);
    const CallOutcome outcome = call->outcome();
    trial.expect(ends, "the operation ends within a second of the refusal", outcome.summary());
    trial.expect(!outcome.done() || same(session.subject(), one, outcome),
                 "it ends with an error, or says what it says otherwise",
                 difference(one.outcome, outcome));
  }
  if (call->ended()) call->release();
  return was_refused;
}

void check_refusals(Session& session, Trial& trial, const Case& one, const Script& script) {
  for (const auto& [service, what] : kRefusals)
    for (std::size_t from = 1; from <= kRefusedFromMax; ++from) {
      trial.at(one.name + ", refused its " + what + " number " + std::to_string(from) +
               " and all after it");
      CallSpec spec = one.spec;
      spec.refused = service;
      spec.refused_from = from;
      if (!check_refusal(session, trial, one, std::move(spec), script)) break;
    }
}

void check_refused(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  const auto all = all_cases(session, trial);
  if (all.empty()) return;
  for (const Case& one : all) {
    check_refusals(session, trial, one, one.script());
    if (!one.http()) continue;
    Sample busy = *one.sample;
    busy.status = 503;
    Case rejected = one;
    rejected.name += ", answered with status 503";
    rejected.outcome = session.run(one.spec, whole(busy));
    check_refusals(session, trial, rejected, whole(busy));
  }
  if (trial.expectations() == 0)
    trial.not_applicable("it asks for no worker, no timer, no request and no posted task");
}

constexpr Rule kRules[] = {
    {"struct.size-is-kept", "No struct is read or written behind its size, no text behind its end.",
     "prx/plugin.h, How it grows", false, "random_answers", seconds(20), check_edge},
    {"struct.later-minor", "A host of a later minor has larger structs, and all works.",
     "prx/plugin.h, How it grows", false, "random_answers", seconds(20), check_future},
    {"struct.borrowed", "What is borrowed for a call is not touched after it.",
     "prx/plugin.h, Ownership", false, "random_answers", seconds(20), check_borrowed},
    {"service.may-be-missing", "A host without a service gets an error, not a crash.",
     "prx/plugin.h, prx_host::service", false, "", seconds(20), check_missing},
    {"service.may-be-refused",
     "An operation whose worker, timer, request or posted task is refused ends within a second.",
     "prx/plugin.h, prx_exec", false, "random_answers", seconds(20), check_refused},
};

}  // namespace

std::span<const Rule> struct_rules() { return kRules; }

}  // namespace prx::check
