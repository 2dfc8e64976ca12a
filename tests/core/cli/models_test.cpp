// prx models, and what chats make of the lists that it fetched.
#include <algorithm>

#include "program_fixture.hpp"
#include "support/wire_server.hpp"

namespace prx::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

class ModelsProgram : public ProgramTest {
 protected:
  ModelsProgram() { environment["XDG_CACHE_HOME"] = home / "cache"; }
  [[nodiscard]] std::size_t sent(std::string_view path) {
    const auto requests = simulator().requests();
    return static_cast<std::size_t>(std::count_if(
        requests.begin(), requests.end(),
        [&](const sim::RequestRecord& request) { return request.target.ends_with(path); }));
  }
  static rapidjson::Document parse_array(const std::string& text) {
    rapidjson::Document document;
    document.Parse(text.data(), text.size());
    EXPECT_TRUE(document.IsArray()) << text;
    return document;
  }
};

TEST_F(ModelsProgram, ListsThoseOfTheDefaultProviderWithoutAKey) {
  simulate();
  environment.erase("OPENROUTER_API_KEY");
  const auto result = run({"models"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("ID "));
  EXPECT_THAT(result.out, HasSubstr("anthropic/claude-sonnet-4 "));
  EXPECT_THAT(result.out, HasSubstr("meta-llama/llama-3.2-3b-instruct:free "));
  EXPECT_THAT(result.err, HasSubstr("models, fetched just now\n"));
  EXPECT_THAT(result.out, Not(HasSubstr("PROVIDER")));
}

TEST_F(ModelsProgram, ReadsTheCacheUntilItIsToFetchAnew) {
  simulate();
  run({"models"});
  EXPECT_THAT(run({"models", "claude"}).err, HasSubstr("fetched just now (cached)"));
  EXPECT_EQ(sent("/models"), 1U);
  EXPECT_THAT(run({"models", "--refresh"}).err, Not(HasSubstr("cached")));
  EXPECT_EQ(sent("/models"), 2U);
}

TEST_F(ModelsProgram, WorksOfflineFromTheCache) {
  auto server = std::move(sim::Simulator::start({})).value();
  environment["OPENROUTER_BASE_URL"] = server->base_url();
  run({"models"});
  server.reset();
  const auto cached = run({"models", "claude"});
  EXPECT_EQ(cached.exit_code, 0);
  EXPECT_THAT(cached.out, HasSubstr("anthropic/claude-opus-4"));
  const auto offline = run({"models", "--refresh"});
  EXPECT_EQ(offline.exit_code, 0);
  EXPECT_THAT(offline.err, HasSubstr("offline: the cache of just now is shown ("));
  fs::remove_all(home / "cache");
  const auto nothing = run({"models"});
  EXPECT_EQ(nothing.exit_code, 6);
  EXPECT_THAT(nothing.err, HasSubstr("provider 'openrouter': "));
  EXPECT_EQ(nothing.out, "");
}

TEST_F(ModelsProgram, ChoosesAndSorts) {
  simulate();
  const auto chosen = run({"models", "--tools", "--max-price", "1", "--min-context", "100000",
                           "--sort", "price", "--json"});
  const auto models = parse_array(chosen.out);
  std::vector<std::string> ids;
  double before = 0.0;
  for (const auto& model : models.GetArray()) {
    ids.emplace_back(model["id"].GetString());
    const double prompt = model["prompt_price"].GetDouble();
    const double answer = model["completion_price"].GetDouble();
    EXPECT_LE(std::max(prompt, answer), 1e-6) << ids.back();
    EXPECT_LE(before, prompt + answer) << ids.back();
    EXPECT_GE(model["context_length"].GetInt64(), 100'000) << ids.back();
    EXPECT_TRUE(model["tools"].GetBool()) << ids.back();
    before = prompt + answer;
  }
  EXPECT_THAT(ids,
              ::testing::IsSupersetOf({"meta-llama/llama-3.2-3b-instruct:free",
                                       "meta-llama/llama-3.1-8b-instruct", "openai/gpt-4o-mini"}));
  EXPECT_THAT(ids, Not(::testing::Contains("openai/gpt-4o")));
  EXPECT_THAT(run({"models", "GPT-4O", "mini"}).out, Not(HasSubstr("openai/gpt-4o ")));
  EXPECT_THAT(run({"models", "--free"}).out, Not(HasSubstr("claude")));
  EXPECT_THAT(run({"models", "--vision"}).out, Not(HasSubstr("mistral")));
  EXPECT_THAT(run({"models", "--structured"}).out, Not(HasSubstr("deepseek")));
  EXPECT_THAT(run({"models", "gpt-4-32k"}).out, HasSubstr("2025-06-06"));
}

TEST_F(ModelsProgram, ThatNobodyHasAreNone) {
  simulate();
  const auto text = run({"models", "no-such-model"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_EQ(text.out, "");
  EXPECT_THAT(text.err, HasSubstr("openrouter: 0 of "));
  EXPECT_EQ(run({"models", "no-such-model", "--json"}).out, "[]\n");
}

TEST_F(ModelsProgram, OfAChainAreThoseOfEachProvider) {
  simulate();
  environment["OPENAI_API_KEY"] = kKey;
  configure("[reliability]\nfallback_providers = [\"openai\"]\n[providers.openai]\n");
  const auto result = run({"models", "gpt-4o-mini"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("PROVIDER "));
  EXPECT_THAT(result.out, HasSubstr("\nopenrouter  openai/gpt-4o-mini "));
  EXPECT_THAT(result.out, HasSubstr("\nopenai      gpt-4o-mini "));
  EXPECT_THAT(run({"models", "--provider", "openai", "gpt-4o-mini"}).out, StartsWith("ID "));
}

TEST_F(ModelsProgram, OfAProviderThatFailsAreSaidToMissAndTheOthersShown) {
  simulate();
  configure("[reliability]\nfallback_providers = [\"openai\"]\n[providers.openai]\n");
  const auto result = run({"models"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("claude"));
  EXPECT_THAT(result.err, HasSubstr("provider 'openai': OpenAI API key not set; export "
                                    "OPENAI_API_KEY=... or set [providers.openai] api_key"));
  EXPECT_EQ(run({"models", "--provider", "openai"}).exit_code, 4);
}

TEST_F(ModelsProgram, AListThatDoesNotComeIsWaitedForAsLongAsAsked) {
  test::WireServer silent([](test::WireConnection& connection) {
    static_cast<void>(connection.read_request());
    connection.wait_closed();
  });
  environment["OPENROUTER_BASE_URL"] = silent.url();
  const auto result = run({"models", "--timeout", "200ms"});
  EXPECT_EQ(result.exit_code, 6) << result.err;
  EXPECT_THAT(result.err, StartsWith("prx: provider 'openrouter': the deadline ran out; try again, "
                                     "or allow more time"));
}

TEST_F(ModelsProgram, WrongArgumentsAreUsage) {
  for (const auto& [words, text] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--sort", "name"}, "--sort name: use price, context or created"},
           {{"--max-price", "-1"}, "--max-price: write a number of 0 or more"},
           {{"--max-price", "nan"}, "--max-price: write a number of 0 or more"},
           {{"--min-context", "0"}, "--min-context: write a number of 1 or more"},
           {{"--provider="}, "--provider is empty"},
           {{"--timeout", "3"}, "--timeout: '3' is not a duration"},
           {{"--tool"}, "--tool"}}) {
    std::vector<std::string> arguments{"models"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const auto result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << words[0];
    EXPECT_THAT(result.err, HasSubstr(text));
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(ModelsProgram, AnUnknownProviderIsAConfigurationError) {
  const auto result = run({"models", "--provider", "opnrouter"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("openrouter"));
}

TEST_F(ModelsProgram, IdsMoveNoCursor) {
  test::WireServer server(test::always(test::plain_response(
      R"({"data":[{"id":"evil/\u001b]0;title\u0007\u202ex","name":"\u001b[2J"}]})")));
  environment["OPENROUTER_BASE_URL"] = server.url();
  const auto result = run({"models"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("evil/^[]0;title^G<U+202E>x"));
  EXPECT_EQ((result.out + result.err).find('\x1b'), std::string::npos);
}

TEST_F(ModelsProgram, WithoutAPlaceForACacheTheyAreStillListed) {
  simulate();
  environment.erase("XDG_CACHE_HOME");
  environment.erase("HOME");
  EXPECT_EQ(run({"models", "claude"}).exit_code, 0);
}

// --- what chats make of the lists

constexpr const char* kTools = "tools=[{\"type\":\"function\",\"function\":{\"name\":\"now\"}}]";

TEST_F(ModelsProgram, AChatSkipsWhoCannotServeItAndSaysSo) {
  simulate();
  configure(
      "[default]\nchain = \"c\"\n[chains.c]\ntargets = [\n"
      "{ provider = \"openrouter\", model = \"deepseek/deepseek-r1\" },\n"
      "{ provider = \"openrouter\", model = \"openai/gpt-4o\" },\n]\n");
  run({"models"});
  const auto text = run({"chat", "--trace", "--param", kTools, "hi"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.err,
              HasSubstr("skipped: openrouter deepseek/deepseek-r1 | unsupported: provider "
                        "'openrouter' was not asked: the list of models of "));
  EXPECT_THAT(text.err, HasSubstr("attempt 1 (first): openrouter openai/gpt-4o"));
  EXPECT_THAT(text.err, HasSubstr(" | 1 skipped"));
  const auto json = parse_json(run({"chat", "--json", "--param", kTools, "hi"}).out);
  EXPECT_STREQ(json["attempts"][0]["reason"].GetString(), "skipped");
  EXPECT_EQ(json["attempts"][0]["exchanges"].GetInt(), 0);
  EXPECT_STREQ(json["attempts"][0]["error"]["class"].GetString(), "unsupported");
}

TEST_F(ModelsProgram, AChatThatNobodyCanServeIsRefusedWithTheReason) {
  simulate();
  run({"models"});
  const auto result = run({"chat", "--model", "deepseek/deepseek-r1", "--param", kTools, "hi"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err,
              HasSubstr("says that model 'deepseek/deepseek-r1' does not support tools; "
                        "prx models --provider openrouter --tools lists others, prx "
                        "models --provider openrouter --refresh asks anew\n"));
  EXPECT_EQ(sent("/chat/completions"), 0U);
}

TEST_F(ModelsProgram, AModelThatDoesNotExistSuggestsTheNearest) {
  simulate();
  environment["OPENAI_API_KEY"] = kKey;
  // Nothing is cached: the list is asked for.
  EXPECT_THAT(run({"chat", "--model", "openai/gpt4o", "hi"}).err,
              HasSubstr("; did you mean 'openai/gpt-4o'?\n"));
  EXPECT_EQ(sent("/models"), 1U);
  const auto result = run({"chat", "--model", "openai/gpt4o", "hi"});
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.err, HasSubstr("; did you mean 'openai/gpt-4o'?\n"));
  EXPECT_EQ(sent("/models"), 1U) << "it is cached now";
  EXPECT_THAT(run({"chat", "--provider", "openai", "--model", "gpt-4o-mni", "hi"}).err,
              HasSubstr("; did you mean 'gpt-4o-mini'?\n"));
}

TEST_F(ModelsProgram, AnEstimatedCostHasASign) {
  simulate();
  environment["OPENAI_API_KEY"] = kKey;
  run({"models"});
  const auto text = run({"chat", "--provider", "openai", "--model", "gpt-4o", "--trace", "hi"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.err, HasSubstr("openai | gpt-4o | "));
  EXPECT_THAT(text.err, HasSubstr(" | ~$0.000"));
  EXPECT_THAT(text.err, HasSubstr(" bytes, ~$0.000"));
  const auto json =
      parse_json(run({"chat", "--provider", "openai", "--model", "gpt-4o", "--json", "hi"}).out);
  EXPECT_TRUE(json["cost"]["estimated"].GetBool());
  EXPECT_GT(json["cost"]["dollars"].GetDouble(), 0.0);
  EXPECT_TRUE(json["attempts"][0]["cost_estimated"].GetBool());
  EXPECT_TRUE(json["usage"]["cost"].IsNull());
}

}  // namespace
}  // namespace prx::cli
