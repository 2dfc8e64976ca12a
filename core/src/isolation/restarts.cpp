#include "isolation/restarts.hpp"

#include <algorithm>
#include <utility>

namespace prx::isolation {

std::chrono::milliseconds Restarts::wait_after(unsigned ends) {
  constexpr unsigned kDoublingsMax = 16;
  if (ends < 2) return {};
  return std::min(kBackoffBase * (1 << std::min(ends - 2, kDoublingsMax)), kBackoffMax);
}

std::chrono::milliseconds Restarts::ended(MonotonicTime now) {
  const auto since = std::exchange(up_since_, std::nullopt);
  if (since && now - *since >= kStableAfter) ends_ = 0;
  const auto wait = wait_after(++ends_);
  next_ = now + wait;
  return wait;
}

}  // namespace prx::isolation
