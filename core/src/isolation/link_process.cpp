// The processes of a link: the first, those after it, and how each is found to be of no use.

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "isolation/link.hpp"

namespace prx::isolation {

namespace {

/// Runs something on the keeper's thread and waits for it. False when it cannot be had.
bool run_and_wait(Workers& keeper, const std::function<void()>& task) {
  struct Watch {
    std::mutex mutex;
    std::condition_variable done;
    bool ran = false;
  } watch;
  const bool taken = keeper.run([&] {
    task();
    const std::lock_guard lock(watch.mutex);
    watch.ran = true;
    watch.done.notify_one();
  });
  if (!taken) return false;
  std::unique_lock lock(watch.mutex);
  watch.done.wait(lock, [&] { return watch.ran; });
  return true;
}

Error no_keeper() {
  Error error;
  error.message =
      "no thread for the processes of isolated plugins; raise the limit of threads "
      "(ulimit -u)";
  return error;
}

std::string too_slow() {
  return "did not make the instance within " + std::to_string(Link::kLoadMax.count()) +
         " s, and was killed; when this machine is not busy, ask who made the plugin why it takes "
         "so long";
}

Result<std::shared_ptr<Child>> launch_shared(const Launch& launch) {
  PRX_TRY_SET(Child child, Child::launch(launch));
  return std::make_shared<Child>(std::move(child));
}

}  // namespace

std::string in_words(std::chrono::milliseconds wait) {
  return wait.count() <= 0 ? "with the next request" : "in " + std::to_string(wait.count()) + " ms";
}

// --- the first process, on whichever thread makes the instance

Result<std::shared_ptr<Link>> Link::open(const Ground& ground, LinkOptions options) {
  std::shared_ptr<Link> link(new Link(ground, std::move(options)));
  link->opening_ = true;
  PRX_TRY(link->open_now());
  link->opening_ = false;
  const auto attach = [link] {
    if (link->channel_) link->channel_->attach();
  };
  if (ground.loop.on_loop())
    attach();
  else
    ground.loop.post(attach);
  return link;
}

Result<void> Link::open_now() {
  Result<std::shared_ptr<Child>> made = Unexpected(no_keeper());
  static_cast<void>(run_and_wait(ground_.keeper, [&] { made = launch_shared(launch_options()); }));
  if (!made) return Unexpected(std::move(made).error());
  adopt(std::move(*made));
  const auto channel = channel_;
  const auto child = child_;
  const auto until = std::chrono::steady_clock::now() + kLoadMax;
  while (state_ == State::kStarting && channel->pump(until)) {
  }
  if (state_ == State::kUp) return {};
  if (failure_) return Unexpected(*failure_);
  if (state_ == State::kStarting) {
    Error error;
    error.message = "its process (" + options_.source->program.string() + ") " + too_slow();
    return Unexpected(std::move(error));
  }
  std::string how = "is gone";
  static_cast<void>(run_and_wait(ground_.keeper, [&] { how = child->end(); }));
  return Unexpected(not_loaded(how));
}

Error Link::not_loaded(const std::string& how) const {
  Error error;
  error.message =
      "its process (" + options_.source->program.string() + ") " + how + " while it loaded";
  error.provider_code = kEndedCode;
  return error;
}

Launch Link::launch_options() const {
  const Source& source = *options_.source;
  return {source.program, source.file.get(), source.limits};
}

void Link::adopt(std::shared_ptr<Child> child) {
  ++process_;
  state_ = State::kStarting;
  failure_.reset();
  pong_ = ping_;
  breaches_ = free_frames_ = 0;
  child_ = std::move(child);
  channel_ = std::make_shared<Channel>(ground_.loop, child_->take_socket(),
                                       static_cast<ChannelObserver&>(*this));
  write_create();
}

void Link::close(std::shared_ptr<Link> link) {
  AsioLoop& loop = link->ground_.loop;
  loop.post([link = std::move(link)] {  // it dies with this, or with the loop
    link->closed_ = true;
    link->state_ = State::kDown;
    if (link->channel_) std::exchange(link->channel_, nullptr)->close();
    for (auto* timer : {&link->load_timer_, &link->tick_timer_})
      link->ground_.loop.cancel_timer(std::exchange(*timer, 0));
    static_cast<void>(link->ground_.keeper.run([child = std::exchange(link->child_, nullptr)] {}));
  });
}

// --- processes that end, and the next

void Link::launch() {
  state_ = State::kLaunching;
  const bool taken = ground_.keeper.run([weak = weak_from_this(), options = launch_options(),
                                         source = options_.source, &loop = ground_.loop] {
    auto made = launch_shared(options);
    loop.post([weak, made = std::move(made)] {
      if (const auto self = weak.lock()) self->launched(made);
    });
  });
  if (taken) return;
  ground_.loop.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->fail_start(no_keeper());
  });
}

void Link::launched(Result<std::shared_ptr<Child>> child) {
  if (closed_) return;
  if (!child) return fail_start(child.error());
  adopt(std::move(*child));
  load_timer_ = ground_.loop.start_timer(kLoadMax, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->state_ != State::kStarting) return;
    self->load_timer_ = 0;
    self->lose(too_slow());
  });
  channel_->attach();  // which may be its end
}

/// The instance is made.
void Link::started() {
  state_ = State::kUp;
  restarts_.up(std::chrono::steady_clock::now());
  if (opening_) return;
  ground_.loop.cancel_timer(std::exchange(load_timer_, 0));
  for (const auto& [id, operation] : operations_) {
    if (operation->waiting.empty()) continue;
    operation->process = process_;
    channel_->append(std::exchange(operation->waiting, {}));
  }
  watch();
}

/// Once for each process: one that ends already cannot be lost again.
/// \param why  "" when it is not known yet.
void Link::lose(const std::string& why) {
  assert(!opening_);  // on another thread, which has fail_opening()
  if (opening_ || (state_ != State::kStarting && state_ != State::kUp)) return;
  for (const auto& [id, operation] : operations_) {
    drop_exchanges(*operation);
    stop_cancel_timer(*operation);
  }
  channel_->close();
  channel_.reset();
  for (auto* timer : {&load_timer_, &tick_timer_})
    ground_.loop.cancel_timer(std::exchange(*timer, 0));
  auto child = std::exchange(child_, nullptr);
  if (!why.empty()) {
    static_cast<void>(ground_.keeper.run([ended = std::move(child)] {}));
    return finish(why);
  }
  state_ = State::kEnding;
  const bool taken = ground_.keeper.run([weak = weak_from_this(), child, &loop = ground_.loop] {
    loop.post([weak, how = child->end()] {
      const auto self = weak.lock();
      if (self && !self->closed_) self->finish(how);
    });
  });
  if (!taken) finish("is gone");
}

void Link::finish(const std::string& why) {
  state_ = State::kDown;
  note_end(why);
  fail_operations(its_process(why));
  const bool waited_for = std::any_of(operations_.begin(), operations_.end(),
                                      [](const auto& one) { return !one.second->waiting.empty(); });
  if (!waited_for || state_ != State::kDown) return;
  if (ground_.loop.now() >= restarts_.next()) return launch();
  fail_waiting(its_process(why));
}

/// One that cannot be started is no better than one that ends.
void Link::fail_start(const Error& error) {
  state_ = State::kDown;
  const std::string why = "could not be started again: " + error.message;
  note_end(why);
  fail_waiting(its_process(why));
}

void Link::note_end(const std::string& why) {
  const auto wait = restarts_.ended(ground_.loop.now());
  last_end_ = why;
  const auto failed = std::count_if(operations_.begin(), operations_.end(), [](const auto& one) {
    return one.second->process != 0 && !one.second->ended;
  });
  log(LogLevel::kWarn, "its process " + why + "; " + std::to_string(failed) +
                           (failed == 1 ? " running operation" : " running operations") +
                           " failed with it; it is started again " + in_words(wait));
}

/// Those that it had. What hears of an end may start another.
void Link::fail_operations(const std::string& why) {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, operation] : operations_)
    if (operation->process != 0 && !operation->ended) ids.push_back(id);
  for (const std::uint64_t id : ids)
    if (RemoteOperation* const operation = find(id)) fail(*operation, ErrorClass::kInternal, why);
}

void Link::fail_waiting(const std::string& why) {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, operation] : operations_)
    if (!operation->waiting.empty()) ids.push_back(id);
  for (const std::uint64_t id : ids)
    if (RemoteOperation* const operation = find(id)) fail(*operation, ErrorClass::kInternal, why);
}

// --- whether it still answers

void Link::watch() {
  if (tick_timer_ != 0 || operations_.empty() || state_ != State::kUp) return;
  tick_timer_ = ground_.loop.start_timer(kPingEvery, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->tick_timer_ = 0;
    self->on_tick();
  });
}

/// Whatever else it says: a loop that only talks hangs as well.
void Link::on_tick() {
  if (state_ != State::kUp) return;
  if (ping_ != pong_ && ++silent_ticks_ >= kSilenceMax / kPingEvery)
    return lose("did not answer for " + std::to_string(kSilenceMax.count() / 1'000) +
                " s, and was killed");
  if (ping_ == pong_ && !operations_.empty()) {
    silent_ticks_ = 0;
    channel_->send(Kind::kPing, ++ping_);
  }
  watch();
}

}  // namespace prx::isolation
