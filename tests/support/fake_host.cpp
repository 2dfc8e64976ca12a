#include "support/fake_host.hpp"

#include <strings.h>

#include <algorithm>
#include <stdexcept>

#include "prx/sdk/abi.hpp"

namespace prx::test {

using sdk::str;
using sdk::view;

std::optional<std::string> SentRequest::header(std::string_view name) const {
  const std::string wanted(name);
  for (const auto& [key, value] : headers)
    if (strcasecmp(key.c_str(), wanted.c_str()) == 0) return value;
  return std::nullopt;
}

// The functions of the service tables.
struct FakeHost::Services {
  static const void* find(const prx_host* host, prx_str id) noexcept {
    if (self(host).missing_services.count(std::string(view(id))) > 0) return nullptr;
    if (view(id) == PRX_LOG_ID) return &kLog;
    if (view(id) == PRX_HTTP_ID) return &kHttp;
    if (view(id) == PRX_EXEC_ID) return &kExec;
    return nullptr;
  }

  static std::int32_t log_enabled(const prx_host*, std::int32_t) noexcept { return 1; }
  static void log_write(const prx_host* host, std::int32_t level, prx_str line) noexcept {
    FakeHost& fake = self(host);
    const std::lock_guard lock(fake.mutex_);
    fake.log_lines.push_back({level, std::string(view(line))});
  }

  static std::int32_t refuse(const prx_fail* fail, const Error& error) {
    sdk::report(fail, sdk::to_abi(error));
    return static_cast<std::int32_t>(error.error_class);
  }
  static std::int32_t send(const prx_host* host, const prx_http_req* request,
                           const prx_http_sink* sink, const prx_fail* fail,
                           std::uint64_t* id) noexcept {
    FakeHost& fake = self(host);
    if (const auto error = std::exchange(fake.refuse_send, std::nullopt))
      return refuse(fail, *error);
    if (!fake.is_open(request->op_id)) {
      fake.breaches.push_back("send for an operation that does not run");
      return PRX_E_INVALID_REQUEST;
    }
    SentRequest& sent = fake.requests.emplace_back();
    sent.id = *id = fake.next_id_++;
    sent.op_id = request->op_id;
    sent.method = view(request->method);
    sent.url = view(request->url);
    sent.key_header = view(request->key_header);
    sent.key_prefix = view(request->key_prefix);
    sent.body = view(request->body);
    sent.body_data = request->body.ptr;
    sent.sink = *sink;
    for (std::size_t i = 0; i < request->header_count; ++i)
      sent.headers.emplace_back(view(request->headers[i].key), view(request->headers[i].value));
    return PRX_OK;
  }
  static void cancel(const prx_host* host, std::uint64_t id) noexcept {
    for (SentRequest& request : self(host).requests)
      if (request.id == id && !request.ended) request.cancelled = true;
  }

  static std::int64_t now_ns(const prx_host* host) noexcept { return self(host).now_ns_; }
  static std::int32_t post(const prx_host* host, std::uint64_t op_id, prx_task task,
                           void* ctx) noexcept {
    FakeHost& fake = self(host);
    if (fake.refuse_posts || !fake.is_open(op_id)) return PRX_E_INVALID_REQUEST;
    const std::lock_guard lock(fake.mutex_);
    fake.posts_.push_back({task, ctx});
    return PRX_OK;
  }
  static std::int32_t spawn(const prx_host* host, std::uint64_t op_id, prx_task task,
                            void* ctx) noexcept {
    FakeHost& fake = self(host);
    if (fake.refuse_workers || !fake.is_open(op_id)) return PRX_E_INVALID_REQUEST;
    fake.spawned_.push_back({task, ctx});
    return PRX_OK;
  }
  static std::uint64_t timer(const prx_host* host, std::uint64_t op_id, std::int64_t delay_ms,
                             prx_task task, void* ctx) noexcept {
    FakeHost& fake = self(host);
    if (fake.refuse_timers || !fake.is_open(op_id) || delay_ms < 0) return 0;
    const std::uint64_t id = fake.next_id_++;
    fake.timers_[id] = {fake.now_ns_ + delay_ms * 1'000'000, {task, ctx}};
    return id;
  }
  static void timer_cancel(const prx_host* host, std::uint64_t id) noexcept {
    self(host).timers_.erase(id);
  }

  static constexpr prx_log kLog{sizeof(prx_log), 0, &log_enabled, &log_write};
  static constexpr prx_http kHttp{sizeof(prx_http), 0, &send, &cancel};
  static constexpr prx_exec kExec{sizeof(prx_exec), 0,      &now_ns,      &post,
                                  &spawn,           &timer, &timer_cancel};
};

FakeHost::FakeHost() {
  host_.size = sizeof host_;
  host_.abi_minor = PRX_ABI_MINOR;
  host_.ctx = this;
  host_.name = str("fake");
  host_.version = str("1.2.3");
  host_.service = &Services::find;
}

FakeHost::~FakeHost() { join_workers(); }

FakeHost& FakeHost::self(const prx_host* host) { return *static_cast<FakeHost*>(host->ctx); }

bool FakeHost::is_open(std::uint64_t op_id) {
  const std::lock_guard lock(mutex_);
  return ops_.count(op_id) > 0;
}

void FakeHost::open_op(std::uint64_t op_id) {
  const std::lock_guard lock(mutex_);
  ops_.insert(op_id);
}

void FakeHost::close_op(std::uint64_t op_id) {
  const std::lock_guard lock(mutex_);
  ops_.erase(op_id);
}

SentRequest& FakeHost::last() {
  if (requests.empty()) throw std::logic_error("the plugin has sent no request");
  return requests.back();
}

std::size_t FakeHost::in_flight() const {
  return static_cast<std::size_t>(
      std::count_if(requests.begin(), requests.end(),
                    [](const SentRequest& r) { return !r.ended && !r.cancelled; }));
}

void FakeHost::head(SentRequest& request, int status, const HeaderList& headers) {
  if (request.ended || request.cancelled) return;
  std::vector<prx_kv> list;
  for (const auto& [key, value] : headers) list.push_back({str(key), str(value)});
  const prx_http_head head{sizeof head, status, 11, 0, list.data(), list.size()};
  request.sink.head(request.sink.ctx, &head);
}

void FakeHost::data(SentRequest& request, std::string_view bytes) {
  if (request.ended || request.cancelled || bytes.empty()) return;
  std::vector<char> exact(bytes.begin(), bytes.end());  // on the heap, so that an overrun is seen
  request.sink.data(request.sink.ctx, exact.data(), exact.size());
}

void FakeHost::end(SentRequest& request) {
  if (std::exchange(request.ended, true) || request.cancelled) return;
  prx_http_end end{};
  end.size = sizeof end;
  end.phase = PRX_PHASE_BODY;
  request.sink.end(request.sink.ctx, &end);
}

void FakeHost::end(SentRequest& request, const Error& error) {
  if (std::exchange(request.ended, true) || request.cancelled) return;
  prx_http_end end{};
  end.size = sizeof end;
  end.code = static_cast<std::int32_t>(error.error_class);
  end.phase = static_cast<std::int32_t>(error.phase);
  end.message = str(error.message);
  request.sink.end(request.sink.ctx, &end);
}

void FakeHost::answer(int status, std::string_view body, const std::string& type) {
  SentRequest& request = last();
  head(request, status, {{"content-type", type}});
  data(request, body);
  end(request);
}

bool FakeHost::run_one() {
  std::unique_lock lock(mutex_);
  if (!posts_.empty()) {
    const Call call = posts_.front();
    posts_.pop_front();
    lock.unlock();
    call.task(call.ctx);
    return true;
  }
  lock.unlock();
  const auto first = std::min_element(
      timers_.begin(), timers_.end(),
      [](const auto& a, const auto& b) { return a.second.due_ns < b.second.due_ns; });
  if (first == timers_.end() || first->second.due_ns > now_ns_) return false;
  const Call call = first->second.call;
  timers_.erase(first);
  call.task(call.ctx);
  return true;
}

void FakeHost::run() {
  while (run_one()) {
  }
}

void FakeHost::advance(std::chrono::milliseconds by) {
  const std::int64_t until = now_ns_ + std::chrono::nanoseconds(by).count();
  run();
  while (true) {
    std::int64_t next = until;
    for (const auto& [id, timer] : timers_) next = std::min(next, timer.due_ns);
    now_ns_ = std::max(now_ns_, next);
    run();
    if (now_ns_ >= until) return;
  }
}

void FakeHost::start_workers() {
  for (const Call& call : std::exchange(spawned_, {}))
    workers_.emplace_back([call] { call.task(call.ctx); });
}

void FakeHost::join_workers() {
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
}

void FakeHost::run_workers() {
  start_workers();
  join_workers();
  run();
}

}  // namespace prx::test
