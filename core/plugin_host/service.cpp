#include "plugin_host/service.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "prx/sdk/abi.hpp"

namespace prx::plugin_host {

using isolation::FrameHead;
using isolation::FrameReader;
using isolation::FrameWriter;
using isolation::Kind;

namespace {

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

std::string text(prx_str value) { return std::string(sdk::view(value)); }

/// What a failed call said, or that it said nothing.
class Reason {
 public:
  explicit Reason(std::string who) : who_(std::move(who)) {}
  Reason(const Reason&) = delete;
  Reason& operator=(const Reason&) = delete;
  [[nodiscard]] const prx_fail* c() const { return &fail_; }
  [[nodiscard]] Error take(std::int32_t code) {
    if (set_) return error_;
    error_.error_class = error_class_from(code);
    error_.message = who_ + " failed without giving a reason; ask who made the plugin";
    return error_;
  }

 private:
  static void set(void* ctx, const prx_error* error) noexcept {
    auto& self = *static_cast<Reason*>(ctx);
    if (self.set_ || !sdk::is_whole(error)) return;
    self.error_ = sdk::from_abi(*error);
    self.set_ = true;
  }
  std::string who_;
  Error error_;
  bool set_ = false;
  const prx_fail fail_{sizeof(prx_fail), 0, this, &Reason::set};
};

}  // namespace

void Service::run() {
  do {
    run_posts();
    run_timers();
    if (!outbox_.flush() || !wait()) return;
  } while (read());
}

/// Until the host, a worker or a timer has something.
bool Service::wait() const {
  int patience = -1;
  if (!due_.empty()) {
    const std::int64_t left = due_.begin()->first - now_ns();
    patience =
        left <= 0 ? 0 : static_cast<int>(std::min<std::int64_t>(left / 1'000'000 + 1, 60'000));
  }
  pollfd waits[2] = {{socket_, POLLIN, 0}, {wake_, POLLIN, 0}};
  while (::poll(waits, 2, patience) < 0)
    if (errno != EINTR) return false;
  return true;
}

/// Takes what is there, without waiting. False when the host is gone.
bool Service::read() {
  pollfd waits[2] = {{socket_, POLLIN, 0}, {wake_, POLLIN, 0}};
  if (::poll(waits, 2, 0) <= 0) return true;
  std::uint64_t count = 0;
  if (waits[1].revents != 0 && ::read(wake_, &count, sizeof count) < 0) return errno == EINTR;
  if (waits[0].revents == 0) return true;
  if (in_.size() < in_end_ + kReadMax) in_.resize(in_end_ + kReadMax);
  const auto got = ::read(socket_, in_.data() + in_end_, kReadMax);
  if (got < 0) return errno == EINTR;
  if (got == 0) return false;
  in_end_ += static_cast<std::size_t>(got);
  handle_all();
  return true;
}

/// All frames that are whole; the rest moves to the front.
void Service::handle_all() {
  const std::string_view in(in_.data(), in_end_);
  std::size_t begin = 0;
  while (in.size() - begin >= sizeof(FrameHead)) {
    FrameHead head;
    std::memcpy(&head, in.data() + begin, sizeof head);
    const std::size_t at = begin + sizeof head;
    if (in.size() - at < head.size) break;
    begin = at + head.size;
    handle(head.kind, head.id, in.substr(at, head.size));
  }
  std::memmove(in_.data(), in_.data() + begin, in_end_ - begin);
  in_end_ -= begin;
}

void Service::handle(Kind kind, std::uint64_t id, std::string_view fields) {
  const FrameReader in(fields);
  switch (kind) {
    case Kind::kCreate:
      return create(in);
    case Kind::kStart:
      return start(id, in);
    case Kind::kCancel:
      return cancel(id);
    case Kind::kHead:
      return on_head(id, in);
    case Kind::kData:
      return on_data(id, in);
    case Kind::kEnd:
      return on_end(id, in);
    case Kind::kPing:
      return outbox_.send(Kind::kPong, id, [](FrameWriter&) {});
    case Kind::kRelease:
      if (Operation* const operation = find(id)) {
        operation->releasing = true;
        release_when_idle(*operation);
      }
      return;
    case Kind::kCredit:
      if (Operation* const operation = find(id))
        operation->gate.add_credit(FrameReader(in).number<std::int64_t>());
      return;
    default:
      return;
  }
}

Operation* Service::find(std::uint64_t id) {
  const auto found = operations_.find(id);
  return found == operations_.end() ? nullptr : found->second.get();
}

// --- the instance

void Service::create(FrameReader in) {
  provider_ = text(in.text());
  host_name_ = text(in.text());
  host_version_ = text(in.text());
  log_levels_ = in.number<std::uint32_t>();
  const std::string id = text(in.text()), kind = text(in.text()), config = text(in.text());
  const auto failed = [this](const Error& error) {
    outbox_.send(Kind::kFailed, 0, [&](FrameWriter& out) { put(out, sdk::to_abi(error)); });
  };
  for (prx_host* host : {&module_host_, &instance_host_}) {
    host->name = sdk::str(host_name_);
    host->version = sdk::str(host_version_);
  }
  if (text(loaded_.plugin->id) != id) {
    Error error;
    error.message = "its table says it is '" + text(loaded_.plugin->id) + "', its note says '" +
                    id + "'; correct one of them";
    return failed(error);
  }
  Reason init("init");
  if (const auto code = loaded_.plugin->init(&module_host_, init.c(), &module_); code != PRX_OK)
    return failed(init.take(code));
  Reason made("create");
  if (const auto code = loaded_.provider->create(module_, &instance_host_, sdk::str(kind),
                                                 sdk::str(config), made.c(), &instance_);
      code != PRX_OK)
    return failed(made.take(code));
  if (instance_ == nullptr) {
    Error error;
    error.message = "create returned PRX_OK and gave no instance; ask who made it";
    return failed(error);
  }
  std::string description;
  const auto add = [](void* ctx, prx_str piece) noexcept {
    static_cast<std::string*>(ctx)->append(sdk::view(piece));
  };
  const prx_text_out out{sizeof(prx_text_out), 0, &description, add};
  loaded_.provider->describe(instance_, &out);
  outbox_.send(Kind::kCreated, 0,
               [&](FrameWriter& writer) { writer.put(std::string_view(description)); });
}

// --- operations

void Service::start(std::uint64_t id, FrameReader in) {
  const auto credit = in.number<std::int64_t>();
  prx_request request = isolation::get_request(in);
  auto& operation =
      *(operations_[id] = std::make_unique<Operation>(id, outbox_, credit));  // ids come once
  operation.body = text(in.text());
  {
    const std::lock_guard lock(posts_mutex_);
    live_[id] = 0;
  }
  request.op_id = id;
  request.body = sdk::str(operation.body);
  const auto sink = sink_of(id);
  Reason reason(subject() + "start");
  const auto code = loaded_.provider->start(instance_, &request, &sink, reason.c(), &operation.op);
  operation.starting = false;
  if (code != PRX_OK) {
    operation.failed = true;
    drop_work(operation);
    return refuse(operation, reason.take(code));
  }
  if (operation.op == nullptr) {
    operation.failed = true;  // nothing to cancel or to release
    drop_work(operation);
    breach("a start that gave no operation");
    Error error;
    error.message = subject() + "plugin's start returned PRX_OK and gave no operation";
    return refuse(operation, error);
  }
  if (operation.events_in_start == 0) return;
  breach("an event from inside start");
  Error error;
  error.message = subject() + "plugin sent an event from inside start";
  refuse(operation, error);
}

void Service::cancel(std::uint64_t id) {
  Operation* const operation = find(id);
  if (operation == nullptr) return;
  operation->cancelled = true;
  operation->gate.stop();
  if (!operation->failed) loaded_.provider->cancel(operation->op);
}

void Service::release_when_idle(Operation& operation) {
  if (!operation.releasing || operation.workers > 0) return;
  const std::uint64_t id = operation.id;
  {
    const std::lock_guard lock(posts_mutex_);
    if (live_[id] > 0) return;
    live_.erase(id);
  }
  drop_work(operation);
  if (!operation.failed) loaded_.provider->release(operation.op);
  operations_.erase(id);
}

/// Exchanges and timers: the host ends the former by itself.
void Service::drop_work(Operation& operation) {
  if (operation.exchanges > 0)
    std::erase_if(exchanges_, [&](const auto& one) { return one.second.operation == &operation; });
  if (operation.timers == 0) return;
  std::vector<std::uint64_t> timers;
  for (const auto& [id, timer] : timers_)
    if (timer.operation == &operation) timers.push_back(id);
  for (const std::uint64_t id : timers) drop_timer(id);
}

// --- exchanges

void Service::on_head(std::uint64_t id, FrameReader in) {
  const auto found = exchanges_.find(id);
  prx_http_head head{};
  if (found == exchanges_.end() || !isolation::get_head(in, head, headers_)) return;
  const prx_http_sink sink = found->second.sink;
  sink.head(sink.ctx, &head);
}

/// The piece is in this process's own memory, where a decoder may work in place.
void Service::on_data(std::uint64_t id, FrameReader in) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  const prx_str piece = in.text();
  const prx_http_sink sink = found->second.sink;
  sink.data(sink.ctx, const_cast<char*>(piece.ptr), piece.len);
}

void Service::on_end(std::uint64_t id, FrameReader in) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  const prx_http_end end = isolation::get_end(in);
  const prx_http_sink sink = found->second.sink;
  --found->second.operation->exchanges;
  exchanges_.erase(found);
  sink.end(sink.ctx, &end);
}

// --- what was asked for later

void Service::run_posts() {
  std::vector<Post> posts;
  {
    const std::lock_guard lock(posts_mutex_);
    posts.swap(posts_);
  }
  for (const Post& post : posts) {
    Operation* const operation = find(post.operation);
    if (operation == nullptr) continue;
    if (post.task == nullptr) {
      --operation->workers;
    } else {
      if (!operation->failed) post.task(post.ctx);
      const std::lock_guard lock(posts_mutex_);
      --live_[post.operation];
    }
    release_when_idle(*operation);
  }
}

void Service::run_timers() {
  const std::int64_t now = now_ns();
  while (!due_.empty() && due_.begin()->first <= now) {
    const Timer timer = timers_.at(due_.begin()->second);
    drop_timer(due_.begin()->second);
    timer.task(timer.ctx);
  }
}

void Service::drop_timer(std::uint64_t id) {
  const auto found = timers_.find(id);
  if (found == timers_.end()) return;
  --found->second.operation->timers;
  due_.erase({found->second.due_ns, id});
  timers_.erase(found);
}

}  // namespace prx::plugin_host
