/// \file http_operation.hpp
/// HttpOperation: runs the exchanges of one operation of an HttpProvider. For the layer itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "prx/plugin.h"
#include "prx/sdk/event_writer.hpp"
#include "prx/sdk/host.hpp"
#include "prx/sdk/http_provider.hpp"
#include "prx/sdk/operation.hpp"

namespace prx::sdk::detail {

/// How long the body of a rejected status may take: the status decides, the body only explains, and
/// a server in trouble may never send the rest of it.
inline constexpr std::int64_t kErrorBodyWaitMs = 2000;

/// Everything on the operation's loop. The decoder is never entered twice: a cancel that comes from
/// inside an event takes effect when the decoder returned.
class HttpOperation final : public Operation {
 public:
  HttpOperation(const HttpProvider& provider, const Request& request, const prx_sink& sink)
      : host_(provider.host()),
        op_id_(request.op_id),
        body_(request.body),
        out_(sink),
        decoder_(provider.decoder(request, out_.sink())) {}

  [[nodiscard]] Result<void> send(const HttpCall& call) {
    if (decoder_ == nullptr)
      return fail(ErrorClass::kInternal, "bug in the plugin: decoder() returned a null pointer");
    if (call.headers.size() + call.common_headers.size() > kHeadersMax)
      return fail(ErrorClass::kInvalidRequest, "more than 64 headers in one request");
    std::array<prx_kv, kHeadersMax> headers;  // NOLINT: filled below as far as it is read
    std::size_t count = 0;
    for (const Header& each : call.common_headers)
      headers[count++] = {str(each.name), str(each.value)};
    for (const Header& each : call.headers) headers[count++] = {str(each.name), str(each.value)};
    prx_http_req request{};
    request.size = sizeof request;
    request.op_id = op_id_;
    request.method = str(call.method);
    request.url = str(call.url);
    request.headers = headers.data();
    request.header_count = count;
    request.key_header = str(call.key_header);
    request.key_prefix = str(call.key_prefix);
    request.body = call.body ? str(*call.body) : str(body_);
    request.connect_timeout_ms = request.head_timeout_ms = request.idle_timeout_ms = -1;
    const prx_http_sink sink{sizeof sink, 0, this, &on_head, &on_data, &on_end};
    status_ = 0;
    PRX_TRY_SET(exchange_, host_.send(request, sink));
    ++exchanges_;
    return {};
  }

  void cancel() override {
    cancelled_ = true;
    if (!deciding_) stop();
  }
  void abandon() override { drop_exchange(); }

 private:
  static void on_head(void* self, const prx_http_head* head) noexcept {
    auto& operation = *static_cast<HttpOperation*>(self);
    operation.status_ = head->status;
    if (is_rejection(head->status)) operation.start_timer();
    operation.decode([head](Decoder& decoder, EventWriter& out) {
      decoder.head({head->status, {head->headers, head->header_count}}, out);
    });
  }
  static void on_data(void* self, char* bytes, std::size_t size) noexcept {
    static_cast<HttpOperation*>(self)->decode(
        [bytes, size](Decoder& decoder, EventWriter& out) { decoder.data(bytes, size, out); });
  }
  static void on_end(void* self, const prx_http_end* end) noexcept {
    auto& operation = *static_cast<HttpOperation*>(self);
    operation.exchange_ = 0;
    operation.stop_timer();
    operation.decode([end, &operation](Decoder& decoder, EventWriter& out) {
      if (end->code == PRX_OK)
        decoder.finish(out);
      else
        decoder.broken(operation.outcome(from_abi(*end)), out);
    });
    if (!operation.out_.ended()) operation.send_next();
  }
  static void on_timer(void* self) noexcept {
    auto& operation = *static_cast<HttpOperation*>(self);
    operation.timer_ = 0;
    operation.drop_exchange();
    operation.decode([&operation](Decoder& decoder, EventWriter& out) {
      Error slow;
      slow.message = "its body did not end within " + std::to_string(kErrorBodyWaitMs) + " ms";
      decoder.broken(operation.outcome(std::move(slow)), out);
    });
    if (!operation.out_.ended()) operation.send_next();
  }

  /// What an exchange that broke means: a rejected status says more than the fate of its body.
  [[nodiscard]] Error outcome(Error broken) const {
    if (!is_rejection(status_)) return broken;
    Error rejected = status_error(status_, "the server");
    rejected.message += "; " + broken.message;
    return rejected;
  }

  template <class Step>
  void decode(Step&& step) noexcept {
    if (out_.ended()) return;
    deciding_ = true;
    guard([&] { step(*decoder_, out_); }, [this](const prx_error& bug) { out_.error(bug); });
    deciding_ = false;
    if (out_.ended()) stop_timer();
    if (cancelled_ || !out_.wanted()) stop();
  }

  void send_next() noexcept {
    guard(
        [this] {
          const std::optional<HttpCall> call = decoder_->next();
          if (!call)
            return out_.error(internal_error("bug in the plugin: an answer without an end"));
          if (exchanges_ >= kExchangesMax)
            return out_.error(
                internal_error("bug in the plugin: more than 8 requests in one operation"));
          if (const Result<void> sent = send(*call); !sent) out_.error(sent.error());
        },
        [this](const prx_error& bug) { out_.error(bug); });
  }

  /// Ends what has no end yet as cancelled. An exchange whose answer is complete but for its last
  /// bytes is left to release(), so that its connection can go back to the pool.
  void stop() noexcept {
    if (out_.ended()) return;
    drop_exchange();
    guard([this] { decoder_->broken(cancelled_error(), out_); },
          [this](const prx_error& bug) { out_.error(bug); });
    out_.error(cancelled_error());
  }
  void start_timer() {
    const prx_exec* const exec = host_.exec();
    if (exec != nullptr && timer_ == 0 && !out_.ended())
      timer_ = exec->timer(host_.abi(), op_id_, kErrorBodyWaitMs, &on_timer, this);
  }
  void stop_timer() {
    if (const std::uint64_t id = std::exchange(timer_, 0); id != 0)
      host_.exec()->timer_cancel(host_.abi(), id);
  }
  void drop_exchange() {
    stop_timer();
    if (const std::uint64_t id = std::exchange(exchange_, 0); id != 0) host_.cancel_send(id);
  }

  const Host host_;
  const std::uint64_t op_id_;
  const std::string_view body_;
  EventWriter out_;
  const std::unique_ptr<Decoder> decoder_;
  std::uint64_t exchange_ = 0;  ///< 0: none in flight
  std::uint64_t timer_ = 0;     ///< of the body of a rejected status; 0: none
  int status_ = 0;              ///< of the exchange in flight, once its head came
  int exchanges_ = 0;
  bool cancelled_ = false;
  bool deciding_ = false;
};

}  // namespace prx::sdk::detail
