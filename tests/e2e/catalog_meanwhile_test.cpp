// Lists of models while something else goes on: calls that may not wait for the disk, and another
// configuration that comes into force.
#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "catalog_rig.hpp"
#include "support/wire_server.hpp"

namespace prx::test {
namespace {

using ::testing::ElementsAre;

using CatalogMeanwhile = CatalogTest;

/// Asks from the end of another call, hence on the loop.
class AskingOnTheLoop final : public Sink {
 public:
  explicit AskingOnTheLoop(Client& client) : client_(client) {}
  ChatResult run(const ChatRequest& first, ChatRequest then) {
    request_ = std::move(then);
    asked_ = false;
    result_.reset();
    const auto call = client_.start(first, {}, *this);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return result_.has_value(); });
    return std::move(*result_);
  }
  void on_event(const StreamEvent&) override {}
  void on_end(ChatResult result) override {
    if (!std::exchange(asked_, true)) {
      next_ = client_.start(request_, {}, *this);
      return;
    }
    const std::lock_guard lock(mutex_);
    result_.emplace(std::move(result));
    done_.notify_one();
  }

 private:
  Client& client_;
  ChatRequest request_;
  bool asked_ = false;
  std::unique_ptr<Call> next_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::optional<ChatResult> result_;
};

TEST_F(CatalogMeanwhile, OnTheLoopNobodyWaitsForTheDiskAndWhatIsNotReadYetIsTried) {
  constexpr int kRoundsMax = 10'000;  // until a worker had its turn
  open_knowing({"deepseek/deepseek-r1", "openai/gpt-4o"});
  const auto client = rig.open();
  AskingOnTheLoop asking(*client);
  const auto next = [&] {
    return expect_answer(
        asking.run(ask("hi", "openai/gpt-4o"), with_tool(ask("hi", "deepseek/deepseek-r1:nitro"))));
  };
  EXPECT_THAT(reasons(next().attempts), ElementsAre("first"));
  std::vector<Attempt> attempts;
  for (int i = 0; i < kRoundsMax && attempts.size() < 2; ++i) attempts = next().attempts;
  EXPECT_THAT(reasons(attempts), ElementsAre("skipped", "first")) << "read by then";
}

TEST_F(CatalogMeanwhile, IsOfOneConfigurationThoughAnotherComesIntoForceMeanwhile) {
  WireServer after(always(plain_response(R"({"data":[{"id":"of-another-server"}]})")));
  auto client = rig.open();
  ASSERT_TRUE(client->catalog());
  for (const auto& file : fs::directory_iterator(folder / "prx/models"))
    fs::resize_file(file.path(), 1);
  Rig next;
  next.environment = rig.environment;
  next.environment["OPENROUTER_BASE_URL"] = after.url("/api/v1");
  next.environment["OPENROUTER_API_KEY"] = "sk-or-v1-of-the-next-configuration";
  ClientOptions options;
  options.warm_up = false;
  options.log = [&](LogLevel, std::string_view line) {  // between a look at the cache and the fetch
    if (line.find("is not used") == std::string_view::npos) return;
    EXPECT_TRUE(client->reload(*next.parse()));
  };
  client = std::move(Client::open(*rig.parse(), std::move(options))).value();
  const auto fetched = client->catalog();
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_GT(fetched->models.size(), 1U) << fetched->models.front().facts.id;
  EXPECT_EQ(after.connections(), 0);
  const auto kept =
      catalog::Cache(folder / "prx/models").read({"openrouter", rig.simulator->base_url()});
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(kept->models.size(), fetched->models.size());
  EXPECT_EQ(client->catalog("", fetching(Fetch::kAlways))->models.front().facts.id,
            "of-another-server");
}

}  // namespace
}  // namespace prx::test
