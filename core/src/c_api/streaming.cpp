// Answers that come piece by piece, pushed and pulled.

#include "c_api/guard.hpp"
#include "c_api/options.hpp"

namespace prx::c_api {

PushSink::PushSink(const prx_call_sink& sink, std::stop_token outer)
    : sink_(sink), outer_(std::move(outer), [this] { stop_.request_stop(); }) {}

namespace {
thread_local const PushSink* calling = nullptr;  ///< whose callback runs on this thread
}

PushSink::Running::Running(PushSink& sink) : sink_(sink), before_(std::exchange(calling, &sink)) {
  sink_.running_ = true;
}
PushSink::Running::~Running() {
  calling = before_;
  sink_.running_ = false;
  if (sink_.silent_) sink_.running_.notify_all();
}

void PushSink::wait_for_callback() const {
  if (calling != this) running_.wait(true);
}

void PushSink::on_event(const StreamEvent& event) {
  if (sink_.event == nullptr || stopped_) return;
  const auto self = shared_from_this();
  const Running running(*this);
  if (silent_) return;
  const prx_stream_event out = to_c(event);
  if (sink_.event(sink_.ctx, &out) == 0) return;
  stopped_ = true;
  cancel();
}

void PushSink::on_end(ChatResult result) {
  const auto self = shared_from_this();
  const Running running(*this);
  if (silent_) return;
  prx_response* response = nullptr;
  prx_failure* failure = nullptr;
  guarded(&failure, [&]() -> Done {
    if (!result) return Unexpected(std::move(result).error());
    response = std::make_unique<prx_response>(std::move(*result)).release();
    return {};
  });
  sink_.end(sink_.ctx, response, failure);
}

/// Under the lock, so that nobody resumes it in between; off the loop both are only posted.
void PushSink::know(Call& call) {
  const std::lock_guard lock(mutex_);
  call_ = &call;
  if (pause_wanted_) call.pause();
}

Call* PushSink::known(bool pause_wanted) {
  const std::lock_guard lock(mutex_);
  pause_wanted_ = pause_wanted;
  return call_;
}

void PushSink::pause() {
  if (Call* const call = known(true)) call->pause();
}

void PushSink::resume() {
  if (Call* const call = known(false)) call->resume();
}

namespace {

Done start(prx_client* client, const prx_chat_request* asked, const prx_call_options* how,
           const prx_call_sink* given, prx_call** out) {
  if (client == nullptr) return refused("the client is NULL");
  if (given == nullptr) return refused("the sink is NULL");
  if (out == nullptr) return refused("the place for the call is NULL");
  PRX_TRY_SET(const auto sink, read(given));
  PRX_TRY_SET(const auto request, request_of(asked));
  PRX_TRY_SET(auto options, call_options_of(how));
  auto call = std::make_unique<prx_call>();
  call->sink = std::make_shared<PushSink>(sink, options.stop);  // shared with its callbacks
  options.stop = call->sink->token();
  *out = call.get();  // before the first callback, which may free it
  call->call = client->client->start(request, options, *call->sink);
  call->sink->know(*call->call);
  if (call->holders.fetch_sub(1) == 2) static_cast<void>(call.release());  // the host's
  return {};
}

Done stream(prx_client* client, const prx_chat_request* asked, const prx_call_options* how,
            prx_stream** out) {
  if (client == nullptr) return refused("the client is NULL");
  if (out == nullptr) return refused("the place for the stream is NULL");
  PRX_TRY_SET(const auto request, request_of(asked));
  PRX_TRY_SET(const auto options, call_options_of(how));
  auto made = std::make_unique<prx_stream>();
  made->stream = client->client->stream(request, options);
  *out = made.release();
  return {};
}

Done finish(prx_stream* stream, prx_response** response) {
  if (stream == nullptr) return refused("the stream is NULL");
  ChatResult result = stream->stream->result();
  if (!result) return Unexpected(std::move(result).error());
  if (response != nullptr) *response = std::make_unique<prx_response>(std::move(*result)).release();
  return {};
}

}  // namespace

}  // namespace prx::c_api

std::int32_t prx_client_start(prx_client* client, const prx_chat_request* request,
                              const prx_call_options* options, const prx_call_sink* sink,
                              prx_call** call, prx_failure** failure) PRX_NOEXCEPT {
  if (call != nullptr) *call = nullptr;
  const std::int32_t code = prx::c_api::guarded(
      failure, [&] { return prx::c_api::start(client, request, options, sink, call); });
  if (code != PRX_OK && call != nullptr) *call = nullptr;
  return code;
}

void prx_call_cancel(prx_call* call) PRX_NOEXCEPT {
  if (call != nullptr) prx::c_api::quietly([&] { call->sink->cancel(); });
}

void prx_call_pause(prx_call* call) PRX_NOEXCEPT {
  if (call != nullptr) prx::c_api::quietly([&] { call->sink->pause(); });
}

void prx_call_resume(prx_call* call) PRX_NOEXCEPT {
  if (call != nullptr) prx::c_api::quietly([&] { call->sink->resume(); });
}

void prx_call_free(prx_call* call) PRX_NOEXCEPT {
  if (call == nullptr) return;
  const auto sink = call->sink;
  sink->silence();
  sink->cancel();
  if (call->holders.fetch_sub(1) != 1)  // prx_client_start() frees it when it returns
    return sink->wait_for_callback();
  prx::c_api::quietly([&] { const std::unique_ptr<prx_call> gone(call); });
}

std::int32_t prx_client_stream(prx_client* client, const prx_chat_request* request,
                               const prx_call_options* options, prx_stream** stream,
                               prx_failure** failure) PRX_NOEXCEPT {
  if (stream != nullptr) *stream = nullptr;
  return prx::c_api::guarded(failure,
                             [&] { return prx::c_api::stream(client, request, options, stream); });
}

const prx_stream_event* prx_stream_next(prx_stream* stream) PRX_NOEXCEPT {
  const prx::StreamEvent* event = nullptr;
  if (stream != nullptr) prx::c_api::quietly([&] { event = stream->stream->next(); });
  if (event == nullptr) return nullptr;
  stream->event = prx::c_api::to_c(*event);
  return &stream->event;
}

std::int32_t prx_stream_finish(prx_stream* stream, prx_response** response,
                               prx_failure** failure) PRX_NOEXCEPT {
  if (response != nullptr) *response = nullptr;
  return prx::c_api::guarded(failure, [&] { return prx::c_api::finish(stream, response); });
}

void prx_stream_cancel(prx_stream* stream) PRX_NOEXCEPT {
  if (stream != nullptr) prx::c_api::quietly([&] { stream->stream->cancel(); });
}

void prx_stream_free(prx_stream* stream) PRX_NOEXCEPT {
  prx::c_api::quietly([&] { const std::unique_ptr<prx_stream> gone(stream); });
}
