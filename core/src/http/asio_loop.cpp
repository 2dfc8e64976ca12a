#include "http/asio_loop.hpp"

#include <atomic>
#include <cassert>
#include <cstdint>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include "http/open_files.hpp"
#include "http/signals_blocked.hpp"
#include "http/timer_heap.hpp"

namespace prx {

namespace asio = boost::asio;

struct AsioLoop::Impl {
  explicit Impl(AsioLoop& self) : loop(self) {}

  void run();
  void schedule();
  void take_remote();
  void run_tasks();
  void arm();
  void fire();

  AsioLoop& loop;
  asio::io_context context{1};
  asio::steady_timer timer{context};
  MonotonicTime armed = MonotonicTime::max();
  TimerHeap timers;
  std::vector<Task> tasks;  // loop thread
  std::vector<Task> running;
  bool scheduled = false;
  int turns = 0;
  MonotonicTime turn_time;

  std::mutex mutex;
  std::vector<Task> remote;  // under mutex
  bool signalled = false;    // under mutex
  bool closed = false;       // under mutex

  std::atomic<std::thread::id> thread_id;
  std::thread thread;
};

AsioLoop::Turn::Turn(AsioLoop& loop) : loop_(loop) {
  if (loop_.impl_->turns++ == 0) loop_.impl_->turn_time = std::chrono::steady_clock::now();
}

AsioLoop::Turn::~Turn() { --loop_.impl_->turns; }

void AsioLoop::Impl::run() {
  thread_id = std::this_thread::get_id();
  auto work = asio::make_work_guard(context);
  context.run();
}

void AsioLoop::Impl::schedule() {
  if (std::exchange(scheduled, true)) return;
  asio::post(context, [this] { run_tasks(); });
}

void AsioLoop::Impl::take_remote() {
  {
    const std::lock_guard lock(mutex);
    signalled = false;
    if (tasks.empty()) {
      tasks.swap(remote);
    } else {
      for (Task& task : remote) tasks.push_back(std::move(task));
      remote.clear();
    }
  }
  run_tasks();
}

// Runs what is queued now; what these tasks post waits for the next turn, so that sockets get
// theirs.
void AsioLoop::Impl::run_tasks() {
  const Turn turn(loop);
  scheduled = false;
  running.swap(tasks);
  for (Task& task : running) {
    task();
    task = nullptr;
    if (context.stopped()) break;
  }
  running.clear();
}

void AsioLoop::Impl::arm() {
  const auto next = timers.next();
  if (!next || *next >= armed) return;  // an armed timer that fires too early arms again
  armed = *next;
  timer.expires_at(armed);
  timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) fire();
  });
}

void AsioLoop::Impl::fire() {
  const Turn turn(loop);
  armed = MonotonicTime::max();
  const MonotonicTime until = turn_time;  // a task may renew it
  const std::uint64_t newest = timers.newest();
  for (Task task = timers.pop(until, newest); task; task = timers.pop(until, newest)) {
    task();
    if (context.stopped()) return;
  }
  arm();
}

Result<std::unique_ptr<AsioLoop>> AsioLoop::open() {
  const auto failed = [](const std::string& what, const std::string& why) {
    return fail(ErrorClass::kInternal, what + " could not be made: " + why);
  };
  try {
    return std::unique_ptr<AsioLoop>(new AsioLoop());
  } catch (const boost::system::system_error& error) {
    return failed("the file descriptors of the event loop", reason_of(error.code().value()));
  } catch (const std::system_error& error) {
    return failed("the thread of the event loop",
                  reason_of(error.code().value()) + "; raise the limit of threads (ulimit -u)");
  } catch (const std::bad_alloc&) {
    return failed("the event loop", "out of memory");
  }
}

AsioLoop::AsioLoop() : impl_(std::make_unique<Impl>(*this)) {
  const SignalsBlocked blocked;
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

AsioLoop::~AsioLoop() { stop(); }

MonotonicTime AsioLoop::now() const {
  return on_loop() && impl_->turns > 0 ? impl_->turn_time : std::chrono::steady_clock::now();
}

bool AsioLoop::on_loop() const { return impl_->thread_id == std::this_thread::get_id(); }

void AsioLoop::renew_now() {
  assert(on_loop() && impl_->turns > 0);
  impl_->turn_time = std::chrono::steady_clock::now();
}

void AsioLoop::post(Task task) {
  if (on_loop()) {
    impl_->tasks.push_back(std::move(task));
    impl_->schedule();
    return;
  }
  const std::lock_guard lock(impl_->mutex);
  if (impl_->closed) return;  // the parameter dies after the lock
  impl_->remote.push_back(std::move(task));
  if (std::exchange(impl_->signalled, true)) return;
  asio::post(impl_->context, [impl = impl_.get()] { impl->take_remote(); });
}

Loop::TimerId AsioLoop::start_timer(std::chrono::nanoseconds delay, Task task) {
  const TimerId id = impl_->timers.add(now() + delay, std::move(task));
  impl_->arm();
  return id;
}

void AsioLoop::cancel_timer(TimerId id) { impl_->timers.cancel(id); }

void AsioLoop::stop() {
  assert(!on_loop());
  if (impl_->thread.joinable()) {
    impl_->context.stop();
    impl_->thread.join();
    impl_->thread_id = std::thread::id();
  }
  std::vector<Task> dropped;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->closed = true;
    dropped.swap(impl_->remote);
  }
  dropped.clear();
  std::exchange(impl_->tasks, {}).clear();
  impl_->timers.clear();
}

asio::io_context& AsioLoop::context() { return impl_->context; }

}  // namespace prx
