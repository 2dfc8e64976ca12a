// Statuses, how long the server wants us to wait, and failures of the transport.
#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "check/rules/answer_rules.hpp"
#include "check/rules/bench.hpp"

namespace prx::check {
namespace {

using std::chrono::seconds;
using Classes = std::vector<ErrorClass>;

/// What a status can mean; empty: any class that is the server's.
Classes classes_of(int status) {
  switch (status) {
    case 401:
      return {ErrorClass::kAuth};
    case 402:
      return {ErrorClass::kCredit};
    case 403:
      return {ErrorClass::kPermission, ErrorClass::kAuth, ErrorClass::kContentPolicy,
              ErrorClass::kCredit};
    case 404:
      return {ErrorClass::kNotFound};
    case 429:
      return {ErrorClass::kRateLimit, ErrorClass::kCredit};
    default:
      break;
  }
  if (status == 500 || status == 502 || status == 503 || status == 529)
    return {ErrorClass::kOverloaded};
  if (status >= 500)
    return {ErrorClass::kOverloaded, ErrorClass::kTimeout, ErrorClass::kNetwork,
            ErrorClass::kUnsupported};
  return {};
}

std::string names(const Classes& classes) {
  std::string out;
  for (const ErrorClass each : classes)
    out += (out.empty() ? "" : " or ") + std::string(to_string(each));
  return out;
}

Script rejection(int status, std::string body,
                 std::vector<std::pair<std::string, std::string>> headers = {}) {
  Sample sample;
  sample.status = status;
  sample.body = std::move(body);
  sample.headers = std::move(headers);
  sample.headers.emplace_back("content-type", "application/json");
  return whole(sample);
}

/// One case per operation: what a status means does not depend on the sample.
std::vector<Case> one_each(std::vector<Case> all) {
  std::vector<Case> out;
  for (Case& one : all) {
    const bool known = std::any_of(out.begin(), out.end(), [&one](const Case& other) {
      return other.spec.op == one.spec.op && other.spec.flags == one.spec.flags;
    });
    if (!known) out.push_back(std::move(one));
  }
  return out;
}

void expect_class(Trial& trial, int status, const CallOutcome& outcome) {
  const Error* const error = outcome.error();
  const bool typed = error != nullptr && error->error_class != ErrorClass::kInternal &&
                     error->error_class != ErrorClass::kCancelled;
  if (!trial.expect(typed, "a rejected request ends with an error of the server",
                    outcome.summary()))
    return;
  const Classes allowed = classes_of(status);
  const bool right = allowed.empty() ||
                     std::find(allowed.begin(), allowed.end(), error->error_class) != allowed.end();
  trial.expect(right, "status " + std::to_string(status) + " is " + names(allowed),
               outcome.summary());
}

/// The statuses that services use, one of those that nobody does, and two that promise no whole
/// answer.
bool is_tried(int status) {
  constexpr int kUnknown = 350;
  return status == 204 || status == 206 || status == kUnknown ||
         (status >= 300 && (status < 310 || status >= 400));
}

void check_classes(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  for (const Case& one : one_each(good_http_cases(session, trial)))
    for (int status = 204; status < 600; ++status) {
      if (!is_tried(status)) continue;
      if (status < 300 && (one.spec.op != PRX_OP_CHAT || !one.sample->marked_end)) continue;
      // An account may be readable by a few keys only, and a path may have another name.
      if (one.spec.op != PRX_OP_CHAT && (status == 403 || status == 404)) continue;
      for (const char* body : {"", R"({"error":{"message":"No."}})", "<html>No.</html>"}) {
        trial.at(one.name + ", answered with status " + std::to_string(status) + " and " +
                 (*body == 0 ? "no body" : body));
        expect_class(trial, status, session.run(one.spec, rejection(status, body)));
      }
    }
}

void check_http_status(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  for (const Case& one : one_each(good_http_cases(session, trial)))
    for (const int status : {400, 401, 402, 408, 413, 418, 422, 429, 451, 500, 502, 503, 529}) {
      trial.at(one.name + ", answered with status " + std::to_string(status));
      const CallOutcome outcome =
          session.run(one.spec, rejection(status, R"({"error":{"message":"No."}})"));
      const int told = outcome.error() == nullptr ? 0 : outcome.error()->http_status;
      trial.expect(told == status, "http_status is " + std::to_string(status),
                   "it is " + std::to_string(told));
    }
}

/// Bodies of a rejection that are hard to quote: a `raw` or a message that is cut at any number of
/// bytes cuts a character of one of them in two.
std::vector<std::pair<std::string, std::string>> hard_bodies() {
  std::vector<std::pair<std::string, std::string>> out = {
      {"in Latin-1",
       "R\xe9ponse refus\xe9"
       "e"},
      {"with a message in Latin-1", "{\"error\":{\"message\":\"refus\xe9\"}}"},
      {"of two lines", "No.\r\nNever."},
      {"with zeros", std::string("No\0no", 5)}};
  for (const std::size_t size : {300u, 40'000u}) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += "\xc3\xa9";
    for (const char* shift : {"", "x"}) {
      const std::string shifted = shift + text;
      const std::string name = std::to_string(shifted.size()) + " bytes of two-byte characters";
      out.emplace_back("of " + name, shifted);
      out.emplace_back("with a message of " + name,
                       R"({"error":{"message":")" + shifted + R"("}})");
    }
  }
  return out;
}

void check_bodies(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  for (const Case& one : one_each(good_http_cases(session, trial)))
    for (const int status : {400, 401, 429, 500})
      for (const auto& [name, body] : hard_bodies()) {
        trial.at(one.name + ", answered with status " + std::to_string(status) + " and a body " +
                 name);
        static_cast<void>(session.world().breaches.take());
        const CallOutcome outcome = session.run(one.spec, rejection(status, body));
        const Error* const error = outcome.error();
        const bool bug = error == nullptr || error->error_class == ErrorClass::kInternal;
        trial.expect(!bug, "a rejected request ends with an error of the server",
                     outcome.summary());
        expect_none(trial, session.world(), {Breach::kError, Breach::kText, Breach::kFail});
      }
}

struct Wait {
  const char* what;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::int64_t> ms;  ///< nullopt: unknown
  bool required = true;            ///< else unknown is as good, and anything else is wrong
  bool or_longer = false;          ///< so much or more
};

constexpr std::int64_t kLongWait = 3'600'000;  // whatever a plugin makes of all too long ones

std::vector<Wait> waits() {
  const std::pair<std::string, std::string> now{"date", "Sun, 06 Nov 1994 08:49:37 GMT"};
  const auto date = [&now](const char* what, const char* then, std::int64_t ms) {
    return Wait{what, {now, {"retry-after", then}}, ms, false};
  };
  return {{"in seconds", {{"retry-after", "7"}}, 7'000},
          {"of no time", {{"retry-after", "0"}}, 0},
          date("as a date of RFC 9110", "Sun, 06 Nov 1994 08:50:07 GMT", 30'000),
          date("as a date of RFC 850", "Sunday, 06-Nov-94 08:50:07 GMT", 30'000),
          date("as a date of asctime", "Sun Nov  6 08:50:07 1994", 30'000),
          date("as a date that is past", "Sun, 06 Nov 1994 08:49:07 GMT", 0),
          {"in milliseconds", {{"retry-after-ms", "1500"}}, 1'500, false},
          {"that is not there", {}, std::nullopt},
          {"that is a word", {{"retry-after", "soon"}}, std::nullopt},
          {"that is less than none", {{"retry-after", "-5"}}, std::nullopt},
          {"that is empty", {{"retry-after", ""}}, std::nullopt},
          {"of 20 digits", {{"retry-after", "99999999999999999999"}}, kLongWait, true, true},
          {"of INT64_MAX", {{"retry-after", "9223372036854775807"}}, kLongWait, true, true}};
}

std::string text_of(std::optional<std::int64_t> ms) {
  return ms ? std::to_string(*ms) + " ms" : "unknown (-1)";
}

void check_waits(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  for (const Case& one : one_each(good_http_cases(session, trial)))
    for (const int status : {429, 503})
      for (const Wait& wait : waits()) {
        trial.at(one.name + ", answered with status " + std::to_string(status) +
                 " and a Retry-After " + wait.what);
        const CallOutcome outcome = session.run(one.spec, rejection(status, "{}", wait.headers));
        const Error* const error = outcome.error();
        std::optional<std::int64_t> told;
        if (error != nullptr && error->retry_after) told = error->retry_after->count();
        const bool none = wait.ms == std::optional<std::int64_t>(0) && !told;
        const bool longer = wait.or_longer && told && *told >= *wait.ms;
        const bool right = told == wait.ms || (!wait.required && !told) || none || longer;
        trial.expect(right,
                     "retry_after_ms is " + text_of(wait.ms) + (wait.or_longer ? " or more" : ""),
                     "it is " + text_of(told));
      }
}

void check_failures(const Subject& subject, Trial& trial) {
  struct Failure {
    std::int32_t code, phase;
  };
  constexpr Failure kFailures[] = {
      {PRX_E_NETWORK, PRX_PHASE_CONNECT},     {PRX_E_TIMEOUT, PRX_PHASE_CONNECT},
      {PRX_E_NETWORK, PRX_PHASE_HEAD},        {PRX_E_TIMEOUT, PRX_PHASE_HEAD},
      {PRX_E_BAD_RESPONSE, PRX_PHASE_HEAD},   {PRX_E_TIMEOUT, PRX_PHASE_FIRST_TOKEN},
      {PRX_E_NETWORK, PRX_PHASE_FIRST_TOKEN}, {PRX_E_TIMEOUT, PRX_PHASE_BODY},
      {PRX_E_NETWORK, PRX_PHASE_BODY}};
  Session session(subject);
  if (!ready(session, trial)) return;
  for (const Case& one : one_each(good_http_cases(session, trial)))
    for (const Failure& failure : kFailures) {
      const auto wanted = error_class_from(failure.code);
      const auto phase = static_cast<Phase>(failure.phase);
      trial.at(one.name + ", a failure of class " + std::string(to_string(wanted)) + " in phase " +
               std::string(to_string(phase)));
      const std::string& body = one.sample->body;
      Script script =
          broken(failure.code, failure.phase,
                 failure.phase == PRX_PHASE_BODY ? body.substr(0, body.size() / 3) : std::string());
      script.headers = one.sample->headers;
      const CallOutcome outcome = session.run(one.spec, script);
      const Error* const error = outcome.error();
      const bool kept = error != nullptr && error->error_class == wanted && error->phase == phase;
      trial.expect(kept, "class and phase of a failed exchange are those of the error",
                   outcome.summary() + ", phase " +
                       std::string(to_string(error == nullptr ? Phase::kNone : error->phase)));
    }
}

/// As many headers as a host passes on, with bytes that only a hostile server sends.
void check_headers(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  for (const Case& one : good_http_cases(session, trial)) {
    Script script = one.script();
    while (script.headers.size() < 256)
      script.headers.emplace_back("x-" + std::to_string(script.headers.size()),
                                  std::string(900, script.headers.size() % 2 == 0 ? 'x' : '\xff'));
    trial.at(one.name + " with 256 headers");
    const CallOutcome outcome = session.run(one.spec, script);
    trial.expect(same(subject, one, outcome), "headers that it does not know change nothing",
                 difference(one.outcome, outcome));
  }
}

constexpr const char* kError = "prx/plugin.h, prx_error";

constexpr Rule kRules[] = {
    {"status.class", "A rejected request ends with an error of the right class.", kError, false, "",
     seconds(20), check_classes},
    {"status.body", "The body of a rejected request makes a sound error, whatever it is.", kError,
     false, "", seconds(20), check_bodies},
    {"status.http-status", "The error of a rejected request has its status.", kError, false, "",
     seconds(20), check_http_status},
    {"status.retry-after", "retry_after_ms is what the server said, or unknown.", kError, false, "",
     seconds(20), check_waits},
    {"transport.class-and-phase", "A failure of the transport keeps its class and phase.",
     "prx/plugin.h, prx_http_end", false, "", seconds(20), check_failures},
    {"answer.headers", "Headers that are not known change nothing.", "prx/plugin.h, prx_http_head",
     false, "", seconds(20), check_headers},
};

}  // namespace

std::span<const Rule> status_rules() { return kRules; }

}  // namespace prx::check
