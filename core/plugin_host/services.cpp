// The tables that the plugin gets from prx_host::service, as core/src/client/host_services.cpp has
// them for plugins in the host's own process. What only the host can do is asked of it by frames.

#include <algorithm>
#include <chrono>

#include "plugin_host/service.hpp"
#include "prx/sdk/abi.hpp"

namespace prx::plugin_host {

using isolation::FrameWriter;
using isolation::Kind;

namespace {

constexpr std::int64_t kDelayMax = 168ll * 3'600 * 1'000;  // milliseconds, as in the host
constexpr std::size_t kLogLineMax = 4u << 10;

thread_local Operation* working_for = nullptr;  // on a worker

std::int64_t clock_ns(const prx_host*) noexcept {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

std::int32_t fail_with(const prx_fail* fail, const char* message) {
  Error error;
  error.error_class = ErrorClass::kInvalidRequest;
  error.message = message;
  sdk::report(fail, sdk::to_abi(error));
  return PRX_E_INVALID_REQUEST;
}

Service*& the_service() {
  static Service* service = nullptr;  // a sink's context is a number: see Tables::event
  return service;
}

}  // namespace

struct Service::Tables {
  static HostContext& context_of(const prx_host* host) {
    return *static_cast<HostContext*>(host->ctx);
  }
  static Service& of(const prx_host* host) { return *context_of(host).service; }
  static bool has_operations(const prx_host* host) {
    return context_of(host).whose == isolation::kOfInstance;
  }
  /// The live operation of that id, on the loop.
  static Operation* find(const prx_host* host, std::uint64_t id) {
    return on_loop() && has_operations(host) ? of(host).find(id) : nullptr;
  }

  // --- prx_sink
  static std::int32_t event(void* ctx, const prx_event* event) noexcept {
    const auto id = reinterpret_cast<std::uint64_t>(ctx);
    if (!sdk::is_whole(event)) return 1;
    Service& service = *the_service();
    if (on_loop()) {
      if (Operation* const operation = service.find(id))
        return service.emit(*operation, *event, false);
      service.breach("an event after its operation was released");
      return 1;
    }
    if (working_for == nullptr || working_for->id != id) return 1;  // a thread of its own
    return service.emit(*working_for, *event, true);
  }

  // --- prx.log/1
  static std::int32_t log_enabled(const prx_host* host, std::int32_t level) noexcept {
    const std::int32_t known =
        level >= PRX_LOG_TRACE && level <= PRX_LOG_ERROR ? level : PRX_LOG_INFO;
    return static_cast<std::int32_t>(of(host).log_levels_ >> known & 1);
  }
  static void log_write(const prx_host* host, std::int32_t level, prx_str line) noexcept {
    if (log_enabled(host, level) == 0) return;
    of(host).outbox_.send(Kind::kLog, context_of(host).whose, [&](FrameWriter& out) {
      out.put(level).put(sdk::view(line).substr(0, kLogLineMax));
    });
  }

  // --- prx.http/1
  static std::int32_t send(const prx_host* host, const prx_http_req* request,
                           const prx_http_sink* sink, const prx_fail* fail,
                           std::uint64_t* id) noexcept {
    if (!sdk::is_whole(request) || !sdk::is_whole(sink) || sink->head == nullptr ||
        sink->data == nullptr || sink->end == nullptr)
      return fail_with(fail, "prx.http/1 send: incomplete arguments");
    Operation* const operation = find(host, request->op_id);
    if (operation == nullptr || operation->failed || operation->gate.ended())
      return fail_with(fail,
                       "prx.http/1 send: op_id is of no running operation of this instance, or off "
                       "its loop");
    if (operation->exchanges >= isolation::kExchangesMax || request->header_count > 64)
      return fail_with(fail, "prx.http/1 send: too many exchanges or headers");
    if (!of(host).send(*operation, *request, *sink, id))
      return fail_with(fail, "prx.http/1 send: a request of more than 65 MiB");
    return PRX_OK;  // a refusal comes as `end`
  }
  static void cancel(const prx_host* host, std::uint64_t id) noexcept {
    if (on_loop() && has_operations(host)) of(host).stop_exchange(id);
  }

  // --- prx.exec/1
  static std::int32_t post(const prx_host* host, std::uint64_t op_id, prx_task task,
                           void* ctx) noexcept {
    Service& service = of(host);
    if (task == nullptr || !has_operations(host)) return PRX_E_INVALID_REQUEST;
    {
      const std::lock_guard lock(service.posts_mutex_);
      const auto live = service.live_.find(op_id);
      if (live == service.live_.end()) return PRX_E_INVALID_REQUEST;
      if (live->second >= kPostsMax) return PRX_E_OVERLOADED;
      ++live->second;
      service.posts_.push_back({op_id, task, ctx});
    }
    service.outbox_.wake();
    return PRX_OK;
  }
  static std::int32_t spawn(const prx_host* host, std::uint64_t op_id, prx_task task,
                            void* ctx) noexcept {
    Operation* const operation = find(host, op_id);
    if (operation == nullptr || task == nullptr || operation->cancelled || operation->gate.ended())
      return PRX_E_INVALID_REQUEST;
    Service& service = of(host);
    auto work = [&service, operation, task, ctx] {
      working_for = operation;  // it is not released before the post below
      task(ctx);
      working_for = nullptr;
      const std::lock_guard lock(service.posts_mutex_);
      service.posts_.push_back({operation->id, nullptr, nullptr});
      service.outbox_.wake();
    };
    if (!service.workers_.run(std::move(work))) return PRX_E_OVERLOADED;
    ++operation->workers;
    return PRX_OK;
  }
  static std::uint64_t timer(const prx_host* host, std::uint64_t op_id, std::int64_t delay_ms,
                             prx_task task, void* ctx) noexcept {
    Operation* const operation = find(host, op_id);
    if (operation == nullptr || operation->timers >= kTimersMax || delay_ms < 0 ||
        task == nullptr || operation->failed)
      return 0;
    Service& service = of(host);
    const std::uint64_t id = service.next_id_++;
    const std::int64_t due = clock_ns(host) + std::min(delay_ms, kDelayMax) * 1'000'000;
    service.timers_[id] = {operation, due, task, ctx};
    service.due_.insert({due, id});
    ++operation->timers;
    return id;
  }
  static void timer_cancel(const prx_host* host, std::uint64_t id) noexcept {
    if (on_loop() && has_operations(host)) of(host).drop_timer(id);
  }

  static const void* service(const prx_host*, prx_str id) noexcept {
    static constexpr prx_log kLog{sizeof(prx_log), 0, &log_enabled, &log_write};
    static constexpr prx_http kHttp{sizeof(prx_http), 0, &send, &cancel};
    static constexpr prx_exec kExec{sizeof(prx_exec), 0,      &clock_ns,    &post,
                                    &spawn,           &timer, &timer_cancel};
    const std::string_view name = sdk::view(id);
    if (name == PRX_LOG_ID) return &kLog;
    if (name == PRX_HTTP_ID) return &kHttp;
    return name == PRX_EXEC_ID ? &kExec : nullptr;
  }
};

Service::Service(int socket, int wake, const Loaded& loaded, WorkerPool& workers)
    : socket_(socket),
      wake_(wake),
      loaded_(loaded),
      workers_(workers),
      outbox_(socket, wake),
      module_host_(make_host(module_context_)),
      instance_host_(make_host(instance_context_)) {
  the_service() = this;
  set_loop_thread();
}

/// Its names come with `create`.
prx_host Service::make_host(HostContext& context) {
  prx_host host{};
  host.size = sizeof host;
  host.abi_minor = PRX_ABI_MINOR;
  host.ctx = &context;
  host.service = &Tables::service;
  return host;
}

prx_sink Service::sink_of(std::uint64_t id) {
  return {sizeof(prx_sink), 0, reinterpret_cast<void*>(id), &Tables::event};  // NOLINT: a number
}

std::int32_t Service::emit(Operation& operation, const prx_event& event, bool from_worker) {
  if (!from_worker && operation.starting) {
    ++operation.events_in_start;
    return 1;
  }
  std::string frame;
  const bool last = event.type >= PRX_EV_DONE;
  {
    FrameWriter out(frame, Kind::kEvent, operation.id);
    put(out, event, sdk::is_whole(event.usage) ? event.usage : nullptr,
        event.type == PRX_EV_ERROR && sdk::is_whole(event.error) ? event.error : nullptr);
  }
  if (frame.size() > isolation::kFrameMax) {
    Error error;
    error.message = subject() + "plugin sent an event of more than 65 MiB";
    refuse(operation, error);
    return 1;
  }
  const auto taken = from_worker ? operation.gate.send_from_worker(std::move(frame), last)
                                 : operation.gate.send(std::move(frame), last);
  const bool stopped = operation.gate.stopped();
  if (taken == EventGate::Taken::kEnded && !stopped) breach("an event after the terminal one");
  return taken == EventGate::Taken::kYes && !stopped ? 0 : 1;
}

void Service::breach(std::string_view what) {
  outbox_.send(Kind::kBreach, 0, [&](FrameWriter& out) { out.put(what); });
}

std::string Service::subject() const { return "provider '" + provider_ + "': "; }

/// Its end, from this process and not from the plugin.
void Service::refuse(Operation& operation, const Error& error) {
  const prx_error reason = sdk::to_abi(error);
  prx_event event{};
  event.size = sizeof event;
  event.type = PRX_EV_ERROR;
  event.error = &reason;
  std::string frame;
  {
    FrameWriter out(frame, Kind::kEvent, operation.id);
    put(out, event, nullptr, &reason);
  }
  static_cast<void>(operation.gate.send(std::move(frame), true));
  operation.gate.stop();  // what the plugin still says of it is no breach
}

bool Service::send(Operation& operation, const prx_http_req& request, const prx_http_sink& sink,
                   std::uint64_t* id) {
  const std::uint64_t number = next_id_++;
  const std::string_view body = sdk::view(request.body);
  const bool own = !body.empty() && body.data() >= operation.body.data() &&
                   body.data() + body.size() <= operation.body.data() + operation.body.size();
  const auto at = own ? static_cast<std::uint64_t>(body.data() - operation.body.data()) : 0;
  std::string frame;
  {
    FrameWriter out(frame, Kind::kSend, operation.id);
    isolation::put_send(out, number, request, own, at);
  }
  if (frame.size() > isolation::kFrameMax) return false;
  outbox_.add(frame);
  exchanges_[number] = {&operation, sdk::copy_of(sink)};
  ++operation.exchanges;
  if (id != nullptr) *id = number;
  return true;
}

void Service::stop_exchange(std::uint64_t id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  outbox_.send(Kind::kStop, found->second.operation->id, [&](FrameWriter& out) { out.put(id); });
  --found->second.operation->exchanges;
  exchanges_.erase(found);
}

}  // namespace prx::plugin_host
