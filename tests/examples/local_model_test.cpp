// The provider in the process, through the real core: its line, its loading and its words on the
// host's workers.
#include <atomic>
#include <chrono>
#include <thread>

#include "e2e/rig.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;

class LocalModel : public ::testing::Test {
 protected:
  LocalModel() { rig.environment["PRX_PLUGIN_PATH"] += std::string(":") + PRX_EXAMPLES; }
  std::unique_ptr<Client> open(const std::string& options, const std::string& more = {}) {
    rig.toml += "[default]\nprovider = \"example-local\"\n" + more + "[providers.example-local]\n" +
                options;
    return rig.open();
  }
  Rig rig;
};

/// A load that nobody waits for: only a cancel ends it.
constexpr const char* kForever = "epochs = 10000\n";
constexpr const char* kQuick = "epochs = 2\n";
/// Well below what a whole load takes, and above what a busy machine may need.
constexpr auto kSoon = 5s;

ChatRequest words(int most) {
  ChatRequest request = ask("the old dog");
  request.max_tokens = most;
  return request;
}

TEST_F(LocalModel, AnswersTheSameToEveryone) {
  const auto client = open(kQuick);
  const ChatResponse first = expect_answer(client->chat(words(20)));
  EXPECT_FALSE(first.text.empty());
  EXPECT_EQ(first.usage.prompt_tokens, 3);
  EXPECT_EQ(first.usage.cost, 0);
  EXPECT_EQ(expect_answer(client->chat(words(20))).text, first.text);
}

TEST_F(LocalModel, ManyAtOnceStandInLine) {
  const auto client = open(kQuick);
  const std::string expected = expect_answer(client->chat(words(20))).text;
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 16; ++i) streams.push_back(client->stream(words(20)));
  for (const auto& stream : streams) {
    const auto& result = stream->result();
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->text, expected);
  }
}

TEST_F(LocalModel, ManyFromManyThreadsAreServedFourAtOnce) {
  const auto client = open("epochs = 2\nconcurrency = 4\nqueue = 1000\n");
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int turn = 0; turn < 10; ++turn) good += client->chat(words(20)) ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 80);
}

TEST_F(LocalModel, WhoIsTooManyGoesToOpenRouter) {
  const auto client = open("epochs = 10000\nqueue = 0\n",
                           "[reliability]\nretries = 0\nfallback_providers = [\"openrouter\"]\n");
  std::stop_source stop;
  CallOptions options;
  options.stop = stop.get_token();
  const auto busy = client->stream(words(20), options);
  const ChatResponse answer = expect_answer(client->chat(words(20)));
  ASSERT_EQ(answer.attempts.size(), 2u);
  EXPECT_EQ(answer.attempts[0].error->error_class, ErrorClass::kOverloaded);
  EXPECT_EQ(answer.attempts[1].provider, "openrouter");
  stop.request_stop();
  EXPECT_FALSE(busy->result());
}

TEST_F(LocalModel, ACancelEndsItsLoadingAtOnce) {
  const auto client = open(kForever);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) {
    std::stop_source stop;
    CallOptions options;
    options.stop = stop.get_token();
    const auto stream = client->stream(words(20), options);
    stop.request_stop();
    const auto& result = stream->result();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error_class, ErrorClass::kCancelled);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kSoon);
}

TEST_F(LocalModel, ACancelInTheLineLetsTheOthersThrough) {
  const auto client = open("epochs = 2\nqueue = 100\n");
  for (int turn = 0; turn < 10; ++turn) {
    std::vector<std::unique_ptr<Stream>> streams;
    for (int i = 0; i < 12; ++i) streams.push_back(client->stream(words(20)));
    for (std::size_t i = 0; i < streams.size(); i += 2) streams[i]->cancel();
    for (std::size_t i = 1; i < streams.size(); i += 2) {
      const auto& result = streams[i]->result();
      EXPECT_TRUE(result) << result.error().message;
    }
  }
  EXPECT_TRUE(client->chat(words(3))) << "nobody is left in the line";
}

TEST_F(LocalModel, ACancelBetweenWordsEndsTheLoop) {
  const auto client = open("epochs = 1\ntext = \"on and on and on and on\"\n");
  const auto stream = client->stream(words(1'000'000));
  ASSERT_NE(stream->next(), nullptr);
  const auto begin = std::chrono::steady_clock::now();
  stream->cancel();
  while (stream->next() != nullptr) {
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kSoon);
}

TEST_F(LocalModel, ADeadlineEndsWhoWaitsAndWhoLoads) {
  const auto client = open(kForever, "[reliability]\nretries = 0\n");
  CallOptions options;
  options.deadline = 100ms;
  const auto loads = client->stream(words(20), options), waits = client->stream(words(20), options);
  for (const auto* stream : {&loads, &waits}) {
    const auto& result = (*stream)->result();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error_class, ErrorClass::kTimeout) << result.error().message;
  }
}

TEST_F(LocalModel, AClientThatClosesLetsGoOfAll) {
  auto client = open(kForever);
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 8; ++i) streams.push_back(client->stream(words(20)));
  const auto begin = std::chrono::steady_clock::now();
  client.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kSoon);
}

TEST_F(LocalModel, TellsItsModelAndItsHealth) {
  const auto client = open(kQuick);
  const auto models = client->models("example-local");
  ASSERT_TRUE(models) << models.error().message;
  EXPECT_EQ((*models)[0].id, "keeper-1");
  EXPECT_TRUE(client->health("example-local"));
}

}  // namespace
}  // namespace prx::test
