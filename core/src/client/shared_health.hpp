/// \file shared_health.hpp
/// What this process and others on the machine tell each other about targets and keys, when
/// `[reliability] share_health` is on: so that the next `prx chat` of a shell loop leaves alone
/// what the last one found dead.
///
/// A call asks at three moments, all on the loop: before its engine begins (what others know),
/// before the engine chooses (whether it may probe), and after it decided (what others do not
/// know). None of them waits: a file that somebody else holds is left for the next time. What
/// cannot be shared is no failure of a call. While a probe lasts, its call renews the lease by a
/// timer of the loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "client/health_file.hpp"
#include "client/health_merge.hpp"
#include "http/loop.hpp"
#include "reliability/health.hpp"
#include "telemetry/log.hpp"

namespace prx::driver {

/// What a call can ask.
struct SharedTarget {
  std::string_view lane;                  ///< reliability::PlanTarget::lane
  std::string_view key_pool;              ///< reliability::PlanTarget::key_pool
  std::string_view provider;              ///< its name,
  std::string_view base_url;              ///< and where it is: a key is refused there
  std::vector<std::string_view> secrets;  ///< of its keys, in order; hashed, never kept
};

class SharedHealth;

/// One call's share in it, on the loop. When it is destroyed it lets go of its lanes, and nothing
/// else: a lease ends by itself.
class SharedCall {
 public:
  ~SharedCall();
  SharedCall(const SharedCall&) = delete;
  SharedCall& operator=(const SharedCall&) = delete;
  /// The engine may choose now. A lane that is half-open is probed by one process alone: another
  /// finds it open.
  void before_choice(MonotonicTime now);
  /// The engine decided, or the call ends: tells what is new, and gives back the place of a probe
  /// that was not made.
  void after_choice(MonotonicTime now);

 private:
  friend class SharedHealth;
  struct Part {
    std::uint64_t name = 0;
    HealthItem item;
    HealthKnown* known = nullptr;
  };
  explicit SharedCall(SharedHealth& owner) : owner_(owner) {}
  void renew_later();
  void hold(reliability::Lane& lane, reliability::KeyLane& keys);

  SharedHealth& owner_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // a timer may outlive this
  std::vector<reliability::Lane*> lanes_;    ///< of the parts; this is one of their users
  std::vector<reliability::KeyLane*> keys_;  ///< and so are these
  std::vector<Part> parts_;
  int breaker_failures_ = 0;
  std::uint64_t generation_ = 0;  ///< of the file that named the parts
};

struct SharedHealthOptions {
  HealthFileOptions file;
  std::function<std::chrono::milliseconds()> wall_clock;  ///< since 1970; null: the system's
  std::uint64_t owner = 0;                                ///< of leases; 0: a random number
  Loop* loop = nullptr;  ///< whose timers renew leases; null: they are not renewed
};

/// One per client. Not thread-safe: on the client's loop, but for its construction.
class SharedHealth {
 public:
  static constexpr std::size_t kKnownMax = 8'192;  ///< lanes and keys; further ones are not shared

  /// Opens nothing yet. The log is borrowed, and so is the loop: none of its timers may run once
  /// this is destroyed.
  SharedHealth(SharedHealthOptions options, const Log& log);

  /// A call begins: takes over what others know of its targets. Lanes and keys of `health` are
  /// borrowed for the result's life, in which those lanes are not forgotten. nullptr: nothing is
  /// shared, which the log says once.
  [[nodiscard]] std::unique_ptr<SharedCall> begin(reliability::Health& health,
                                                  const std::vector<SharedTarget>& targets,
                                                  int breaker_failures, MonotonicTime now);

 private:
  friend class SharedCall;
  using Part = SharedCall::Part;

  [[nodiscard]] HealthFile::Access read();
  [[nodiscard]] bool open();
  void close();
  void add(SharedCall& call, const SharedTarget& target, reliability::Lane& lane,
           reliability::KeyLane& keys);
  void add(SharedCall& call, std::uint64_t name, const HealthItem& item);
  void pull(const SharedCall& call, MonotonicTime now);
  [[nodiscard]] bool take_leases(const SharedCall& call, MonotonicTime now);
  [[nodiscard]] bool lease(const Part& part, const Moment& at);
  [[nodiscard]] bool renew(const SharedCall& call, MonotonicTime now);
  void push(const SharedCall& call, MonotonicTime now);
  [[nodiscard]] HealthFile::Access change(const std::function<void(HealthTable&)>& edit);
  [[nodiscard]] HealthRecord record(const Part& part) const;
  [[nodiscard]] Moment moment(MonotonicTime now) const { return {options_.wall_clock(), now}; }

  SharedHealthOptions options_;
  const Log& log_;
  bool off_ = false;  ///< for good
  std::unique_ptr<HealthFile> file_;
  std::uint64_t generation_ = 0;
  HealthTable table_;  ///< as read last
  std::unordered_map<std::uint64_t, HealthKnown> known_;
};

}  // namespace prx::driver
