#include "check/host/call.hpp"

#include <algorithm>

#include "check/host/fail_judge.hpp"
#include "prx/sdk/abi.hpp"

namespace prx::check {

Call::Call(Host& host, Loop& loop, const prx_provider& provider, CallSpec spec)
    : host_(host),
      world_(host.world()),
      loop_(loop),
      provider_(provider),
      spec_(std::move(spec)),
      id_(world_.next_id()),
      slot_(world_.next_slot()),
      body_lender_(world_.lending),
      judge_(spec_.op, spec_.flags, world_.newer_plugin, world_.breaches) {
  body_ = body_lender_.lend_text(spec_.body);
}

Call::~Call() {
  if (started_ && !gone_ && !ended()) {
    cancel();
    run_for(kGrace);
  }
  if (started_ && !gone_ && ended()) release();
  if (!gone_) leave(nullptr);
  for (std::thread& worker : workers_) worker.join();
  *alive_ = false;
}

std::int32_t Call::on_event(void* ctx, const prx_event* event) noexcept {
  Slot& slot = *static_cast<Slot*>(ctx);
  if (Call* const call = slot.call.load()) return call->see(*event);
  slot.breaches->add(Breach::kEventAfterRelease, name_of_event(event->type) + " after release");
  return 1;
}

std::int32_t Call::call_start(void* instance, FailJudge& fail) {
  Lender lender(world_.lending);
  prx_request request{};
  request.size = sizeof request;
  request.op = spec_.op;
  request.flags = spec_.flags;
  request.attempt = 1;
  request.op_id = id_;
  request.deadline_ns = INT64_MAX;
  request.model = lender.lend_text(std::string_view(spec_.model));
  request.body = body_;
  request.request_id = lender.lend_text("check-1");
  request.traceparent = lender.lend_text("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  const prx_sink sink{sizeof sink, 0, &slot_, &Call::on_event};
  const prx_fail reason = fail.abi();
  const Loop::Scope on_this(loop_);
  const LoopWatch::Scope timed(world_.watch, "start");
  starting_ = true;
  const std::int32_t status =
      provider_.start(instance, lender.lend(request), lender.lend(sink), lender.lend(reason), &op_);
  starting_ = false;
  if (!lender.canaries_live())
    world_.breaches.add(Breach::kServiceArguments, "start wrote behind a struct that it was lent");
  return status;
}

bool Call::start(void* instance) {
  host_.add(*this);
  slot_.call = this;
  op_ = unset_pointer();
  FailJudge fail(world_.breaches, "start");
  const auto before = std::chrono::steady_clock::now();
  outcome_.status = call_start(instance, fail);
  outcome_.start_time = std::chrono::steady_clock::now() - before;
  fail.judge(outcome_.status);
  outcome_.refused = fail.reason();
  if (outcome_.refused) {
    leave("start refused, and");
    return false;
  }
  if (op_ == unset_pointer()) {
    world_.breaches.add(Breach::kOutParameter, "start returned PRX_OK and gave no operation");
    leave("start gave nothing, and");
    return false;
  }
  if (op_ == nullptr) {
    world_.breaches.add(Breach::kNullOperation, "start returned PRX_OK and the operation NULL");
    leave("start gave NULL, and");
    return false;
  }
  started_ = true;
  for (const auto& [task, ctx] : std::exchange(spawned_, {})) start_worker(task, ctx);
  return true;
}

// --- time

bool Call::turn(std::int64_t until_ns, std::chrono::steady_clock::time_point worker_deadline) {
  constexpr std::chrono::milliseconds kPatience{20};  // then the clock moves under its workers
  const bool working = working_ > 0;
  const std::int64_t now = world_.clock.now_ns();
  if (loop_.run_one(working ? std::min(until_ns, now) : until_ns)) return true;
  if (!working) return false;
  if (loop_.wait(kPatience)) return true;
  const std::int64_t then = std::min(until_ns, now + std::chrono::nanoseconds(kPatience).count());
  if (!loop_.run_one(then)) world_.clock.advance_to(then);
  return std::chrono::steady_clock::now() < worker_deadline;
}

bool Call::run() {
  return run_while([] { return true; });
}

bool Call::run_while(const std::function<bool()>& on) {
  const auto deadline = std::chrono::steady_clock::now() + kWorkerMax;
  while (started_ && !ended() && on() && turn(kNever, deadline)) continue;
  return ended();
}

bool Call::run_for(std::chrono::nanoseconds time) {
  const std::int64_t until = world_.clock.now_ns() + time.count();
  const auto deadline = std::chrono::steady_clock::now() + kWorkerGrace;
  while (started_ && !ended() && turn(until, deadline)) continue;
  if (!ended()) world_.clock.advance_to(until);
  return ended();
}

void Call::linger(std::chrono::nanoseconds time) {
  const std::int64_t until = world_.clock.now_ns() + time.count();
  const auto deadline = std::chrono::steady_clock::now() + kWorkerGrace;
  while (turn(until, deadline)) continue;
}

void Call::cancel() {
  if (!started_ || gone_) return;
  cancelled_ = true;
  const Loop::Scope on_this(loop_);
  const LoopWatch::Scope timed(world_.watch, "cancel");
  provider_.cancel(op_);
}

void Call::release() {
  if (!started_ || gone_) return;
  const auto deadline = std::chrono::steady_clock::now() + kWorkerMax;
  while (!host_.close(*this) && std::chrono::steady_clock::now() < deadline)
    static_cast<void>(turn(world_.clock.now_ns(), deadline));
  if (working_ > 0)
    world_.breaches.add(Breach::kWorkerStuck, "a worker runs on 10 s after the end");
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
  {
    const Loop::Scope on_this(loop_);
    const LoopWatch::Scope timed(world_.watch, "release");
    provider_.release(op_);
  }
  leave("release returned, and");
}

void Call::leave(const char* when) {
  gone_ = true;
  slot_.call = nullptr;
  host_.remove(*this);
  if (const std::size_t running = running_exchanges(); running > 0 && when != nullptr)
    world_.breaches.add(Breach::kExchangeLeft,
                        std::string(when) + " " + std::to_string(running) + " exchanges run on");
  for (const auto& exchange : exchanges_) {
    exchange->running = false;
    loop_.cancel(exchange->step);
  }
  for (const auto& [id, timer] : timers_) loop_.cancel(timer);
  timers_.clear();
}

void Call::later(std::function<void()> task) {
  loop_.post([alive = alive_, task = std::move(task)] {
    if (*alive) task();
  });
}

/// Each call of the service that the spec has refused, from that one on.
bool Call::refuses(Service service) {
  if (spec_.refused != service || ++asked_ < spec_.refused_from) return false;
  was_refused_ = true;
  return true;
}

// --- prx.exec/1

bool Call::post(prx_task task, void* ctx) {
  if (refuses(Service::kPost) || posts_ >= kPostsMax) return false;
  ++posts_;
  later([this, task, ctx] {
    {
      const LoopWatch::Scope timed(world_.watch, "a posted task");
      task(ctx);
    }
    --posts_;
  });
  return true;
}

bool Call::has_free_worker() const {
  const LoopWatch::Scope not_the_plugins(world_.watch, nullptr);
  const auto until = std::chrono::steady_clock::now() + kWorkerReturns;
  while (working_ >= kWorkersMax && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  return working_ + spawned_.size() < kWorkersMax;
}

bool Call::spawn(prx_task task, void* ctx) {
  if (refuses(Service::kSpawn) || !has_free_worker()) return false;
  if (starting_)
    spawned_.emplace_back(task, ctx);
  else
    start_worker(task, ctx);
  return true;
}

void Call::start_worker(prx_task task, void* ctx) {
  ++working_;
  workers_.emplace_back([this, task, ctx] {
    here() = {nullptr, this};
    task(ctx);
    --working_;
    loop_.post([] {});  // wakes who waits for it
  });
}

std::uint64_t Call::timer(std::int64_t delay_ms, prx_task task, void* ctx) {
  if (refuses(Service::kTimer) || timers_.size() >= kTimersMax) return 0;
  const std::uint64_t id = id_ << 16 | (++last_sub_ & 0xffff);
  const std::int64_t due = world_.clock.now_ns() + std::min(delay_ms, kDelayMax) * 1'000'000;
  timers_[id] = loop_.at(due, [this, id, task, ctx] {
    timers_.erase(id);
    const LoopWatch::Scope timed(world_.watch, "the task of a timer");
    task(ctx);
  });
  return id;
}

void Call::cancel_timer(std::uint64_t id) {
  const auto found = timers_.find(id);
  if (found == timers_.end()) return;
  loop_.cancel(found->second);
  timers_.erase(found);
}

}  // namespace prx::check
