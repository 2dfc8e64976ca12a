#include "client/attempt_run.hpp"

namespace prx::driver {

namespace {

std::chrono::microseconds microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time);
}

constexpr std::size_t kUsualEvents = 8;  // that are held of an answer in one piece

/// What an attempt cost: nothing when the provider refused it, else what it says, if it does.
std::optional<double> cost_of(const Attempt& attempt, const Error* error) {
  if (attempt.usage.cost) return attempt.usage.cost;
  if (error == nullptr) return std::nullopt;
  const bool stopped =
      error->error_class == ErrorClass::kCancelled || error->error_class == ErrorClass::kTimeout;
  const bool refused = attempt.http_status >= 400 || error->phase == Phase::kConnect ||
                       (attempt.exchanges == 0 && !stopped);
  return refused && !attempt.first_token ? std::optional(0.0) : std::nullopt;
}

}  // namespace

bool AttemptRun::hold(const StreamEvent& event) {
  if (stream && !first_token && held_.size() >= kEventsMax) return false;
  if (held_.empty()) held_.reserve(kUsualEvents);
  held_bytes_ += held_.emplace_back(event).size() + kEventCost;
  return held_bytes_ <= kHeldMax;
}

Attempt AttemptRun::trail(const ProviderConfig& config, MonotonicTime now, const Error* error) {
  Attempt attempt;
  attempt.provider = config.name;
  attempt.model = model_;
  attempt.reason = start_.reason;
  if (start_.key < config.keys.size()) attempt.key_label = config.keys[start_.key].label;
  attempt.wait = microseconds(start_.wait);
  if (error != nullptr) attempt.error = *error;
  if (first_token) attempt.first_token = microseconds(*first_token - started_at_);
  attempt.total = microseconds(now - started_at_);
  attempt.refused_unsent = !operation_ || operation_->stats().refused;
  if (operation_) {
    const OperationStats& stats = operation_->stats();
    if (stats.connected) attempt.connected = microseconds(*stats.connected);
    if (stats.head) attempt.head = microseconds(*stats.head);
    attempt.http_status = stats.http_status;
    attempt.http_version = stats.http_version;
    attempt.connection_reused = stats.reused;
    attempt.exchanges = stats.exchanges;
    attempt.bytes = stats.bytes;
  }
  const ChatResponse& response = answer_.response();
  attempt.generation_id = response.id;
  attempt.served_model = response.model;
  attempt.served_by = response.served_by;
  attempt.usage = response.usage;
  attempt.cost = cost_of(attempt, error);
  return attempt;
}

}  // namespace prx::driver
