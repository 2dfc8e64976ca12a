// What the OpenAI plugin remembers of models, from several loops at once.
#include <gtest/gtest.h>

#include <thread>

#include "../../plugins/openai/model_memory.hpp"

namespace prx::openai {
namespace {

TEST(OpenAiMemory, KeepsTheLastWordOnAModel) {
  ModelMemory memory;
  EXPECT_TRUE(memory.is_empty());
  memory.set("a", 4);
  memory.set("a", 8);
  EXPECT_FALSE(memory.is_empty());
  EXPECT_EQ(memory.find("a"), 8u);
  EXPECT_EQ(memory.find("b"), 0u);
}

TEST(OpenAiMemory, IsSafeFromSeveralThreads) {
  ModelMemory memory;
  std::vector<std::thread> loops;
  for (int loop = 0; loop < 4; ++loop)
    loops.emplace_back([&memory] {
      for (std::uint32_t i = 0; i < 1'000; ++i) {
        const std::string model = std::to_string(i % (2 * kModelsMax));
        memory.set(model, 4);
        EXPECT_LE(memory.find(model), 4u);
      }
    });
  for (std::thread& loop : loops) loop.join();
  EXPECT_EQ(memory.find(std::to_string(999 % (2 * kModelsMax))), 4u);
}

}  // namespace
}  // namespace prx::openai
