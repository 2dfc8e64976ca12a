// prx chat that fails: exit code, class, remedy, and what was delivered before.
#include "program_fixture.hpp"
#include "support/wire_server.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A fault of the simulator and what must come of it.
struct Failure {
  std::string model;
  int exit_code = 0;
  std::string error_class;
  std::string says;  ///< part of the line on stderr
};

void PrintTo(const Failure& failure, std::ostream* out) { *out << failure.model; }

class ChatFailure : public ProgramTest, public ::testing::WithParamInterface<Failure> {};

TEST_P(ChatFailure, HasItsExitCodeAndRemedyAndIsAnErrorInJsonToo) {
  simulate();
  const auto text =
      run({"chat", "--timeout", "10s", "--trace", "--model", GetParam().model, "Hello"});
  EXPECT_EQ(text.exit_code, GetParam().exit_code) << text.err;
  EXPECT_THAT(text.err, AllOf(HasSubstr("\nprx: "), HasSubstr(GetParam().says)));
  const auto json =
      run({"chat", "--timeout", "10s", "--json", "--model", GetParam().model, "Hello"});
  EXPECT_EQ(json.exit_code, GetParam().exit_code) << json.err;
  const auto answer = parse_json(json.out);
  ASSERT_TRUE(answer["error"].IsObject());
  EXPECT_EQ(answer["error"]["class"].GetString(), GetParam().error_class);
  EXPECT_THAT(answer["error"]["message"].GetString(), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, ChatFailure,
    ::testing::Values(
        Failure{"sim/401", 4, "auth", "rejected the key from OPENROUTER_API_KEY"},
        Failure{"sim/402", 4, "credit", "add credits at https://openrouter.ai/credits"},
        Failure{"sim/429", 5, "rate_limit", "try again"},
        Failure{"sim/429?retry_after=90", 5, "rate_limit", "try again in 90 s"},
        Failure{"sim/500", 5, "overloaded", "try again later"},
        Failure{"sim/503?retry_after=90", 5, "overloaded", "try again in 90 s"},
        Failure{"sim/html", 5, "overloaded", "try again later"},
        Failure{"sim/408", 6, "timeout", "--timeout"},
        Failure{"sim/reset", 6, "network", "check the connection"},
        Failure{"sim/hang-up", 6, "network", "check the connection"},
        Failure{"sim/400", 7, "invalid_request", ""},
        Failure{"sim/403", 7, "permission", "what the key may do"},
        Failure{"sim/404", 7, "not_found", "choose another model with --model"},
        Failure{"no/such-model", 7, "invalid_request", "named by --model"},
        Failure{"sim/422", 7, "invalid_request", ""},
        Failure{"sim/context-length", 7, "context_length", "larger context"},
        Failure{"sim/policy", 7, "content_policy", "change the prompt"},
        Failure{"sim/cut?after=3", 8, "bad_response", "try again; --trace"},
        Failure{"sim/malformed?after=1", 8, "bad_response", "try again; --trace"},
        Failure{"sim/no-finish", 8, "bad_response", "try again; --trace"},
        Failure{"sim/truncated-json", 8, "bad_response", "try again; --trace"},
        Failure{"sim/error-frame?after=1&shape=1", 5, "overloaded", "try again later"},
        Failure{"sim/error-frame?after=1&shape=2", 5, "overloaded", "try again later"},
        Failure{"sim/error-frame?after=0&shape=3", 5, "overloaded", "try again later"},
        Failure{"sim/error-frame?after=1&shape=4", 5, "overloaded", "try again later"},
        Failure{"sim/error-frame?after=1&shape=5", 5, "overloaded", "try again later"}));

using ChatErrors = ProgramTest;

TEST_F(ChatErrors, WhatWasDeliveredBeforeTheBreakStays) {
  simulate();
  const auto result = run({"chat", "--model", "sim/cut?after=3", "Hello"});
  EXPECT_EQ(result.exit_code, 8);
  EXPECT_EQ(result.out, "This is a\n");
}

TEST_F(ChatErrors, AMissingKeyHasItsLine) {
  environment.erase("OPENROUTER_API_KEY");
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "prx: OpenRouter API key not set: OPENROUTER_API_KEY is not set; export it or set "
            "[providers.openrouter] "
            "api_key; get one at https://openrouter.ai/keys\n");
}

TEST_F(ChatErrors, AMissingKeyIsThatOfTheFirstTarget) {
  environment.erase("OPENAI_API_KEY");
  configure(
      "[default]\nchain = \"careful\"\n[providers.box]\nplugin = \"openai\"\n"
      "[chains.careful]\ntargets = [{ provider = \"box\" }]\n");
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, AllOf(HasSubstr("OPENAI_API_KEY"), HasSubstr("[providers.box] api_key"),
                                Not(HasSubstr("OPENROUTER"))));
}

TEST_F(ChatErrors, AnUnknownModelSaysWhatToDo) {
  simulate();
  const auto result = run({"chat", "--model", "nonsense", "Hello"});
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.err, AllOf(HasSubstr("nonsense is not a valid model ID"),
                                HasSubstr("check the parameters, and the model named by --model")));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST_F(ChatErrors, ABadUrlVariableIsAConfigurationError) {
  environment["OPENROUTER_BASE_URL"] = "localhost:8080/v1";
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr("OPENROUTER_BASE_URL"), HasSubstr("unset it")));
}

TEST_F(ChatErrors, AKeyThatTheProviderDoesNotKnowIsRejected) {
  sim::SimulatorOptions options;
  options.keys = {{"another", sim::KeyState::kValid}};
  simulate(options);
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err,
              HasSubstr("rejected the key from OPENROUTER_API_KEY; check it, or get a new one at "
                        "https://openrouter.ai/keys"));
}

TEST_F(ChatErrors, AnAccountWithoutCreditPointsToTheShop) {
  sim::SimulatorOptions options;
  options.keys = {{kKey, sim::KeyState::kNoCredit}};
  simulate(options);
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("add credits at https://openrouter.ai/credits"));
}

TEST_F(ChatErrors, AWrongPathIsTold) {
  simulate();
  const std::string url = simulator().base_url();
  environment["OPENROUTER_BASE_URL"] = url.substr(0, url.find("/api")) + "/wrong";
  const auto of_variable = run({"chat", "Hello"});
  EXPECT_EQ(of_variable.exit_code, 7);
  EXPECT_THAT(of_variable.err, HasSubstr("or check OPENROUTER_BASE_URL"));
  configure("[providers.openrouter]\nbase_url = \"" + url + "\"\n");
  const auto page = run({"chat", "--model", "sim/html?status=404", "Hello"});
  EXPECT_EQ(page.exit_code, 7);
  EXPECT_THAT(page.err,
              HasSubstr("check [providers.openrouter] base_url, or choose another model"));
}

TEST_F(ChatErrors, WarningsLookLikeAllOthersUnlessALogWasAskedFor) {
  simulate();
  const std::string warning = ": providers.openrouter.api_keys: K2 is not set; ";
  const std::string file =
      configure("[providers.openrouter]\napi_keys = [\"${OPENROUTER_API_KEY}\", \"${K2}\"]\n");
  const auto plain = run({"chat", "--quiet", "Hello"});
  EXPECT_EQ(plain.exit_code, 0);
  EXPECT_THAT(plain.err, ::testing::StartsWith("prx: warning: " + file + ":2:38" + warning));
  EXPECT_EQ(std::count(plain.err.begin(), plain.err.end(), '\n'), 1) << plain.err;
  const auto log = run({"chat", "--quiet", "--log-level", "info", "Hello"});
  EXPECT_EQ(log.exit_code, 0);
  EXPECT_THAT(log.err, ::testing::ContainsRegex("^20[^ ]+Z warning .*K2 is not set"));
  EXPECT_EQ(run({"chat", "--quiet", "--log-level", "off", "Hello"}).err, "");
}

TEST_F(ChatErrors, AServerThatIsNotThereIsANetworkError) {
  simulate();
  environment["OPENROUTER_BASE_URL"] = "http://127.0.0.1:1/api/v1";
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("check the connection and OPENROUTER_BASE_URL"));
}

TEST_F(ChatErrors, TheTimeoutBoundsTheWholeCall) {
  simulate();
  const auto result = run({"chat", "--timeout", "100ms", "--model", "sim/silence", "Hello"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_TRUE(client_went_away());
  EXPECT_THAT(result.err, HasSubstr("the deadline of 100 ms ran out")) << "what was asked for";
}

TEST_F(ChatErrors, AMessageStaysOnOneLineAndMovesNoCursor) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"no\x1b[2J\nverb"},
                                             {"chat", "--param", "a\x1b[2J\nb", "Hello"},
                                             {"chat", "--model", "no/such\x1b[2J\nmodel", "Hello"},
                                             {"chat", "--max-tokens", "\x1b[2J\n", "Hello"}}) {
    const auto result = run(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
  }
}

TEST_F(ChatErrors, AConfigurationErrorNamesItsPlaceAndTheNearestName) {
  const std::string file = configure("[default]\nmodle = \"x\"\n");
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, AllOf(StartsWith("prx: " + file + ":2:"), HasSubstr("model")));
}

TEST_F(ChatErrors, AMissingPluginIsAConfigurationError) {
  configure("[providers.openrouter]\nplugin = \"nowhere\"\n");
  const auto result = run({"chat", "Hello"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("nowhere"));
}

TEST_F(ChatErrors, AnUnknownProviderIsAConfigurationError) {
  EXPECT_EQ(run({"chat", "--provider", "nobody", "Hello"}).exit_code, 3);
}

TEST_F(ChatErrors, WrongArgumentsAreUsageErrorsInOneLine) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"chat", "--modle", "x", "Hello"},
           {"chat", "--temperature", "hot", "Hello"},
           {"chat", "--temperature", "-1", "Hello"},
           {"chat", "--max-tokens", "0", "Hello"},
           {"chat", "--temperature", "", "Hello"},
           {"chat", "--max-tokens", "", "Hello"},
           {"chat", "--max-tokens", "9223372036854775808", "Hello"},
           {"chat", "--model", "caf\xe9", "Hello"},
           {"chat", "--model", "a\x1b[0m", "Hello"},
           {"chat", "--param", "user=\"\\ud800\"", "Hello"},
           {"chat", "--timeout", "5", "Hello"},
           {"chat", "--param", "user=me", "Hello"},
           {"chat", "--log-level", "loud", "Hello"},
           {"chta", "Hello"}}) {
    const auto result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments[1];
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(ChatErrors, ARedirectIsNotAskedAgainAndTheNextTargetIs) {
  simulate();
  test::WireServer server(test::always(
      "HTTP/1.1 302 Found\r\nLocation: https://else.example/v1?q=1\r\nContent-Length: 0\r\n\r\n"));
  const std::string providers =
      "[providers.openrouter]\nbase_url = \"" + server.url() + "\"\nmodel = \"m\"\n";
  configure(providers);
  environment.erase("OPENROUTER_BASE_URL");
  const auto alone = run({"chat", "--trace", "Hello"});
  EXPECT_EQ(alone.exit_code, 7) << alone.err;
  EXPECT_THAT(alone.err, AllOf(HasSubstr("this one leads to https://else.example)"),
                               HasSubstr("check [providers.openrouter] base_url"),
                               HasSubstr("attempt 1"), Not(HasSubstr("attempt 2"))));
  environment["OPENAI_API_KEY"] = kKey;
  configure(providers + "[reliability]\nfallback_providers = [\"openai\"]\n");
  const auto chain = run({"chat", "--trace", "Hello"});
  EXPECT_EQ(chain.exit_code, 0) << chain.err;
  EXPECT_THAT(chain.err,
              AllOf(HasSubstr("attempt 2"), HasSubstr("openai"), Not(HasSubstr("attempt 3"))));
}

}  // namespace
}  // namespace prx::cli
