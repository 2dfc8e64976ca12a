#include "client/exchange.hpp"

#include <utility>
#include <vector>

#include "client/abi_convert.hpp"
#include "client/operation.hpp"

namespace prx::driver {

void Exchange::cancel() {
  if (!running_) return;
  running_ = false;
  transport_.cancel(id_);
}

void Exchange::pause() {
  if (running_) transport_.pause(id_);
}

void Exchange::resume() {
  if (running_) transport_.resume(id_);
}

void Exchange::set_idle(std::optional<std::chrono::milliseconds> limit) {
  if (running_) transport_.set_idle(id_, limit);
}

void Exchange::detach() {
  operation_ = nullptr;
  transport_.resume(id_);
}

void Exchange::on_head(const http::Head& head) {
  if (operation_ == nullptr) return;
  std::vector<prx_kv> headers;
  headers.reserve(head.headers.size());
  for (const auto& header : head.headers)
    headers.push_back({to_c(header.name), to_c(header.value)});
  prx_http_head out{};
  out.size = sizeof out;
  out.status = head.status;
  out.http_version = static_cast<std::uint32_t>(head.version);
  out.flags = head.reused ? PRX_HTTP_REUSED : 0;
  out.headers = headers.data();
  out.header_count = headers.size();
  operation_->exchange_head(head);
  if (running_ && operation_ != nullptr && operation_->plugin_listens())
    sink_.head(sink_.ctx, &out);
}

void Exchange::on_data(char* bytes, std::size_t size) {
  if (operation_ == nullptr) {
    drained_ += size;
    if (drained_ > kDrainBytesMax) cancel();
    return;
  }
  operation_->exchange_data(size);
  if (operation_->plugin_listens()) sink_.data(sink_.ctx, bytes, size);
}

void Exchange::on_end(const http::End& end) {
  running_ = false;
  if (operation_ == nullptr) return;
  operation_->exchange_end(end);
  if (!operation_->plugin_listens()) return;
  prx_http_end out{};
  out.size = sizeof out;
  out.bytes = end.bytes;
  if (end.error) {
    out.code = static_cast<std::int32_t>(end.error->error_class);
    out.phase = static_cast<std::int32_t>(end.error->phase);
    out.message = to_c(end.error->message);
  }
  sink_.end(sink_.ctx, &out);
}

}  // namespace prx::driver
