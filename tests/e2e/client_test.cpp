// Opening clients, choosing providers, and what goes wrong before a request is sent.
#include "e2e/rig.hpp"

namespace prx::test {
namespace {

TEST(ClientOpen, AMissingKeyIsAnErrorOfTheCallAndNamesTheVariable) {
  Rig rig;
  rig.environment.erase("OPENROUTER_API_KEY");
  rig.environment.erase("OPENROUTER_BASE_URL");
  const auto client = rig.open();
  const CallError error = expect_failure(client->chat(ask("hi")));
  EXPECT_EQ(error.error_class, ErrorClass::kAuth);
  EXPECT_EQ(error.message.find("OpenRouter API key not set"), 0u) << error.message;
  EXPECT_NE(error.message.find("OPENROUTER_API_KEY"), std::string::npos) << error.message;
  EXPECT_EQ(rig.simulator->stats().requests, 0u);
}

TEST(ClientOpen, NoPluginForTheDefaultProviderSaysWhy) {
  Rig rig;
  rig.environment["PRX_NO_PLUGINS"] = "1";
  try {
    rig.open();
    FAIL() << "opened without a plugin";
  } catch (const std::runtime_error& error) {
    for (const char* part : {"provider 'openrouter'", "PRX_NO_PLUGINS=1 turns plugins off"})
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(ClientOpen, ACallMayNameAnotherProvider) {
  Rig rig;
  rig.openai += "model = \"gpt-4o\"\n";
  const auto client = rig.open();
  CallOptions options;
  options.provider = "openai";
  EXPECT_EQ(expect_answer(client->chat(ask("hi"), options)).provider, "openai");
  options.provider = "nobody";
  const CallError error = expect_failure(client->chat(ask("hi"), options));
  EXPECT_EQ(error.error_class, ErrorClass::kInvalidRequest);
  EXPECT_NE(error.message.find("unknown provider 'nobody'"), std::string::npos) << error.message;
}

TEST(ClientOpen, WhatIsMissingSaysWhatToDoWithoutTheProgramsHelp) {
  Rig rig;
  rig.environment.erase("OPENROUTER_API_KEY");
  const auto client = rig.open();
  const auto message = [&](const CallOptions& options) {
    return expect_failure(client->chat(ask("hi"), options)).message;
  };
  EXPECT_EQ(message({}),
            "OpenRouter API key not set: OPENROUTER_API_KEY is not set; export it or set "
            "[providers.openrouter] api_key; openai has a key: set [default] provider = \"openai\" "
            "to ask it");
  CallOptions options;
  options.provider = "nobody";
  EXPECT_EQ(message(options), "unknown provider 'nobody'; add [providers.nobody]");
  options.provider.clear();
  options.chain = "defualt";
  EXPECT_EQ(message(options), "unknown chain 'defualt'; did you mean 'default'?");
  options.chain = "nothing-like-it";
  EXPECT_EQ(message(options), "unknown chain 'nothing-like-it'; valid are default");
}

TEST(ClientOpen, SeveralClientsLiveInOneProcess) {
  Rig one, two;
  const auto first = one.open();
  const auto second = two.open();
  expect_answer(first->chat(ask("a")));
  expect_answer(second->chat(ask("b")));
  EXPECT_EQ(one.simulator->stats().requests, 1u);
  EXPECT_EQ(two.simulator->stats().requests, 1u);
}

TEST(ClientOpen, ARequestThatIsWrongIsRefusedBeforeItIsSent) {
  Rig rig;
  const auto client = rig.open();
  const CallError error = expect_failure(client->chat(ask("\xff\xfe")));
  EXPECT_EQ(error.error_class, ErrorClass::kInvalidRequest);
  EXPECT_EQ(rig.simulator->stats().requests, 0u);
}

TEST(ClientOpen, PluginsListsWhatWasFound) {
  Rig rig;
  const auto client = rig.open();
  bool openrouter = false;
  for (const auto& plugin : client->plugins())
    if (plugin.id == "openrouter") openrouter = plugin.state == PluginState::kUsable;
  EXPECT_TRUE(openrouter);
}

TEST(ClientOpen, ABaseUrlThatIsNoneSendsNothingAnywhere) {
  Rig rig;
  rig.environment["OPENROUTER_BASE_URL"] = "localhost:8080/v1";
  try {
    rig.open();
    FAIL() << "opened with a base URL that cannot be used";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("OPENROUTER_BASE_URL"), std::string::npos)
        << error.what();
  }
}

TEST(ClientOpen, ACallFromASinkWhileTheClientClosesIsNeverLost) {
  struct Restarting final : Sink {
    Client* client = nullptr;
    std::vector<std::unique_ptr<Call>> calls;  // loop only, until the client is gone
    int ends = 0;
    void on_event(const StreamEvent&) override {}
    void on_end(ChatResult) override {
      if (++ends < 3) calls.push_back(client->start(ask("again"), {}, *this));
    }
  };
  sim::SimulatorOptions options;
  options.token_delay = std::chrono::milliseconds(50);
  Rig rig(Wire::kPlain, options);
  auto client = rig.open();
  Restarting sink;
  sink.client = client.get();
  auto call = client->start(ask("first"), {}, sink);
  const auto began = std::chrono::steady_clock::now();
  client.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
  EXPECT_GE(sink.ends, 1);
  sink.calls.clear();
  call.reset();
}

TEST(ClientOpen, ABlockingCallOnTheLoopIsAnErrorAndNoDeadlock) {
  struct Reentrant final : Sink {
    Client* client = nullptr;
    std::mutex mutex;
    std::condition_variable done;
    bool ended = false;
    std::string inner;
    void on_event(const StreamEvent&) override {
      if (!inner.empty()) return;
      const auto result = client->chat(ask("from inside"));
      inner = result ? "answered" : result.error().message;
    }
    void on_end(ChatResult) override {
      const std::lock_guard lock(mutex);
      ended = true;
      done.notify_all();
    }
  };
  Rig rig;
  const auto client = rig.open();
  Reentrant sink;
  sink.client = client.get();
  const auto call = client->start(ask("outer"), {}, sink);
  std::unique_lock lock(sink.mutex);
  ASSERT_TRUE(sink.done.wait_for(lock, std::chrono::seconds(10), [&] { return sink.ended; }));
  EXPECT_NE(sink.inner.find("would wait for itself"), std::string::npos) << sink.inner;
}

}  // namespace
}  // namespace prx::test
