#include "catalog/shelf.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <ctime>
#include <future>
#include <thread>
#include <utility>

#include "folder.hpp"

namespace prx::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ModelShelf : public CacheFolder {
 protected:
  void write(std::vector<Listed> models, Seconds age = 0) {
    ASSERT_TRUE(cache().write(source, std::time(nullptr) - age, models));
  }
  static Listed model(const std::string& id, const std::string& rest = "") {
    return {id, R"({"id":")" + id + '"' + rest + "}"};
  }

  std::vector<std::string> complaints;
  Shelf shelf{cache(), [this](const std::string& why) { complaints.push_back(why); }};
  MonotonicTime now{std::chrono::hours(1'000)};
};

TEST_F(ModelShelf, WithoutAFolderHasNothing) {
  EXPECT_EQ(shelf.generation(now), 0U);
  EXPECT_EQ(shelf.find(source, "a"), nullptr);
  EXPECT_THAT(complaints, IsEmpty()) << "nobody has to have a cache";
}

TEST_F(ModelShelf, KnowsWhatIsListed) {
  write({model("a/b", R"(,"context_length":7)")});
  EXPECT_NE(shelf.generation(now), 0U);
  const auto known = shelf.find(source, "a/b");
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->facts.context_length, 7);
  EXPECT_TRUE(known->exact);
  EXPECT_EQ(shelf.find(source, "a/c"), nullptr);
  EXPECT_EQ(shelf.find({"openai", ""}, "a/b"), nullptr);
}

TEST_F(ModelShelf, LooksForWhatOthersWroteAfterAWhile) {
  EXPECT_EQ(shelf.generation(now), 0U);
  write({model("a/b")});
  EXPECT_EQ(shelf.generation(now + Shelf::kLookEvery / 2), 0U);
  const auto first = shelf.generation(now + Shelf::kLookEvery);
  EXPECT_NE(first, 0U);
  EXPECT_EQ(shelf.generation(now + 2 * Shelf::kLookEvery), first) << "nothing changed";
}

TEST_F(ModelShelf, LooksAtOnceForWhatThisProcessWrote) {
  write({model("a/b", R"(,"context_length":7)")});
  const auto first = shelf.generation(now);
  EXPECT_EQ(shelf.find(source, "a/b")->facts.context_length, 7);
  write({model("a/b", R"(,"context_length":8)")});
  EXPECT_EQ(shelf.find(source, "a/b")->facts.context_length, 7) << "remembered";
  shelf.look_again();
  EXPECT_NE(shelf.generation(now), first);
  EXPECT_EQ(shelf.find(source, "a/b")->facts.context_length, 8);
}

TEST_F(ModelShelf, ReadsAgainAfterAnHourSoThatListsAge) {
  write({model("a/b")});
  const auto first = shelf.generation(now);
  EXPECT_EQ(shelf.generation(now + Shelf::kForgetEvery / 2), first);
  EXPECT_NE(shelf.generation(now + Shelf::kForgetEvery), first);
}

TEST_F(ModelShelf, OfAnOldListNothingIsKnown) {
  write({model("a/b")}, Shelf::kAgeMax - 60);
  EXPECT_NE(shelf.find(source, "a/b"), nullptr);
  write({model("a/b")}, Shelf::kAgeMax + 60);
  shelf.look_again();
  static_cast<void>(shelf.generation(now));
  EXPECT_EQ(shelf.find(source, "a/b"), nullptr);
}

TEST_F(ModelShelf, SaysWhyAListIsOfNoUse) {
  write({model("a/b")});
  put(source, "no list");
  EXPECT_EQ(shelf.find(source, "a/b"), nullptr);
  EXPECT_EQ(shelf.find(source, "a/b"), nullptr);
  EXPECT_EQ(complaints.size(), 1U) << "once";
}

TEST_F(ModelShelf, AVariantHasTheAbilitiesOfThePlainModelAndNotItsPrice) {
  write({model("a/b", R"(,"context_length":7,"pricing":{"prompt":"0.1","completion":"0.2"},
                          "supported_parameters":["tools"])"),
         model("a/b:free", R"(,"pricing":{"prompt":"0","completion":"0"})")});
  const auto nitro = shelf.find(source, "a/b:nitro");
  ASSERT_NE(nitro, nullptr);
  EXPECT_FALSE(nitro->exact);
  EXPECT_EQ(nitro->facts.tools, true);
  EXPECT_EQ(nitro->facts.context_length, 7);
  EXPECT_EQ(nitro->facts.prompt_price, std::nullopt);
  EXPECT_EQ(shelf.find(source, "a/b:extended")->facts.context_length, std::nullopt);
  EXPECT_EQ(shelf.find(source, "a/b:free")->facts.prompt_price, 0.0);
  EXPECT_EQ(shelf.find(source, "a/b:beta"), nullptr) << "who knows what it is";
}

TEST_F(ModelShelf, RemembersABoundedNumberOfModels) {
  write({model("a/b")});
  for (std::size_t i = 0; i <= Shelf::kRememberedMax; ++i)
    EXPECT_EQ(shelf.find(source, "x" + std::to_string(i)), nullptr);
  EXPECT_NE(shelf.find(source, "a/b"), nullptr);
}

TEST_F(ModelShelf, IsForAnyThread) {
  write({model("a/b")});
  std::vector<std::thread> threads;
  std::atomic<int> known{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        if (t == 0 && i % 50 == 0) shelf.look_again();
        static_cast<void>(shelf.generation(now + std::chrono::seconds(i)));
        known += shelf.find(source, "a/b") != nullptr ? 1 : 0;
        static_cast<void>(shelf.find(source, "x" + std::to_string(i)));
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(known, 800);
}

/// A shelf whose work waits in a list, as if its workers were busy.
class BusyShelf : public ModelShelf {
 protected:
  void work() {
    for (auto& task : std::exchange(tasks, {})) task();
  }
  std::uint64_t generation() { return later.generation(now, Shelf::Wait::kNo); }

  bool takes_tasks = true;
  std::vector<std::function<void()>> tasks;
  Shelf later{cache(), [this](const std::string& why) { complaints.push_back(why); },
              [this](std::function<void()> task) {
                if (takes_tasks) tasks.push_back(std::move(task));
                return takes_tasks;
              }};
};

TEST_F(BusyShelf, WhoMustNotWaitNeverAsksTheDiskAndKnowsWhatWasReadMeanwhile) {
  write({model("a/b", R"(,"context_length":7)")});
  EXPECT_EQ(generation(), 0U) << "nothing is known of yet";
  EXPECT_EQ(later.find_now(source, "a/b"), std::nullopt);
  EXPECT_EQ(later.find_now(source, "a/c"), std::nullopt);
  EXPECT_EQ(tasks.size(), 1U) << "one worker, however slow the disk";
  work();
  EXPECT_NE(generation(), 0U);
  ASSERT_TRUE(later.find_now(source, "a/b"));
  EXPECT_EQ((*later.find_now(source, "a/b"))->facts.context_length, 7);
  EXPECT_EQ(later.find_now(source, "a/c"), std::optional<std::shared_ptr<const Known>>(nullptr))
      << "known not to be listed";
  EXPECT_THAT(tasks, IsEmpty());
}

TEST_F(BusyShelf, WhatWasReadOfAnOldListIsNotKept) {
  write({model("a/b", R"(,"context_length":7)")});
  EXPECT_EQ(later.find_now(source, "a/b"), std::nullopt);
  later.look_again();
  EXPECT_EQ(generation(), 0U);
  work();
  EXPECT_NE(generation(), 0U);
  write({model("a/b", R"(,"context_length":8)")});
  later.look_again();
  static_cast<void>(generation());
  work();
  EXPECT_EQ(later.find_now(source, "a/b"), std::nullopt);
  work();
  EXPECT_EQ((*later.find_now(source, "a/b"))->facts.context_length, 8);
}

TEST_F(BusyShelf, WithoutAWorkerIsAskedAgain) {
  write({model("a/b")});
  takes_tasks = false;
  EXPECT_EQ(generation(), 0U);
  EXPECT_EQ(later.find_now(source, "a/b"), std::nullopt);
  takes_tasks = true;
  EXPECT_EQ(generation(), 0U);
  work();
  EXPECT_NE(generation(), 0U);
  EXPECT_EQ(later.find_now(source, "a/b"), std::nullopt) << "what waited was forgotten";
  work();
  EXPECT_NE(later.find_now(source, "a/b"), std::nullopt);
}

TEST_F(BusyShelf, ABoundedNumberOfModelsWaits) {
  write({model("a/b")});
  for (std::size_t i = 0; i <= Shelf::kWantedMax; ++i)
    EXPECT_EQ(later.find_now(source, "x" + std::to_string(i)), std::nullopt);
  work();
  EXPECT_NE(later.find_now(source, "x0"), std::nullopt);
  EXPECT_EQ(later.find_now(source, "x" + std::to_string(Shelf::kWantedMax)), std::nullopt);
}

/// While one list is read, which takes as long as it likes.
TEST_F(ModelShelf, AReadingHoldsUpNobodyElse) {
  using namespace std::chrono_literals;
  const Source other{"openai", ""};
  write({model("a/b")});
  ASSERT_TRUE(cache().write(other, std::time(nullptr), std::vector<Listed>{model("c")}));
  put(source, "no list");
  std::promise<void> reading, found;
  Shelf slow{cache(), [&](const std::string&) {
               reading.set_value();
               EXPECT_EQ(found.get_future().wait_for(10s), std::future_status::ready);
             }};
  std::thread reader([&] { EXPECT_EQ(slow.find(source, "a/b"), nullptr); });
  reading.get_future().wait();
  EXPECT_NE(slow.find(other, "c"), nullptr);
  EXPECT_NE(slow.generation(now), 0U);
  found.set_value();
  reader.join();
}

TEST(ListedNames, OfRoutersAreNone) {
  EXPECT_THAT(listed_names("~openai/gpt-latest"), IsEmpty());
  EXPECT_THAT(listed_names("@preset/mine"), IsEmpty());
  EXPECT_THAT(listed_names("openrouter/auto"), IsEmpty());
  EXPECT_THAT(listed_names(""), IsEmpty());
  EXPECT_THAT(listed_names("a/b"), ElementsAre("a/b"));
  EXPECT_THAT(listed_names("a/b:floor"), ElementsAre("a/b:floor", "a/b"));
}

}  // namespace
}  // namespace prx::catalog
