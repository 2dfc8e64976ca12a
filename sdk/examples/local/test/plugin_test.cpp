// The plugin as it was built, played with by a host in memory, whose workers work when told.
#include "plugin_test.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <prx/sdk/event_writer.hpp>
#include <prx/sdk/testing.hpp>

namespace {

using namespace prx::sdk::testing;
using namespace std::chrono_literals;
using prx::ErrorClass;

const std::string kQuick = R"({"epochs":3})";

std::string chat(const std::string& members) {
  return R"({"messages":[{"role":"user","content":"the old dog"}])" + members + "}";
}
const TestAsk kAsk{.body = chat("")};

std::string last_progress(const TestCall& call) {
  std::string text;
  for (const TestEvent& event : call.events)
    if (event.type == PRX_EV_PROGRESS) text = event.text;
  return text;
}
prx::Error error_of(const TestCall& call) { return call.error().value_or(prx::Error()); }
prx_usage usage_of(const TestCall& call) {
  return call.first(PRX_EV_USAGE).usage.value_or(prx::sdk::unknown_usage());
}
std::uint32_t finish_of(const TestCall& call) {
  const TestEvent& event = call.first(PRX_EV_FINISH);
  return event.type == PRX_EV_FINISH ? event.finish : 99;
}

/// What a fresh instance says to a request.
std::string said(const std::string& file, const std::string& members) {
  TestInstance instance(file, kQuick);
  const TestCall call(instance, {.body = chat(members)});
  instance.host.run();
  return call.text();
}

void answers_word_by_word(const std::string& file, Checks& check) {
  TestInstance instance(file, kQuick);
  const TestCall call(instance, {.body = chat(R"(,"max_tokens":5)")});
  check(call.events.empty(), "nothing is said from inside start()");
  instance.host.run();
  check(call.done() && !call.text().empty(), "an answer");
  check(last_progress(call) == "learning, epoch 3 of 3", "the first one loads the model");
  const prx_usage usage = usage_of(call);
  check(usage.prompt_tokens == 3 && usage.completion_tokens <= 5 && usage.completion_tokens > 0 &&
            usage.cost == 0,
        "its words are counted");
  const TestCall next(instance, kAsk);
  instance.host.run();
  check(next.done() && last_progress(next).empty(), "the second one does not load it again");
  check(instance.host.breaches.empty(), "the contract is kept");
}

void does_what_is_asked(const std::string& file, Checks& check) {
  const std::string hot = R"(,"max_tokens":30,"temperature":1.5,"seed":)";
  check(said(file, hot + "7") == said(file, hot + "7"), "the same seed says the same");
  check(said(file, hot + "7") != said(file, hot + "8"), "another one does not");
  const std::string cold = R"(,"max_tokens":30,"temperature":0,"seed":)";
  check(said(file, cold + "7") == said(file, cold + "8"), "without heat there is no chance");

  TestInstance instance(file, kQuick);
  const TestCall one(instance, {.body = chat(R"(,"max_completion_tokens":1)")});
  instance.host.run();
  check(usage_of(one).completion_tokens == 1 && finish_of(one) == PRX_FINISH_LENGTH, "the limit");
  check(one.first(PRX_EV_FINISH).name == "length", "and the reason in its own words");
  const std::string whole = said(file, cold + "1");
  const std::string stop = whole.substr(whole.find(' '), 3);
  const TestCall stopped(instance, {.body = chat(cold + R"(1,"stop":[")" + stop + "\"]")});
  instance.host.run();
  check(
      stopped.text() == whole.substr(0, whole.find(stop)) && finish_of(stopped) == PRX_FINISH_STOP,
      "the stop is not said");
}

void refuses_what_it_cannot(const std::string& file, Checks& check) {
  struct Case {
    const char* body;
    ErrorClass error_class;
  };
  TestInstance instance(file, kQuick);
  for (const Case& each :
       {Case{"7", ErrorClass::kInvalidRequest},
        Case{R"({"messages":[]})", ErrorClass::kInvalidRequest},
        Case{R"({"messages":[{"content":7}]})", ErrorClass::kInvalidRequest},
        Case{R"({"messages":[{"content":[{"type":"image_url"}]}]})", ErrorClass::kUnsupported},
        Case{R"({"messages":[{"content":"a"}],"max_tokens":0})", ErrorClass::kInvalidRequest},
        Case{R"({"messages":[{"content":"a"}],"temperature":3})", ErrorClass::kInvalidRequest},
        Case{R"({"messages":[{"content":"a"}],"seed":"s"})", ErrorClass::kInvalidRequest},
        Case{R"({"messages":[{"content":"a"}],"stop":7})", ErrorClass::kInvalidRequest},
        Case{R"({"messages":[{"content":"a"}],"n":2})", ErrorClass::kUnsupported},
        Case{R"({"messages":[{"content":"a"}],"tools":[{}]})", ErrorClass::kUnsupported},
        Case{R"({"messages":[{"content":"a"}],"response_format":{"type":"json_object"}})",
             ErrorClass::kUnsupported}}) {
    const TestCall call(instance, {.body = each.body});
    instance.host.run();
    check(call.error() && error_of(call).error_class == each.error_class, each.body);
  }
  const TestCall account(instance, {.op = PRX_OP_ACCOUNT});
  instance.host.run();
  check(error_of(account).error_class == ErrorClass::kUnsupported, "an operation that it lacks");
  for (const char* const config : {R"({"epochs":0})", R"({"concurrency":65})", R"({"queue":-1})",
                                   R"({"max_tokens":0})", R"({"text":"  \n"})"})
    check(TestInstance(file, config).refused.has_value(), config);
  check(instance.host.breaches.empty(), "the contract is kept");
}

void lists_itself(const std::string& file, Checks& check) {
  TestInstance instance(file, kQuick);
  const TestCall models(instance, {.op = PRX_OP_MODELS});
  const TestCall health(instance, {.op = PRX_OP_HEALTH});
  instance.host.run();
  check(models.done() && models.events[0].id == "keeper-1", "its model");
  check(health.done(), "it is well");
}

void serves_one_after_the_other(const std::string& file, Checks& check) {
  TestInstance instance(file, kQuick);
  instance.host.workers_held = true;
  const TestCall first(instance, kAsk), second(instance, kAsk), third(instance, kAsk);
  instance.host.run();
  check(last_progress(second) == "queued behind 1" && last_progress(third) == "queued behind 2",
        "who waits is told for whom");
  instance.host.advance(1h);
  check(!second.ended(), "and waits");
  check(instance.host.run_worker() && first.done(), "the first one is served");
  instance.host.run();
  check(last_progress(third) == "queued behind 1", "the line moves");
  check(instance.host.run_worker() && second.done() && !third.ended(), "then the second one");
  instance.host.run();
  check(instance.host.run_worker() && third.done(), "and the last one");
  check(instance.host.breaches.empty(), "the contract is kept");
}

void serves_several_once_it_is_loaded(const std::string& file, Checks& check) {
  TestInstance instance(file, R"({"epochs":2,"concurrency":2})");
  instance.host.workers_held = true;
  const TestCall warm(instance, {.op = PRX_OP_WARMUP}), first(instance, kAsk),
      second(instance, kAsk), third(instance, kAsk);
  instance.host.run();
  check(last_progress(first) == "queued behind 1", "nobody is served while it loads");
  check(instance.host.run_worker() && warm.done(), "a warm-up loads it");
  instance.host.run();
  check(last_progress(third) == "queued behind 2", "two at once then");
  check(instance.host.run_worker() && instance.host.run_worker() && first.done() && second.done(),
        "both are served");
  const TestCall again(instance, {.op = PRX_OP_WARMUP});
  instance.host.run();
  check(again.done(), "a warm model is warm at once");
}

void turns_away_who_is_too_many(const std::string& file, Checks& check) {
  TestInstance instance(file, R"({"epochs":2,"queue":1})");
  instance.host.workers_held = true;
  const TestCall first(instance, kAsk), second(instance, kAsk), third(instance, kAsk);
  instance.host.run();
  check(error_of(third).error_class == ErrorClass::kOverloaded && !second.ended(),
        "the third one finds the line full");
  TestInstance none(file, R"({"epochs":2,"queue":0})");
  const TestCall alone(none, kAsk);
  none.host.run();
  const TestCall next(none, kAsk);
  none.host.run();
  check(alone.done() && next.done(), "without a line one after the other is served");
}

void lets_go_wherever_it_is(const std::string& file, Checks& check) {
  TestInstance instance(file, kQuick);
  instance.host.workers_held = true;
  const TestCall first(instance, kAsk);
  TestCall second(instance, kAsk);
  const TestCall third(instance, kAsk);
  instance.host.run();
  second.cancel();
  check(error_of(second).error_class == ErrorClass::kCancelled, "a cancel in the line is at once");
  instance.host.run();
  check(last_progress(third) == "queued behind 1", "those behind move on");
  instance.host.run_worker();
  TestCall fourth(instance, kAsk);
  instance.host.run();
  instance.host.run_worker();
  instance.host.run();
  fourth.cancel();
  instance.host.run_worker();
  check(third.done() && error_of(fourth).error_class == ErrorClass::kCancelled,
        "and so is one before its worker began");
  check(instance.host.breaches.empty(), "the contract is kept");
}

void keeps_deadlines(const std::string& file, Checks& check) {
  TestInstance instance(file, kQuick);
  instance.host.workers_held = true;
  const TestCall first(instance, kAsk);
  const TestCall second(instance, {.body = kAsk.body, .deadline = 30ms});
  instance.host.run();
  instance.host.advance(29ms);
  check(!second.ended(), "it waits until the deadline");
  instance.host.advance(1ms);
  check(error_of(second).error_class == ErrorClass::kTimeout, "and no longer");
  instance.host.run_worker();
  const TestCall late(instance, {.body = kAsk.body, .deadline = 5ms});
  instance.host.run();
  instance.host.advance(5ms);
  instance.host.run_worker();
  check(error_of(late).error_class == ErrorClass::kTimeout, "nor does it work beyond it");
}

void goes_on_loading_where_it_was_stopped(const std::string& file, Checks& check) {
  const std::string answer = said(file, R"(,"temperature":0)");
  TestInstance instance(file, kQuick);
  instance.host.workers_held = true;
  {
    const TestCall late(instance, {.op = PRX_OP_WARMUP, .deadline = 1ms});
    instance.host.run();
    instance.host.advance(1ms);
    instance.host.run_worker();
    check(error_of(late).error_class == ErrorClass::kTimeout, "a warm-up has a deadline too");
  }
  const TestCall call(instance, {.body = chat(R"(,"temperature":0)")});
  instance.host.run();
  instance.host.run_worker();
  check(call.text() == answer, "the next one loads the same model");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const std::string file = arguments[1];
  Checks check;
  local::test::check_model(check);
  answers_word_by_word(file, check);
  does_what_is_asked(file, check);
  refuses_what_it_cannot(file, check);
  lists_itself(file, check);
  serves_one_after_the_other(file, check);
  serves_several_once_it_is_loaded(file, check);
  turns_away_who_is_too_many(file, check);
  lets_go_wherever_it_is(file, check);
  keeps_deadlines(file, check);
  goes_on_loading_where_it_was_stopped(file, check);
  return check.exit_code();
}
