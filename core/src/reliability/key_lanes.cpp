#include "reliability/key_lanes.hpp"

namespace prx::reliability {

std::string KeyLanes::name(const std::string& provider, std::size_t key) {
  return provider + '#' + std::to_string(key);
}

void KeyLanes::record(const std::string& provider, std::size_t key, const Error* error,
                      MonotonicTime now) {
  if (error == nullptr) {
    if (!until_.empty()) until_.erase(name(provider, key));
    return;
  }
  const bool dead =
      error->error_class == ErrorClass::kAuth || error->error_class == ErrorClass::kCredit;
  if (dead) until_[name(provider, key)] = now + kCooling;
}

bool KeyLanes::cooling(const std::string& provider, std::size_t key, MonotonicTime now) const {
  const auto found = until_.find(name(provider, key));
  return found != until_.end() && found->second > now;
}

std::size_t KeyLanes::pick(const std::string& provider, std::size_t count,
                           MonotonicTime now) const {
  if (until_.empty()) return 0;
  std::size_t best = 0;
  MonotonicTime soonest = MonotonicTime::max();
  for (std::size_t key = 0; key < count; ++key) {
    const auto found = until_.find(name(provider, key));
    if (found == until_.end() || found->second <= now) return key;
    if (found->second < soonest) {
      soonest = found->second;
      best = key;
    }
  }
  return best;
}

}  // namespace prx::reliability
