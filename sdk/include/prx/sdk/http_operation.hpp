/// \file http_operation.hpp
/// HttpOperation: runs the exchanges of one operation of an HttpProvider. For the layer itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "prx/plugin.h"
#include "prx/sdk/event_writer.hpp"
#include "prx/sdk/host.hpp"
#include "prx/sdk/http_provider.hpp"
#include "prx/sdk/operation.hpp"

namespace prx::sdk::detail {

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
    static_cast<HttpOperation*>(self)->decode([head](Decoder& decoder, EventWriter& out) {
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
    operation.decode([end](Decoder& decoder, EventWriter& out) {
      if (end->code == PRX_OK)
        decoder.finish(out);
      else
        decoder.broken(from_abi(*end), out);
    });
    if (!operation.out_.ended()) operation.send_next();
  }

  template <class Step>
  void decode(Step&& step) noexcept {
    if (out_.ended()) return;
    deciding_ = true;
    guard([&] { step(*decoder_, out_); }, [this](const prx_error& bug) { out_.error(bug); });
    deciding_ = false;
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
  void drop_exchange() {
    if (const std::uint64_t id = std::exchange(exchange_, 0); id != 0) host_.cancel_send(id);
  }

  const Host host_;
  const std::uint64_t op_id_;
  const std::string_view body_;
  EventWriter out_;
  const std::unique_ptr<Decoder> decoder_;
  std::uint64_t exchange_ = 0;  ///< 0: none in flight
  int exchanges_ = 0;
  bool cancelled_ = false;
  bool deciding_ = false;
};

}  // namespace prx::sdk::detail
