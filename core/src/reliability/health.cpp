#include "reliability/health.hpp"

#include <algorithm>

#include "reliability/backoff.hpp"

namespace prx::reliability {

namespace {

Milliseconds rest_of(Milliseconds retry_after) {
  return std::clamp<Milliseconds>(retry_after, Milliseconds{0}, Lane::kRestMax);
}

}  // namespace

KeyCooling& Lane::key(std::size_t index) {
  if (index >= keys.size()) keys.resize(index + 1);
  return keys[index];
}

void Lane::limited(std::size_t index, const Error& error, const ReliabilityConfig& policy,
                   MonotonicTime now) {
  KeyCooling& cooling = key(index);
  if (error.retry_after) {
    cooling.limits = 0;
    cooling.until = std::max(cooling.until, now + rest_of(*error.retry_after));
    return;
  }
  if (cooling.until > now && cooling.limits > 0) return;
  ++cooling.limits;
  cooling.until = std::max(cooling.until, now + unnamed_cooling(cooling.limits, policy));
}

void Lane::pause(Milliseconds retry_after, MonotonicTime now, ErrorClass after) {
  const MonotonicTime until = now + rest_of(retry_after);
  if (until <= cools_until) return;
  cools_until = until;
  cools_after = after;
}

void KeyLane::record(std::size_t key, const Error* error, MonotonicTime now) {
  if (error == nullptr) {
    if (key < keys.size()) keys[key] = {{}, true};
    return;
  }
  if (error->error_class != ErrorClass::kAuth && error->error_class != ErrorClass::kCredit) return;
  rest(key, now + kCooling);
}

void KeyLane::rest(std::size_t key, MonotonicTime until) {
  if (key >= keys.size()) keys.resize(key + 1);
  keys[key] = {until, false};
}

Lane& Health::lane(std::string_view name, MonotonicTime now) {
  if (const auto found = lanes_.find(name); found != lanes_.end()) return *found->second;
  if (lanes_.size() >= kLanesMax) forget_idle(now);
  if (lanes_.size() >= kLanesMax) return overflow_;
  return *(lanes_[std::string(name)] = std::make_unique<Lane>());
}

void Health::forget_idle(MonotonicTime now) {
  std::erase_if(lanes_, [&](const auto& entry) {
    const Lane& lane = *entry.second;
    const auto rests = [&](const KeyCooling& key) { return key.until > now; };
    return lane.users == 0 && lane.breaker.state(now) == Breaker::State::kClosed &&
           lane.cools_until <= now && std::none_of(lane.keys.begin(), lane.keys.end(), rests);
  });
}

KeyLane& Health::keys(std::string_view provider) {
  if (const auto found = keys_.find(provider); found != keys_.end()) return *found->second;
  return *(keys_[std::string(provider)] = std::make_unique<KeyLane>());
}

Breaker& Health::plugin(std::string_view name) {
  if (Breaker* const known = find_plugin(name)) return *known;
  return *(plugins_[std::string(name)] = std::make_unique<Breaker>());
}

void Health::forget_keys() {
  std::erase_if(keys_, [](const auto& entry) { return entry.second->users == 0; });
  for (auto& [name, keys] : keys_) keys->forget();
}

void Health::forget_plugins() {
  std::erase_if(plugins_, [](const auto& entry) { return !entry.second->probing(); });
  for (auto& [name, breaker] : plugins_) breaker->forget();
}

}  // namespace prx::reliability
