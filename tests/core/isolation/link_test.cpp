// Links over real processes of prx-plugin-host and the hostile plugin of tests/e2e/fixtures.
#include "isolation/link.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>

#include "prx/sdk/abi.hpp"

#ifdef PRX_PLUGIN_HOST

namespace prx::isolation {
namespace {

using namespace std::chrono_literals;

class LinkTest : public ::testing::Test {
 protected:
  LinkTest() : loop(std::move(AsioLoop::open()).value()) {
    host.test = this;
    LogConfig config;
    config.level = "trace";
    const auto sink = [this](LogLevel, std::string_view line) {
      if (on_line) on_line(line);
    };
    log = std::move(Log::open(config, sink, Redactor({}))).value();
  }
  ~LinkTest() override {
    if (link) {
      on_loop([this] {
        for (const auto& [id, operation] : operations) link->release(*operation);
      });
      Link::close(std::move(link));
    }
    on_loop([] {});
  }
  void open(const std::string& options) {
    auto made = try_open(options);
    ASSERT_TRUE(made) << made.error().message;
    link = std::move(*made);
  }
  Result<std::shared_ptr<Link>> try_open(const std::string& options) {
    Source source;
    source.id = "hostile";
    source.file = os::Descriptor(::open(PRX_HOSTILE, O_RDONLY | O_CLOEXEC));
    source.program = PRX_PLUGIN_HOST;
    LinkOptions wanted;
    wanted.source = std::make_shared<const Source>(std::move(source));
    wanted.provider = "one";
    wanted.kind = "hostile";
    wanted.config_json = options;
    wanted.requests_max = requests_max;
    return Link::open({*loop, keeper, *log}, std::move(wanted));
  }
  /// Waits until it has run there.
  void on_loop(const std::function<void()>& task) {
    bool done = false;
    loop->post([&] {
      task();
      const std::lock_guard lock(mutex);
      done = true;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
  }
  /// Loop thread.
  void start(std::uint64_t id, std::string_view model) {
    prx_request request{};
    request.size = sizeof request;
    request.op = PRX_OP_CHAT;
    request.op_id = id;
    request.model = sdk::str(model);
    request.deadline_ns = INT64_MAX;
    const prx_sink sink{sizeof(prx_sink), 0, &ends_of[id], &LinkTest::event};
    ends_of[id].test = this;
    operations[id] = &link->start(host, request, sink);
  }
  /// As a host does, whose exchanges end with their operation.
  void release(std::uint64_t id) {
    on_loop([&] {
      link->release(*operations[id]);
      operations.erase(id);
    });
  }
  /// The code it ended with, PRX_OK for DONE; -1 after ten seconds.
  std::int32_t end_of(std::uint64_t id) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, 10s, [&] { return ends_of[id].code.has_value(); });
    return ends_of[id].code.value_or(-1);
  }

  /// What it said with that.
  std::string message_of(std::uint64_t id) {
    const std::lock_guard lock(mutex);
    return ends_of[id].message;
  }
  bool wait_for(const std::function<bool()>& is_so) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 10s, is_so);
  }

  struct End {
    LinkTest* test = nullptr;
    int events = 0;
    std::optional<std::int32_t> code;
    std::string message;
  };
  /// Requests that are taken and never end.
  struct Http : prx_host {
    Http() : prx_host{} { service = &Http::table; }
    LinkTest* test = nullptr;
    std::size_t requests = 0, bytes = 0;
    std::function<void()> on_cancel;  ///< set while nothing runs

    static const void* table(const prx_host*, prx_str) noexcept {
      static constexpr prx_http kTable{sizeof(prx_http), 0, &Http::send, &Http::cancel};
      return &kTable;
    }
    static std::int32_t send(const prx_host* self, const prx_http_req* request,
                             const prx_http_sink*, const prx_fail*, std::uint64_t* id) noexcept {
      auto& http = *const_cast<Http*>(static_cast<const Http*>(self));
      const std::lock_guard lock(http.test->mutex);
      *id = ++http.requests;
      http.bytes += request->body.len;
      http.test->changed.notify_all();
      return PRX_OK;
    }
    static void cancel(const prx_host* self, std::uint64_t) noexcept {
      const auto& http = *static_cast<const Http*>(self);
      if (http.on_cancel) http.on_cancel();
    }
  };
  static std::int32_t event(void* ctx, const prx_event* event) noexcept {
    auto& end = *static_cast<End*>(ctx);
    const std::lock_guard lock(end.test->mutex);
    ++end.events;
    end.test->changed.notify_all();
    if (event->type < PRX_EV_DONE) return 0;
    EXPECT_FALSE(end.code) << "a second end";
    end.code = event->error == nullptr ? PRX_OK : event->error->code;
    if (event->error != nullptr) end.message = sdk::view(event->error->message);
    return 0;
  }

  std::size_t requests_max = kRequestsMax;
  std::mutex mutex;
  std::condition_variable changed;
  std::unique_ptr<AsioLoop> loop;
  Workers keeper{Workers::Options{1, 64}};  // dies before the loop, to which it posts
  std::unique_ptr<Log> log;
  std::function<void(std::string_view)> on_line;  ///< set while no process runs
  Http host;
  std::shared_ptr<Link> link;  // shared with what it has posted
  std::map<std::uint64_t, End> ends_of;
  std::map<std::uint64_t, RemoteOperation*> operations;
};

/// The process says that it is made in the same breath as the line from which the cancel comes.
TEST_F(LinkTest, OneThatIsCancelledWhileItWaitsIsNeverStarted) {
  open(R"({"create":"log"})");
  on_loop([&] { start(1, "start:exit"); });
  EXPECT_EQ(end_of(1), PRX_E_INTERNAL);
  on_loop([&] {
    on_line = [&](std::string_view line) {
      if (line.find("made") != std::string_view::npos) link->cancel(*operations[2]);
    };
    start(2, "start:segfault");
    start(3, "ok");
  });
  EXPECT_EQ(end_of(2), PRX_E_CANCELLED);
  EXPECT_EQ(end_of(3), PRX_OK) << "and nothing happens to others";
}

TEST_F(LinkTest, OneThatIsCancelledBeforeItsProcessIsThereEndsAtOnce) {
  open("{}");
  on_loop([&] { start(1, "start:exit"); });
  EXPECT_EQ(end_of(1), PRX_E_INTERNAL);
  on_loop([&] {
    start(2, "ok");
    link->cancel(*operations[2]);
    link->cancel(*operations[2]);
  });
  EXPECT_EQ(end_of(2), PRX_E_CANCELLED);
}

/// 100 ms before the time of its cancel is up, and the host waits 200 ms for how it ended.
TEST_F(LinkTest, OneThatClosesItsSocketShortlyBeforeItsCancelIsDueEndsOnce) {
  open("{}");
  on_loop([&] { start(1, "first and close"); });
  ASSERT_TRUE(wait_for([&] { return ends_of[1].events > 0; }));
  on_loop([&] { link->cancel(*operations[1]); });
  EXPECT_EQ(end_of(1), PRX_E_CANCELLED);
  EXPECT_EQ(message_of(1), "provider 'one': its process closed its socket");
  on_loop([&] { start(2, "ok"); });
  EXPECT_EQ(end_of(2), PRX_OK);
}

/// The requests that it had are cancelled first.
TEST_F(LinkTest, OneThatIsCancelledAfterItsProcessEndedIsToldThat) {
  open("{}");
  host.on_cancel = [&] { loop->post([&] { link->cancel(*operations[1]); }); };
  on_loop([&] { start(1, "close with a request"); });
  EXPECT_EQ(end_of(1), PRX_E_CANCELLED);
  EXPECT_EQ(message_of(1), "cancelled after its process had ended");
}

TEST_F(LinkTest, RequestsOfOneProcessAreLimitedInBytesAndTheNextOneIsRefused) {
  requests_max = std::size_t{32} << 20;
  open("{}");
  for (const std::uint64_t id : {1, 2}) {
    on_loop([&] { start(id, "requests"); });
    EXPECT_EQ(end_of(id), PRX_E_OVERLOADED);
    EXPECT_NE(message_of(id).find("32 MiB run already"), std::string::npos) << message_of(id);
    EXPECT_EQ(host.requests, 15 * id) << "and once they have ended there is room again";
    release(id);
  }
}

TEST_F(LinkTest, AProcessCannotHaveTheHostHoldMoreThanItsLimit) {
  requests_max = std::size_t{32} << 20;
  open("{}");
  on_loop([&] { start(1, "start:bodies"); });
  on_loop([&] { start(2, "ok"); });
  EXPECT_EQ(end_of(2), PRX_OK);
  EXPECT_EQ(host.requests, 4u);
  EXPECT_LE(host.bytes, requests_max);
}

// --- frames before their time

struct Early {
  const char* frames;
  const char* told;
};
std::ostream& operator<<(std::ostream& out, const Early& early) { return out << early.frames; }

class EarlyFrames : public LinkTest, public ::testing::WithParamInterface<Early> {};

TEST_P(EarlyFrames, AreTheReasonWhyNothingIsMade) {
  const auto made = try_open(R"({"create":")" + std::string(GetParam().frames) + "\"}");
  ASSERT_FALSE(made);
  const std::string& message = made.error().message;
  EXPECT_NE(message.find(GetParam().told), std::string::npos) << message;
  EXPECT_LT(message.size(), 8u << 10);
}
INSTANTIATE_TEST_SUITE_P(
    Of, EarlyFrames,
    ::testing::Values(Early{"kBreach", "a frame before its time"},
                      Early{"kPong", "a frame before its time"},
                      Early{"kEvent", "a frame before its time"},
                      Early{"kSend", "a frame before its time"}, Early{"kFailed", "no"},
                      Early{"kLong", "xxx"}, Early{"kTorn", "a malformed frame"},
                      Early{"kHuge", "sent a frame of impossible size while it loaded"},
                      Early{"behind kBreach", "too many breaches of its contract"},
                      Early{"behind kBroken", "a malformed frame"},
                      Early{"behind kPong", "an answer to no question"},
                      Early{"behind kEvent", "an event of no running operation"},
                      Early{"behind kSend", "a request of no running operation"},
                      Early{"behind kCreated", "a frame of unknown kind"},
                      Early{"behind kFailed", "a frame of unknown kind"},
                      Early{"behind kHuge", "sent a frame of impossible size while it loaded"}),
    [](const auto& instance) {
      std::string name = instance.param.frames;
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

}  // namespace
}  // namespace prx::isolation

#endif
