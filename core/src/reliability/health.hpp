/// \file health.hpp
/// What a client knows of its targets, keys and plugins, from all calls: lanes, key lanes,
/// breakers of plugins, budgets. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "monotonic_time.hpp"
#include "prx/config.hpp"
#include "reliability/breaker.hpp"
#include "reliability/budget.hpp"

namespace prx::reliability {

/// A key that rests, by (target, key) after a rate limit.
struct KeyCooling {
  MonotonicTime until{};
  int limits = 0;  ///< in a row that named no time
};

/// The health record of one target.
struct Lane {
  int users = 0;  ///< engines that hold on to it: it is not forgotten meanwhile

  /// However long a Retry-After is: a typing error of a server must not outlive the day.
  static constexpr std::chrono::hours kRestMax{24};

  Breaker breaker;
  MonotonicTime cools_until{};  ///< a Retry-After that concerns the target whatever the key
  ErrorClass cools_after = ErrorClass::kOverloaded;  ///< what came with it, as far as is known
  std::vector<KeyCooling> keys;  ///< by the provider's index of keys; grows when asked for

  [[nodiscard]] KeyCooling& key(std::size_t index);
  /// When this key may be used here again; the past when it may be now.
  [[nodiscard]] MonotonicTime usable_at(std::size_t index) const {
    return index < keys.size() ? std::max(keys[index].until, cools_until) : cools_until;
  }
  /// What it rests after, with that key.
  [[nodiscard]] ErrorClass rests_after(std::size_t index) const {
    const bool limited = index < keys.size() && keys[index].until > cools_until;
    return limited ? ErrorClass::kRateLimit : cools_after;
  }
  /// A rate limit on a key. Those that come while the key rests (of calls that were under way) do
  /// not make a rest of unnamed length longer.
  void limited(std::size_t key, const Error& error, const ReliabilityConfig& policy,
               MonotonicTime now);
  /// A Retry-After that came with another failure than a rate limit.
  void pause(Milliseconds retry_after, MonotonicTime now,
             ErrorClass after = ErrorClass::kOverloaded);
};

/// The keys of one provider, by their index: until when a refused one rests.
struct KeyLane {
  static constexpr std::chrono::minutes kCooling{5};  ///< after auth and credit failures

  struct Key {
    MonotonicTime rests_until{};
    bool served = false;  ///< and so it rests no longer; false as well when nobody knows
  };
  std::vector<Key> keys;  ///< by index; as far as any of them was refused
  int users = 0;          ///< engines that hold on to it: it is not forgotten meanwhile

  /// A use of the key ended: nullptr when it served. Only auth and credit say something about it.
  void record(std::size_t key, const Error* error, MonotonicTime now);
  [[nodiscard]] MonotonicTime rests(std::size_t key) const {
    return key < keys.size() ? keys[key].rests_until : MonotonicTime{};
  }
  /// True when that is over because the key served, and not because it was forgotten.
  [[nodiscard]] bool served(std::size_t key) const { return key < keys.size() && keys[key].served; }
  /// As another process saw it.
  void rest(std::size_t key, MonotonicTime until);
  /// They are tried again at once. What they are worth nobody knows then.
  void forget() { std::fill(keys.begin(), keys.end(), Key{}); }
};

/// All of it. Not thread-safe: on one loop. References to lanes and key lanes that
/// have users stay valid.
class Health {
 public:
  /// Then those that are well and that nobody uses are forgotten; if there is none, new names share
  /// one record.
  static constexpr std::size_t kLanesMax = 4'096;

  /// The record of that name, made when it is new.
  [[nodiscard]] Lane& lane(std::string_view name, MonotonicTime now = {});
  /// nullptr: there is none.
  [[nodiscard]] const Lane* find_lane(std::string_view name) const {
    const auto found = lanes_.find(name);
    return found != lanes_.end() ? found->second.get() : nullptr;
  }
  [[nodiscard]] const KeyLane* find_keys(std::string_view provider) const {
    const auto found = keys_.find(provider);
    return found != keys_.end() ? found->second.get() : nullptr;
  }
  /// Of a provider's name and keys.
  [[nodiscard]] KeyLane& keys(std::string_view provider);
  /// The breaker of a plugin, by name; made when it first breaks its contract. All of its targets
  /// are behind it.
  [[nodiscard]] Breaker& plugin(std::string_view name);
  [[nodiscard]] bool any_plugin_failed() const { return !plugins_.empty(); }
  /// nullptr: it never did.
  [[nodiscard]] Breaker* find_plugin(std::string_view name) {
    const auto found = plugins_.find(name);
    return found != plugins_.end() ? found->second.get() : nullptr;
  }
  /// The configuration was read again: refused keys are tried again at once, and the records of
  /// those that nobody uses go. Lanes stay.
  void forget_keys();
  [[nodiscard]] std::size_t key_lanes() const { return keys_.size(); }
  /// And so are plugins: their files may be others now. The place of a probe that is under way
  /// stays taken until it ends.
  void forget_plugins();

  RetryBudget retries;
  HedgeBudget hedges;

 private:
  void forget_idle(MonotonicTime now);
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class Value>
  using ByName = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  ByName<std::unique_ptr<Lane>> lanes_;
  ByName<std::unique_ptr<KeyLane>> keys_;
  ByName<std::unique_ptr<Breaker>> plugins_;
  Lane overflow_;
};

}  // namespace prx::reliability
