// A client in a child of fork(): one clear error, no hang, and the parent goes on.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "e2e/rig.hpp"
#include "prx/conversation.hpp"
#include "prx/tool_box.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;

constexpr int kPatience = 20;  // seconds, then SIGALRM ends the child

/// Runs in a child of fork(), which exits with what it returns; -1: it hung or crashed.
int in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(kPatience);
    ::_exit(work());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool is_refusal(const Error& error) {
  return error.error_class == ErrorClass::kInternal &&
         error.message.find("a child of its fork(); open a client here") != std::string::npos;
}

bool sleeps(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string stat;
  std::getline(file, stat);
  return stat.find(") S ") != stat.npos;
}

struct LastEnd final : Sink {
  void on_event(const StreamEvent&) override {}
  void on_end(ChatResult result) override { end = std::move(result); }
  std::optional<ChatResult> end;
};

TEST(Fork, EveryFunctionOfTheParentsClientFailsAtOnce) {
  Rig rig;
  const auto client = rig.open();
  expect_answer(client->chat(ask("hi")));
  const Config config = *rig.parse();
  EXPECT_EQ(in_child([&] {
              int failed = 0;
              const auto expect = [&](bool holds) { failed += holds ? 0 : 1; };
              const auto answer = client->chat(ask("hi"));
              expect(!answer && is_refusal(answer.error()));
              const auto stream = client->stream(ask("hi"));
              expect(stream->next() == nullptr && is_refusal(stream->result().error()));
              LastEnd sink;
              const auto call = client->start(ask("hi"), {}, sink);
              expect(sink.end && !*sink.end && is_refusal(sink.end->error()));
              call->cancel();
              Conversation talk;
              talk.messages.push_back(Message::user("hi"));
              const auto run = client->run(talk, ToolBox());
              expect(!run && is_refusal(run.error()));
              expect(is_refusal(client->models().error()));
              expect(is_refusal(client->catalog().error()));
              expect(is_refusal(client->health().error()));
              expect(is_refusal(client->reach().error()));
              expect(is_refusal(client->account().error()));
              expect(is_refusal(client->reload(config).error()));
              expect(client->plugins().empty());
              expect(client->config() != nullptr);
              return failed;
            }),
            0);
  expect_answer(client->chat(ask("hi")));
}

TEST(Fork, WhatRanInTheParentIsAtItsEndInTheChildAndGoesOnInTheParent) {
  sim::SimulatorOptions slow;
  slow.token_delay = 20ms;
  Rig rig(Wire::kPlain, slow);
  auto client = rig.open();
  auto stream = client->stream(ask("one two three"));
  ASSERT_NE(stream->next(), nullptr);
  LastEnd sink;
  auto call = client->start(ask("hi"), {}, sink);
  EXPECT_EQ(in_child([&] {
              call->pause();
              call->resume();
              call->cancel();
              stream->cancel();
              while (stream->next() != nullptr) {
              }
              if (!is_refusal(stream->result().error())) return 1;
              stream.reset();
              call.reset();
              client.reset();
              return 0;
            }),
            0);
  EXPECT_TRUE(stream->result());
  call.reset();
}

TEST(Fork, AStreamThatAnotherThreadReadsIsNoHangInTheChild) {
  sim::SimulatorOptions slow;
  slow.token_delay = 300ms;
  Rig rig(Wire::kPlain, slow);
  const auto client = rig.open();
  auto stream = client->stream(ask("one two three"));
  ASSERT_NE(stream->next(), nullptr);
  std::atomic<pid_t> id{0};
  std::thread reader([&] {
    id = ::gettid();
    EXPECT_TRUE(stream->result());
  });
  while (id == 0 || !sleeps(id)) std::this_thread::yield();  // it waits for the next piece
  EXPECT_EQ(in_child([&] {
              stream.reset();
              return 0;
            }),
            0);
  reader.join();
}

TEST(Fork, TheChildMayOpenAClientOfItsOwn) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer allows no thread in a child of a process with threads";
#endif
  Rig rig;
  const auto client = rig.open();
  expect_answer(client->chat(ask("hi")));
  EXPECT_EQ(in_child([&] {
              const auto own = rig.open();
              return own->chat(ask("hi")) ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace prx::test
