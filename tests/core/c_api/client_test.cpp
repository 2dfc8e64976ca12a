// The C interface: opening, asking, reloading, and every way in which a host may get it wrong.
#include <gmock/gmock.h>

#include <array>
#include <fstream>
#include <thread>
#include <vector>

#include "core/c_api/c_rig.hpp"
#include "prx/version.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

CAnswer refused_open(const prx_client_options& options) {
  prx_client* client = reinterpret_cast<prx_client*>(1);
  prx_failure* failure = nullptr;
  CAnswer answer;
  answer.code = prx_client_open(&options, &client, &failure);
  answer.failure.reset(failure);
  EXPECT_EQ(client, nullptr);
  return answer;
}

TEST(CApi, TheVersionIsThatOfTheLibrary) { EXPECT_EQ(prx_version(), kVersion); }

TEST(CApi, APromptIsAnswered) {
  CRig rig;
  const auto client = rig.open();
  const CAnswer answer = c_chat(client, prompt("hello there"));
  ASSERT_EQ(answer.code, PRX_OK) << answer.message();
  EXPECT_EQ(answer.failure, nullptr);
  EXPECT_THAT(answer.text(), HasSubstr("hello there"));
}

TEST(CApi, ASystemPromptAndAModelGoAlong) {
  CRig rig;
  const auto client = rig.open();
  prx_chat_request request = prompt("hi", "openai/gpt-4o");
  request.system = "Be brief.";
  ASSERT_EQ(c_chat(client, request).code, PRX_OK);
  EXPECT_EQ(
      rig.rig.simulator->requests().at(0).body,
      R"({"model":"openai/gpt-4o","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}],"stream":true})");
}

TEST(CApi, ABodyGoesOutAsItIs) {
  CRig rig;
  const auto client = rig.open();
  const std::string body =
      R"({"model":"openai/gpt-4o","messages":[{"role":"user","content":"hi"}],"seed":7,"stream":true})";
  prx_chat_request request = prx_chat_request_init();
  request.body = body.c_str();
  ASSERT_EQ(c_chat(client, request).code, PRX_OK);
  const std::string longer = body + "no part of it";
  request.body = longer.c_str();
  request.body_size = body.size();
  ASSERT_EQ(c_chat(client, request).code, PRX_OK);
  for (const auto& sent : rig.rig.simulator->requests()) EXPECT_EQ(sent.body, body);
}

TEST(CApi, AFailureSaysAllThatIsKnown) {
  CRig rig;
  rig.rig.toml += "[reliability]\nretries = 0\n";
  const auto client = rig.open();
  const CAnswer answer = c_chat(client, prompt("hi", "sim/429?retry_after=2"));
  EXPECT_EQ(answer.code, PRX_E_RATE_LIMIT);
  EXPECT_EQ(answer.response, nullptr);
  EXPECT_EQ(prx_failure_class(answer.failure.get()), PRX_E_RATE_LIMIT);
  EXPECT_EQ(prx_failure_http_status(answer.failure.get()), 429);
  EXPECT_GT(prx_failure_retry_after_ms(answer.failure.get()), 0);
  EXPECT_NE(answer.message(), "");
  const prx_response* partial = prx_failure_partial(answer.failure.get());
  ASSERT_EQ(prx_response_attempt_count(partial), 1u);
  prx_attempt attempt{};
  attempt.size = sizeof attempt;
  ASSERT_EQ(prx_response_attempt(partial, 0, &attempt), 1);
  EXPECT_EQ(attempt.error_class, PRX_E_RATE_LIMIT);
  EXPECT_EQ(text_of(attempt.provider), "openrouter");
  EXPECT_EQ(attempt.first_token_us, -1);
}

TEST(CApi, NullPointersAreRefusedInOneLine) {
  CRig rig;
  const auto client = rig.open();
  const auto request = prompt("hi");
  const auto failure_of = [](auto&& call) {
    prx_failure* failure = nullptr;
    EXPECT_EQ(call(&failure), PRX_E_INVALID_REQUEST);
    const COwned<prx_failure> owned(failure);
    return std::string(prx_failure_message(failure, nullptr));
  };
  EXPECT_EQ(failure_of([](auto** f) { return prx_client_open(nullptr, nullptr, f); }),
            "the place for the client is NULL");
  EXPECT_EQ(
      failure_of([&](auto** f) { return prx_client_chat(nullptr, &request, nullptr, nullptr, f); }),
      "the client is NULL");
  EXPECT_EQ(failure_of([&](auto** f) {
              return prx_client_chat(client.get(), nullptr, nullptr, nullptr, f);
            }),
            "the request is NULL");
  EXPECT_EQ(failure_of([&](auto** f) { return prx_client_reload(nullptr, &rig.options, f); }),
            "the client is NULL");
  EXPECT_EQ(
      failure_of([](auto** f) { return prx_client_models(nullptr, nullptr, nullptr, nullptr, f); }),
      "the client is NULL");
  EXPECT_EQ(prx_client_chat(nullptr, nullptr, nullptr, nullptr, nullptr), PRX_E_INVALID_REQUEST);
}

TEST(CApi, FreeFunctionsAndAccessorsTakeNull) {
  prx_client_free(nullptr);
  prx_response_free(nullptr);
  prx_failure_free(nullptr);
  prx_stream_free(nullptr);
  prx_call_free(nullptr);
  prx_canceller_free(nullptr);
  prx_models_free(nullptr);
  prx_canceller_cancel(nullptr);
  prx_call_cancel(nullptr);
  prx_call_pause(nullptr);
  prx_call_resume(nullptr);
  prx_stream_cancel(nullptr);
  std::size_t size = 7;
  EXPECT_STREQ(prx_response_text(nullptr, &size), "");
  EXPECT_EQ(size, 0u);
  EXPECT_STREQ(prx_response_message(nullptr, nullptr), "");
  EXPECT_EQ(prx_response_finish(nullptr), PRX_FINISH_OTHER);
  EXPECT_EQ(prx_response_usage(nullptr, nullptr), 0);
  EXPECT_EQ(prx_response_cost(nullptr, nullptr), 0.0);
  EXPECT_EQ(prx_response_tool_call_count(nullptr), 0u);
  EXPECT_EQ(prx_response_attempt(nullptr, 0, nullptr), 0);
  EXPECT_EQ(prx_failure_class(nullptr), PRX_OK);
  EXPECT_STREQ(prx_failure_message(nullptr, &size), "no failure, or no memory for one");
  EXPECT_EQ(size, 32u);
  EXPECT_EQ(prx_failure_http_status(nullptr), 0);
  EXPECT_EQ(prx_failure_phase(nullptr), PRX_PHASE_NONE);
  EXPECT_EQ(prx_failure_retry_after_ms(nullptr), -1);
  EXPECT_STREQ(prx_failure_raw(nullptr, nullptr), "");
  EXPECT_EQ(prx_failure_partial(nullptr), nullptr);
  EXPECT_EQ(prx_models_count(nullptr), 0u);
  EXPECT_STREQ(prx_models_id(nullptr, 0, nullptr), "");
  EXPECT_EQ(prx_stream_next(nullptr), nullptr);
  EXPECT_EQ(prx_stream_finish(nullptr, nullptr, nullptr), PRX_E_INVALID_REQUEST);
}

TEST(CApi, StructsOfALaterHostAreReadAsFarAsTheyAreKnown) {
  CRig rig;
  struct {
    prx_client_options options;
    char later[64];
  } later{rig.options, {}};
  std::memset(later.later, 0x5a, sizeof later.later);
  later.options.size = sizeof later;
  later.options.config_text = rig.rig.toml.c_str();
  prx_client* client = nullptr;
  ASSERT_EQ(prx_client_open(&later.options, &client, nullptr), PRX_OK);
  const COwned<prx_client> owned(client);
  struct {
    prx_chat_request request;
    char more[16];
  } asked{prompt("hi"), {}};
  asked.request.size = sizeof asked;
  EXPECT_EQ(c_chat(owned, asked.request).code, PRX_OK);
}

TEST(CApi, StructsThatWereNotInitialisedAreRefusedWithTheRemedy) {
  CRig rig;
  prx_client_options options = rig.options;
  for (const std::size_t size : {std::size_t{0}, sizeof options - 1}) {
    options.size = static_cast<std::uint32_t>(size);
    const CAnswer answer = refused_open(options);
    EXPECT_EQ(answer.code, PRX_E_INVALID_REQUEST);
    EXPECT_THAT(answer.message(), HasSubstr("prx_client_options.size is " + std::to_string(size)));
    EXPECT_THAT(answer.message(), HasSubstr("fill it with prx_client_options_init()"));
  }
  const auto client = rig.open();
  prx_chat_request request{};
  EXPECT_THAT(c_chat(client, request).message(), HasSubstr("prx_chat_request.size is 0"));
  prx_call_options how{};
  EXPECT_THAT(c_chat(client, prompt("hi"), &how).message(),
              HasSubstr("prx_call_options.size is 0"));
}

TEST(CApi, UnknownFlagsAreRefused) {
  CRig rig;
  prx_client_options options = rig.options;
  options.flags |= 1u << 30;
  EXPECT_THAT(refused_open(options).message(), HasSubstr("prx_client_options.flags"));
  const auto client = rig.open();
  prx_call_options how = prx_call_options_init();
  how.flags = 1u << 30;
  EXPECT_THAT(c_chat(client, prompt("hi"), &how).message(), HasSubstr("prx_call_options.flags"));
}

TEST(CApi, OptionsThatExcludeEachOtherAreRefused) {
  CRig rig;
  prx_client_options options = rig.options;
  options.config_text = "";
  options.config_file = "/some.toml";
  EXPECT_THAT(refused_open(options).message(), HasSubstr("config_file and config_text"));
  options.config_text = nullptr;
  options.flags |= PRX_CLIENT_NO_FILE;
  EXPECT_THAT(refused_open(options).message(), HasSubstr("PRX_CLIENT_NO_FILE"));
  options = rig.options;
  options.config_text = "";
  options.ca_file = "/some.pem";
  options.ca_pem = "text";
  EXPECT_THAT(refused_open(options).message(), HasSubstr("ca_file and ca_pem"));
}

TEST(CApi, TextsThatWouldGoWhereTheyMustNotAreRefused) {
  CRig rig;
  prx_client_options options = rig.options;
  options.host_name = "a\r\nX-Evil: 1";
  EXPECT_THAT(refused_open(options).message(), HasSubstr("host_name has a character"));
  options = rig.options;
  options.host_version = "1\n";
  EXPECT_THAT(refused_open(options).message(), HasSubstr("host_version has a character"));
  options = rig.options;
  options.config_text = "";
  options.config_folder = "here";
  EXPECT_THAT(refused_open(options).message(), HasSubstr("config_folder is not absolute"));
}

TEST(CApi, ARequestIsABodyOrAPromptAndNothingElse) {
  CRig rig;
  const auto client = rig.open();
  prx_chat_request request = prx_chat_request_init();
  EXPECT_THAT(c_chat(client, request).message(), HasSubstr("neither a body nor a prompt"));
  request.body = "{}";
  request.prompt = "hi";
  EXPECT_THAT(c_chat(client, request).message(), HasSubstr("a body beside a prompt"));
  request.prompt = nullptr;
  const CAnswer answer = c_chat(client, request);
  EXPECT_EQ(answer.code, PRX_E_INVALID_REQUEST);
  EXPECT_THAT(answer.message(), HasSubstr("messages"));
  prx_call_options how = prx_call_options_init();
  how.deadline_ms = -1;
  EXPECT_THAT(c_chat(client, prompt("hi"), &how).message(), HasSubstr("deadline_ms: -1"));
  EXPECT_EQ(rig.rig.simulator->stats().requests, 0u);
}

TEST(CApi, AConfigurationThatIsWrongNamesItsPlace) {
  CRig rig;
  prx_client_options options = rig.options;
  options.config_text = "[defualt]\n";
  options.config_name = "settings of the host";
  const CAnswer answer = refused_open(options);
  EXPECT_EQ(answer.code, PRX_E_INVALID_REQUEST);
  EXPECT_THAT(answer.message(), HasSubstr("settings of the host:1:"));
}

TEST(CApi, AWrongOverrideIsCalledTheOptionThatItIs) {
  CRig rig;
  prx_client_options options = rig.options;
  options.config_text = "";
  options.provider = "opnrouter";
  EXPECT_THAT(refused_open(options).message(),
              ::testing::StartsWith("option provider: unknown provider 'opnrouter'; did you mean"));
  options.provider = nullptr;
  options.chain = "";
  EXPECT_EQ(refused_open(options).message(), "option chain is empty; give it a value");
}

TEST(CApi, AConfigurationFileIsReadAndMustExist) {
  CRig rig;
  const std::string file = ::testing::TempDir() + "prx_c_api.toml";
  std::ofstream(file) << "[default]\nmodel = \"openai/gpt-4o\"\n";
  prx_client_options options = rig.options;
  options.config_file = file.c_str();
  prx_client* client = nullptr;
  ASSERT_EQ(prx_client_open(&options, &client, nullptr), PRX_OK);
  const COwned<prx_client> owned(client);
  EXPECT_STREQ(prx_response_model(c_chat(owned, prompt("hi")).response.get(), nullptr),
               "openai/gpt-4o");
  options.config_file = "/nowhere/prx.toml";
  EXPECT_THAT(refused_open(options).message(), HasSubstr("/nowhere/prx.toml"));
}

TEST(CApi, OverridesWinOverTheConfiguration) {
  CRig rig;
  rig.options.provider = "openai";
  rig.options.model = "gpt-4o";
  const auto client = rig.open();
  const CAnswer answer = c_chat(client, prompt("hi"));
  EXPECT_STREQ(prx_response_provider(answer.response.get(), nullptr), "openai");
  EXPECT_STREQ(prx_response_model(answer.response.get(), nullptr), "gpt-4o");
}

TEST(CApi, AReloadChangesWhatIsAskedOrNothing) {
  CRig rig;
  const auto client = rig.open();
  rig.options.config_text = "[default]\nprovider = \"openai\"\nmodel = \"gpt-4o\"\n";
  ASSERT_EQ(prx_client_reload(client.get(), &rig.options, nullptr), PRX_OK);
  EXPECT_STREQ(prx_response_provider(c_chat(client, prompt("hi")).response.get(), nullptr),
               "openai");
  rig.options.config_text = "[default]\nprovider = \"nobody\"\n";
  prx_failure* failure = nullptr;
  EXPECT_NE(prx_client_reload(client.get(), &rig.options, &failure), PRX_OK);
  const COwned<prx_failure> owned(failure);
  EXPECT_THAT(prx_failure_message(failure, nullptr), HasSubstr("nobody"));
  EXPECT_EQ(c_chat(client, prompt("hi")).code, PRX_OK) << "nothing has changed";
}

TEST(CApi, CallOptionsReachTheCall) {
  CRig rig;
  rig.rig.toml += "[providers.openai]\n";
  const auto client = rig.open();
  prx_call_options how = prx_call_options_init();
  how.provider = "openai";
  how.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  how.flags = PRX_CALL_PLAIN_UPSTREAM;
  std::vector<std::string> attempts;
  how.ctx = &attempts;
  how.attempt = [](void* ctx, const prx_attempt* attempt) noexcept {
    static_cast<std::vector<std::string>*>(ctx)->push_back(text_of(attempt->provider) + " " +
                                                           text_of(attempt->reason));
  };
  ASSERT_EQ(c_chat(client, prompt("hi", "gpt-4o"), &how).code, PRX_OK);
  EXPECT_EQ(attempts, std::vector<std::string>{"openai first"});
  const auto sent = rig.rig.simulator->requests().at(0);
  EXPECT_EQ(sent.header("traceparent"), how.traceparent);
  EXPECT_EQ(sent.body.find("\"stream\":true"), std::string::npos) << sent.body;
  how.traceparent = "x\r\nEvil: 1";
  const auto evil = c_chat(client, prompt("hi", "gpt-4o"), &how);
  EXPECT_EQ(evil.code, PRX_E_INVALID_REQUEST);
  EXPECT_THAT(evil.message(), HasSubstr("traceparent is no W3C trace context"));
  how.traceparent = nullptr;
  how.provider = nullptr;
  how.chain = "no such";
  EXPECT_EQ(c_chat(client, prompt("hi"), &how).code, PRX_E_INVALID_REQUEST);
}

TEST(CApi, ADeadlineEndsACallAsATimeout) {
  sim::SimulatorOptions slow;
  slow.first_token_delay = 60s;
  CRig rig(slow);
  const auto client = rig.open();
  prx_call_options how = prx_call_options_init();
  how.deadline_ms = 50;
  EXPECT_EQ(c_chat(client, prompt("hi"), &how).code, PRX_E_TIMEOUT);
}

TEST(CApi, ACancellerEndsABlockedCallFromAnotherThread) {
  sim::SimulatorOptions slow;
  slow.first_token_delay = 60s;
  CRig rig(slow);
  const auto client = rig.open();
  COwned<prx_canceller> canceller(prx_canceller_new());
  prx_call_options how = prx_call_options_init();
  how.canceller = canceller.get();
  std::thread other([&] {
    EXPECT_TRUE(rig.rig.simulator->wait_for(
        [](const sim::Stats& stats) { return stats.requests == 1; }, 10s));
    prx_canceller_cancel(canceller.get());
    canceller.reset();
  });
  const CAnswer answer = c_chat(client, prompt("hi"), &how);
  other.join();
  EXPECT_EQ(answer.code, PRX_E_CANCELLED);
}

TEST(CApi, ACancellerThatWasUsedEndsLaterCallsAtOnce) {
  CRig rig;
  const auto client = rig.open();
  const COwned<prx_canceller> canceller(prx_canceller_new());
  prx_canceller_cancel(canceller.get());
  prx_call_options how = prx_call_options_init();
  how.canceller = canceller.get();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(c_chat(client, prompt("hi"), &how).code, PRX_E_CANCELLED);
  EXPECT_EQ(rig.rig.simulator->stats().requests, 0u);
}

TEST(CApi, TheModelsOfAProviderAreListed) {
  CRig rig;
  const auto client = rig.open();
  prx_models* models = nullptr;
  ASSERT_EQ(prx_client_models(client.get(), nullptr, nullptr, &models, nullptr), PRX_OK);
  const COwned<prx_models> owned(models);
  const std::size_t count = prx_models_count(models);
  ASSERT_GT(count, 0u);
  std::size_t size = 0;
  const std::string id = prx_models_id(models, 0, &size);
  EXPECT_EQ(id.size(), size);
  EXPECT_THAT(prx_models_json(models, 0, nullptr), HasSubstr(id));
  EXPECT_STREQ(prx_models_id(models, count, nullptr), "");
  prx_failure* failure = nullptr;
  EXPECT_EQ(prx_client_models(client.get(), "nobody", nullptr, &models, &failure),
            PRX_E_INVALID_REQUEST);
  EXPECT_EQ(models, nullptr);
  prx_failure_free(failure);
}

TEST(CApi, LinesOfTheLogComeToTheHost) {
  CRig rig;
  const auto client = rig.open();
  ASSERT_EQ(c_chat(client, prompt("hi")).code, PRX_OK);
  EXPECT_THAT(rig.rig.log.wait_for("attempt call="), HasSubstr("provider=openrouter"));
  EXPECT_THAT(rig.rig.log.all(), testing::Not(HasSubstr(kKey)));
}

TEST(CApi, EachAttemptAndEachCallIsMeasured) {
  struct Seen {
    std::mutex mutex;
    std::vector<std::string> lines;
  };
  struct Both : CRig {
    Seen seen;
  } both;
  both.options.metrics = [](void* ctx, const prx_measurement* measured) noexcept {
    auto& seen = static_cast<Both*>(static_cast<CRig*>(ctx))->seen;
    EXPECT_EQ(measured->size, sizeof(prx_measurement));
    EXPECT_GT(measured->duration_us, 0);
    const std::lock_guard lock(seen.mutex);
    seen.lines.push_back(std::to_string(measured->kind) + " " + text_of(measured->operation) + " " +
                         text_of(measured->provider_name) + " " + text_of(measured->error_type) +
                         std::to_string(measured->http_version));
  };
  {
    const auto client = both.open();
    ASSERT_EQ(c_chat(client, prompt("hi")).code, PRX_OK);
  }
  EXPECT_EQ(both.seen.lines,
            (std::vector<std::string>{"0 chat openrouter 11", "1 chat openrouter 0"}));
}

TEST(CApi, NamesOfClasses) {
  EXPECT_STREQ(prx_class_name(PRX_OK), "ok");
  EXPECT_STREQ(prx_class_name(PRX_E_RATE_LIMIT), "rate_limit");
  EXPECT_STREQ(prx_class_name(4711), "internal");
}

}  // namespace
}  // namespace prx::test
