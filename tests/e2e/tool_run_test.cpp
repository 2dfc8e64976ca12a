// Client::run() over both plugins, streaming and not: rounds, results, limits, and every way out.
#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "e2e/rig.hpp"
#include "prx/conversation.hpp"
#include "prx/tool_box.hpp"

namespace prx::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kCity =
    R"({"type":"object","properties":{"city":{"type":"string"}},"required":["city"]})";

struct RunWay {
  std::string provider, model, wire_name;
  bool streams;
};

std::ostream& operator<<(std::ostream& out, const RunWay& way) { return out << way.wire_name; }

void add(ToolBox& tools, const std::string& name, ToolFunction function) {
  const auto added = tools.add({name, "of a test", kCity, {}, {}}, std::move(function));
  ASSERT_TRUE(added) << added.error().message;
}

Conversation talk(std::string prompt = "What is the weather?") {
  Conversation made;
  made.messages.push_back(Message::user(std::move(prompt)));
  return made;
}

RunTrail expect_trail(RunResult result) {
  EXPECT_TRUE(result) << to_string(result.error().error_class) << ": " << result.error().message;
  return result ? std::move(*result) : RunTrail{{Round{}}};
}

RunError expect_error(RunResult result) {
  EXPECT_FALSE(result);
  return result ? RunError{} : std::move(result).error();
}

ToolFunction says(std::string text) {
  return [text = std::move(text)](const ToolInput&) -> Result<std::string> { return text; };
}

/// A rig whose default chain is one target.
std::unique_ptr<Client> open(Rig& rig, const std::string& provider, const std::string& model) {
  rig.toml += "[default]\nprovider = \"" + provider + "\"\nmodel = \"" + model +
              "\"\n[reliability]\n" + "retries = 0\n";
  return rig.open();
}

class ToolRuns : public ::testing::TestWithParam<RunWay> {
 protected:
  std::unique_ptr<Client> open_as_asked(const std::string& model_suffix = {}) {
    return open(rig, GetParam().provider, GetParam().model + model_suffix);
  }
  RunOptions options() const {
    RunOptions made;
    made.call.stream_upstream = GetParam().streams;
    return made;
  }
  Rig rig;
};

INSTANTIATE_TEST_SUITE_P(
    Over, ToolRuns,
    ::testing::Values(RunWay{"openrouter", "openai/gpt-4o", "OpenRouterStreaming", true},
                      RunWay{"openrouter", "openai/gpt-4o", "OpenRouterWhole", false},
                      RunWay{"openai", "gpt-4o", "OpenAiStreaming", true},
                      RunWay{"openai", "gpt-4o", "OpenAiWhole", false}),
    [](const auto& instance) { return instance.param.wire_name; });

TEST_P(ToolRuns, TheModelIsToldTheResultAndAnswers) {
  const auto client = open_as_asked();
  ToolBox tools;
  std::string arguments;
  add(tools, "weather", [&](const ToolInput& input) -> Result<std::string> {
    arguments = input.arguments;
    return std::string("18 degrees");
  });
  Conversation conversation = talk();
  const RunTrail trail = expect_trail(client->run(conversation, tools, options()));
  EXPECT_THAT(trail.answer().text, HasSubstr("The tool said: 18 degrees"));
  ASSERT_EQ(trail.rounds.size(), 2u);
  ASSERT_EQ(trail.rounds[0].tools.size(), 1u);
  const ToolRun& run = trail.rounds[0].tools[0];
  EXPECT_EQ(run.call.name, "weather");
  EXPECT_EQ(run.call.arguments, arguments);
  EXPECT_EQ(run.result, "18 degrees");
  EXPECT_FALSE(run.failed);
  EXPECT_EQ(trail.rounds[0].response.attempts.size(), 1u);
  ASSERT_EQ(conversation.messages.size(), 4u);
  EXPECT_EQ(conversation.messages[1].tool_calls, std::vector{run.call});
  EXPECT_EQ(conversation.messages[2], Message::tool(run.call.id, "18 degrees"));
  EXPECT_EQ(conversation.messages[3].text, trail.answer().text);
  EXPECT_EQ(conversation.usage.calls, 2);
}

TEST_P(ToolRuns, ParallelCallsRunAtOnceAndAreToldInTheirOrder) {
  const auto client = open_as_asked("#parallel-tools");
  ToolBox tools;
  std::promise<void> second_began;
  add(tools, "first", [&](const ToolInput&) -> Result<std::string> {
    second_began.get_future().wait();  // ends only because the second runs beside it
    return std::string("one");
  });
  add(tools, "second", [&](const ToolInput&) -> Result<std::string> {
    second_began.set_value();
    return std::string("two");
  });
  Conversation conversation = talk();
  const RunTrail trail = expect_trail(client->run(conversation, tools, options()));
  EXPECT_THAT(trail.answer().text, HasSubstr("The tool said: one The tool said: two"));
  EXPECT_EQ(trail.rounds[0].tools[0].result, "one");
  EXPECT_EQ(trail.rounds[0].tools[1].result, "two");
}

TEST_P(ToolRuns, ResultsMatchTheirCallsWhateverIdsABackendSends) {
  for (const std::string shape : {"1", "2", "3", "4"}) {
    Rig own;
    const auto client = open(own, GetParam().provider,
                             GetParam().model + "#parallel-tools+tool-quirk?shape=" + shape);
    ToolBox tools;
    add(tools, "first", says("one"));
    add(tools, "second", says("two"));
    Conversation conversation = talk();
    const RunTrail trail = expect_trail(client->run(conversation, tools, options()));
    ASSERT_EQ(trail.rounds.at(0).tools.size(), 2u) << shape;
    const auto& runs = trail.rounds[0].tools;
    EXPECT_NE(runs[0].call.id, runs[1].call.id) << shape;
    EXPECT_EQ(conversation.messages.at(2), Message::tool(runs[0].call.id, "one")) << shape;
    EXPECT_EQ(conversation.messages.at(3), Message::tool(runs[1].call.id, "two")) << shape;
  }
}

TEST_P(ToolRuns, FailuresAreResultsThatTheModelIsTold) {
  const auto client = open_as_asked("#parallel-tools");
  ToolBox tools;
  add(tools, "refuses", [](const ToolInput&) -> Result<std::string> {
    return fail(ErrorClass::kNotFound, "no such city");
  });
  add(tools, "throws",
      [](const ToolInput&) -> Result<std::string> { throw std::runtime_error("disk on fire"); });
  add(tools, "throws_a_number", [](const ToolInput&) -> Result<std::string> { throw 7; });
  add(tools, "says_bytes", says("\xff\xfe"));
  add(tools, "complains_in_bytes",
      [](const ToolInput&) -> Result<std::string> { return fail(ErrorClass::kInternal, "\xff"); });
  Conversation conversation = talk();
  const RunTrail trail = expect_trail(client->run(conversation, tools, options()));
  std::vector<std::string> results;
  for (const ToolRun& run : trail.rounds.at(0).tools) {
    results.push_back(run.result);
    EXPECT_TRUE(run.failed) << run.result;
  }
  EXPECT_THAT(results,
              ::testing::ElementsAre("error: no such city", "error: disk on fire",
                                     "error: the tool threw something that is no exception",
                                     "error: the result is not UTF-8 text",
                                     "error: the message of the failure is not UTF-8 text"));
  EXPECT_THAT(trail.answer().text, HasSubstr("The tool said: error: disk on fire"));
}

TEST_P(ToolRuns, ArgumentsThatAreNoObjectAreToldToTheModelAndNothingIsCalled) {
  const auto client = open_as_asked("#tool-answer?arguments=[1]");
  ToolBox tools;
  std::atomic<int> called = 0;
  add(tools, "weather", [&](const ToolInput&) -> Result<std::string> {
    ++called;
    return std::string();
  });
  Conversation conversation = talk();
  const RunTrail trail = expect_trail(client->run(conversation, tools, options()));
  EXPECT_EQ(trail.rounds.at(0).tools.at(0).result,
            "error: the arguments are not a JSON object; they were: [1]");
  EXPECT_TRUE(trail.rounds[0].tools[0].failed);
  EXPECT_EQ(called, 0);
  EXPECT_EQ(trail.rounds.size(), 2u) << "the run goes on";
}

TEST_P(ToolRuns, ArgumentsThatAreNoJsonAreToldToTheModelWithoutAnotherAttempt) {
  const auto client = open_as_asked("#tool-answer?arguments=%7b%22city%22:");
  ToolBox tools;
  add(tools, "weather", says("never"));
  Conversation conversation = talk();
  const RunTrail trail = expect_trail(client->run(conversation, tools, options()));
  EXPECT_EQ(rig.simulator->requests().size(), 2u);
  const ToolRun& run = trail.rounds.at(0).tools.at(0);
  EXPECT_EQ(run.call.arguments, "{\"city\":");
  EXPECT_THAT(run.result, AllOf(HasSubstr("error: the arguments are not JSON"),
                                HasSubstr("; they were: {\"city\":")));
  EXPECT_EQ(run.took.count(), 0) << "the function was not called";
  EXPECT_EQ(conversation.messages.at(1).tool_calls.at(0).arguments, "{}")
      << "what every server takes back";
  EXPECT_THAT(trail.answer().text, HasSubstr("The tool said: error: the arguments are not JSON"));
}

TEST_P(ToolRuns, ArgumentsGoBackByteForByte) {
  const auto client = open_as_asked("#tool-answer?arguments=%7b %22b%22 : 1.0,%22a%22:[ 2 ] %7d");
  ToolBox tools;
  add(tools, "weather", says("fine"));
  Conversation conversation = talk();
  const RunTrail trail = expect_trail(client->run(conversation, tools, options()));
  EXPECT_EQ(trail.rounds.at(0).tools.at(0).call.arguments, R"({ "b" : 1.0,"a":[ 2 ] })");
  EXPECT_THAT(rig.simulator->requests().at(1).body,
              HasSubstr(R"("arguments":"{ \"b\" : 1.0,\"a\":[ 2 ] }")"));
}

TEST_P(ToolRuns, ACallOutsideOfARunStillPromisesJsonArguments) {
  const auto client = open_as_asked("#tool-answer?arguments=%7b%22city%22:");
  ChatRequest request = ask("What is the weather?");
  request.tools = {{"weather", "", kCity, {}, {}}};
  CallOptions call;
  call.stream_upstream = GetParam().streams;
  const ChatResult result = client->chat(request, call);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().error_class, ErrorClass::kBadResponse);
  EXPECT_THAT(result.error().message,
              HasSubstr("': the model's arguments for tool 'weather' are not valid JSON"));
  EXPECT_EQ(result.error().message.find("provider '"), 0u);
}

TEST_P(ToolRuns, WhatIsNotConsentedToIsToldAndNotCalled) {
  const auto client = open_as_asked();
  ToolBox tools;
  std::atomic<int> called = 0;
  add(tools, "weather", [&](const ToolInput&) -> Result<std::string> {
    ++called;
    return std::string();
  });
  RunOptions careful = options();
  std::string asked;
  careful.consent = [&](const ToolInput& input) -> Result<void> {
    asked = std::string(input.name) + std::string(input.arguments);
    return fail(ErrorClass::kPermission, "not today");
  };
  Conversation conversation = talk();
  const RunTrail trail = expect_trail(client->run(conversation, tools, careful));
  EXPECT_EQ(asked, "weather" + trail.rounds.at(0).tools.at(0).call.arguments);
  EXPECT_EQ(trail.rounds[0].tools[0].result, "error: not today");
  EXPECT_EQ(called, 0);
  EXPECT_EQ(trail.rounds.size(), 2u);
}

TEST_P(ToolRuns, WhatIsConsentedToAfterAStopIsNotCalled) {
  const auto client = open_as_asked();
  ToolBox tools;
  std::atomic<int> called = 0;
  add(tools, "weather", [&](const ToolInput&) -> Result<std::string> {
    ++called;
    return std::string();
  });
  std::stop_source stop;
  RunOptions careful = options();
  careful.call.stop = stop.get_token();
  careful.consent = [&](const ToolInput&) -> Result<void> {
    stop.request_stop();
    return {};
  };
  Conversation conversation = talk();
  EXPECT_EQ(expect_error(client->run(conversation, tools, careful)).error_class,
            ErrorClass::kCancelled);
  EXPECT_EQ(called, 0);
}

TEST_P(ToolRuns, WithoutACallTheFirstAnswerIsTheLast) {
  const auto client = open_as_asked();
  Conversation conversation = talk("hello");
  const RunTrail trail = expect_trail(client->run(conversation, ToolBox{}, options()));
  EXPECT_EQ(trail.rounds.size(), 1u);
  EXPECT_THAT(trail.answer().text, HasSubstr("hello"));
  EXPECT_THAT(rig.simulator->requests().at(0).body, Not(HasSubstr("\"tools\"")));
  EXPECT_EQ(conversation.messages.size(), 2u);
}

TEST_P(ToolRuns, AChoiceThatDemandsACallCountsOnce) {
  const auto client = open_as_asked();
  ToolBox tools;
  add(tools, "weather", says("fine"));
  RunOptions demands = options();
  demands.settings.tool_choice = "required";
  Conversation conversation = talk();
  expect_trail(client->run(conversation, tools, demands));
  const auto requests = rig.simulator->requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_THAT(requests[0].body, HasSubstr(R"("tool_choice":"required")"));
  EXPECT_THAT(requests[1].body, Not(HasSubstr("tool_choice")));
  EXPECT_THAT(requests[1].body, HasSubstr("\"weather\"")) << "the tools are still there";
}

TEST_P(ToolRuns, EventsAndHooksComeInTheOrderOfTheRun) {
  const auto client = open_as_asked();
  ToolBox tools;
  add(tools, "weather", says("fine"));
  std::string order;  // of two threads, one after the other
  RunOptions told = options();
  const auto caller = std::this_thread::get_id();
  told.on_event = [&](const StreamEvent& event) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    if (event.type == StreamEvent::Type::kToolCall) order += "call ";
    if (event.type == StreamEvent::Type::kText && !order.ends_with("text ")) order += "text ";
  };
  told.on_answer = [&](const ChatResponse&) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    order += "answer ";
  };
  told.on_tool = [&](const ToolRun& run) {
    EXPECT_NE(std::this_thread::get_id(), caller);
    order += run.call.name + " ";
  };
  Conversation conversation = talk();
  expect_trail(client->run(conversation, tools, told));
  EXPECT_EQ(order, "call answer weather text answer ");
}

// --- ways out

class ToolRunEnds : public ::testing::Test {
 protected:
  /// A client for one model of OpenRouter; the second request meets the fault.
  void open_model(const std::string& model = "openai/gpt-4o", const std::string& second = {}) {
    sim::SimulatorOptions world;
    if (!second.empty()) world.script.rules = {of_the_second(second)};
    rig = std::make_unique<Rig>(Wire::kPlain, world);
    client = open(*rig, "openrouter", model);
  }
  static sim::FaultRule of_the_second(const std::string& fault) {
    sim::FaultRule rule;
    rule.nth = 2;
    rule.faults = sim::parse_faults(fault).value();
    return rule;
  }
  RunTrail succeeds() { return expect_trail(client->run(conversation, tools, options)); }
  RunError fails() { return expect_error(client->run(conversation, tools, options)); }

  std::unique_ptr<Rig> rig;
  ToolBox tools;
  RunOptions options;
  Conversation conversation = talk();
  std::unique_ptr<Client> client;  ///< last: gone before what its calls use
};

TEST_F(ToolRunEnds, AModelThatDoesNotStopCallingMeetsTheLimitOfRounds) {
  open_model("openai/gpt-4o:again");
  std::atomic<int> called = 0;
  add(tools, "weather",
      [&](const ToolInput&) -> Result<std::string> { return std::to_string(++called); });
  options.rounds_max = 3;
  const RunError error = fails();
  EXPECT_EQ(error.error_class, ErrorClass::kInvalidRequest);
  EXPECT_THAT(error.message, HasSubstr("still calls tools after 3 answers (rounds_max)"));
  EXPECT_TRUE(error.rounds_over);
  EXPECT_EQ(error.rounds.size(), 2u);
  EXPECT_EQ(called, 2) << "the calls of the last answer are not run";
  EXPECT_EQ(error.partial.tool_calls.size(), 1u);
  EXPECT_EQ(error.attempts.size(), 1u);
  EXPECT_EQ(conversation.messages.size(), 5u) << "two complete rounds";
  EXPECT_EQ(conversation.usage.calls, 3);
}

TEST_F(ToolRunEnds, TheRunGoesOnFromACompleteRoundAfterAFailure) {
  open_model("openai/gpt-4o", "503");
  add(tools, "weather", says("fine"));
  const RunError error = fails();
  EXPECT_EQ(error.error_class, ErrorClass::kOverloaded);
  EXPECT_FALSE(error.rounds_over);
  EXPECT_EQ(error.rounds.size(), 1u);
  ASSERT_EQ(conversation.messages.size(), 3u);
  const RunTrail trail = succeeds();
  EXPECT_EQ(trail.rounds.size(), 1u);
  EXPECT_THAT(trail.answer().text, HasSubstr("The tool said: fine"));
}

TEST_F(ToolRunEnds, AFallbackServesTheRestOfARun) {
  sim::SimulatorOptions world;
  world.script.rules = {of_the_second("503")};  // of the first target
  world.script.rules[0].path = "/api/v1/chat/completions";
  rig = std::make_unique<Rig>(Wire::kPlain, world);
  rig->toml +=
      "[default]\nchain = \"both\"\n[reliability]\nretries = 0\n"
      "[chains.both]\ntargets = [ { provider = \"openrouter\", model = \"openai/gpt-4o\" },\n"
      "            { provider = \"openai\", model = \"gpt-4o\" } ]\n";
  client = rig->open();
  add(tools, "weather", says("fine"));
  std::vector<std::string> attempts;
  options.call.on_attempt = [&](const Attempt& attempt) { attempts.push_back(attempt.provider); };
  const RunTrail trail = succeeds();
  ASSERT_EQ(trail.rounds.size(), 2u);
  EXPECT_EQ(trail.rounds[0].response.provider, "openrouter");
  EXPECT_EQ(trail.rounds[1].response.provider, "openai");
  EXPECT_EQ(trail.rounds[1].response.attempts.size(), 2u);
  EXPECT_EQ(attempts, (std::vector<std::string>{"openrouter", "openrouter", "openai"}));
  EXPECT_THAT(trail.answer().text, HasSubstr("The tool said: fine"));
}

TEST_F(ToolRunEnds, ACallerThatStopsIsHeardByTheToolAndTheRunWaitsForIt) {
  open_model();
  std::stop_source stop;
  std::atomic<bool> returned = false;
  add(tools, "weather", [&](const ToolInput& input) -> Result<std::string> {
    std::promise<void> heard;
    const std::stop_callback hears(input.stop, [&] { heard.set_value(); });
    stop.request_stop();  // as another thread would
    heard.get_future().wait();
    returned = true;
    return std::string("too late");
  });
  options.call.stop = stop.get_token();
  const RunError error = fails();
  EXPECT_TRUE(returned);
  EXPECT_EQ(error.error_class, ErrorClass::kCancelled);
  EXPECT_EQ(error.message, "cancelled while tools were running");
  ASSERT_EQ(error.stopped_tools.size(), 1u);
  EXPECT_EQ(error.stopped_tools[0].result, "too late");
  EXPECT_EQ(error.partial.tool_calls.size(), 1u);
  EXPECT_EQ(conversation.messages.size(), 1u) << "the round is not in it";
  EXPECT_EQ(conversation.usage.calls, 1) << "but was paid for";
  EXPECT_EQ(rig->simulator->requests().size(), 1u);
}

TEST_F(ToolRunEnds, WhatDidNotBeginBeforeTheStopIsNotCalled) {
  open_model("openai/gpt-4o#parallel-tools");
  std::stop_source stop;
  std::atomic<int> called = 0;
  const auto stops = [&](const ToolInput&) -> Result<std::string> {
    ++called;
    stop.request_stop();
    return std::string();
  };
  add(tools, "first", stops);
  add(tools, "second", stops);
  options.parallel_max = 1;
  options.call.stop = stop.get_token();
  const RunError error = fails();
  EXPECT_EQ(called, 1);
  ASSERT_EQ(error.stopped_tools.size(), 2u);
  EXPECT_EQ(error.stopped_tools[1].result, "error: stopped before it ran");
}

TEST_F(ToolRunEnds, TheDeadlineIsOfTheWholeRunToolsIncluded) {
  open_model();
  add(tools, "weather", [](const ToolInput& input) -> Result<std::string> {
    std::promise<void> heard;
    const std::stop_callback hears(input.stop, [&] { heard.set_value(); });
    heard.get_future().wait();
    return std::string("too late");
  });
  options.call.deadline = Milliseconds{500};
  const RunError error = fails();
  EXPECT_EQ(error.error_class, ErrorClass::kTimeout);
  EXPECT_THAT(error.message, HasSubstr("the deadline of 500 ms passed while tools were running"));
  EXPECT_EQ(error.stopped_tools.size(), 1u);
  EXPECT_EQ(conversation.messages.size(), 1u);
}

TEST_F(ToolRunEnds, ALaterCallGetsOnlyWhatIsLeftOfTheDeadline) {
  constexpr Milliseconds kDeadline{800}, kFirstRound{600};
  open_model("openai/gpt-4o", "silence");
  const auto begin = std::chrono::steady_clock::now();
  add(tools, "weather", [&](const ToolInput& input) -> Result<std::string> {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_until(lock, input.stop, begin + kFirstRound, [] { return false; });
    return std::string("fine");
  });
  options.call.deadline = kDeadline;
  const RunError error = fails();
  EXPECT_EQ(error.error_class, ErrorClass::kTimeout);
  EXPECT_THAT(error.message, HasSubstr("the deadline of 800 ms"));
  EXPECT_EQ(conversation.messages.size(), 3u) << "the first round is complete";
  ASSERT_EQ(error.attempts.size(), 1u);
  EXPECT_LT(error.attempts[0].total, kFirstRound) << "a whole new deadline is longer";
}

TEST_F(ToolRunEnds, AnAnswerThatEndsInsideACallRunsNoneOfThem) {
  open_model("openai/gpt-4o#parallel-tools");
  std::atomic<int> called = 0;
  const auto counts = [&](const ToolInput&) -> Result<std::string> {
    return std::to_string(++called);
  };
  add(tools, "first", counts);
  add(tools, "second", counts);
  options.settings.max_tokens = 3;  // enough for the first
  const RunError error = fails();
  EXPECT_EQ(error.error_class, ErrorClass::kBadResponse);
  EXPECT_EQ(error.message,
            "the answer ended (length) in the middle of 1 tool call, so that none was run; raise "
            "max_tokens");
  EXPECT_EQ(error.partial.tool_calls.size(), 1u);
  EXPECT_EQ(called, 0);
  EXPECT_EQ(conversation.messages.size(), 1u);
}

TEST_F(ToolRunEnds, OptionsOutOfTheirRangesAreSaid) {
  open_model();
  for (const int wrong : {0, RunOptions::kRoundsMax + 1}) {
    options.rounds_max = wrong;
    EXPECT_EQ(fails().message,
              "rounds_max: " + std::to_string(wrong) + " is out of range; set 1 to 1000");
  }
  options.rounds_max = RunOptions::kRoundsMax;
  for (const int wrong : {0, 65}) {
    options.parallel_max = wrong;
    EXPECT_EQ(fails().message,
              "parallel_max: " + std::to_string(wrong) + " is out of range; set 1 to 64");
  }
  options.parallel_max = 1;
  options.settings = ChatRequest::from_json(R"({"messages":[]})").value();
  EXPECT_THAT(fails().message, HasSubstr("settings: a raw body"));
  EXPECT_EQ(rig->simulator->requests().size(), 0u);
}

TEST_F(ToolRunEnds, OnTheClientsOwnLoopItFailsAtOnce) {
  struct Runs final : Sink {
    void on_event(const StreamEvent&) override {}
    void on_end(ChatResult) override {
      Conversation conversation = talk();
      result.set_value(client->run(conversation, ToolBox{}));
    }
    Client* client = nullptr;
    std::promise<RunResult> result;
  };
  open_model();
  Runs sink;
  sink.client = client.get();
  const auto call = client->start(ask("hello"), {}, sink);
  const RunError error = expect_error(sink.result.get_future().get());
  EXPECT_EQ(error.error_class, ErrorClass::kInternal);
  EXPECT_THAT(error.message, HasSubstr("on a thread of prx"));
}

TEST_F(ToolRunEnds, AToolMayAskTheSameClient) {
  open_model();
  add(tools, "weather", [&](const ToolInput&) -> Result<std::string> {
    auto answer = client->chat(ask("inner question"));
    if (!answer) return Unexpected<Error>(answer.error());
    return answer->text;
  });
  const RunTrail trail = succeeds();
  EXPECT_THAT(trail.answer().text, HasSubstr("The tool said: This is a simulated answer"));
}

TEST_F(ToolRunEnds, ToolsOfTheServerGoAlong) {
  open_model();
  add(tools, "weather", says("fine"));
  Tool search;
  search.server_tool = R"({"type":"openrouter:web_search"})";
  options.settings.tools = {search, {"not_of_the_box", "", kCity, {}, {}}};
  succeeds();
  const auto body = rig->simulator->requests().at(0).body;
  EXPECT_THAT(body, HasSubstr("openrouter:web_search"));
  EXPECT_THAT(body, HasSubstr("\"weather\""));
  EXPECT_THAT(body, Not(HasSubstr("not_of_the_box")));
}

}  // namespace
}  // namespace prx::test
