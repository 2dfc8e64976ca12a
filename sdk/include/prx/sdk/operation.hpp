/// \file operation.hpp
/// What the layer keeps per running operation, and the request as C++ sees it. For the layer
/// itself; a provider's author starts at op.hpp or http_provider.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "prx/plugin.h"
#include "prx/sdk/abi.hpp"

namespace prx::sdk {

enum class OpKind : std::uint32_t {
  kChat = PRX_OP_CHAT,
  kModels = PRX_OP_MODELS,
  kHealth = PRX_OP_HEALTH,
  kWarmup = PRX_OP_WARMUP,
  kAccount = PRX_OP_ACCOUNT,
  kCall = PRX_OP_CALL,
};

/// prx_request in C++. How long the views last is said where a Request is handed out; `body` always
/// lasts as long as the operation.
struct Request {
  OpKind kind = OpKind::kChat;  ///< may hold a value that this header does not know
  bool stream = false;          ///< the body asks for a stream
  bool want_frame = false;      ///< fill prx_event::frame
  std::uint32_t attempt = 1;    ///< 1 for the first attempt of a call
  std::uint32_t shape = 0;      ///< a provider's own, see HttpProvider::choose
  std::uint64_t op_id = 0;
  std::int64_t deadline_ns = INT64_MAX;
  std::string_view model{}, body{}, request_id{}, idempotency_key{}, traceparent{};
};

[[nodiscard]] inline Request to_request(const prx_request& request) {
  Request out;
  out.kind = static_cast<OpKind>(request.op);
  out.stream = (request.flags & PRX_RF_STREAM) != 0;
  out.want_frame = (request.flags & PRX_RF_WANT_FRAME) != 0;
  out.attempt = request.attempt;
  out.op_id = request.op_id;
  out.deadline_ns = request.deadline_ns;
  out.model = view(request.model);
  out.body = view(request.body);
  out.request_id = view(request.request_id);
  out.idempotency_key = view(request.idempotency_key);
  out.traceparent = view(request.traceparent);
  return out;
}

/// The object behind the `op` of prx_provider::start. The host holds it from start to release;
/// others (a worker, a timer) may hold it beyond that, hence shared.
class Operation : public std::enable_shared_from_this<Operation> {
 public:
  Operation() = default;
  virtual ~Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  /// The host asks for the end; may come twice and after the end. On the loop.
  virtual void cancel() = 0;
  /// The host is done with it: stop what still runs. On the loop.
  virtual void abandon() = 0;

  /// Hands an operation to the host.
  [[nodiscard]] static void* give(const std::shared_ptr<Operation>& operation) {
    operation->held_by_host_ = operation;
    return operation.get();
  }
  static void cancel(void* op) { static_cast<Operation*>(op)->cancel(); }
  static void release(void* op) {
    const auto last = std::move(static_cast<Operation*>(op)->held_by_host_);
    last->abandon();
  }

 private:
  std::shared_ptr<Operation> held_by_host_;
};

[[nodiscard]] inline Error cancelled_error() {
  Error error;
  error.error_class = ErrorClass::kCancelled;
  error.message = "cancelled";
  return error;
}

[[nodiscard]] inline Error internal_error(std::string_view message) {
  Error error;
  error.message = message;
  return error;
}

}  // namespace prx::sdk
