#include "client/operation.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "core/client/rig.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;

struct Watcher final : driver::OperationObserver {
  void on_operation_head() override { ++heads; }
  void on_operation_event(const prx_event& event) override { text += driver::view(event.text); }
  void on_operation_end(const Error* error) override {
    ++ends;
    if (error != nullptr) last = *error;
  }
  int heads = 0, ends = 0;
  std::string text;
  std::optional<Error> last;
};

struct PluginExchange {
  std::string body;
  int heads = 0, ends = 0;
  prx_http_sink sink() {
    return {
        sizeof(prx_http_sink),
        0,
        this,
        [](void* ctx, const prx_http_head*) noexcept {
          ++static_cast<PluginExchange*>(ctx)->heads;
        },
        [](void* ctx, char* bytes, size_t size) noexcept {
          static_cast<PluginExchange*>(ctx)->body.append(bytes, size);
        },
        [](void* ctx, const prx_http_end*) noexcept { ++static_cast<PluginExchange*>(ctx)->ends; }};
  }
};

class OperationTest : public ::testing::Test {
 protected:
  std::shared_ptr<driver::Operation> start() {
    driver::OperationRequest request;
    request.body = body;
    return driver::Operation::start(*rig.instance, request, watcher);
  }
  prx_http_req get(const char* url) {
    prx_http_req request{};
    request.size = sizeof request;
    request.op_id = plugin.request.op_id;
    request.method = driver::to_c("POST");
    request.url = driver::to_c(url);
    request.key_header = driver::to_c("authorization");
    request.key_prefix = driver::to_c("Bearer ");
    request.connect_timeout_ms = -1;
    request.head_timeout_ms = 0;
    request.idle_timeout_ms = 70;
    return request;
  }

  DriverRig rig;
  ScriptedPlugin& plugin = rig.plugin;
  const std::shared_ptr<const std::string> body = std::make_shared<const std::string>("{\"a\":1}");
  Watcher watcher;
  PluginExchange exchange;
};

TEST_F(OperationTest, TheHostAddsKeyAndConfiguredHeaders) {
  const auto operation = start();
  prx_kv header{driver::to_c("x-extra"), driver::to_c("no")};
  prx_http_req request = get("https://own.example/v1");
  request.headers = &header;
  request.header_count = 1;
  request.body = plugin.request.body;
  const prx_http_sink sink = exchange.sink();
  std::uint64_t id = 0;
  ASSERT_EQ(plugin.http().send(plugin.host, &request, &sink, nullptr, &id), PRX_OK);
  EXPECT_NE(id, 0u);
  const http::Request& sent = rig.transport.sent.at(0).request;
  const http::HeaderList expected{{"authorization", "Bearer sk-first-secret"}, {"X-Extra", "yes"}};
  EXPECT_TRUE(sent.headers == expected);
  EXPECT_EQ(sent.body_view.data(), body->data()) << "the body is shared, not copied";
  EXPECT_EQ(sent.clocks.connect, 10s);
  EXPECT_EQ(sent.clocks.head, std::nullopt);
  EXPECT_EQ(sent.clocks.idle, 70ms);
  plugin.done();
}

TEST_F(OperationTest, OnlyTheProvidersOwnHostsAreReachable) {
  const auto operation = start();
  const prx_http_sink sink = exchange.sink();
  for (const char* url :
       {"https://evil.example/", "http://own.example/", "https://own.example:444/",
        "https://own.example@evil.example/", "https://own.example.evil.example/"}) {
    const prx_http_req request = get(url);
    driver::FailSlot fail;
    EXPECT_EQ(plugin.http().send(plugin.host, &request, &sink, fail.c(), nullptr), PRX_E_INTERNAL)
        << url;
    const Error error = fail.take(0, "");
    EXPECT_EQ(error.provider_code, "plugin") << "no other class says whose bug it is";
    EXPECT_NE(error.message.find("its plugin may not reach "), std::string::npos);
  }
  EXPECT_TRUE(rig.transport.sent.empty());
  plugin.done();
}

TEST_F(OperationTest, AHostThatIsNotThePluginsIsNamedWithThoseThatAre) {
  const auto operation = start();
  const prx_http_sink sink = exchange.sink();
  const auto refusal = [&](const char* url) {
    const prx_http_req request = get(url);
    driver::FailSlot fail;
    EXPECT_NE(plugin.http().send(plugin.host, &request, &sink, fail.c(), nullptr), PRX_OK);
    return fail.take(0, "").message;
  };
  EXPECT_EQ(refusal("https://Elsewhere.example/v1?key=sk-12345"),
            "provider 'main': its plugin may not reach 'https://elsewhere.example:443'; its note "
            "names https://own.example, and base_url is not set");
  EXPECT_EQ(refusal("https://me:sk-12345@own.example/"),
            "provider 'main': its plugin may not reach what is no plain http or https URL; its "
            "note names https://own.example, and base_url is not set");
  plugin.done();
}

TEST_F(OperationTest, WhoThrewIsNamed) {
  const auto operation = start();
  plugin.error(PRX_E_INTERNAL, "bug in the plugin: an exception that is no std::exception");
  ASSERT_TRUE(watcher.last);
  EXPECT_EQ(watcher.last->message,
            "plugin 'scripted' of provider 'main' threw an exception that is no std::exception");
  EXPECT_EQ(watcher.last->provider_code, "plugin");
}

TEST_F(OperationTest, WhoThrewInStartIsNamed) {
  plugin.start_code = PRX_E_INTERNAL;
  plugin.start_message = "bug in the plugin: the wheel came off";
  const auto operation = start();
  rig.loop.run_ready();
  ASSERT_TRUE(watcher.last);
  EXPECT_EQ(watcher.last->message,
            "plugin 'scripted' of provider 'main' has a bug: the wheel came off");
}

TEST_F(OperationTest, AnotherFailureKeepsItsWords) {
  const auto operation = start();
  plugin.error(PRX_E_BAD_RESPONSE, "bug in the plugin: said the server");
  ASSERT_TRUE(watcher.last);
  EXPECT_EQ(watcher.last->message, "bug in the plugin: said the server");
  EXPECT_EQ(watcher.last->provider_code, "");
}

TEST_F(OperationTest, AFailureOfThePluginThatNamesNobodyIsGivenTheProvidersName) {
  for (const auto& [said, told] :
       {std::pair("out of memory", "provider 'main': out of memory"),
        std::pair("", "provider 'main': the provider gave no reason"),
        std::pair("the model of 'main' is broken", "the model of 'main' is broken")}) {
    const auto operation = start();
    plugin.error(PRX_E_INTERNAL, said);
    rig.loop.run_ready();
    ASSERT_TRUE(watcher.last);
    EXPECT_EQ(watcher.last->message, told);
  }
  const auto operation = start();
  prx_event event{};
  event.type = PRX_EV_ERROR;
  plugin.emit(event);
  EXPECT_EQ(watcher.last->message,
            "provider 'main': the plugin reported a failure without saying which");
}

TEST_F(OperationTest, WhatANoteDoesNotOfferIsNotAskedFor) {
  EXPECT_EQ(rig.instance->lacks("models"), std::nullopt) << "a note that lists none says nothing";
  const ScriptedProvider other(rig.runtime, rig.transport, "other", {"chat", "health"});
  EXPECT_EQ(other.instance->lacks("health"), std::nullopt);
  for (const char* operation : {"models", "warmup", "account"}) {
    const auto unfit = other.instance->lacks(operation);
    ASSERT_TRUE(unfit) << operation;
    EXPECT_EQ(unfit->error_class, ErrorClass::kUnsupported);
  }
  EXPECT_EQ(other.instance->lacks("models")->message,
            "provider 'other': its plugin 'other' has no operation that lists models; set "
            "[providers.other] model: the plugin's documentation names them");
}

TEST_F(OperationTest, AnotherInstancesOperationIsRefused) {
  const auto operation = start();
  auto other = std::move(driver::ProviderInstance::create(rig.runtime, *rig.module,
                                                          rig.instance->config(), rig.transport))
                   .value();
  const prx_http_req request = get("https://own.example/");
  const prx_http_sink sink = exchange.sink();
  EXPECT_EQ(plugin.http().send(&other->host(), &request, &sink, nullptr, nullptr),
            PRX_E_INVALID_REQUEST);
  EXPECT_TRUE(rig.transport.sent.empty());
  plugin.done();
}

TEST_F(OperationTest, HeaderInjectionIsRefused) {
  const auto operation = start();
  prx_kv header{driver::to_c("x"), driver::to_c("a\r\nauthorization: b")};
  prx_http_req request = get("https://own.example/");
  request.headers = &header;
  request.header_count = 1;
  const prx_http_sink sink = exchange.sink();
  EXPECT_EQ(plugin.http().send(plugin.host, &request, &sink, nullptr, nullptr),
            PRX_E_INVALID_REQUEST);
  plugin.done();
}

TEST_F(OperationTest, ExchangesOfOneOperationAreBounded) {
  const auto operation = start();
  const prx_http_req request = get("https://own.example/");
  const prx_http_sink sink = exchange.sink();
  for (std::size_t i = 0; i < driver::Operation::kExchangesMax; ++i)
    ASSERT_EQ(plugin.http().send(plugin.host, &request, &sink, nullptr, nullptr), PRX_OK);
  EXPECT_EQ(plugin.http().send(plugin.host, &request, &sink, nullptr, nullptr),
            PRX_E_INVALID_REQUEST);
  plugin.done();
}

TEST_F(OperationTest, AnExchangeThatStillRunsAfterDoneIsReadToItsEndWithoutThePlugin) {
  const auto operation = start();
  const prx_http_req request = get("https://own.example/");
  const prx_http_sink sink = exchange.sink();
  ASSERT_EQ(plugin.http().send(plugin.host, &request, &sink, nullptr, nullptr), PRX_OK);
  rig.transport.sent[0].handler->on_head({});
  plugin.done();
  rig.loop.run_ready();
  EXPECT_EQ(plugin.releases, 1);
  EXPECT_FALSE(rig.transport.sent[0].cancelled) << "so that the connection can be used again";
  char rest[] = "rest";
  rig.transport.sent[0].handler->on_data(rest, 4);
  EXPECT_TRUE(exchange.body.empty());
  rig.loop.advance(driver::Operation::kDrainMax);
  EXPECT_TRUE(rig.transport.sent[0].cancelled) << "but not for ever";
}

/// Its body may still be on its way, and is held as long.
TEST_F(OperationTest, AnExchangeWithoutAHeadEndsWithDone) {
  for (const bool by_plugin : {false, true}) {
    const auto operation = start();
    const prx_http_req request = get("https://own.example/");
    const prx_http_sink sink = exchange.sink();
    std::uint64_t id = 0;
    ASSERT_EQ(plugin.http().send(plugin.host, &request, &sink, nullptr, &id), PRX_OK);
    plugin.done();
    if (by_plugin) {
      plugin.http().cancel(plugin.host, id);
      EXPECT_TRUE(rig.transport.sent.back().cancelled);
    }
    rig.loop.run_ready();
    EXPECT_TRUE(rig.transport.sent.back().cancelled);
  }
}

TEST_F(OperationTest, ALargeBodyOfThePluginsOwnIsNotHeldForTheRestOfAnAnswer) {
  const std::string own(driver::Operation::kDrainCopiesMax, 'x');
  for (const std::size_t more : {0, 1}) {
    const auto operation = start();
    prx_http_req request = get("https://own.example/");
    const std::string text = own + std::string(more, 'x');
    request.body = driver::to_c(text);
    const prx_http_sink sink = exchange.sink();
    ASSERT_EQ(plugin.http().send(plugin.host, &request, &sink, nullptr, nullptr), PRX_OK);
    rig.transport.sent.back().handler->on_head({});
    plugin.done();
    rig.loop.run_ready();
    EXPECT_EQ(rig.transport.sent.back().cancelled, more == 1);
  }
}

TEST_F(OperationTest, AFailedOperationCancelsItsExchanges) {
  const auto operation = start();
  const prx_http_req request = get("https://own.example/");
  const prx_http_sink sink = exchange.sink();
  ASSERT_EQ(plugin.http().send(plugin.host, &request, &sink, nullptr, nullptr), PRX_OK);
  plugin.error(PRX_E_BAD_RESPONSE, "no");
  rig.loop.run_ready();
  EXPECT_TRUE(rig.transport.sent[0].cancelled);
}

TEST_F(OperationTest, TheTerminalEventIsLatched) {
  const auto operation = start();
  plugin.done();
  EXPECT_EQ(plugin.done(), 1);
  EXPECT_EQ(plugin.text("late"), 1);
  EXPECT_EQ(watcher.ends, 1);
  EXPECT_EQ(watcher.text, "");
  rig.loop.run_ready();
  EXPECT_EQ(plugin.text("after release"), 1) << "the stale handle finds nothing";
  EXPECT_EQ(rig.operations.late(), 1u) << "but it is counted";
}

TEST_F(OperationTest, APluginThatMisbehavesTooOftenIsQuarantined) {
  const auto operation = start();
  plugin.done();
  for (unsigned i = 0; i < driver::ProviderInstance::kMisbehaviourMax; ++i) plugin.text("late");
  EXPECT_TRUE(rig.instance->quarantined());
  Watcher next;
  const auto refused = driver::Operation::start(*rig.instance, {}, next);
  rig.loop.run_ready();
  EXPECT_EQ(next.ends, 1);
  EXPECT_EQ(next.last->error_class, ErrorClass::kInternal);
  EXPECT_EQ(plugin.starts, 1);
}

TEST_F(OperationTest, AnEventFromInsideStartIsABreach) {
  plugin.on_start = [this] { plugin.done(); };
  plugin.on_cancel = [this] { plugin.done(); };
  const auto operation = start();
  EXPECT_EQ(watcher.ends, 0) << "never before start returned";
  rig.loop.run_ready();
  EXPECT_EQ(watcher.ends, 1);
  ASSERT_TRUE(watcher.last) << "whatever the plugin says to the cancel";
  EXPECT_EQ(watcher.last->error_class, ErrorClass::kInternal);
  EXPECT_EQ(plugin.releases, 1);
}

TEST_F(OperationTest, AStartThatGivesNoOperationIsABreach) {
  plugin.gives_operation = false;
  const auto operation = start();
  rig.loop.run_ready();
  EXPECT_EQ(watcher.ends, 1);
  ASSERT_TRUE(watcher.last);
  EXPECT_EQ(watcher.last->error_class, ErrorClass::kInternal);
  EXPECT_EQ(plugin.cancels + plugin.releases, 0) << "there is nothing to call them with";
}

TEST_F(OperationTest, WhatAFailedStartLeftBehindNeverRuns) {
  int fired = 0;
  const prx_http_sink sink = exchange.sink();
  plugin.start_code = PRX_E_UNSUPPORTED;
  plugin.on_start = [&] {
    const prx_task task = [](void* ctx) noexcept { ++*static_cast<int*>(ctx); };
    plugin.exec().timer(plugin.host, plugin.request.op_id, 0, task, &fired);
    plugin.exec().post(plugin.host, plugin.request.op_id, task, &fired);
    const prx_http_req request = get("https://own.example/");
    ASSERT_EQ(plugin.http().send(plugin.host, &request, &sink, nullptr, nullptr), PRX_OK);
  };
  const auto operation = start();
  rig.loop.advance(1h);
  EXPECT_EQ(fired, 0);
  EXPECT_TRUE(rig.transport.sent.at(0).cancelled);
  EXPECT_EQ(watcher.last->error_class, ErrorClass::kUnsupported);
}

TEST_F(OperationTest, ACancelledOperationSendsNothingMore) {
  const auto operation = start();
  const prx_http_sink sink = exchange.sink();
  plugin.on_cancel = [&] {
    const prx_http_req request = get("https://own.example/");
    EXPECT_EQ(plugin.http().send(plugin.host, &request, &sink, nullptr, nullptr),
              PRX_E_INVALID_REQUEST);
    plugin.done();
  };
  operation->cancel();
  EXPECT_TRUE(rig.transport.sent.empty());
}

TEST_F(OperationTest, ErrorsOfEveryOperationAreRedacted) {
  const auto operation = start();
  plugin.error(PRX_E_AUTH, "bad key sk-first-secret");
  EXPECT_EQ(watcher.last->message, "bad key [redacted]");
}

struct Words final : driver::OperationObserver {
  void on_operation_head() override {}
  void on_operation_event(const prx_event& event) override {
    for (const prx_str text : {event.id, event.name, event.text})
      words.emplace_back(driver::view(text));
  }
  void on_operation_end(const Error* error) override {
    if (error != nullptr) message = error->message;
  }
  std::vector<std::string> words;
  std::string message;
};

TEST_F(OperationTest, AServerThatSaysTheKeyBackIsNotRepeated) {
  Words seen;
  const auto operation = driver::Operation::start(*rig.instance, {}, seen);
  prx_event event{};
  for (const std::uint32_t type : {PRX_EV_META, PRX_EV_FINISH, PRX_EV_ITEM, PRX_EV_PROGRESS}) {
    event.type = type;
    event.id = driver::to_c("gen-SK-FIRST-secret");
    event.name = driver::to_c("Sk-Second-Secret/model");
    event.text = driver::to_c("at sk-first-secret, sk-second-secret");
    plugin.emit(event);
  }
  const std::vector<std::string> clean{"gen-[redacted]", "[redacted]/model",
                                       "at [redacted], [redacted]"};
  ASSERT_EQ(seen.words.size(), 12u);
  for (std::size_t i = 0; i < seen.words.size(); ++i) EXPECT_EQ(seen.words[i], clean[i % 3]) << i;
  plugin.error(PRX_E_BAD_RESPONSE, "Content-Type was text/sk-First-Secret");
  EXPECT_EQ(seen.message, "Content-Type was text/[redacted]");
}

TEST_F(OperationTest, AKeyThatAServerSaysBackInEscapesIsNotRepeated) {
  Words seen;
  const auto operation = driver::Operation::start(*rig.instance, {}, seen);
  prx_event event{};
  event.type = PRX_EV_META;
  event.id = driver::to_c("gen-sk%2Dfirst%2dsecret");
  event.name = driver::to_c("sk\\u002dfirst-secret/model");
  event.text = driver::to_c("at SK%2dsecond-secret");  // which the log does not know
  plugin.emit(event);
  ASSERT_EQ(seen.words.size(), 3u);
  EXPECT_EQ(seen.words[0], "gen-[redacted]");
  EXPECT_EQ(seen.words[1], "[redacted]/model");
  EXPECT_EQ(seen.words[2], "[redacted]");
  plugin.error(PRX_E_AUTH, "bad key in ?key=sk%2Dfirst%2Dsecret");
  EXPECT_EQ(seen.message, "bad key in ?key=[redacted]");
}

TEST_F(OperationTest, AToolThatIsNamedLikeTheKeyIsNotRepeatedAndItsArgumentsAreTheAnswer) {
  Words seen;
  const auto operation = driver::Operation::start(*rig.instance, {}, seen);
  prx_event event{};
  event.type = PRX_EV_TOOL_CALL;
  event.id = driver::to_c("call-sk-first-secret");
  event.name = driver::to_c("SK-second-secret");
  event.text = driver::to_c("sk-first-secret");
  plugin.emit(event);
  EXPECT_EQ(seen.words,
            (std::vector<std::string>{"call-[redacted]", "[redacted]", "sk-first-secret"}));
}

TEST_F(OperationTest, APartOfAKeyThatAPluginCutIsNotRepeated) {
  Words seen;
  const auto operation = driver::Operation::start(*rig.instance, {}, seen);
  prx_event event{};
  event.type = PRX_EV_META;
  event.id = driver::to_c("gen-sk-first-sec...");
  const std::string name = std::string(100, 'n') + "SK-FIRST-";
  event.name = driver::to_c(name);
  plugin.emit(event);
  ASSERT_EQ(seen.words.size(), 3u);
  EXPECT_EQ(seen.words[0], "gen-[redacted]...");
  EXPECT_EQ(seen.words[1], std::string(100, 'n') + "[redacted]");
  plugin.error(PRX_E_AUTH, "headers were: authorization: Bearer sk-first-s...");
  EXPECT_EQ(seen.message, "headers were: authorization: Bearer [redacted]...");
}

TEST_F(OperationTest, AKeyThatTheHostsOwnLimitCutsIsRedactedBefore) {
  constexpr std::string_view kKey = "sk-first-secret";
  for (std::size_t seen = 0; seen <= kKey.size(); ++seen) {
    driver::FailSlot fail(rig.instance.get());
    const std::string line =
        std::string(driver::kMessageMax - seen, 'x') + std::string(kKey) + " m";
    const std::string raw = std::string(driver::kRawMax - seen, 'x') + std::string(kKey);
    prx_error error{};
    error.size = sizeof error;
    error.message = error.provider_code = error.request_id = driver::to_c(line);
    error.raw = driver::to_c(raw);
    fail.c()->set(fail.c()->ctx, &error);
    const Error told = fail.take(0, "");
    for (const std::string& text : {told.message, told.provider_code, told.request_id, told.raw})
      EXPECT_EQ(text.find('s'), std::string::npos) << text.substr(text.size() - 20);
    EXPECT_LE(told.message.size(), driver::kMessageMax);
    EXPECT_LE(told.raw.size(), driver::kRawMax);
  }
}

TEST_F(OperationTest, TheAnswerItselfPassesAsItIs) {
  const auto operation = start();
  plugin.text("sk-first-secret");
  plugin.done();
  EXPECT_EQ(watcher.text, "sk-first-secret");
}

TEST_F(OperationTest, TimersRunOnTheLoopAndNotAfterTheirCancelOrTheEnd) {
  const auto operation = start();
  int fired = 0;
  const prx_task task = [](void* ctx) noexcept { ++*static_cast<int*>(ctx); };
  const auto id = plugin.request.op_id;
  ASSERT_NE(plugin.exec().timer(plugin.host, id, 10, task, &fired), 0u);
  const auto cancelled = plugin.exec().timer(plugin.host, id, 10, task, &fired);
  ASSERT_NE(plugin.exec().timer(plugin.host, id, 30, task, &fired), 0u);
  plugin.exec().timer_cancel(plugin.host, cancelled);
  rig.loop.advance(10ms);
  EXPECT_EQ(fired, 1);
  plugin.done();
  rig.loop.advance(1h);
  EXPECT_EQ(fired, 1);
}

TEST_F(OperationTest, TimersOfOneOperationAreBounded) {
  const auto operation = start();
  const prx_task task = [](void*) noexcept {};
  for (std::size_t i = 0; i < driver::Operation::kTimersMax; ++i)
    ASSERT_NE(plugin.exec().timer(plugin.host, plugin.request.op_id, 1, task, nullptr), 0u);
  EXPECT_EQ(plugin.exec().timer(plugin.host, plugin.request.op_id, 1, task, nullptr), 0u);
  plugin.done();
}

TEST_F(OperationTest, PostedTasksOfOneOperationAreBounded) {
  const auto operation = start();
  const prx_task task = [](void*) noexcept {};
  const auto post = [&] {
    return plugin.exec().post(plugin.host, plugin.request.op_id, task, nullptr);
  };
  for (unsigned i = 0; i < driver::Operation::kPostsMax; ++i) ASSERT_EQ(post(), PRX_OK);
  EXPECT_EQ(post(), PRX_E_OVERLOADED);
  rig.loop.run_ready();
  EXPECT_EQ(post(), PRX_OK) << "what has run makes room";
  plugin.done();
  rig.loop.run_ready();
}

TEST_F(OperationTest, PostedTasksOfAnEndedOperationAreDropped) {
  const auto operation = start();
  int ran = 0;
  const prx_task task = [](void* ctx) noexcept { ++*static_cast<int*>(ctx); };
  EXPECT_EQ(plugin.exec().post(plugin.host, plugin.request.op_id, task, &ran), PRX_OK);
  rig.loop.run_ready();
  EXPECT_EQ(ran, 1);
  plugin.done();
  rig.loop.run_ready();
  EXPECT_EQ(plugin.exec().post(plugin.host, plugin.request.op_id, task, &ran),
            PRX_E_INVALID_REQUEST);
  EXPECT_EQ(ran, 1);
}

TEST_F(OperationTest, AThreadThatIsNotTheHostsIsTurnedAway) {
  const auto operation = start();
  std::int32_t answer = 0;
  std::thread([&] { answer = plugin.text("from nowhere"); }).join();
  EXPECT_EQ(answer, 1);
  EXPECT_EQ(watcher.text, "");
  plugin.done();
}

TEST_F(OperationTest, ThereIsNoSecretForAPluginThatDoesNotSign) {
  EXPECT_EQ(plugin.host->service(plugin.host, driver::to_c(PRX_SECRET_ID)), nullptr);
  EXPECT_EQ(plugin.host->service(plugin.host, driver::to_c("prx.unknown/9")), nullptr);
}

TEST_F(OperationTest, LogLinesOfAPluginAreRedactedAndNamed) {
  const auto* log =
      static_cast<const prx_log*>(plugin.host->service(plugin.host, driver::to_c(PRX_LOG_ID)));
  log->write(plugin.host, PRX_LOG_WARN, driver::to_c("using sk-first-secret"));
  EXPECT_EQ(rig.log_lines.back(), "provider main: using [redacted]");
}

TEST_F(OperationTest, ALogLineIsRedactedBeforeItIsCut) {
  const auto* log =
      static_cast<const prx_log*>(plugin.host->service(plugin.host, driver::to_c(PRX_LOG_ID)));
  constexpr std::string_view kKey = "sk-first-secret";
  for (std::size_t seen = 1; seen < kKey.size(); ++seen) {
    const std::string line =
        std::string(driver::kMessageMax - seen, 'x') + std::string(kKey) + " and more";
    log->write(plugin.host, PRX_LOG_WARN, driver::to_c(line));
    const std::string said = rig.log_lines.back().substr(std::string("provider main: ").size());
    EXPECT_EQ(said.find('s'), std::string::npos) << said.substr(said.size() - 20);
    EXPECT_LE(said.size(), driver::kMessageMax);
  }
}

}  // namespace
}  // namespace prx::test
