// Presets by the program: a service by its name, its key, its words, and who is named in messages.
#include "program_fixture.hpp"
#include "support/wire_server.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kGroqKey = "gsk_5ec2e75ec2e75ec2e75ec2e7";  // as kKey, checked to stay unseen

class Preset : public ProgramTest {
 protected:
  /// A table of that name at the simulator's OpenAI.
  [[nodiscard]] std::string at_simulator(const std::string& name) {
    return "[providers." + name + "]\nbase_url = \"" + simulator().openai_base_url() + "\"\n";
  }
};

TEST_F(Preset, IsAskedByItsNameWithItsOwnKey) {
  simulate();
  environment["GROQ_API_KEY"] = kGroqKey;
  environment["OPENAI_API_KEY"] = kKey;
  configure(at_simulator("groq"));
  const auto result = run({"chat", "--provider", "groq", "--model", "gpt-4o", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  ASSERT_EQ(simulator().requests().size(), 1U);
  EXPECT_TRUE(simulator().requests()[0].key_is(kGroqKey));
  EXPECT_STREQ(only_body()["model"].GetString(), "gpt-4o");
}

TEST_F(Preset, OfAServerOfOnesOwnNeedsNoKeyAndSendsNone) {
  simulate();
  environment["OPENAI_API_KEY"] = kKey;
  configure(at_simulator("vllm") + "model = \"gpt-4o\"\n");
  const auto result = run({"chat", "--provider", "vllm", "Hello"});
  ASSERT_EQ(simulator().requests().size(), 1U) << result.err;
  EXPECT_EQ(simulator().requests()[0].key_hash, 0U);
}

TEST_F(Preset, HasOptionsThatThePluginTakes) {
  simulate();
  for (const auto* name :
       {"groq", "together", "deepseek", "mistral", "xai", "fireworks", "cerebras", "perplexity",
        "nvidia", "ollama", "vllm", "lmstudio", "llamacpp"}) {
    configure(at_simulator(name) + "api_key = \"" + kGroqKey + "\"\n");
    const auto result = run({"chat", "--provider", name, "--model", "gpt-4o", "Hello"});
    EXPECT_EQ(result.exit_code, 0) << name << ": " << result.err;
  }
}

TEST_F(Preset, WritesBodiesAsItsServiceWantsThem) {
  simulate();
  const auto body_of = [this](const std::string& name) {
    configure(at_simulator(name) + "api_key = \"" + kGroqKey +
              "\"\nextra_body = { max_tokens = 9 }\n");
    const auto before = simulator().requests().size();
    run({"chat", "--provider", name, "--model", "gpt-4o", "Hello"});
    const auto requests = simulator().requests();
    return requests.size() == before + 1 ? requests.back().body : "(no request)";
  };
  EXPECT_THAT(body_of("groq"),
              AllOf(HasSubstr(R"("max_completion_tokens":9)"), HasSubstr("include_usage")));
  EXPECT_THAT(body_of("mistral"),
              AllOf(HasSubstr(R"("max_tokens":9)"), Not(HasSubstr("stream_options"))));
}

TEST_F(Preset, OfAServerOfOnesOwnThatDoesNotRunIsToBeStarted) {
  configure(
      "[reliability]\nretries = 0\n[providers.ollama]\nbase_url = \"http://127.0.0.1:1/v1\"\n");
  const auto result = run({"chat", "--provider", "ollama", "--model", "m", "Hello"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("start Ollama, or correct [providers.ollama] base_url"));
}

TEST_F(Preset, IsAFallbackWithItsKeyAlone) {
  sim::SimulatorOptions options;
  options.any_model = true;
  simulate(options);
  environment["GROQ_API_KEY"] = kGroqKey;
  environment.erase("OPENROUTER_API_KEY");
  configure("[reliability]\nfallback_providers = [\"groq\"]\n" + at_simulator("groq"));
  const auto result = run({"chat", "--trace", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  ASSERT_EQ(simulator().requests().size(), 1U);
  EXPECT_TRUE(simulator().requests()[0].key_is(kGroqKey));
  EXPECT_STREQ(only_body()["model"].GetString(), "openai/gpt-oss-120b");
}

TEST_F(Preset, NeedsNoTableAndGoesToWhereItsVariableSays) {
  simulate();
  environment["TOGETHER_API_KEY"] = kGroqKey;
  environment["TOGETHER_BASE_URL"] = simulator().openai_base_url();
  environment["OPENAI_BASE_URL"] = "http://127.0.0.1:1/v1";
  const auto result = run({"chat", "--provider", "together", "--model", "gpt-4o", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(simulator().requests().at(0).key_is(kGroqKey));
}

TEST_F(Preset, AnswersWhenTheFirstTargetFails) {
  simulate();
  environment["GROQ_API_KEY"] = kGroqKey;
  configure("[reliability]\nretries = 0\nfallback_providers = [\"groq\"]\n" + at_simulator("groq") +
            "model = \"gpt-4o\"\n");
  const auto result = run({"chat", "--json", "--model", "sim/503", "Hello"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_STREQ(parse_json(result.out)["provider"].GetString(), "groq");
}

TEST_F(Preset, ThatIsMisspeltIsSuggested) {
  const auto result = run({"chat", "--provider", "gorq", "Hello"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err,
              HasSubstr("flag --provider: unknown provider 'gorq'; did you mean 'groq'?"));
}

TEST_F(Preset, WithoutAKeyNamesItselfAndWhereToGetOne) {
  environment["OPENAI_API_KEY"] = kKey;
  const auto result = run({"chat", "--provider", "groq", "Hello"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(result.err,
            "prx: Groq API key not set: GROQ_API_KEY is not set; export it or set [providers.groq] "
            "api_key; get one at https://console.groq.com/keys\n");
}

TEST_F(Preset, WithARejectedKeyNamesItsOwnPages) {
  sim::SimulatorOptions options;
  options.keys = {{kGroqKey, sim::KeyState::kInvalid}, {kKey, sim::KeyState::kNoCredit}};
  simulate(options);
  environment["GROQ_API_KEY"] = kGroqKey;
  configure(at_simulator("groq"));
  const auto rejected = run({"chat", "--provider", "groq", "--model", "gpt-4o", "Hello"});
  EXPECT_THAT(rejected.err, AllOf(HasSubstr("Groq rejected the key from GROQ_API_KEY"),
                                  HasSubstr("https://console.groq.com/keys"),
                                  Not(HasSubstr("platform.openai.com"))));
  environment["GROQ_API_KEY"] = kKey;
  const auto spent = run({"chat", "--provider", "groq", "--model", "gpt-4o", "Hello"});
  EXPECT_THAT(spent.err, HasSubstr("add credits at https://console.groq.com/settings/billing"));
}

TEST_F(Preset, IsShownPlannedAndChecked) {
  environment["GROQ_API_KEY"] = kGroqKey;
  const auto shown = run({"config", "show", "--provider", "groq"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out,
              ::testing::ContainsRegex("providers.groq.base_url = "
                                       "\"https://api.groq.com/openai/v1\" +# preset groq\n"));
  const auto planned = run({"plan", "--provider", "groq"});
  EXPECT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("1. groq  openai/gpt-oss-120b  # model: default of the preset "
                                     "groq"));
  EXPECT_THAT(run({"config", "check", "--provider", "groq"}).out, StartsWith("OK: "));
  configure("[providers.groq]\nsystem_rule = \"system\"\n");
  const auto wrong = run({"config", "check", "--provider", "groq"});
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean 'system_role'?"));
}

TEST_F(Preset, WithoutAModelIsToldHowToFindOne) {
  const auto result = run({"chat", "--provider", "ollama", "Hello"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("set [providers.ollama] model"),
                                HasSubstr("prx models --provider ollama")));
}

/// The class that prx chat --json tells of that answer of a server of that preset.
class PresetWords : public ProgramTest {
 protected:
  std::string class_of(const std::string& preset, int status, const std::string& body) {
    const test::WireServer server(test::always(
        "HTTP/1.1 " + std::to_string(status) + " No\r\nContent-Type: application/json\r\n" +
        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
    configure("[reliability]\nretries = 0\n[providers." + preset +
              "]\nmodel = \"m\"\napi_key = \"" + std::string(kGroqKey) + "\"\nbase_url = \"" +
              server.url("/v1") + "\"\n");
    const auto result = run({"chat", "--json", "--provider", preset, "Hello"});
    const auto json = parse_json(result.out);
    return json.IsObject() && json["error"].IsObject() ? json["error"]["class"].GetString()
                                                       : result.out + result.err;
  }
};

TEST_F(PresetWords, GiveAnErrorItsClass) {
  EXPECT_EQ(class_of("vllm", 400,
                     R"({"object":"error","message":"This model's maximum context length is 8192 )"
                     R"(tokens.","type":"BadRequestError","param":null,"code":400})"),
            "context_length");
  EXPECT_EQ(class_of("ollama", 404,
                     R"({"error":{"message":"model \"x\" not found, try pulling it first",)"
                     R"("type":"api_error","param":null,"code":null}})"),
            "not_found");
  EXPECT_EQ(class_of("xai", 400,
                     R"({"code":"Client specified an invalid argument","error":"Incorrect API key )"
                     R"(provided: xa***"})"),
            "auth");
  EXPECT_EQ(class_of("deepseek", 400,
                     R"({"error":{"message":"Model Not Exist","type":"invalid_request_error",)"
                     R"("param":null,"code":"invalid_request_error"}})"),
            "not_found");
}

TEST_F(PresetWords, AServerOfOnesOwnIsCalledAsItsTableIs) {
  const test::WireServer server(
      test::always("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
  configure(
      "[default]\nprovider = \"lab\"\nmodel = \"m\"\n[providers.lab]\nplugin = \"openai\"\n"
      "api_key = \"none\"\nbase_url = \"" +
      server.url("/v1") + "\"\n");
  EXPECT_THAT(run({"chat", "Hello"}).err,
              ::testing::AllOf(HasSubstr("lab answered 404"), Not(HasSubstr("OpenAI"))));
}

TEST_F(PresetWords, SayNothingOfAServiceThatHasOtherWords) {
  EXPECT_EQ(class_of("groq", 400,
                     R"({"error":{"message":"Model Not Exist","type":"invalid_request_error"}})"),
            "invalid_request");
}

}  // namespace
}  // namespace prx::cli
