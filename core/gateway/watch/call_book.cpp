#include "gateway/watch/call_book.hpp"

#include <utility>

namespace prx::gateway {

namespace {

BookedAttempt booked(const Measurement& measurement) {
  const Attempt& attempt = *measurement.attempt;
  return {attempt.provider,    attempt.model, attempt.reason, std::string(measurement.error_type),
          attempt.http_status, attempt.wait,  attempt.total,  attempt.first_token};
}

}  // namespace

void CallBook::take(const Measurement& measurement, std::chrono::system_clock::time_point now) {
  if (measurement.call.empty()) return;  // health checks and lists of models are no calls
  if (measurement.kind == Measurement::Kind::kAttempt) {
    std::string id(measurement.call);
    // Those whose call has ended before them would stay for ever.
    if (open_.size() >= kOpenMax && !open_.contains(id)) open_.clear();
    open_[std::move(id)].push_back(booked(measurement));
    return;
  }
  BookedCall call;
  call.ended = now;
  call.id = measurement.call;
  call.operation = measurement.operation;
  call.provider = measurement.instance;
  call.model = measurement.request_model;
  call.served_model = measurement.response_model;
  call.finish_reason = measurement.finish_reason;
  call.error_type = measurement.error_type;
  call.duration = measurement.duration;
  call.first_chunk = measurement.first_chunk;
  call.input_tokens = measurement.input_tokens;
  call.output_tokens = measurement.output_tokens;
  if (!measurement.cost_uncertain) call.cost = measurement.cost;
  if (auto node = open_.extract(call.id)) call.attempts = std::move(node.mapped());
  calls_.push_back(std::move(call));
  if (calls_.size() > kCallsMax) calls_.pop_front();
}

}  // namespace prx::gateway
