// start, events and service calls, seen on a tour through all that the plugin can do.
#include "check/rules/operation_rules.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "check/host/event_judge.hpp"
#include "check/rules/bench.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::check {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using Kinds = std::initializer_list<Breach>;

/// One tour of one rule.
struct Tour {
  Session& session;
  Trial& trial;
  Kinds kinds;  ///< what may not be seen on it

  /// Waits after the end for what should not come any more.
  void step(const std::string& at, CallSpec spec, Script script) const {
    trial.at(at);
    {
      const auto call = session.call(std::move(spec), std::move(script));
      if (call->start(session.instance()) && call->run()) {
        call->linger(seconds(2));
        call->release();
      }
    }
    expect_none(trial, session.world(), kinds);
  }
};

/// Each case as it is, slowly, with frames, cancelled in the middle, rejected and broken.
void tour(Session& session, Trial& trial, Kinds kinds) {
  const Tour on{session, trial, kinds};
  trial.at("init, create, describe and the first time of each operation");
  const std::vector<Case> all = cases(session);
  static_cast<void>(session.describe());
  expect_none(trial, session.world(), kinds);
  for (const Case& one : all) {
    on.step(one.name, one.spec, one.script());
    CallSpec cancelled = one.spec;
    cancelled.cancel_after = 1;
    on.step(one.name + ", cancelled after its first event", cancelled,
            one.http() ? pieces(*one.sample, 40, seconds(1)) : Script());
    CallSpec inside = one.spec;
    inside.cancel_inside = 1;
    on.step(one.name + ", cancelled inside its first event", inside,
            one.http() ? pieces(*one.sample, 40, seconds(1)) : Script());
    CallSpec framed = one.spec;
    framed.flags |= PRX_RF_WANT_FRAME;
    on.step(one.name + ", with frames", framed, one.script());
    if (!one.http()) continue;
    Sample refused = *one.sample;
    refused.status = 429;
    refused.headers = {{"content-type", "text/plain"}, {"retry-after", "3"}};
    refused.body = "Slow down.";
    on.step(one.name + ", answered with status 429", one.spec, whole(refused));
    on.step(one.name + ", without a connection", one.spec,
            broken(PRX_E_NETWORK, PRX_PHASE_CONNECT));
  }
  CallSpec unknown = spec_for(session.subject(), "chat", true);
  unknown.op = 4'711;
  on.step("an unknown operation", unknown, Script());
}

template <Breach... kinds>
void tour_rule(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  tour(session, trial, {kinds...});
}

template <Breach... kinds>
void http_tour_rule(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  const auto& operations = subject.note.operations;
  const bool asks = std::any_of(operations.begin(), operations.end(), [&](const auto& operation) {
    return operation_code(operation) != 0 && asks_server(session, operation);
  });
  if (!asks) return trial.not_applicable("it sends no HTTP");
  tour(session, trial, {kinds...});
}

/// A service that only a configuration knows.
constexpr std::string_view kOtherBase = "https://base-url.prx-check.example";

void check_base_url(const Subject& subject, Trial& trial) {
  Subject other = subject;
  other.base_url = std::string(kOtherBase) + "/v1";
  const auto config = json::ObjectIndex::parse(
      subject.config_json.empty() ? std::string_view("{}") : std::string_view(subject.config_json));
  if (!config) return trial.not_applicable("its configuration is no object");
  other.config_json = json::ObjectEdit(*config).set("base_url", json::quoted(other.base_url)).str();
  Session session(other);
  if (session.refused())
    return trial.not_applicable("create refuses another base_url: " + session.refused()->message);
  if (!ready(session, trial)) return;
  for (const std::string& operation : subject.note.operations) {
    if (operation_code(operation) == 0) continue;
    std::vector<std::string> asked;
    const auto call = session.call(spec_for(other, operation, true), Script());
    session.host().server = [&asked](const Sent& sent) {
      asked.push_back(sent.url);
      return Script();
    };
    trial.at(operation + ", with base_url = \"" + other.base_url + '"');
    if (call->start(session.instance()) && call->run()) call->release();
    if (asked.empty()) continue;
    const bool is_there = std::any_of(asked.begin(), asked.end(), [](const std::string& url) {
      return url.starts_with(std::string(kOtherBase) + '/') || url == kOtherBase;
    });
    trial.expect(is_there, "a configured base_url is where requests go",
                 "it asks " + quoted_part(asked.front()));
  }
  if (trial.expectations() == 0) trial.not_applicable("it sends no HTTP");
}

/// A prompt and bodies whose words no line of the log may have.
void check_log(const Subject& subject, Trial& trial) {
  constexpr std::string_view kPrompt = "prx-check-prompt-5d21c7", kBody = "prx-check-body-90be4f";
  Session session(subject);
  if (!ready(session, trial)) return;
  const std::string turn =
      R"([{"role":"user","content":"Say hello to )" + std::string(kPrompt) + R"(."}])";
  session.world().private_words = {std::string(kPrompt), std::string(kBody)};
  for (const Case& one : cases(session)) {
    CallSpec spec = one.spec;
    if (const auto body = json::ObjectIndex::parse(spec.body); body && spec.op == PRX_OP_CHAT)
      spec.body = json::ObjectEdit(*body).set("messages", turn).str();
    trial.at(one.name);
    static_cast<void>(session.run(spec, one.script()));
    if (!one.http()) continue;
    for (const int status : {200, 400, 503}) {
      Sample bad = *one.sample;
      bad.status = status;
      bad.body = R"({"error":{"message":")" + std::string(kBody) + R"("}})";
      trial.at(one.name + ", answered with status " + std::to_string(status) + " and " + bad.body);
      static_cast<void>(session.run(spec, whole(bad)));
    }
  }
  expect_none(trial, session.world(), {Breach::kPrivate});
}

constexpr const char* kEvents = "prx/plugin.h, types of events";

constexpr Rule kRules[] = {
    {"start.no-event-inside", "No event comes from inside start.",
     "prx/plugin.h, prx_provider::start", false, "", seconds(20),
     tour_rule<Breach::kEventInsideStart>},
    {"start.gives-operation", "start, create and init give what they made when they return PRX_OK.",
     "prx/plugin.h, prx_provider::start", false, "", seconds(20), tour_rule<Breach::kOutParameter>},
    {"start.operation-not-null", "The operation that start gives is not NULL.",
     "prx/plugin.h, prx_provider::start", false, "", seconds(20),
     tour_rule<Breach::kNullOperation>},
    {"event.one-end", "Exactly one terminal event comes, and nothing after it.",
     "prx/plugin.h, prx_provider::start", false, "", seconds(20),
     tour_rule<Breach::kEventAfterEnd>},
    {"event.not-after-release", "Nothing comes after release.",
     "prx/plugin.h, prx_provider::release", false, "", seconds(20),
     tour_rule<Breach::kEventAfterRelease>},
    {"event.no-overlap", "Events of one operation never overlap.", "prx/plugin.h, Threads", false,
     "", seconds(20), tour_rule<Breach::kEventOverlap>},
    {"event.thread", "Events come on the operation's loop or on its worker.",
     "prx/plugin.h, prx_sink::event", false, "", seconds(20), tour_rule<Breach::kEventThread>},
    {"event.grammar",
     "Events keep the grammar: META first, FINISH once per choice, no DONE of a "
     "chat without FINISH.",
     kEvents, false, "", seconds(20), tour_rule<Breach::kGrammar>},
    {"event.text", "Texts are UTF-8, and TEXT and REASONING are not empty.", kEvents, false, "",
     seconds(20), tour_rule<Breach::kText>},
    {"event.tool-calls", "Tool calls are dense from 0, with id and name on their first event.",
     kEvents, false, "", seconds(20), tour_rule<Breach::kToolCall>},
    {"event.fields", "Size, type, flags and json of each event are in their ranges.",
     "prx/plugin.h, prx_event", false, "", seconds(20), tour_rule<Breach::kEventField>},
    {"event.usage", "The numbers of a USAGE are -1 or counts.", "prx/plugin.h, prx_usage", false,
     "", seconds(20), tour_rule<Breach::kUsage>},
    {"event.error", "Errors have a known code, and their fields are in their ranges.",
     "prx/plugin.h, prx_error", false, "", seconds(20), tour_rule<Breach::kError>},
    {"event.frame", "frame is filled only when asked for, on the first event of a frame.",
     "prx/plugin.h, prx_event::frame", false, "", seconds(20), tour_rule<Breach::kFrame>},
    {"fail.start", "fail is set once when start does not return PRX_OK, with that code.",
     "prx/plugin.h, prx_fail", false, "", seconds(20), tour_rule<Breach::kFail>},
    {"service.own-operation", "Each service call names the op_id of its own running operation.",
     "prx/plugin.h, prx_request::op_id", false, "", seconds(20), tour_rule<Breach::kServiceOp>},
    {"service.thread", "Services with the tag [loop] are called on the operation's loop.",
     "prx/plugin.h, Threads", false, "", seconds(20), tour_rule<Breach::kServiceThread>},
    {"service.arguments", "Service calls have all their arguments, and lines of the log are UTF-8.",
     "prx/plugin.h, host services", false, "", seconds(20),
     tour_rule<Breach::kServiceArguments, Breach::kLog>},
    {"release.ends-exchanges", "After release no exchange of the operation runs.",
     "prx/plugin.h, prx_http::send", false, "", seconds(20), tour_rule<Breach::kExchangeLeft>},
    {"http.request", "HTTP requests are well-formed.", "prx/plugin.h, prx_http_req", false, "",
     seconds(20), http_tour_rule<Breach::kHttpRequest>},
    {"http.hosts", "Only hosts of the note and of base_url are asked.",
     "prx/plugin.h, prx_http_req::url", false, "", seconds(20), http_tour_rule<Breach::kHttpHost>},
    {"http.base-url", "A configured base_url is where requests go.",
     "prx/plugin.h, prx_provider::create", false, "", seconds(20), check_base_url},
    {"http.key-by-host", "The key's header is named and the host fills it.",
     "prx/plugin.h, prx_http_req::key_header", false, "", seconds(20),
     http_tour_rule<Breach::kHttpKey>},
    {"key.never-seen", "The key is nowhere in what the plugin asks and says.",
     "prx/plugin.h, prx_http_req::key_header", false, "", seconds(20), tour_rule<Breach::kSecret>},
    {"log.nothing-private", "No line of the log has words of a prompt or of a body.",
     "prx/plugin.h, prx_log::write", false, "", seconds(20), check_log},
};

}  // namespace

std::span<const Rule> tour_rules() { return kRules; }

}  // namespace prx::check
