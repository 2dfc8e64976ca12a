// How long the plugin holds a loop, whatever is called of it.
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

#include "check/rules/bench.hpp"
#include "check/rules/operation_rules.hpp"
#include "os/descriptor.hpp"

namespace prx::check {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A loop serves hundreds of operations, and none of them goes on meanwhile.
constexpr milliseconds kHoldMax{250};
/// Of several times one may be slow for reasons of the machine.
constexpr int kTimes = 3;

constexpr std::string_view kReturnsSoon =
    "each call on a loop returns within 250 ms: what takes longer is a worker's";

/// What a process tells of the operation that was its first.
struct FirstHold {
  std::int64_t ns = 0;
  char entry[48] = {};  ///< as that of Hold
};

/// In the process of that operation, of which nothing is left.
[[noreturn]] void tell_first_hold(const Subject& subject, const CallSpec& spec,
                                  const Script& script, Span span, int to) {
  Session session(subject);
  FirstHold told;
  if (session.ready()) {
    LoopWatch& watch = session.world().watch;
    watch.turn_on();
    const auto call = session.call(spec, script);
    const bool runs = call->start(session.instance());
    if (runs && span == Span::kWhole) static_cast<void>(call->run());
    told.ns = watch.longest().time.count();
    watch.longest().entry.copy(told.entry, sizeof told.entry - 1);
    static_cast<void>(::write(to, &told, sizeof told));
    ::_exit(0);  // before the call is undone: whoever hangs there is another rule's
  }
  ::_exit(1);
}

/// The longest call of it; none when its process said nothing: that is for the rules of what it
/// does.
Hold first_hold(const Subject& subject, const CallSpec& spec, const Script& script, Span span) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const os::Descriptor reader(ends[0]);
  os::Descriptor writer(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) tell_first_hold(subject, spec, script, span, writer.get());
  writer.reset();
  FirstHold told;
  const bool is_told = child > 0 && ::read(reader.get(), &told, sizeof told) == sizeof told;
  while (child > 0 && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  return is_told ? Hold{std::chrono::nanoseconds(told.ns), told.entry} : Hold();
}

/// What the server says to it, if anything is known of that.
Script answer_to(const Subject& subject, const std::string& operation, bool stream) {
  for (const Sample& sample : subject.samples)
    if (sample.op == operation && sample.stream == stream && sample.error.empty())
      return whole(sample);
  return {};
}

/// Runs it until a call was held for too long, or to its end. \return the longest call
Hold longest_of(Session& session, const CallSpec& spec, const Script& script) {
  LoopWatch& watch = session.world().watch;
  watch.forget();
  const auto call = session.call(spec, script);
  if (!call->start(session.instance())) return watch.longest();
  call->run_while([&watch] { return watch.longest().time <= kHoldMax; });
  if (!call->ended()) call->cancel();
  if (call->run_for(Call::kGrace)) call->release();
  return watch.longest();
}

/// \return whether nothing holds the loop
bool look(Session& session, Trial& trial, const std::string& at, const CallSpec& spec,
          const Script& script) {
  trial.at(at);
  Hold hold = longest_of(session, spec, script);
  for (int i = 1; i < kTimes && hold.time > kHoldMax; ++i) {
    Hold again = longest_of(session, spec, script);
    if (again.time < hold.time) hold = std::move(again);
  }
  const auto took = std::chrono::duration_cast<milliseconds>(hold.time);
  return trial.expect(hold.time <= kHoldMax, kReturnsSoon,
                      hold.entry + " held it for " + std::to_string(took.count()) + " ms");
}

/// As it is, cut to pieces and cancelled, rejected and broken. \return whether nothing holds the
/// loop
bool look_at_case(Session& session, Trial& trial, const Case& one) {
  CallSpec cancelled = one.spec, inside = one.spec;
  cancelled.cancel_after = 1;
  inside.cancel_inside = 1;
  const Script slow = one.http() ? pieces(*one.sample, 40, seconds(1)) : Script();
  if (!look(session, trial, one.name, one.spec, one.script()) ||
      !look(session, trial, one.name + ", cancelled after its first event", cancelled, slow) ||
      !look(session, trial, one.name + ", cancelled inside its first event", inside, slow))
    return false;
  if (!one.http()) return true;
  Sample refused = *one.sample;
  refused.status = 503;
  refused.body = "Later.";
  return look(session, trial, one.name + ", answered with status 503", one.spec, whole(refused)) &&
         look(session, trial, one.name + ", without a connection", one.spec,
              broken(PRX_E_NETWORK, PRX_PHASE_CONNECT));
}

void check_loop(const Subject& subject, Trial& trial) {
  expect_quick_first_time(subject, trial, Span::kWhole, kHoldMax, kReturnsSoon);
  if (!trial.findings().empty()) return;
  Session session(subject);
  if (!ready(session, trial)) return;
  const auto all = all_cases(session, trial);  // which has run each of them once already
  if (all.empty()) return;
  session.world().watch.turn_on();
  for (const Case& one : all)
    if (!look_at_case(session, trial, one)) return;
}

constexpr Rule kRules[] = {
    {"loop.not-held", "No call of the plugin holds its loop.", "prx/plugin.h, Threads", false,
     "slow_start", seconds(20), check_loop},
};

}  // namespace

void expect_quick_first_time(const Subject& subject, Trial& trial, Span span, milliseconds limit,
                             std::string_view expected) {
  if (subject.quirks.slow_start) return;
  for (const std::string& operation : subject.note.operations)
    for (const bool stream : {true, false}) {
      if (operation_code(operation) == 0 || (stream && operation != "chat")) continue;
      const std::string how = stream ? ", streaming" : ", whole";
      trial.at(operation + (operation == "chat" ? how : "") + ", as the first operation");
      const CallSpec spec = spec_for(subject, operation, stream);
      const Script script = answer_to(subject, operation, stream);
      Hold hold = first_hold(subject, spec, script, span);
      for (int i = 1; i < kTimes && hold.time > limit; ++i) {
        Hold again = first_hold(subject, spec, script, span);
        if (again.time < hold.time) hold = std::move(again);
      }
      const auto took = std::chrono::duration_cast<milliseconds>(hold.time);
      if (!trial.expect(hold.time <= limit, expected,
                        hold.entry + " held it for " + std::to_string(took.count()) + " ms"))
        return;
    }
}

std::span<const Rule> hold_rules() { return kRules; }

}  // namespace prx::check
