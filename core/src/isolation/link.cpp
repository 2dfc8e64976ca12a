#include "isolation/link.hpp"

#include <utility>

#include "prx/sdk/abi.hpp"

namespace prx::isolation {

namespace {
constexpr std::size_t kHeadRoom = 64u << 10;  // of a frame, for what is not the body
}  // namespace

Link::Link(const Ground& ground, LinkOptions options)
    : ground_(ground), options_(std::move(options)) {}

Link::~Link() {
  if (channel_) channel_->close();
}

/// As the lines of a plugin in this process begin.
void Link::log(LogLevel level, const std::string& line) const {
  ground_.log.write(level, "provider " + options_.provider + ": " + line);
}

/// In an error.
std::string Link::its_process(const std::string& what) const {
  return "provider '" + options_.provider + "': its process " + what;
}

RemoteOperation* Link::find(std::uint64_t id) {
  const auto found = operations_.find(id);
  return found == operations_.end() ? nullptr : found->second.get();
}

RemoteOperation& Link::start(const prx_host& host, const prx_request& request,
                             const prx_sink& sink) {
  auto& owner = operations_[request.op_id];
  owner = std::make_unique<RemoteOperation>();
  RemoteOperation& operation = *owner;
  operation.link = this;
  operation.id = request.op_id;
  operation.host = &host;
  operation.sink = sink;
  operation.body = request.body;
  const auto write = [&](FrameWriter& out) {
    out.put(kCreditMax);
    put_request(out, request);
    out.put(request.body);
  };
  if (request.body.len + request.model.len > kFrameMax - kHeadRoom) {
    fail_later(operation, ErrorClass::kInvalidRequest,
               "provider '" + options_.provider +
                   "': the body and the model's name are more than 64 MiB together, which an "
                   "isolated plugin cannot be given");
    return operation;
  }
  if (state_ == State::kUp) {
    operation.process = process_;
    auto out = channel_->frame(Kind::kStart, operation.id);
    write(out);
    watch();
    return operation;
  }
  const auto now = ground_.loop.now();
  if (state_ == State::kDown && now < restarts_.next()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(restarts_.next() - now);
    fail_later(operation, ErrorClass::kInternal,
               its_process(last_end_ + "; it is started again " + in_words(left)));
    return operation;
  }
  FrameWriter out(operation.waiting, Kind::kStart, operation.id);
  write(out);
  if (state_ == State::kDown) launch();
  return operation;
}

void Link::cancel(RemoteOperation& operation) {
  operation.cancelled = true;
  if (operation.ended) return;
  operation.waiting.clear();  // its end may come after its process
  if (!serves(operation))
    return fail_later(operation, ErrorClass::kCancelled,
                      operation.process == 0 ? "cancelled before its process had started"
                                             : "cancelled after its process had ended");
  channel_->send(Kind::kCancel, operation.id);
  if (operation.cancel_timer != 0) return;
  operation.cancel_timer =
      ground_.loop.start_timer(kCancelMax, [weak = weak_from_this(), id = operation.id] {
        const auto self = weak.lock();
        RemoteOperation* const found = self ? self->find(id) : nullptr;
        if (found == nullptr) return;
        found->cancel_timer = 0;
        if (found->ended || !self->serves(*found)) return;
        self->lose("did not end an operation within " + std::to_string(kCancelMax.count()) +
                   " ms of its cancel, and was killed");
      });
}

void Link::release(RemoteOperation& operation) {
  if (serves(operation)) channel_->send(Kind::kRelease, operation.id);
  stop_cancel_timer(operation);
  operations_.erase(operation.id);
}

void Link::pause(RemoteOperation& operation, bool on) {
  operation.paused = on;
  if (!on) send_credit(operation);
}

void Link::give_up(const std::string& why) {
  if (state_ == State::kUp) lose("was killed: " + why);
}

void Link::deliver(RemoteOperation& operation, const prx_event& event) {
  if (event.type >= PRX_EV_DONE) {
    operation.ended = true;
    stop_cancel_timer(operation);
  }
  static_cast<void>(operation.sink.event(operation.sink.ctx, &event));  // a cancel comes by itself
}

void Link::stop_cancel_timer(RemoteOperation& operation) {
  if (operation.cancel_timer != 0)
    ground_.loop.cancel_timer(std::exchange(operation.cancel_timer, 0));
}

void Link::fail(RemoteOperation& operation, ErrorClass error_class, const std::string& message) {
  if (operation.ended) return;
  operation.waiting.clear();
  drop_exchanges(operation);
  Error error;
  error.error_class = operation.cancelled ? ErrorClass::kCancelled : error_class;
  error.message = message;
  if (error.error_class == ErrorClass::kInternal) error.provider_code = kEndedCode;
  const prx_error reason = sdk::to_abi(error);
  prx_event event{};
  event.size = sizeof event;
  event.type = PRX_EV_ERROR;
  event.error = &reason;
  deliver(operation, event);
}

void Link::fail_later(RemoteOperation& operation, ErrorClass error_class, std::string message) {
  ground_.loop.post(
      [weak = weak_from_this(), id = operation.id, error_class, text = std::move(message)] {
        const auto self = weak.lock();
        if (!self) return;
        if (RemoteOperation* const found = self->find(id)) self->fail(*found, error_class, text);
      });
}

}  // namespace prx::isolation
