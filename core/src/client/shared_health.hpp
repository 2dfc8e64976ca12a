/// \file shared_health.hpp
/// What this client and others tell each other about targets and keys: those of other processes on
/// the machine, by a file, when `[reliability] share_health` is on, so that the next `prx chat` of
/// a shell loop leaves alone what the last one found dead; and those of its group in this process,
/// by a board.
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

/// The records of one chain's targets and keys, and a hold on their lanes: they are not forgotten
/// as long as this lives.
struct SharedParts {
  struct Part {
    std::uint64_t name = 0;
    HealthItem item;
    HealthKnown* known = nullptr;
  };
  SharedParts() = default;
  ~SharedParts();
  SharedParts(const SharedParts&) = delete;
  SharedParts& operator=(const SharedParts&) = delete;
  void hold(reliability::Lane& lane, reliability::KeyLane& keys);

  std::vector<Part> parts;
  std::vector<reliability::Lane*> lanes;    ///< of the parts; this is one of their users
  std::vector<reliability::KeyLane*> keys;  ///< and so are these
  std::uint64_t generation = 0;             ///< of the store that named the parts
};

/// One call's share in it, on the loop. When it is destroyed it lets go of its lanes, and nothing
/// else: a lease ends by itself.
class SharedCall {
 public:
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
  using Part = SharedParts::Part;
  explicit SharedCall(SharedHealth& owner) : owner_(owner) {}
  void renew_later();

  SharedHealth& owner_;
  std::shared_ptr<bool> alive_;               // a timer may outlive this; made with the first one
  std::shared_ptr<const SharedParts> known_;  // shared with other calls of the same chain
  int breaker_failures_ = 0;
};

struct SharedHealthOptions {
  HealthFileOptions file;                                 ///< unless there is a board
  std::function<std::chrono::milliseconds()> wall_clock;  ///< since 1970; null: the system's
  std::uint64_t owner = 0;                                ///< of leases; 0: a random number
  Loop* loop = nullptr;  ///< whose timers renew leases; null: they are not renewed
  /// Of the group, shared with its other clients; null: the file. Its clock is steady
  std::shared_ptr<HealthStore> board = nullptr;
};

/// One per client. Not thread-safe: on the client's loop, but for its construction.
class SharedHealth {
 public:
  static constexpr std::size_t kKnownMax = 8'192;  ///< lanes and keys; further ones are not shared
  static constexpr std::size_t kChainsMax = 256;   ///< whose parts are kept for the next call

  /// Opens nothing yet. The log is borrowed, and so is the loop: none of its timers may run once
  /// this is destroyed.
  SharedHealth(SharedHealthOptions options, const Log& log);

  /// A call begins: takes over what others know of its targets. Lanes and keys of `health` are
  /// borrowed for the result's life, in which those lanes are not forgotten. nullptr: nothing is
  /// shared, which the log says once.
  [[nodiscard]] std::unique_ptr<SharedCall> begin(reliability::Health& health,
                                                  const std::vector<SharedTarget>& targets,
                                                  int breaker_failures, MonotonicTime now);
  /// The same for a chain whose targets are asked for only where they are not known from an earlier
  /// call: with a board on which nothing changed, a call begins by looking at one number.
  /// \param chain  names the targets as long as it lives.
  [[nodiscard]] std::unique_ptr<SharedCall> begin(
      reliability::Health& health, const std::shared_ptr<const void>& chain,
      const std::function<std::vector<SharedTarget>()>& targets, int breaker_failures,
      MonotonicTime now);

 private:
  friend class SharedCall;
  using Part = SharedParts::Part;
  using PartsPtr = std::shared_ptr<const SharedParts>;  // see SharedCall

  [[nodiscard]] HealthStore::Access read();
  [[nodiscard]] PartsPtr parts_of(reliability::Health& health,
                                  const std::vector<SharedTarget>& targets, MonotonicTime now);
  [[nodiscard]] bool open();
  void close();
  void add(SharedParts& out, const SharedTarget& target, reliability::Lane& lane,
           reliability::KeyLane& keys);
  void add(SharedParts& out, std::uint64_t name, const HealthItem& item);
  void pull(const SharedCall& call, MonotonicTime now);
  [[nodiscard]] bool take_leases(const SharedCall& call, MonotonicTime now);
  [[nodiscard]] bool lease(const Part& part, const Moment& at);
  [[nodiscard]] bool renew(const SharedCall& call, MonotonicTime now);
  void push(const SharedCall& call, MonotonicTime now);
  void open_together(const SharedCall& call, const Moment& at);
  [[nodiscard]] bool is_of_store(const SharedCall& call) const {
    return store_ && call.known_->generation == generation_;
  }
  [[nodiscard]] HealthStore::Access change(const std::function<void(HealthTable&)>& edit);
  [[nodiscard]] HealthRecord record(const Part& part) const;
  [[nodiscard]] Moment moment(MonotonicTime now) const { return {options_.wall_clock(), now}; }

  SharedHealthOptions options_;
  const Log& log_;
  bool off_ = false;                    ///< for good
  std::shared_ptr<HealthStore> store_;  // a board is the group's, a file this one's
  std::uint64_t generation_ = 0;
  HealthTable table_;                           ///< as read last
  std::optional<std::uint64_t> table_version_;  ///< of the store when it was
  std::unordered_map<std::uint64_t, HealthKnown> known_;
  struct Kept {
    std::weak_ptr<const void> chain;  // whose address it is kept by
    PartsPtr parts;
    std::optional<std::uint64_t> version;  ///< of the store when they were compared with it
  };
  std::unordered_map<const void*, Kept> kept_;
};

}  // namespace prx::driver
