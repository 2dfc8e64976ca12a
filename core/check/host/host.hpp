/// \file host.hpp
/// The strict host of the checker: prx_host with its services, which notes every breach it sees.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check/host/breach.hpp"
#include "check/host/guarded_memory.hpp"
#include "check/host/loop.hpp"
#include "check/host/loop_watch.hpp"
#include "check/host/script.hpp"
#include "check/subject.hpp"
#include "prx/plugin.h"
#include "prx/sdk/error.hpp"

namespace prx::check {

class Call;

/// The attempt's key: prx.secret/1 gives it to plugins that sign, nobody else ever sees it.
inline constexpr std::string_view kKey = "prx-check-key-7f3a91c2";
[[nodiscard]] inline bool holds_key(std::string_view text) {
  return text.find(kKey) != std::string_view::npos;
}

/// One HTTP request as the plugin made it; what its exchange became is the Call's.
struct Sent {
  std::string method, url, key_header, body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Where the sink of an operation points to, so that an event after its release is seen.
struct Slot {
  std::atomic<Call*> call{nullptr};
  Breaches* breaches = nullptr;
};

/// Sets the reason of a refusal. \return its code
std::int32_t refuse(const prx_fail* fail, ErrorClass error_class, const char* why);

/// What all hosts of one trial share. Lives longer than they; any thread.
class World {
 public:
  static constexpr std::size_t kSlotsMax = 16'384;  ///< then the oldest one is used again

  World(const Subject& of, Lending how)
      : subject(of), lending(how), slots_(std::make_unique<Slot[]>(kSlotsMax)) {}

  const Subject& subject;
  const Lending lending;
  Breaches breaches;
  Clock clock;
  LoopWatch watch;
  bool newer_plugin = false;               ///< built against a later minor than this header
  std::vector<std::string> private_words;  ///< no line of the log may have them

  [[nodiscard]] std::uint64_t next_id() { return ++last_id_; }
  /// An operation has, or had, that id.
  [[nodiscard]] bool gave(std::uint64_t id) const { return id > kFirstId && id <= last_id_; }
  [[nodiscard]] Slot& next_slot() {
    Slot& slot = slots_[slots_used_++ % kSlotsMax];
    slot.breaches = &breaches;
    return slot;
  }

 private:
  static constexpr std::uint64_t kFirstId = 100;
  std::atomic<std::uint64_t> last_id_{kFirstId};
  std::atomic<std::size_t> slots_used_{0};
  std::unique_ptr<Slot[]> slots_;
};

/// The host of one instance, or of one module.
class Host {
 public:
  /// \param missing  ids of services that this host does not have
  explicit Host(World& world, std::set<std::string> missing = {});
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  [[nodiscard]] World& world() const { return world_; }
  [[nodiscard]] const prx_host* abi() const { return lent_; }
  /// The scripted server. Called on the loops of the operations, several at once.
  std::function<Script(const Sent& request)> server;

  /// The host calls init or create: no operation is there to ask for.
  void set_creating(bool creating) { creating_ = creating; }

  // For Call.
  void add(Call& call);
  void remove(const Call& call);
  /// prx_exec::post. An operation that takes no more tasks is nobody's fault. Any thread.
  std::int32_t post(std::uint64_t op_id, prx_task task, void* ctx);
  /// From now on it takes no more tasks, if none is left to run; else false.
  bool close(Call& call);
  /// The operation of that id, not released yet; else notes the breach. `what`: "send"
  [[nodiscard]] Call* find(std::uint64_t op_id, std::string_view what);
  void see_request(const prx_http_req& request) const;
  [[nodiscard]] bool may_reach(std::string_view url) const;
  [[nodiscard]] const Lender& lender() const { return lender_; }

 private:
  struct Services;

  World& world_;
  const std::set<std::string> missing_;
  prx_host host_{};
  Lender lender_;
  const prx_host* lent_ = nullptr;
  const prx_log* log_ = nullptr;
  const prx_http* http_ = nullptr;
  const prx_exec* exec_ = nullptr;
  const prx_secret* secret_ = nullptr;
  std::atomic<bool> creating_{false};
  std::mutex mutex_;  ///< guards calls_
  std::map<std::uint64_t, Call*> calls_;
};

}  // namespace prx::check
