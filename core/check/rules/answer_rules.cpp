// Bodies: as samples have them, split, slow, cut, malformed and without end.
#include "check/rules/answer_rules.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "check/rules/bench.hpp"

namespace prx::check {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What to do about an answer that the plugin does not take as the sample says.
constexpr const char* kBringAnswers =
    "; the check's own answers are of Chat Completions: write what another server answers as "
    "[[answers]] in check.toml, one for each operation";
constexpr const char* kCorrectAnswer =
    "; correct the plugin, or what check.toml says of this answer (body, stream, text)";

const char* remedy_for(const Sample& sample, bool any_works) {
  if (sample.own) return kCorrectAnswer;
  return any_works ? "" : kBringAnswers;
}

bool is_own(const Subject& subject) {
  return !subject.samples.empty() && subject.samples.front().own;
}

/// Nobody wrote down what its server says to the operation, or only errors: nothing is known of it.
std::string no_answer(const Subject& subject, const std::string& operation) {
  return is_own(subject)
             ? "not tried: check.toml is incomplete, none of its [[answers]] says what the server "
               "answers; add one with op = \"" +
                   operation + "\""
             : "there is no answer for it" + std::string(kBringAnswers);
}

void check_operation_samples(Session& session, Trial& trial, const std::string& operation) {
  const Subject& subject = session.subject();
  bool any_works = false;
  std::string problem = no_answer(subject, operation);
  for (const Sample& sample : subject.samples) {
    if (sample.op != operation || !sample.error.empty()) continue;
    const CallOutcome outcome =
        session.run(spec_for(subject, operation, sample.stream), whole(sample));
    const std::string wrong = misfit(sample, outcome);
    any_works = any_works || wrong.empty();
    problem = wrong + remedy_for(sample, any_works);
    trial.at("answer '" + sample.name + "' to " + operation);
    trial.expect(wrong.empty(),
                 "it ends with DONE" +
                     (sample.text ? ", with the text \"" + *sample.text + "\"" : std::string()),
                 problem);
  }
  trial.at(operation);
  trial.expect(any_works, "an answer makes " + operation + " end with DONE", problem);
}

void check_samples(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  std::vector<std::string> asking;
  for (const std::string& operation : subject.note.operations)
    if (operation_code(operation) != 0 && asks_server(session, operation))
      asking.push_back(operation);
  if (asking.empty()) return trial.not_applicable("it sends no HTTP");
  for (const std::string& operation : asking) check_operation_samples(session, trial, operation);
}

void check_errors_in_200(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  if (good_http_cases(session, trial).empty()) return;
  const auto& named = subject.note.operations;
  bool any = false;
  for (const Sample& sample : subject.samples) {
    if (sample.error.empty() || std::find(named.begin(), named.end(), sample.op) == named.end() ||
        !asks_server(session, sample.op))
      continue;
    any = any || sample.status < 300;
    trial.at("answer '" + sample.name + "' to " + sample.op);
    const CallOutcome outcome =
        session.run(spec_for(subject, sample.op, sample.stream), whole(sample));
    trial.expect(
        fits(sample, outcome),
        "an error under status " + std::to_string(sample.status) + " ends as ERROR " + sample.error,
        misfit(sample, outcome));
  }
  if (any) return;
  trial.at("the answers with an error");
  if (!subject.quirks.errors_in_200) {
    if (trial.expectations() == 0) trial.not_applicable("the quirk errors_in_200 is false");
  } else if (is_own(subject)) {
    trial.expect(false, "there is an answer with an error under status 200 to try",
                 "not tried: check.toml is incomplete, none of its [[answers]] under status 200 "
                 "has an error; add one with its class, as error = \"overloaded\", or, of a "
                 "server without such answers, declare [quirks] errors_in_200 = false");
  } else if (trial.expectations() == 0) {
    trial.not_applicable("none of the answers that it asks for has an error");
  }
}

void check_splits(const Subject& subject, Trial& trial) {
  Session outer(subject);
  if (!ready(outer, trial)) return;
  for (const Case& one : good_http_cases(outer, trial)) {
    Session session(subject);
    const auto check = [&](const std::string& at, Script script) {
      trial.at(one.name + at);
      const CallOutcome outcome = session.run(one.spec, std::move(script));
      trial.expect(same(subject, one, outcome),
                   "an answer says the same however it is cut into pieces",
                   difference(one.outcome, outcome));
      expect_none(trial, session.world(), {Breach::kText});
    };
    for (const std::size_t at : split_positions(one.sample->body.size()))
      check(", in two pieces, the first of " + std::to_string(at) + " bytes",
            split(*one.sample, at));
    for (const std::size_t size : {1, 2, 3, 7, 61})
      check(", in pieces of " + std::to_string(size) + " bytes", pieces(*one.sample, size));
  }
}

void check_slow(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  for (const Case& one : good_http_cases(session, trial)) {
    trial.at(one.name + ", in pieces of 100 bytes, 30 s apart");
    Script script = pieces(*one.sample, 100, seconds(30));
    script.head_wait = seconds(30);
    const CallOutcome outcome = session.run(one.spec, script);
    trial.expect(same(subject, one, outcome),
                 "a slow answer is no error: the clocks are the host's",
                 difference(one.outcome, outcome));
  }
}

/// Whoever says DONE has said all that the whole answer says.
void expect_no_short_success(Trial& trial, const Case& one, const CallOutcome& outcome) {
  trial.expect(outcome.ended, "the operation ends", outcome.summary());
  const bool complete = one.outcome.answer() == outcome.answer();
  trial.expect(!outcome.done() || complete, "an answer that was cut ends with an error",
               outcome.summary());
}

/// Of chats alone: who asks for nothing but a sign of life need not read an answer to its end.
void check_cut(const Subject& subject, Trial& trial) {
  Session outer(subject);
  if (!ready(outer, trial)) return;
  const std::vector<Case> all = good_http_cases(outer, trial);
  if (all.empty()) return;
  for (const Case& one : all) {
    if (one.spec.op != PRX_OP_CHAT) continue;
    Session session(subject);
    const Sample& sample = *one.sample;
    for (const std::size_t size : split_positions(sample.body.size())) {
      const std::string after = one.name + ", after byte " + std::to_string(size);
      trial.at(after + " the connection breaks");
      const CallOutcome broken = session.run(one.spec, cut(sample, size, false));
      expect_no_short_success(trial, one, broken);
      trial.at(after + " the body ends");
      if (!sample.marked_end) continue;
      expect_no_short_success(trial, one, session.run(one.spec, cut(sample, size, true)));
    }
  }
  if (trial.expectations() == 0) trial.not_applicable("no chat of it has an answer to cut");
}

/// What ends an event: a blank line in an event stream, else a line break, as in NDJSON.
std::string_view event_end_of(std::string_view body) {
  for (const std::string_view end : {"\n\n", "\r\n\r\n"})
    if (body.find(end) != body.npos) return end;
  return "\n";
}

/// The events of a body, each with its end; a whole answer is one.
std::vector<std::string> events_of(const std::string& body) {
  std::vector<std::string> events;
  const std::string_view mark = event_end_of(body);
  for (std::size_t begin = 0; begin < body.size();) {
    const std::size_t found = body.find(mark, begin);
    const std::size_t end = found == body.npos ? body.size() : found + mark.size();
    events.push_back(body.substr(begin, end - begin));
    begin = end;
  }
  return events;
}

using Bodies = std::vector<std::pair<std::string, std::string>>;  ///< each behind its name

/// Texts that a reader of JSON may stumble over: in an event stream, as a whole body, and as a line
/// behind the first one of a body that has lines.
void add_bad_json(const std::string& body, Bodies& out) {
  constexpr std::size_t kDeep = 100'000;
  std::string objects;
  for (std::size_t i = 0; i < kDeep; ++i) objects += "{\"a\":";
  const std::size_t line = event_end_of(body) == "\n" ? body.find('\n') : body.npos;
  for (const auto& [name, text] : Bodies{{"that is no JSON", "{\"choices\": [}"},
                                         {"of null", "null"},
                                         {"with deep nesting", std::string(kDeep, '[')},
                                         {"with deep nesting of objects", std::move(objects)}}) {
    out.emplace_back("an event " + name, "data: " + text + "\n\n");
    out.emplace_back("a line " + name, text + "\n");
    if (line != body.npos)
      out.emplace_back("a line " + name + " behind the first one",
                       std::string(body).insert(line + 1, text + "\n"));
  }
}

/// Bodies that are no answer of any protocol, and the sample with something wrong in it.
Bodies malformed(const std::string& body) {
  const std::size_t half = body.size() / 2;
  std::string zeros = body, bad = body, twice;
  zeros.insert(half, 3, '\0');
  bad.insert(half, "\xff\xc0\xed\xa0\x80");
  for (const std::string& event : events_of(body)) twice += event + event;
  std::string braces = body;
  std::replace(braces.begin(), braces.end(), '}', ']');
  Bodies bodies = {{"nothing", ""},
                   {"blank lines", "\r\n\r\n\n\n\r\r"},
                   {"HTML", "<html><body>Bad Gateway</body></html>"},
                   {"null", "null"},
                   {"a number", "5"},
                   {"an empty object", "{}"},
                   {"an event of null before the end mark", "data: null\n\ndata: [DONE]\n\n"},
                   {"nothing but an end mark", "data: [DONE]\n\n"},
                   {"zeros in the middle", zeros},
                   {"bytes that are no UTF-8 in the middle", bad},
                   {"wrong brackets", braces},
                   {"each event twice", twice},
                   {"the whole answer twice", body + body},
                   {"a byte order mark", "\xEF\xBB\xBF" + body}};
  add_bad_json(body, bodies);
  return bodies;
}

/// Places inside of texts in quotes, kBadPlacesMax of them, spread over the body.
constexpr std::size_t kBadPlacesMax = 64;
std::vector<std::size_t> places_in_texts(const std::string& body) {
  std::vector<std::size_t> all, out;
  bool in_text = false;
  for (std::size_t at = 0; at < body.size(); ++at) {
    const bool escapes = in_text && body[at] == '\\';
    if (in_text && !escapes) all.push_back(at);
    if (escapes)
      ++at;
    else if (body[at] == '"')
      in_text = !in_text;
    else if (body[at] == '\n')
      in_text = false;
  }
  const std::size_t step = all.size() / kBadPlacesMax + 1;
  for (std::size_t i = 0; i < all.size(); i += step) out.push_back(all[i]);
  return out;
}

/// Bytes that are no UTF-8 inside of a text.
Bodies with_bad_texts(const std::string& body) {
  Bodies out;
  for (const std::size_t at : places_in_texts(body))
    for (const auto& [name, bytes] :
         {std::pair("bytes that are no UTF-8", "\xff\xc0"), std::pair("Latin-1", "caf\xe9")})
      out.emplace_back("the answer with " + std::string(name) + " at byte " + std::to_string(at),
                       std::string(body).insert(at, bytes));
  return out;
}

void check_malformed(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  for (const Case& one : good_http_cases(session, trial)) {
    Bodies bodies = malformed(one.sample->body);
    for (auto& bad : with_bad_texts(one.sample->body)) bodies.push_back(std::move(bad));
    for (const auto& [name, body] : bodies) {
      trial.at(one.name + " whose body is " + name);
      Sample sample = *one.sample;
      sample.body = body;
      const CallOutcome outcome = session.run(one.spec, pieces(sample, 1'000));
      trial.expect(outcome.ended, "the operation ends, well or with a typed error",
                   outcome.summary());
      const Error* const error = outcome.error();
      const bool bug = error != nullptr && (error->error_class == ErrorClass::kInternal ||
                                            error->error_class == ErrorClass::kCancelled);
      trial.expect(!bug, "a bad answer is no bug of the plugin and no cancel", outcome.summary());
      expect_none(trial, session.world(),
                  {Breach::kGrammar, Breach::kText, Breach::kToolCall, Breach::kEventField,
                   Breach::kUsage, Breach::kError});
    }
  }
}

/// What an answer that never ends is sent as; and what of it may be kept.
constexpr std::size_t kEndlessBytes = 192u << 20;
constexpr std::size_t kPieceBytes = 256u << 10;
constexpr std::size_t kKeptMax = 160u << 20;

void check_endless(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  for (const Case& one : good_http_cases(session, trial)) {
    trial.at(one.name + " with a line of 192 MiB");
    Script script = one.script();
    script.pieces = {{one.sample->body.substr(0, one.sample->body.size() / 2)},
                     {std::string(kPieceBytes, 'a'), milliseconds(0), kEndlessBytes / kPieceBytes}};
    CallSpec spec = one.spec;
    spec.keep_events = false;
    const std::size_t before = heap_in_use();
    std::size_t most = before;
    const auto call = session.call(spec, std::move(script));
    if (!call->start(session.instance())) continue;
    call->run_while([&] {
      most = std::max(most, heap_in_use());
      return most - before <= kKeptMax;
    });
    trial.expect(most - before <= kKeptMax, "what is kept of an answer has a limit",
                 std::to_string((most - before) >> 20) + " MiB were kept, and more would be");
    if (!call->ended()) call->cancel();
    trial.expect(call->run_for(seconds(1)), "the operation ends", call->outcome().summary());
    if (call->ended()) call->release();
  }
}

constexpr const char* kData = "prx/plugin.h, prx_http_sink::data";

constexpr Rule kRules[] = {
    {"answer.samples", "Each operation understands the answers of its server.",
     "prx/plugin.h, operations", false, "", seconds(20), check_samples},
    {"answer.errors-in-200", "An error under status 200 is an error.", "prx/plugin.h, PRX_EV_ERROR",
     false, "errors_in_200", seconds(20), check_errors_in_200},
    {"answer.every-split", "An answer says the same however it is cut into pieces.", kData, false,
     "", seconds(60), check_splits},
    {"answer.slow", "A slow answer is no error.", "prx/plugin.h, prx_http_req, clocks", false, "",
     seconds(20), check_slow},
    {"answer.cut", "An answer to a chat that was cut anywhere is never a success.",
     "prx/plugin.h, PRX_E_BAD_RESPONSE", false, "", seconds(60), check_cut},
    {"answer.malformed", "A malformed answer ends with a typed error, or well.",
     "prx/plugin.h, PRX_E_BAD_RESPONSE", false, "", seconds(60), check_malformed},
    {"answer.endless", "An answer without end is not kept without end.",
     "prx/plugin.h, PRX_E_BAD_RESPONSE", false, "", seconds(60), check_endless},
};

}  // namespace

std::vector<std::size_t> split_positions(std::size_t size) {
  std::vector<std::size_t> out;
  const std::size_t step = size <= kSplitsMax ? 1 : (size - 1) / kSplitsMax + 1;
  for (std::size_t at = 0; at < size; at += step) out.push_back(at);
  return out;
}

std::span<const Rule> body_rules() { return kRules; }

std::span<const Rule> answer_rules() {
  static const std::vector<Rule> all = [] {
    std::vector<Rule> tables;
    for (const auto table : {body_rules(), status_rules()})
      tables.insert(tables.end(), table.begin(), table.end());
    return tables;
  }();
  return all;
}

}  // namespace prx::check
