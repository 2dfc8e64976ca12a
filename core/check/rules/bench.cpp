#include "check/rules/bench.hpp"

#include <malloc.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace prx::check {
namespace {

std::vector<const Sample*> samples_of(const Subject& subject, const std::string& operation) {
  std::vector<const Sample*> out;
  for (const Sample& sample : subject.samples)
    if (sample.op == operation) out.push_back(&sample);
  return out;
}

Case case_of(Session& session, const std::string& operation, const Sample& sample) {
  Case one{operation + " '" + sample.name + "'",
           spec_for(session.subject(), operation, sample.stream),
           &sample,
           {}};
  one.outcome = session.run(one.spec, whole(sample));
  return one;
}

/// An operation that needs no server; a chat streams, and not.
void add_local(Session& session, const std::string& operation, std::vector<Case>& out) {
  for (const bool stream : {true, false}) {
    Case one{operation, spec_for(session.subject(), operation, stream), nullptr, {}};
    if (operation == "chat") one.name += stream ? ", streaming" : ", whole";
    one.outcome = session.run(one.spec, Script());
    out.push_back(std::move(one));
    if (operation != "chat") return;
  }
}

std::string first_line(const std::string& text, std::size_t number) {
  std::istringstream lines(text);
  std::string line;
  for (std::size_t i = 0; i <= number; ++i)
    if (!std::getline(lines, line)) return "nothing";
  return line.substr(0, 200);
}

}  // namespace

bool ready(Session& session, Trial& trial) {
  return session.ready() ||
         trial.expect(false, "the plugin loads and makes an instance", session.problem());
}

std::string misfit(const Sample& sample, const CallOutcome& outcome) {
  if (sample.error.empty()) {
    if (!outcome.done()) return outcome.summary();
    if (sample.text && outcome.text() != *sample.text)
      return "the text is \"" + outcome.text().substr(0, 200) + "\"";
    return "";
  }
  const Error* const error = outcome.error();
  return error != nullptr && to_string(error->error_class) == sample.error ? "" : outcome.summary();
}

bool fits(const Sample& sample, const CallOutcome& outcome) {
  return misfit(sample, outcome).empty();
}

bool asks_server(Session& session, const std::string& operation) {
  return session.run(spec_for(session.subject(), operation, true), Script()).exchanges > 0;
}

std::vector<Case> cases(Session& session) {
  std::vector<Case> out;
  for (const std::string& operation : session.subject().note.operations) {
    if (operation_code(operation) == 0) continue;
    if (!asks_server(session, operation)) {
      add_local(session, operation, out);
      continue;
    }
    for (const Sample* const sample : samples_of(session.subject(), operation)) {
      Case one = case_of(session, operation, *sample);
      if (fits(*sample, one.outcome)) out.push_back(std::move(one));
    }
  }
  return out;
}

std::vector<Case> all_cases(Session& session, Trial& trial) {
  std::vector<Case> all = cases(session);
  if (all.empty()) trial.not_applicable("it understands no answer; see answer.samples");
  return all;
}

std::vector<Case> good_http_cases(Session& session, Trial& trial) {
  std::vector<Case> all = cases(session);
  std::erase_if(all, [](const Case& one) { return !one.http() || !one.outcome.done(); });
  if (!all.empty()) return all;
  const auto& operations = session.subject().note.operations;
  const bool asks = std::any_of(operations.begin(), operations.end(), [&](const auto& operation) {
    return operation_code(operation) != 0 && asks_server(session, operation);
  });
  trial.not_applicable(asks ? "it understands no answer; see answer.samples" : "it sends no HTTP");
  return all;
}

std::size_t heap_in_use() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void expect_a_start(Trial& trial) {
  if (trial.expectations() == 0)
    trial.not_applicable("no operation starts; see operation.works and answer.samples");
}

std::vector<Case> chats(const std::vector<Case>& cases) {
  std::vector<Case> out;
  for (const Case& one : cases)
    if (one.spec.op == PRX_OP_CHAT) out.push_back(one);
  return out.empty() ? cases : out;
}

void expect_none(Trial& trial, World& world, std::initializer_list<Breach> kinds) {
  bool clean = true;
  for (const Observed& seen : world.breaches.take()) {
    if (std::find(kinds.begin(), kinds.end(), seen.breach) == kinds.end()) continue;
    clean = trial.expect(false, expected_of(seen.breach), seen.what);
  }
  if (clean) trial.expect(true, "", "");
}

bool same(const Subject& subject, const Case& one, const CallOutcome& other) {
  if (one.http() || !subject.quirks.random_answers) return one.outcome.digest() == other.digest();
  const auto class_of = [](const CallOutcome& outcome) {
    return outcome.error() != nullptr ? outcome.error()->error_class : ErrorClass();
  };
  return one.outcome.done() == other.done() && class_of(one.outcome) == class_of(other);
}

std::string difference(const CallOutcome& expected, const CallOutcome& happened) {
  const std::string wanted = expected.digest(), got = happened.digest();
  std::size_t line = 0;
  const auto at = std::mismatch(wanted.begin(), wanted.end(), got.begin(), got.end());
  line = static_cast<std::size_t>(std::count(wanted.begin(), at.first, '\n'));
  return "\"" + first_line(got, line) + "\" instead of \"" + first_line(wanted, line) + "\"";
}

}  // namespace prx::check
