// Links over real processes of prx-plugin-host and the hostile plugin of tests/e2e/fixtures.
#include "isolation/link.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

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
    LogConfig config;
    config.level = "trace";
    const auto sink = [this](LogLevel, std::string_view line) {
      if (on_line) on_line(line);
    };
    log = std::move(Log::open(config, sink, Redactor({}))).value();
  }
  ~LinkTest() override {
    on_loop([this] {
      for (const auto& [id, operation] : operations) link->release(*operation);
    });
    Link::close(std::move(link));
    on_loop([] {});
  }
  void open(const std::string& options) {
    Source source;
    source.id = "hostile";
    source.file = os::Descriptor(::open(PRX_HOSTILE, O_RDONLY | O_CLOEXEC));
    source.program = PRX_PLUGIN_HOST;
    LinkOptions wanted;
    wanted.source = std::make_shared<const Source>(std::move(source));
    wanted.provider = "one";
    wanted.kind = "hostile";
    wanted.config_json = options;
    auto made = Link::open({*loop, keeper, *log}, std::move(wanted));
    ASSERT_TRUE(made) << made.error().message;
    link = std::move(*made);
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
  /// The code it ended with, PRX_OK for DONE; -1 after ten seconds.
  std::int32_t end_of(std::uint64_t id) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, 10s, [&] { return ends_of[id].code.has_value(); });
    return ends_of[id].code.value_or(-1);
  }

  struct End {
    LinkTest* test = nullptr;
    std::optional<std::int32_t> code;
  };
  static std::int32_t event(void* ctx, const prx_event* event) noexcept {
    auto& end = *static_cast<End*>(ctx);
    if (event->type < PRX_EV_DONE) return 0;
    const std::lock_guard lock(end.test->mutex);
    EXPECT_FALSE(end.code) << "a second end";
    end.code = event->error == nullptr ? PRX_OK : event->error->code;
    end.test->changed.notify_all();
    return 0;
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::unique_ptr<AsioLoop> loop;
  Workers keeper{Workers::Options{1, 64}};  // dies before the loop, to which it posts
  std::unique_ptr<Log> log;
  std::function<void(std::string_view)> on_line;  ///< set while no process runs
  const prx_host host{};
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

}  // namespace
}  // namespace prx::isolation

#endif
