/// \file model_memory.hpp
/// ModelMemory: what was learned about single models.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prx::openai {

inline constexpr std::size_t kModelsMax = 64;  ///< the one that was learned first goes

/// Bits by model. Any thread.
class ModelMemory {
 public:
  /// False once something was learned; costs nothing until then.
  [[nodiscard]] bool is_empty() const { return !used_.load(std::memory_order_acquire); }

  /// 0 for a model that nothing is known of.
  [[nodiscard]] std::uint32_t find(std::string_view model) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, bits] : models_)
      if (name == model) return bits;
    return 0;
  }
  void set(std::string_view model, std::uint32_t bits) {
    const std::lock_guard lock(mutex_);
    used_.store(true, std::memory_order_release);
    for (auto& [name, known] : models_)
      if (name == model) {
        known = bits;
        return;
      }
    if (models_.size() == kModelsMax) models_.erase(models_.begin());
    models_.emplace_back(model, bits);
  }

 private:
  mutable std::mutex mutex_;
  std::atomic<bool> used_{false};
  std::vector<std::pair<std::string, std::uint32_t>> models_;
};

}  // namespace prx::openai
