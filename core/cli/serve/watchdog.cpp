#include "cli/serve/watchdog.hpp"

#include <algorithm>

namespace prx::cli {

using std::chrono::milliseconds;

Watchdog::Watchdog(const ServiceManager& manager, const gateway::Gateway& gateway)
    : manager_(manager), gateway_(gateway), answered_(std::make_shared<std::atomic<bool>>(true)) {}

milliseconds Watchdog::patience(milliseconds longest) const {
  if (!manager_.watchdog()) return longest;
  const auto rest = std::chrono::ceil<milliseconds>(due_ - Clock::now());
  return std::clamp(rest, milliseconds(0), longest);
}

void Watchdog::look() {
  if (!manager_.watchdog() || Clock::now() < due_) return;
  if (!answered_->exchange(false)) {  // looked for more often, so that a slow turn is not missed
    due_ = Clock::now() + std::max(*manager_.watchdog() / 16, milliseconds(1));
    return;
  }
  manager_.alive();
  due_ = Clock::now() + *manager_.watchdog();
  gateway_.answers([answered = answered_] { *answered = true; });
}

}  // namespace prx::cli
