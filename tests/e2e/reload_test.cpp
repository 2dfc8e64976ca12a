// Another configuration while a client runs.
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include "e2e/rig.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;

TEST(Reload, NewCallsUseTheNewConfiguration) {
  Rig rig;
  rig.openrouter = "model = \"openai/gpt-4o\"\n";
  const auto client = rig.open();
  EXPECT_EQ(expect_answer(client->chat(ask("hi"))).attempts[0].model, "openai/gpt-4o");
  rig.openrouter = "model = \"anthropic/claude-sonnet-4\"\n";
  ASSERT_TRUE(client->reload(*rig.parse()));
  EXPECT_EQ(expect_answer(client->chat(ask("hi"))).attempts[0].model, "anthropic/claude-sonnet-4");
  EXPECT_EQ(client->config()->find_provider("openrouter")->model, "anthropic/claude-sonnet-4");
}

TEST(Reload, AnotherProviderComesIntoForce) {
  Rig rig;
  const auto client = rig.open();
  rig.toml += "[default]\nprovider = \"openai\"\nmodel = \"gpt-4o\"\n";
  ASSERT_TRUE(client->reload(*rig.parse()));
  EXPECT_EQ(expect_answer(client->chat(ask("hi"))).provider, "openai");
}

TEST(Reload, AProviderThatDidNotChangeKeepsItsConnection) {
  Rig rig;
  const auto client = rig.open();
  expect_answer(client->chat(ask("hi")));
  rig.toml += "[reliability]\nretries = 1\n";
  ASSERT_TRUE(client->reload(*rig.parse()));
  EXPECT_TRUE(expect_answer(client->chat(ask("hi"))).attempts[0].connection_reused);
}

TEST(Reload, ACallUnderWayFinishesOnTheOldOne) {
  sim::SimulatorOptions slow;
  slow.token_delay = 20ms;
  Rig rig(Wire::kPlain, slow);
  const auto client = rig.open();
  const auto stream = client->stream(ask("hi"));
  ASSERT_NE(stream->next(), nullptr);
  rig.openrouter = "api_key = \"sk-another-key-of-the-user\"\n";
  ASSERT_TRUE(client->reload(*rig.parse()));
  const ChatResult& result = stream->result();
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->attempts[0].key_label, "OPENROUTER_API_KEY");
  EXPECT_NE(expect_answer(client->chat(ask("hi"))).attempts[0].key_label, "OPENROUTER_API_KEY");
}

TEST(Reload, ABadConfigurationChangesNothingAndSaysWhy) {
  Rig rig;
  const auto client = rig.open();
  Rig other;
  other.toml += "[default]\nprovider = \"nobody\"\n[providers.nobody]\nplugin = \"none\"\n";
  const auto changed = client->reload(*other.parse());
  ASSERT_FALSE(changed);
  EXPECT_NE(changed.error().message.find("none"), std::string::npos) << changed.error().message;
  EXPECT_EQ(expect_answer(client->chat(ask("hi"))).provider, "openrouter");
}

/// What malloc gave out; 0 where a sanitizer replaces it.
std::size_t heap_in_use() { return ::mallinfo2().uordblks; }

TEST(Reload, ConfigurationsThatWereReplacedLeaveNothingBehind) {
  constexpr int kSettled = 300, kMore = 700;  // until what is kept for a while is full
  constexpr std::size_t kEachMax = 100;       // bytes
  Rig rig;
  rig.toml = "[log]\nlevel = \"error\"\n";
  const Certificates authority;
  const auto client = rig.open();
  const auto reload = [&](int number) {
    const std::string name = std::to_string(100'000 + number);
    const std::string ca_file = authority.ca_file() + "." + name;
    std::filesystem::copy_file(authority.ca_file(), ca_file);
    rig.openrouter =
        "api_key = \"sk-key-of-the-user-" + name + "\"\nca_file = \"" + ca_file + "\"\n";
    const auto config = rig.parse();
    ASSERT_TRUE(config) << config.error().message;
    ASSERT_TRUE(client->reload(*config));
    std::filesystem::remove(ca_file);
    if (number % 100 == 0) expect_answer(client->chat(ask("hi")));
  };
  for (int i = 0; i < kSettled; ++i) reload(i);
  const std::size_t before = heap_in_use();
  for (int i = 0; i < kMore; ++i) reload(kSettled + i);
  const std::size_t after = heap_in_use();
  EXPECT_LT(after, before + kMore * kEachMax);
}

TEST(Reload, AHandleMayEndOnAnyThreadWhileItsClientDoes) {
  Rig rig;
  for (int round = 0; round < 20; ++round) {
    auto client = rig.open();
    std::vector<std::unique_ptr<Stream>> streams;
    for (int i = 0; i < 8; ++i) streams.push_back(client->stream(ask("hi")));
    rig.openrouter = "api_key = \"sk-key-of-round-" + std::to_string(round) + "\"\n";
    ASSERT_TRUE(client->reload(*rig.parse()));
    std::vector<std::thread> threads;
    for (auto& stream : streams) threads.emplace_back([one = std::move(stream)] {});
    client.reset();
    for (auto& thread : threads) thread.join();
  }
}

TEST(Reload, AHandleMayOutliveItsClient) {
  Rig rig;
  auto client = rig.open();
  auto stream = client->stream(ask("hi"));
  ASSERT_TRUE(stream->result());
  client.reset();
  EXPECT_EQ(stream->next(), nullptr);
  stream.reset();
}

TEST(Reload, OnTheLoopItIsAnErrorAtOnce) {
  struct Reloading final : Sink {
    void on_event(const StreamEvent&) override {}
    void on_end(ChatResult) override {
      refused = !client->reload(config);
      done.test_and_set();
      done.notify_one();
    }
    Client* client = nullptr;
    Config config;
    bool refused = false;
    std::atomic_flag done;
  };
  Rig rig;
  const auto client = rig.open();
  Reloading sink;
  sink.client = client.get();
  sink.config = *rig.parse();
  const auto call = client->start(ask("hi"), {}, sink);
  sink.done.wait(false);
  EXPECT_TRUE(sink.refused);
}

/// Calls from the loop and from two threads while the configuration changes again and again:
/// nothing waits for itself, nothing is lost.
TEST(Reload, UnderLoad) {
  Rig rig;
  const auto client = rig.open();
  std::atomic<bool> stop = false;
  std::atomic<int> answers = 0, failures = 0;
  const auto work = [&] {
    while (!stop) ++(client->chat(ask("hi")) ? answers : failures);
  };
  struct Chain final : Sink {  // each end starts the next call, on the loop
    void on_event(const StreamEvent&) override {}
    void on_end(ChatResult result) override {
      if (result) ++*answers;
      if (!*stop) next = client->start(ask("hi"), {}, *this);
    }
    Client* client = nullptr;
    std::atomic<int>* answers = nullptr;
    std::atomic<bool>* stop = nullptr;
    std::unique_ptr<Call> next;
  };
  Chain chain;
  chain.client = client.get();
  chain.answers = &answers;
  chain.stop = &stop;
  auto first = client->start(ask("hi"), {}, chain);
  std::thread one(work), two(work);
  for (int i = 0; i < 40; ++i) {
    rig.openrouter = "api_key = \"sk-key-" + std::to_string(i % 3) + "-0123456789\"\n";
    ASSERT_TRUE(client->reload(*rig.parse()));
  }
  stop = true;
  one.join();
  two.join();
  EXPECT_EQ(failures, 0);
  EXPECT_GT(answers, 0);
}

/// A plugin that says when its instance is destroyed, and streams for as long as nobody reads.
class Retired : public ::testing::Test {
 protected:
  Retired() {
    rig.environment["PRX_PLUGIN_PATH"] = PRX_E2E_PLUGINS;
    rig.environment["WORKER_KEY"] = "sk-worker-key";
    common = rig.toml + "[default]\nprovider = \"worker\"\n";
    rig.toml = common;
  }
  /// With another key, hence with another instance.
  Result<void> reload(Client& client, const std::string& key) {
    rig.toml = common + "[providers.worker]\napi_key = \"" + key + "\"\n";
    return client.reload(*rig.parse());
  }
  [[nodiscard]] bool destroyed() { return rig.log.all().find("destroyed") != std::string::npos; }

  std::string common;
  Rig rig;
};

TEST_F(Retired, AnInstanceEndsWithItsConfiguration) {
  const auto client = rig.open();
  ASSERT_TRUE(client->chat(ask("hi")));
  ASSERT_TRUE(reload(*client, "sk-another-worker-key"));
  EXPECT_NE(rig.log.wait_for("destroyed"), "");
}

TEST_F(Retired, AnInstanceEndsWithTheLastCallOfItsConfiguration) {
  const auto client = rig.open();
  auto stream = client->stream(ask("hi"));
  ASSERT_NE(stream->next(), nullptr);
  ASSERT_TRUE(reload(*client, "sk-another-worker-key"));
  ASSERT_TRUE(client->chat(ask("hi")));
  EXPECT_FALSE(destroyed());
  stream.reset();
  EXPECT_NE(rig.log.wait_for("destroyed"), "");
}

/// Plugins that take their time to make or to destroy an instance: until the test opens the gate.
class ReloadHeld : public Retired {
 protected:
  ReloadHeld() {
    rig.environment["PRX_PLUGIN_PATH"] += std::string(":") + PRX_BINARY_DIR + "/lib/prx/plugins";
    rig.openrouter = "model = \"openai/gpt-4o\"\n";
  }
  /// What reads from it waits until it is opened, or gone.
  class Gate {
   public:
    Gate() { EXPECT_EQ(::pipe(ends_.data()), 0); }
    ~Gate() {
      open();
      ::close(ends_[0]);
    }
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    void open() {
      if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
    }
    [[nodiscard]] std::string reader() const { return std::to_string(ends_[0]); }

   private:
    std::array<int, 2> ends_{-1, -1};
  };

  /// For what must not wait for the gate: when it does, the test fails instead of hanging.
  template <class T>
  static bool comes_back(const std::future<T>& future) {
    return future.wait_for(10s) == std::future_status::ready;
  }
  [[nodiscard]] std::unique_ptr<Client> open_with(const std::string& hold) {
    const std::string plain = std::exchange(
        rig.toml, common + "[providers.worker]\n" + hold + " = " + gate.reader() + "\n");
    auto client = rig.open();
    rig.toml = plain;
    return client;
  }
  /// Of a provider that has nothing to do with the one that is held.
  static std::future<ChatResult> chat_elsewhere(Client& client) {
    return std::async(std::launch::async, [&client] {
      CallOptions options;
      options.provider = "openrouter";
      return client.chat(ask("hi"), options);
    });
  }
  std::future<Result<void>> reload_aside(Client& client, std::string key) {
    return std::async(std::launch::async, [this, &client, key] { return reload(client, key); });
  }

  Gate gate;
};

TEST_F(ReloadHeld, AReloadAndStreamsDoNotWaitForADestroy) {
  const auto client = open_with("hold_destroy");
  ASSERT_TRUE(reload(*client, "sk-another-worker-key"));
  ASSERT_NE(rig.log.wait_for("destroy is held"), "");
  auto again = reload_aside(*client, "sk-another-worker-key");
  const bool reloaded = comes_back(again);
  auto chat = chat_elsewhere(*client);
  const bool answered = comes_back(chat);
  EXPECT_FALSE(destroyed());
  gate.open();
  EXPECT_TRUE(reloaded);
  EXPECT_TRUE(answered);
  EXPECT_TRUE(again.get());
  EXPECT_TRUE(chat.get());
}

TEST_F(ReloadHeld, AReloadAndStreamsDoNotWaitForACreate) {
  rig.toml = common = "[log]\nlevel = \"trace\"\n[default]\nprovider = \"openrouter\"\n";
  const auto client = open_with("hold_create");
  auto first = std::async(std::launch::async, [&] {
    CallOptions options;
    options.provider = "worker";
    return client->chat(ask("hi"), options);
  });
  ASSERT_NE(rig.log.wait_for("create is held"), "");
  auto beside = chat_elsewhere(*client);
  const bool answered_beside = comes_back(beside);
  auto reloading = reload_aside(*client, "sk-another-worker-key");
  const bool reloaded = comes_back(reloading);
  auto chat = chat_elsewhere(*client);
  const bool answered = comes_back(chat);
  gate.open();
  EXPECT_TRUE(reloaded);
  EXPECT_TRUE(answered_beside && answered);
  EXPECT_TRUE(beside.get());
  EXPECT_TRUE(reloading.get());
  EXPECT_TRUE(chat.get());
  EXPECT_TRUE(first.get());
}

/// One instance in its destroy, one that was retired but for its stream.
TEST_F(ReloadHeld, ClosingWaitsForADestroyAndDeinitialisesLast) {
  auto client = open_with("hold_destroy");
  ASSERT_TRUE(reload(*client, "sk-another-worker-key"));
  ASSERT_NE(rig.log.wait_for("destroy is held"), "");
  const auto stream = client->stream(ask("hi"));
  ASSERT_NE(stream->next(), nullptr);
  rig.toml = "[default]\nprovider = \"openrouter\"\n";
  ASSERT_TRUE(client->reload(*rig.parse()));
  auto closing = std::async(std::launch::async, [&] { client.reset(); });
  EXPECT_EQ(closing.wait_for(600ms), std::future_status::timeout);
  gate.open();
  closing.get();
  const std::string log = rig.log.all();
  EXPECT_EQ(log.find("did not come back"), std::string::npos) << log;
  const auto first = log.find("destroyed"), last = log.rfind("destroyed");
  EXPECT_LT(first, last) << log;
  EXPECT_NE(log.find("deinitialised", last), std::string::npos) << log;
}

TEST_F(ReloadHeld, AModuleThatIsWantedAgainIsMadeAfterItsDeinit) {
  rig.toml = common = "[log]\nlevel = \"trace\"\n[default]\nprovider = \"worker\"\n";
  const auto client = open_with("hold_deinit");
  rig.toml =
      "[log]\nlevel = \"trace\"\n[plugins]\nallow = [\"openrouter\"]\n"
      "[default]\nprovider = \"openrouter\"\n";
  ASSERT_TRUE(client->reload(*rig.parse()));
  ASSERT_NE(rig.log.wait_for("deinit is held"), "");
  auto back = reload_aside(*client, "sk-another-worker-key");
  EXPECT_EQ(back.wait_for(200ms), std::future_status::timeout);
  gate.open();
  EXPECT_TRUE(back.get());
  EXPECT_TRUE(client->chat(ask("hi")));
  const std::string log = rig.log.all();
  EXPECT_LT(log.find("deinitialised"), log.rfind("module is made")) << log;
}

TEST(Fallback, TheTwoLineConfigSurvivesAProviderThatIsDown) {
  Rig rig;
  rig.toml += "[reliability]\nfallback_providers = [\"openai\"]\nbackoff_base = \"10ms\"\n";
  rig.openrouter = "model = \"sim/503\"\n";
  rig.openai = "model = \"gpt-4o\"\n";
  const auto client = rig.open();
  const ChatResponse answer = expect_answer(client->chat(ask("hi")));
  EXPECT_EQ(answer.provider, "openai");
  EXPECT_EQ(answer.attempts.size(), 4u);
  EXPECT_EQ(answer.attempts.back().reason, "fallback");
}

TEST(Fallback, AMissingKeyLeavesTheFirstTargetOutWithAWarning) {
  Rig rig;
  rig.environment.erase("OPENROUTER_API_KEY");
  rig.toml += "[reliability]\nfallback_providers = [\"openai\"]\n";
  rig.openai = "model = \"gpt-4o\"\n";
  const auto client = rig.open();
  EXPECT_EQ(expect_answer(client->chat(ask("hi"))).provider, "openai");
  EXPECT_NE(rig.log.all().find("OPENROUTER_API_KEY"), std::string::npos);
}

TEST(Fallback, AModelMayNameAChain) {
  Rig rig;
  rig.toml += "[chains.careful]\ntargets = [ { provider = \"openai\", model = \"gpt-4o\" } ]\n";
  rig.openai = "base_url = \"" + rig.environment["OPENAI_BASE_URL"] + "\"\n";
  const auto client = rig.open();
  EXPECT_EQ(expect_answer(client->chat(ask("hi", "chain:careful"))).attempts[0].model, "gpt-4o");
  CallOptions options;
  options.chain = "careful";
  EXPECT_EQ(expect_answer(client->chat(ask("hi"), options)).provider, "openai");
  options.chain = "carefull";
  const CallError error = expect_failure(client->chat(ask("hi"), options));
  EXPECT_NE(error.message.find("careful"), std::string::npos) << error.message;
}

}  // namespace
}  // namespace prx::test
