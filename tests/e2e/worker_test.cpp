// A plugin that answers from a worker, through the real core.
#include <gmock/gmock.h>

#include "e2e/rig.hpp"

namespace prx::test {
namespace {

using ::testing::HasSubstr;

class Worker : public ::testing::Test {
 protected:
  Worker() {
    rig.environment["PRX_PLUGIN_PATH"] = PRX_E2E_PLUGINS;
    rig.environment["WORKER_KEY"] = "sk-worker-key";
    rig.toml += "[default]\nprovider = \"worker\"\n";
  }
  Rig rig;
};

TEST_F(Worker, ItsAnswerArrivesWholeAndInOrder) {
  const auto client = rig.open();
  const ChatResponse answer = expect_answer(client->chat(ask("hi")));
  EXPECT_EQ(answer.text.size(), 20'000u * 6);
}

TEST_F(Worker, ASlowReaderHoldsItBack) {
  const auto client = rig.open();
  const auto stream = client->stream(ask("hi"));
  std::size_t pieces = 0;
  while (stream->next() != nullptr) ++pieces;
  EXPECT_EQ(pieces, 20'000u);
  EXPECT_TRUE(stream->result());
}

TEST_F(Worker, LettingGoEndsItAndItsThread) {
  const auto client = rig.open();
  for (int i = 0; i < 20; ++i) {
    auto stream = client->stream(ask("hi"));
    ASSERT_NE(stream->next(), nullptr);
    stream.reset();
  }
}

TEST_F(Worker, AnUnknownTerminalEventEndsIt) {
  rig.toml += "[providers.worker]\nlast_event = 102\n";
  const auto client = rig.open();
  const auto answer = client->chat(ask("hi"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().error_class, ErrorClass::kInternal);
  EXPECT_THAT(answer.error().message, HasSubstr("of the unknown type 102"));
}

TEST_F(Worker, ATextThatIsNoUtf8EndsItAndAnEmptyOneIsNothing) {
  rig.toml += "[providers.worker]\nodd_text = 1\n";
  EXPECT_EQ(expect_answer(rig.open()->chat(ask("hi"))).text.size(), 20'000u * 6);
  rig.toml += "[providers.other]\nplugin = \"worker\"\nodd_text = 2\n";
  CallOptions other;
  other.provider = "other";
  const auto answer = rig.open()->chat(ask("hi"), other);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().error_class, ErrorClass::kInternal);
  EXPECT_THAT(answer.error().message,
              HasSubstr("provider 'other': plugin sent a text that is not UTF-8"));
}

TEST_F(Worker, ManyAtOnceWithMoreThanThereAreThreads) {
  const auto client = rig.open();
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 24; ++i) streams.push_back(client->stream(ask("hi")));
  for (const auto& stream : streams) EXPECT_TRUE(stream->result());
}

}  // namespace
}  // namespace prx::test
