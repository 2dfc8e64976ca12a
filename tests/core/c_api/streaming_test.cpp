// The C interface: answers that come piece by piece, and hosts that let go of them in the middle.
#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "c_api/handles.hpp"
#include "core/c_api/c_rig.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

sim::SimulatorOptions slow() {
  sim::SimulatorOptions options;
  options.token_delay = 20ms;
  options.answer_tokens = 1'000;
  return options;
}

/// A sink whose callbacks a test may watch and change.
struct Pushed {
  explicit Pushed(std::int32_t verdict = 0) : answer_(verdict) {
    sink.size = sizeof sink;
    sink.ctx = this;
    sink.event = [](void* ctx, const prx_stream_event* event) noexcept {
      return static_cast<Pushed*>(ctx)->take(*event);
    };
    sink.end = [](void* ctx, prx_response* got, prx_failure* failed) noexcept {
      static_cast<Pushed*>(ctx)->take_end(got, failed);
    };
  }
  std::int32_t take(const prx_stream_event& event) {
    const std::lock_guard lock(mutex);
    if (event.type == PRX_STREAM_TEXT) text += text_of(event.text);
    ++events;
    changed.notify_all();
    if (in_event) in_event();
    return answer_;
  }
  void take_end(prx_response* got, prx_failure* failed) {
    const std::lock_guard lock(mutex);
    response.reset(got);
    failure.reset(failed);
    ++ends;
    if (in_end) in_end();
    changed.notify_all();
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 20s, condition);
  }
  bool wait_end() {
    return wait([this] { return ends > 0; });
  }

  prx_call_sink sink{};
  std::mutex mutex;
  std::condition_variable changed;
  std::string text;
  int events = 0, ends = 0;
  COwned<prx_response> response;
  COwned<prx_failure> failure;
  std::function<void()> in_event, in_end;

 private:
  const std::int32_t answer_;
};

prx_call* start(const COwned<prx_client>& client, Pushed& pushed) {
  const auto request = prompt("one two three");
  prx_call* call = nullptr;
  EXPECT_EQ(prx_client_start(client.get(), &request, nullptr, &pushed.sink, &call, nullptr),
            PRX_OK);
  return call;
}

COwned<prx_stream> pull(const COwned<prx_client>& client, const prx_call_options* how = nullptr) {
  const auto request = prompt("one two three");
  prx_stream* stream = nullptr;
  EXPECT_EQ(prx_client_stream(client.get(), &request, how, &stream, nullptr), PRX_OK);
  return COwned<prx_stream>(stream);
}

bool client_went(CRig& rig) {
  return rig.rig.simulator->wait_for(
      [](const sim::Stats& stats) { return stats.clients_gone == 1; }, 10s);
}

TEST(CStream, PiecesAddUpToTheAnswer) {
  CRig rig;
  const auto client = rig.open();
  const auto stream = pull(client);
  std::string text;
  while (const prx_stream_event* event = prx_stream_next(stream.get()))
    if (event->type == PRX_STREAM_TEXT) text += text_of(event->text);
  EXPECT_EQ(prx_stream_next(stream.get()), nullptr) << "the end stays the end";
  for (int i = 0; i < 2; ++i) {
    prx_response* response = nullptr;
    ASSERT_EQ(prx_stream_finish(stream.get(), &response, nullptr), PRX_OK);
    const COwned<prx_response> owned(response);
    EXPECT_EQ(prx_response_text(response, nullptr), text);
  }
  EXPECT_THAT(text, HasSubstr("one two three"));
}

TEST(CStream, FinishDropsWhatIsLeft) {
  CRig rig;
  const auto client = rig.open();
  const auto stream = pull(client);
  ASSERT_NE(prx_stream_next(stream.get()), nullptr);
  EXPECT_EQ(prx_stream_finish(stream.get(), nullptr, nullptr), PRX_OK);
}

TEST(CStream, CancelFromAnotherThreadEndsIt) {
  CRig rig(slow());
  const auto client = rig.open();
  const auto stream = pull(client);
  ASSERT_NE(prx_stream_next(stream.get()), nullptr);
  std::thread other([&] { prx_stream_cancel(stream.get()); });
  while (prx_stream_next(stream.get()) != nullptr) {
  }
  other.join();
  prx_failure* failure = nullptr;
  EXPECT_EQ(prx_stream_finish(stream.get(), nullptr, &failure), PRX_E_CANCELLED);
  const COwned<prx_failure> owned(failure);
  EXPECT_STRNE(prx_response_text(prx_failure_partial(failure), nullptr), "");
}

TEST(CStream, FreedInTheMiddleItReachesTheServer) {
  CRig rig(slow());
  const auto client = rig.open();
  auto stream = pull(client);
  ASSERT_NE(prx_stream_next(stream.get()), nullptr);
  stream.reset();
  EXPECT_TRUE(client_went(rig));
}

TEST(CStream, OutlivesItsClient) {
  CRig rig(slow());
  auto client = rig.open();
  const auto stream = pull(client);
  ASSERT_NE(prx_stream_next(stream.get()), nullptr);
  client.reset();
  EXPECT_EQ(prx_stream_finish(stream.get(), nullptr, nullptr), PRX_E_CANCELLED);
}

TEST(CStream, FramesAndToolCallDeltasComeWhenAskedFor) {
  CRig rig;
  const auto client = rig.open();
  prx_call_options how = prx_call_options_init();
  how.flags = PRX_CALL_FRAMES;
  const auto stream = pull(client, &how);
  bool any = false;
  while (const prx_stream_event* event = prx_stream_next(stream.get()))
    any = any || text_of(event->frame).find("choices") != std::string::npos;
  EXPECT_TRUE(any);
}

TEST(CStream, NullPlacesAreRefused) {
  CRig rig;
  const auto client = rig.open();
  const auto request = prompt("hi");
  Pushed pushed;
  prx_call* call = nullptr;
  EXPECT_EQ(prx_client_stream(client.get(), &request, nullptr, nullptr, nullptr),
            PRX_E_INVALID_REQUEST);
  EXPECT_EQ(prx_client_start(client.get(), &request, nullptr, &pushed.sink, nullptr, nullptr),
            PRX_E_INVALID_REQUEST);
  EXPECT_EQ(prx_client_start(client.get(), &request, nullptr, nullptr, &call, nullptr),
            PRX_E_INVALID_REQUEST);
  pushed.sink.end = nullptr;
  prx_failure* failure = nullptr;
  EXPECT_EQ(prx_client_start(client.get(), &request, nullptr, &pushed.sink, &call, &failure),
            PRX_E_INVALID_REQUEST);
  const COwned<prx_failure> owned(failure);
  EXPECT_THAT(prx_failure_message(failure, nullptr), HasSubstr("prx_call_sink.end is NULL"));
  pushed.sink.size = 8;
  prx_failure* small = nullptr;
  EXPECT_EQ(prx_client_start(client.get(), &request, nullptr, &pushed.sink, &call, &small),
            PRX_E_INVALID_REQUEST);
  const COwned<prx_failure> owned_too(small);
  EXPECT_THAT(prx_failure_message(small, nullptr), HasSubstr("set it to sizeof(prx_call_sink)"));
  EXPECT_EQ(call, nullptr);
  EXPECT_EQ(rig.rig.simulator->stats().requests, 0u);
}

TEST(CCall, IsPushedAndEndsOnce) {
  CRig rig;
  const auto client = rig.open();
  Pushed pushed;
  const COwned<prx_call> call(start(client, pushed));
  ASSERT_TRUE(pushed.wait_end());
  ASSERT_NE(pushed.response, nullptr);
  EXPECT_EQ(pushed.failure, nullptr);
  EXPECT_EQ(prx_response_text(pushed.response.get(), nullptr), pushed.text);
  EXPECT_EQ(pushed.ends, 1);
}

TEST(CCall, WithoutAnEventCallbackOnlyItsEndComes) {
  CRig rig;
  const auto client = rig.open();
  Pushed pushed;
  pushed.sink.event = nullptr;
  const COwned<prx_call> call(start(client, pushed));
  ASSERT_TRUE(pushed.wait_end());
  EXPECT_NE(pushed.response, nullptr);
}

TEST(CCall, WhatGoesWrongComesToItsEnd) {
  CRig rig;
  rig.rig.environment.erase("OPENROUTER_API_KEY");
  const auto client = rig.open();
  Pushed pushed;
  const COwned<prx_call> call(start(client, pushed));
  ASSERT_TRUE(pushed.wait_end());
  EXPECT_EQ(pushed.response, nullptr);
  EXPECT_EQ(prx_failure_class(pushed.failure.get()), PRX_E_AUTH);
}

TEST(CCall, ACallbackThatWantsNoMoreCancelsIt) {
  CRig rig(slow());
  const auto client = rig.open();
  Pushed pushed(1);
  const COwned<prx_call> call(start(client, pushed));
  ASSERT_TRUE(pushed.wait_end());
  EXPECT_EQ(prx_failure_class(pushed.failure.get()), PRX_E_CANCELLED);
  EXPECT_EQ(pushed.events, 1) << "and gets no more";
  EXPECT_TRUE(client_went(rig));
}

TEST(CCall, CancelFromAnotherThread) {
  CRig rig(slow());
  const auto client = rig.open();
  Pushed pushed;
  const COwned<prx_call> call(start(client, pushed));
  ASSERT_TRUE(pushed.wait([&] { return pushed.events > 0; }));
  prx_call_cancel(call.get());
  ASSERT_TRUE(pushed.wait_end());
  EXPECT_EQ(prx_failure_class(pushed.failure.get()), PRX_E_CANCELLED);
}

TEST(CCall, FreedOffTheLoopNoCallbackRunsAfterwards) {
  CRig rig(slow());
  const auto client = rig.open();
  auto pushed = std::make_unique<Pushed>();
  prx_call* const call = start(client, *pushed);
  ASSERT_TRUE(pushed->wait([&] { return pushed->events > 2; }));
  prx_call_free(call);
  EXPECT_EQ(pushed->ends, 0);
  pushed.reset();  // a sanitizer would see a callback that uses it
  EXPECT_TRUE(client_went(rig));
}

/// Where another thread frees the call before prx_client_start() returned.
TEST(CCall, ItsSinkIsWaitedForUntilNoCallbackRuns) {
  struct Held {
    std::atomic<bool> entered{false}, go_on{false}, left{false};
  } held;
  prx_call_sink given{};
  given.size = sizeof given;
  given.ctx = &held;
  given.event = [](void* ctx, const prx_stream_event*) noexcept {
    Held& self = *static_cast<Held*>(ctx);
    self.entered = true;
    self.go_on.wait(false);
    self.left = true;
    return std::int32_t{0};
  };
  given.end = [](void*, prx_response*, prx_failure*) noexcept {};
  const auto sink = std::make_shared<c_api::PushSink>(given, std::stop_token());
  std::thread loop([&] { sink->on_event(StreamEvent()); });
  while (!held.entered) std::this_thread::yield();
  sink->silence();
  std::thread other([&] {
    held.go_on = true;
    held.go_on.notify_all();
  });
  sink->wait_for_callback();
  EXPECT_TRUE(held.left);
  loop.join();
  other.join();
}

TEST(CCall, AClientThatIsFreedInItsCallbackSaysWhatIsWrongAndWaitsForNothing) {
  static auto* const rig = new CRig(slow());  // for good: the client is left behind, and logs to it
  prx_client* client = rig->open().release();
  Pushed pushed;
  std::chrono::steady_clock::duration took{};
  pushed.in_event = [&] {
    const auto begin = std::chrono::steady_clock::now();
    prx_client_free(std::exchange(client, nullptr));
    took = std::max(took, std::chrono::steady_clock::now() - begin);
  };
  const auto request = prompt("one two three");
  prx_call* call = nullptr;
  ASSERT_EQ(prx_client_start(client, &request, nullptr, &pushed.sink, &call, nullptr), PRX_OK);
  const COwned<prx_call> owned(call);
  ASSERT_TRUE(pushed.wait_end());
  EXPECT_EQ(prx_failure_class(pushed.failure.get()), PRX_E_CANCELLED);
  EXPECT_LT(took, std::chrono::seconds(2));
  const std::string log = rig->rig.log.all();
  EXPECT_THAT(log, ::testing::HasSubstr("the client was freed on its own thread"));
  EXPECT_THAT(log, ::testing::HasSubstr("; it is cancelled, and its thread and memory are left "
                                        "behind: free it on another thread"));
  EXPECT_EQ(log.find("plugin did not"), std::string::npos) << log;
}

TEST(CCall, MayBeFreedInItsOwnFirstEvent) {
  CRig rig(slow());
  const auto client = rig.open();
  for (int i = 0; i < 20; ++i) {  // before or after prx_client_start() returned
    Pushed pushed;
    std::atomic<bool> freed = false;
    prx_call* call = nullptr;
    pushed.in_event = [&] {
      prx_call_free(call);
      freed = true;
    };
    const auto request = prompt("one two three");
    ASSERT_EQ(prx_client_start(client.get(), &request, nullptr, &pushed.sink, &call, nullptr),
              PRX_OK);
    ASSERT_TRUE(pushed.wait([&] { return freed.load(); }));
    EXPECT_EQ(pushed.ends, 0);
    EXPECT_EQ(pushed.events, 1);
  }
}

TEST(CCall, MayBeFreedInItsOwnEnd) {
  CRig rig;
  rig.rig.environment.erase("OPENROUTER_API_KEY");  // the end is near
  const auto client = rig.open();
  for (int i = 0; i < 50; ++i) {
    Pushed pushed;
    prx_call* call = nullptr;
    pushed.in_end = [&] { prx_call_free(call); };
    const auto request = prompt("hi");
    ASSERT_EQ(prx_client_start(client.get(), &request, nullptr, &pushed.sink, &call, nullptr),
              PRX_OK);
    ASSERT_TRUE(pushed.wait_end());
  }
}

TEST(CCall, MayBeCancelledInItsOwnFirstEvent) {
  CRig rig(slow());
  const auto client = rig.open();
  for (int i = 0; i < 20; ++i) {  // before or after prx_client_start() returned
    Pushed pushed;
    prx_call* call = nullptr;
    pushed.in_event = [&] { prx_call_cancel(call); };
    const auto request = prompt("one two three");
    ASSERT_EQ(prx_client_start(client.get(), &request, nullptr, &pushed.sink, &call, nullptr),
              PRX_OK);
    const COwned<prx_call> owned(call);
    ASSERT_TRUE(pushed.wait_end());
    EXPECT_EQ(prx_failure_class(pushed.failure.get()), PRX_E_CANCELLED);
  }
}

TEST(CCall, ACancellerEndsItToo) {
  CRig rig(slow());
  const auto client = rig.open();
  const COwned<prx_canceller> canceller(prx_canceller_new());
  prx_call_options how = prx_call_options_init();
  how.canceller = canceller.get();
  const auto request = prompt("one two three");
  Pushed pushed;
  prx_call* call = nullptr;
  ASSERT_EQ(prx_client_start(client.get(), &request, &how, &pushed.sink, &call, nullptr), PRX_OK);
  const COwned<prx_call> owned(call);
  ASSERT_TRUE(pushed.wait([&] { return pushed.events > 0; }));
  prx_canceller_cancel(canceller.get());
  ASSERT_TRUE(pushed.wait_end());
  EXPECT_EQ(prx_failure_class(pushed.failure.get()), PRX_E_CANCELLED);
}

TEST(CCall, PausedInItsFirstEventItGoesOnWhenResumed) {
  CRig rig;
  const auto client = rig.open();
  for (int i = 0; i < 20; ++i) {
    Pushed pushed;
    prx_call* call = nullptr;
    bool paused = false;
    pushed.in_event = [&] {
      if (!std::exchange(paused, true)) prx_call_pause(call);
    };
    const auto request = prompt("one two three");
    ASSERT_EQ(prx_client_start(client.get(), &request, nullptr, &pushed.sink, &call, nullptr),
              PRX_OK);
    const COwned<prx_call> owned(call);
    ASSERT_TRUE(pushed.wait([&] { return pushed.events > 0; }));
    prx_call_resume(call);
    ASSERT_TRUE(pushed.wait_end());
    EXPECT_NE(pushed.response, nullptr);
  }
}

TEST(CCall, BlockingCallsInACallbackFailAtOnce) {
  CRig rig;
  const auto client = rig.open();
  const auto stream = pull(client);
  Pushed pushed;
  std::vector<std::int32_t> codes;
  std::string words;
  const auto request = prompt("hi");
  pushed.in_end = [&] {
    prx_failure* failure = nullptr;
    codes.push_back(prx_client_chat(client.get(), &request, nullptr, nullptr, &failure));
    words = prx_failure_message(failure, nullptr);
    prx_failure_free(failure);
    codes.push_back(prx_client_models(client.get(), nullptr, nullptr, nullptr, nullptr));
    codes.push_back(prx_client_reload(client.get(), &rig.options, nullptr));
    EXPECT_EQ(prx_stream_next(stream.get()), nullptr);
  };
  const COwned<prx_call> call(start(client, pushed));
  ASSERT_TRUE(pushed.wait_end());
  EXPECT_EQ(codes, std::vector<std::int32_t>(3, PRX_E_INTERNAL));
  EXPECT_THAT(words, HasSubstr("use start() there"));
  EXPECT_EQ(prx_stream_finish(stream.get(), nullptr, nullptr), PRX_OK) << "elsewhere it is fine";
}

TEST(CCall, ManyFromManyThreadsEndOnceEach) {
  CRig rig;
  const auto client = rig.open();
  std::atomic<int> served = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 10; ++n) {
        Pushed pushed;
        const COwned<prx_call> call(start(client, pushed));
        if (i % 2 == 0) prx_call_cancel(call.get());
        EXPECT_TRUE(pushed.wait_end());
        EXPECT_EQ((pushed.response != nullptr) + (pushed.failure != nullptr), 1);
        served += pushed.response != nullptr ? 1 : 0;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_GE(served, 20);
}

}  // namespace
}  // namespace prx::test
