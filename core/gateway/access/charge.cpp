#include "gateway/access/charge.hpp"

#include <chrono>
#include <utility>

namespace prx::gateway {

void charge(CallOptions& options, std::shared_ptr<const AccessKey> key) {
  if (!key) return;
  options.on_attempt = [key = std::move(key)](const Attempt& attempt) {
    if (attempt.cost) key->spend(*attempt.cost, std::chrono::system_clock::now());
  };
}

}  // namespace prx::gateway
