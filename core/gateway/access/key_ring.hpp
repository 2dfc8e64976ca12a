/// \file key_ring.hpp
/// KeyRing: the keys that clients may use, found by what they send, and what each has used.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/access/digest.hpp"
#include "gateway/access/limits.hpp"
#include "prx/config.hpp"

namespace prx::gateway {

/// `*` stands for any text, also none; everything else for itself, case and all.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text);

/// What a key has used, for as long as its name is in a ring. On a cache line of its own.
struct alignas(64) KeyUse {
  Rate rate;
  InFlight calls;
  Spent spent;
};

/// Why a key is not let in now.
struct Limit {
  enum class Which { kRate, kCalls, kBudget };
  Which which = Which::kRate;
  /// After which it may be; nullopt: nobody knows
  std::optional<std::chrono::nanoseconds> wait;
};

/// One key: what it may, which never changes, and what it has used. Any thread.
class AccessKey {
 public:
  AccessKey(ServeKeyConfig config, std::shared_ptr<KeyUse> use)
      : config_(std::move(config)), use_(std::move(use)) {}

  [[nodiscard]] const ServeKeyConfig& config() const { return config_; }
  [[nodiscard]] const std::string& name() const { return config_.name; }
  [[nodiscard]] KeyUse& use() const { return *use_; }
  [[nodiscard]] const std::shared_ptr<KeyUse>& shared_use() const { return use_; }

  [[nodiscard]] bool allows(std::string_view asked) const;
  /// Counts a request in, until leave(); or says why not, and nothing was counted. `spends`: it is
  /// one that may cost something.
  [[nodiscard]] std::optional<Limit> enter(MonotonicTime now, WallTime date, bool spends) const;
  void leave() const { use_->calls.leave(); }
  void spend(double dollars, WallTime date) const;
  /// In the window of that time.
  [[nodiscard]] double spent(WallTime date) const;

 private:
  const ServeKeyConfig config_;
  const std::shared_ptr<KeyUse> use_;  // shared with the keys of that name before and after it
};

/// Immutable; any thread. What is found outlives the ring.
class KeyRing {
 public:
  /// `before`: whose keys keep what they have used, by their names; or null.
  KeyRing(const std::vector<ServeKeyConfig>& keys, const KeyRing* before);

  /// Whether clients are asked for a key: not when none is configured.
  [[nodiscard]] bool asks() const { return asks_; }
  /// The key that a client sent; null: it is none of these.
  [[nodiscard]] std::shared_ptr<const AccessKey> find(std::string_view sent) const;
  [[nodiscard]] const std::vector<std::pair<Digest, std::shared_ptr<const AccessKey>>>& keys()
      const {
    return keys_;
  }

 private:
  const bool asks_;
  std::vector<std::pair<Digest, std::shared_ptr<const AccessKey>>> keys_;  ///< by digest
};

}  // namespace prx::gateway
