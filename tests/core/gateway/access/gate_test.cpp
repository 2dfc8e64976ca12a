// Who may ask a gateway, over real sockets: keys, what they may, pages and names.
#include "gateway/access/gate.hpp"

#include <gmock/gmock.h>

#include <mutex>

#include "core/config/support.hpp"
#include "core/sim/raw_client.hpp"
#include "gateway/gateway.hpp"
#include "sim/simulator.hpp"
#include "support/open_client.hpp"

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;
using config::testing::TemporaryFolder;
using sim::test::chat_body;
using sim::test::fetch;
using sim::test::RawClient;
using sim::test::request_text;
using sim::test::Response;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kUpstream = "sk-or-v1-0123456789abcdef";
constexpr const char* kAlice = "prx-alice-0123456789abcdef";
constexpr const char* kBob = "prx-bob-0123456789abcdef";

ServeKeyConfig key_of(const std::string& name, std::string_view key) {
  ServeKeyConfig out;
  out.name = name;
  out.sha256 = hex(sha256(key).value());
  return out;
}

class GateTest : public ::testing::Test {
 protected:
  GateTest() : simulator(std::move(sim::Simulator::start({})).value()) {
    prx::test::OpenOptions options;
    options.log = [this](LogLevel, std::string_view line) {
      const std::lock_guard lock(mutex);
      logged += std::string(line) + '\n';
    };
    client = prx::test::open_client(
        "[log]\nlevel = \"trace\"\n[chains.two]\ntargets = [{ provider = \"openrouter\", model = "
        "\"openai/gpt-4o\" }]\n",
        {{"OPENROUTER_API_KEY", kUpstream},
         {"OPENROUTER_BASE_URL", simulator->base_url()},
         {"PRX_PLUGIN_PATH", std::string(PRX_BINARY_DIR) + "/lib/prx/plugins"}},
        std::move(options));
    serve.listen = "127.0.0.1:0";
  }
  void open(std::vector<ServeKeyConfig> keys, GatewayOptions options = {}) {
    serve.keys = std::move(keys);
    auto made = Gateway::open({client.get()}, serve, std::move(options));
    ASSERT_TRUE(made) << made.error().message;
    gateway = std::move(*made);
    port =
        static_cast<std::uint16_t>(std::stoi(gateway->url().substr(gateway->url().rfind(':') + 1)));
  }
  Response chat(std::string_view key, std::string_view path = "/v1/chat/completions",
                std::string_view model = "openai/gpt-4o") const {
    return fetch(port, "POST", path, chat_body(model, false), key);
  }
  /// A request with header lines of its own.
  Response ask(std::string_view head, std::string_view lines, std::string_view body = {}) const {
    RawClient one(port);
    std::string text = std::string(head) + " HTTP/1.1\r\n" + std::string(lines);
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    one.send(text + "\r\n" + std::string(body));
    return one.read();
  }

  std::unique_ptr<sim::Simulator> simulator;
  std::mutex mutex;
  std::string logged;  ///< guarded
  std::unique_ptr<Client> client;
  ServeConfig serve;
  std::unique_ptr<Gateway> gateway;
  std::uint16_t port = 0;
};

TEST_F(GateTest, WithoutAKeyThatItKnowsNothingIsAnswered) {
  open({key_of("alice", kAlice)});
  for (const char* const key : {"", "prx-wrong", "sk-or-v1-0123456789abcdef"}) {
    const Response refused = chat(key);
    EXPECT_EQ(refused.status, 401) << key;
    EXPECT_EQ(refused.headers.at("www-authenticate"), "Bearer realm=\"prx\"");
    EXPECT_THAT(refused.body, HasSubstr(R"("code":"invalid_api_key")"));
    EXPECT_THAT(refused.body, Not(HasSubstr("prx-wrong")));
  }
  EXPECT_THAT(chat("", "/api/v1/chat/completions").body, StartsWith(R"({"error":{"code":401,)"));
  EXPECT_EQ(fetch(port, "GET", "/v1/models", "", "").status, 401);
  EXPECT_EQ(fetch(port, "GET", "/v1/nothing", "", "").status, 401);
  EXPECT_EQ(simulator->stats().requests, 0u);
}

TEST_F(GateTest, WhoKeepsItAliveNeedsNoKey) {
  open({key_of("alice", kAlice)});
  EXPECT_EQ(fetch(port, "GET", "/healthz", "", "").status, 200);
  EXPECT_EQ(fetch(port, "GET", "/readyz", "", "").status, 200);
}

TEST_F(GateTest, AKeyIsSentInOneOfTwoHeaders) {
  open({key_of("alice", kAlice), key_of("bob", kBob)});
  EXPECT_EQ(chat(kAlice).status, 200);
  EXPECT_EQ(chat(kBob).status, 200);
  const std::string body = chat_body("openai/gpt-4o", false);
  const auto status = [&](const std::string& line) {
    return ask("POST /v1/chat/completions", "Host: localhost\r\n" + line + "\r\n", body).status;
  };
  EXPECT_EQ(status("x-api-key: " + std::string(kAlice)), 200);
  EXPECT_EQ(status("authorization: bearer  " + std::string(kAlice)), 200);
  EXPECT_EQ(status("Authorization: Basic " + std::string(kAlice)), 401);
  EXPECT_EQ(status("Authorization: " + std::string(kAlice)), 401);
}

TEST_F(GateTest, NoKeyOfAClientReachesAProviderOrALog) {
  open({key_of("alice", kAlice)});
  EXPECT_EQ(chat(kAlice).status, 200);
  EXPECT_EQ(ask("POST /v1/chat/completions",
                "Host: localhost\r\nx-api-key: " + std::string(kAlice) + "\r\n",
                chat_body("openai/gpt-4o", false))
                .status,
            200);
  const auto requests = simulator->requests();
  ASSERT_EQ(requests.size(), 2u);
  for (const auto& request : requests) {
    EXPECT_TRUE(request.key_is(kUpstream));
    for (const auto& [name, value] : request.headers) EXPECT_THAT(value, Not(HasSubstr("alice")));
    EXPECT_THAT(request.body, Not(HasSubstr("alice")));
  }
  const std::lock_guard lock(mutex);
  EXPECT_THAT(logged, AllOf(Not(IsEmpty()), Not(HasSubstr("alice"))));
}

TEST_F(GateTest, AKeyAsksForWhatItsListSaysAlone) {
  ServeKeyConfig alice = key_of("alice", kAlice);
  alice.models = {"openai/gpt-4o", "chain:two"};
  open({alice, key_of("bob", kBob)});
  EXPECT_EQ(chat(kAlice).status, 200);
  EXPECT_EQ(chat(kAlice, "/v1/chat/completions", "chain:two").status, 200);
  for (const char* const model : {"anthropic/claude-sonnet-4", "chain:default", "openai/gpt-4"}) {
    const Response refused = chat(kAlice, "/v1/chat/completions", model);
    EXPECT_EQ(refused.status, 403) << model;
    EXPECT_THAT(refused.body, AllOf(HasSubstr("model_not_allowed"), HasSubstr(model)));
  }
  const auto with = [&](std::string_view members) {
    return fetch(port, "POST", "/v1/chat/completions", chat_body("openai/gpt-4o", false, members),
                 kAlice)
        .status;
  };
  EXPECT_EQ(with(R"(,"models":["anthropic/claude-sonnet-4"])"), 403);
  EXPECT_EQ(with(R"(,"prx":{"chain":"default"})"), 403);
  EXPECT_EQ(with(R"(,"prx":{"provider":"openrouter"})"), 403);
  EXPECT_EQ(with(R"(,"prx":{"chain":"two"})"), 200);
  const Response unnamed = fetch(port, "POST", "/api/v1/chat/completions",
                                 R"({"messages":[{"role":"user","content":"Hi"}]})", kAlice);
  EXPECT_EQ(unnamed.status, 403) << "the chain in force";
  EXPECT_THAT(unnamed.body,
              AllOf(StartsWith(R"({"error":{"code":403,)"), HasSubstr("chain:default")));
  EXPECT_EQ(chat(kBob, "/v1/chat/completions", "anthropic/claude-sonnet-4").status, 200);
}

TEST_F(GateTest, AListHoldsForOtherEndpointsToo) {
  ServeKeyConfig alice = key_of("alice", kAlice);
  alice.models = {"openai/*"};
  open({alice, key_of("bob", kBob)});
  const auto status = [&](std::string_view path, std::string_view model, std::string_view key) {
    const std::string body = R"({"input":"a","prompt":"a","model":")" + std::string(model) + "\"}";
    return fetch(port, "POST", path, body, key).status;
  };
  for (const char* const path : {"/v1/embeddings", "/api/v1/completions"}) {
    EXPECT_EQ(status(path, "openai/gpt-4o", kAlice), 200) << path;
    EXPECT_EQ(status(path, "anthropic/claude-sonnet-4", kAlice), 403) << path;
    EXPECT_EQ(status(path, "chain:two", kAlice), 403) << path;
    EXPECT_EQ(status(path, "openai/gpt-4o", ""), 401) << path;
    EXPECT_EQ(status(path, "chain:two", kBob), 200) << path;
  }
}

TEST_F(GateTest, AKeySeesTheModelsThatItMayAskForAlone) {
  ServeKeyConfig alice = key_of("alice", kAlice);
  alice.models = {"openai/*", "chain:two"};
  open({alice, key_of("bob", kBob)});
  const std::string all = fetch(port, "GET", "/v1/models", "", kBob).body;
  EXPECT_THAT(all, AllOf(HasSubstr(R"("id":"chain:default")"), HasSubstr(R"("id":"anthropic/)")));
  const std::string own = fetch(port, "GET", "/v1/models", "", kAlice).body;
  EXPECT_THAT(
      own, AllOf(HasSubstr(R"("id":"chain:two")"), HasSubstr(R"("id":"openai/gpt-4o")"),
                 Not(HasSubstr(R"("id":"chain:default")")), Not(HasSubstr(R"("id":"anthropic/)"))));
  EXPECT_EQ(fetch(port, "GET", "/v1/models/openai/gpt-4o", "", kAlice).status, 200);
  EXPECT_EQ(fetch(port, "GET", "/v1/models/anthropic/claude-sonnet-4", "", kAlice).status, 404);
  EXPECT_EQ(fetch(port, "GET", "/v1/models/anthropic/claude-sonnet-4", "", kBob).status, 200);
}

TEST_F(GateTest, AboveItsRateAKeyIsToldWhenToComeBack) {
  ServeKeyConfig alice = key_of("alice", kAlice);
  alice.requests_per_minute = 1;
  open({alice, key_of("bob", kBob)});
  EXPECT_EQ(chat(kAlice).status, 200);
  const Response refused = chat(kAlice);
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, HasSubstr("rate_limit_exceeded"));
  const int wait = std::stoi(refused.headers.at("retry-after"));
  EXPECT_GE(wait, 1);
  EXPECT_LE(wait, 60);
  EXPECT_EQ(chat(kBob).status, 200) << "limits are each key's own";
}

TEST_F(GateTest, ACallIsUnderWayUntilItsExchangeIsGone) {
  ServeKeyConfig alice = key_of("alice", kAlice);
  alice.calls_max = 1;
  open({alice, key_of("bob", kBob)});
  RawClient streaming(port);
  streaming.send(request_text("POST", "/v1/chat/completions",
                              chat_body("openai/gpt-4o#stall?after=2", true), kAlice));
  ASSERT_TRUE(streaming.read_until("data: "));
  const Response refused = chat(kAlice, "/api/v1/chat/completions");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_EQ(chat(kBob).status, 200);
  streaming.close(true);
  int status = 0;
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (status != 200 && std::chrono::steady_clock::now() < until) status = chat(kAlice).status;
  EXPECT_EQ(status, 200) << "its client has left";
}

TEST_F(GateTest, ABudgetIsSpentByWhatCallsCostAndOutlivesTheService) {
  const TemporaryFolder folder;
  folder.write("serve-budgets", "prx serve budgets 1\nalice 0 0 9999999\n");
  ServeKeyConfig alice = key_of("alice", kAlice);
  alice.budget = 0.01;
  alice.budget_window = std::nullopt;
  GatewayOptions options;
  options.state_folder = folder.path();
  open({alice}, options);
  const Response last = chat(kAlice);
  EXPECT_EQ(last.status, 200);
  EXPECT_GT(std::stod(last.headers.at("x-prx-cost")), 0.0);
  const Response openai = chat(kAlice), openrouter = chat(kAlice, "/api/v1/chat/completions");
  EXPECT_EQ(openai.status, 429);
  EXPECT_THAT(openai.body, HasSubstr(R"("code":"insufficient_quota")"));
  EXPECT_EQ(openrouter.status, 402);
  EXPECT_THAT(openrouter.body, StartsWith(R"({"error":{"code":402,)"));
  const Response told = fetch(port, "GET", "/api/v1/key", "", kAlice);
  EXPECT_EQ(told.status, 200) << "what costs nothing is answered";
  EXPECT_THAT(told.body, AllOf(HasSubstr(R"("label":"alice")"), HasSubstr(R"("limit":0.01)"),
                               HasSubstr(R"("limit_remaining":0,)")));
  gateway.reset();
  open({alice}, options);
  EXPECT_EQ(chat(kAlice).status, 429) << "after a restart";
}

TEST_F(GateTest, EmbeddingsAndCompletionsSpendABudgetToo) {
  const TemporaryFolder folder;
  folder.write("serve-budgets", "prx serve budgets 1\nalice 0 0 9999999\nbob 0 0 9999999\n");
  ServeKeyConfig alice = key_of("alice", kAlice), bob = key_of("bob", kBob);
  for (ServeKeyConfig* const key : {&alice, &bob}) {
    key->budget = 0.01;
    key->budget_window = std::nullopt;
  }
  GatewayOptions options;
  options.state_folder = folder.path();
  open({alice, bob}, options);
  const auto spend = [&](std::string_view path, std::string_view key) {
    const std::string body = R"({"input":"a","prompt":"a","model":"openai/gpt-4o"})";
    return fetch(port, "POST", path, body, key);
  };
  EXPECT_GT(std::stod(spend("/v1/embeddings", kAlice).headers.at("x-prx-cost")), 0.0);
  EXPECT_EQ(spend("/v1/completions", kAlice).status, 429);
  EXPECT_EQ(spend("/api/v1/completions", kBob).status, 200);
  EXPECT_EQ(spend("/api/v1/embeddings", kBob).status, 402);
}

TEST_F(GateTest, OtherKeysAreInForceAfterAReloadAndOldOnesKeepWhatTheyUsed) {
  ServeKeyConfig alice = key_of("alice", kAlice);
  alice.requests_per_minute = 1;
  open({alice});
  EXPECT_EQ(chat(kAlice).status, 200);
  serve.keys = {alice, key_of("bob", kBob)};
  gateway->reload(serve);
  EXPECT_EQ(chat(kAlice).status, 429);
  EXPECT_EQ(chat(kBob).status, 200);
  serve.keys = {key_of("bob", kBob)};
  gateway->reload(serve);
  EXPECT_EQ(chat(kAlice).status, 401);
}

TEST_F(GateTest, OtherMachinesAreNeverLetInWithoutKeys) {
  serve.listen = "0.0.0.0:0";
  EXPECT_FALSE(Gateway::open({client.get()}, serve, {}));
  open({key_of("alice", kAlice)});
  EXPECT_EQ(chat(kAlice).status, 200);
  serve.keys.clear();
  EXPECT_FALSE(gateway->check_reload(serve));
  gateway->reload(serve);
  EXPECT_EQ(chat("").status, 401) << "also when nobody looked";
}

TEST_F(GateTest, OnLoopbackAHostIsThisMachineOrOneThatIsAllowed) {
  serve.allowed_hosts = {"prx.example.org"};
  open({});
  const auto status = [&](const std::string& host) {
    return ask("GET /healthz", "Host: " + host + "\r\n").status;
  };
  for (const char* const host : {"127.0.0.1", "localhost:1", "PRX.example.org:443"})
    EXPECT_EQ(status(host), 200) << host;
  for (const char* const host : {"evil.example", "10.0.0.1", "prx.example.org.evil.example"})
    EXPECT_EQ(status(host), 403) << host;
}

TEST_F(GateTest, ElsewhereEveryHostUntilSomeAreAllowed) {
  serve.listen = "0.0.0.0:0";
  const auto status = [&](const std::string& host) {
    return ask("GET /healthz", "Host: " + host + "\r\n").status;
  };
  open({key_of("alice", kAlice)});
  EXPECT_EQ(status("prx.example.org"), 200);
  gateway.reset();
  serve.allowed_hosts = {"prx.example.org"};
  open({key_of("alice", kAlice)});
  for (const char* const host : {"prx.example.org", "10.0.0.1:80", "[fd00::1]:80", "localhost"})
    EXPECT_EQ(status(host), 200) << host;
  EXPECT_EQ(status("evil.example"), 403);
}

TEST_F(GateTest, APageOfAnAllowedOriginMayAskAndRead) {
  serve.allowed_origins = {"https://app.example.org"};
  open({key_of("alice", kAlice)});
  const std::string page = "Host: localhost\r\nOrigin: https://app.example.org\r\n";
  const Response asked =
      ask("OPTIONS /v1/chat/completions",
          page +
              "Access-Control-Request-Method: POST\r\n"
              "Access-Control-Request-Headers: authorization,x-stainless-lang\r\n");
  EXPECT_EQ(asked.status, 204);
  EXPECT_EQ(asked.headers.at("access-control-allow-origin"), "https://app.example.org");
  EXPECT_EQ(asked.headers.at("access-control-allow-headers"), "authorization,x-stainless-lang");
  EXPECT_THAT(asked.headers.at("access-control-allow-methods"), HasSubstr("POST"));
  EXPECT_EQ(asked.headers.at("vary"), "Origin");
  const Response answer = ask("GET /v1/models", page + "Authorization: Bearer " + kAlice + "\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("access-control-allow-origin"), "https://app.example.org");
  EXPECT_THAT(answer.headers.at("access-control-expose-headers"), HasSubstr("x-prx-cost"));
  const Response unknown = ask("GET /v1/models", page);
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(unknown.headers.count("access-control-allow-origin"), 1u) << "the page may read why";
  const Response program = ask("GET /healthz", "Host: localhost\r\n");
  EXPECT_EQ(program.headers.at("vary"), "Origin");
  EXPECT_EQ(program.headers.count("access-control-allow-origin"), 0u);
}

TEST_F(GateTest, APageOfAnotherOriginIsRefusedBeforeItsKeyIsLookedAt) {
  serve.allowed_origins = {"https://app.example.org"};
  open({key_of("alice", kAlice)});
  for (const char* const origin :
       {"https://evil.example", "http://app.example.org", "null", "https://app.example.org:444"}) {
    const Response refused = ask("OPTIONS /v1/models",
                                 "Host: localhost\r\nAccess-Control-Request-Method: GET\r\n"
                                 "Origin: " +
                                     std::string(origin) + "\r\n");
    EXPECT_EQ(refused.status, 403) << origin;
    EXPECT_EQ(refused.headers.count("access-control-allow-origin"), 0u) << origin;
  }
}

TEST_F(GateTest, ItsOwnPagesMayAskUnderTheNameItIsReachedBy) {
  serve.listen = "0.0.0.0:0";
  open({key_of("alice", kAlice)});
  const std::string key = "Authorization: Bearer " + std::string(kAlice) + "\r\n";
  EXPECT_EQ(
      ask("GET /v1/models", key + "Host: prx.example.org\r\nOrigin: http://prx.example.org\r\n")
          .status,
      200);
  EXPECT_EQ(
      ask("GET /v1/models", key + "Host: prx.example.org\r\nOrigin: http://localhost\r\n").status,
      403)
      << "a page of the machine of whoever looks at it is another origin here";
}

TEST_F(GateTest, NoCorsHeaderIsSentUnlessOriginsAreAllowed) {
  open({});
  const Response page = ask("GET /healthz", "Host: localhost\r\nOrigin: http://localhost:3000\r\n");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.headers.count("access-control-allow-origin"), 0u);
  EXPECT_EQ(page.headers.count("vary"), 0u);
  EXPECT_EQ(ask("OPTIONS /v1/models",
                "Host: localhost\r\nOrigin: http://localhost:3000\r\n"
                "Access-Control-Request-Method: GET\r\n")
                .status,
            405);
}

TEST_F(GateTest, AHeaderOfOneAnswerIsNotInTheNext) {
  serve.allowed_origins = {"https://app.example.org"};
  open({});
  RawClient one(port);
  one.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example.org\r\n\r\n");
  EXPECT_EQ(one.read().headers.count("access-control-allow-origin"), 1u);
  one.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(one.read().headers.count("access-control-allow-origin"), 0u);
}

}  // namespace
}  // namespace prx::gateway
