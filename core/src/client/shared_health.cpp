#include "client/shared_health.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace prx::driver {

namespace {

using reliability::Breaker;

std::chrono::milliseconds steady_time() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

std::chrono::milliseconds system_time() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

/// Needs no descriptor, which std::random_device throws without. Too early for random numbers, it
/// is told from others by the time and the process.
std::uint64_t random_owner() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
    number =
        std::hash<std::int64_t>{}(std::chrono::steady_clock::now().time_since_epoch().count()) ^
        (static_cast<std::uint64_t>(::getpid()) << 32);
  return number != 0 ? number : 1;
}

}  // namespace

// --- of a call

SharedParts::~SharedParts() {
  for (reliability::Lane* const lane : lanes) --lane->users;
  for (reliability::KeyLane* const lane : keys) --lane->users;
}

void SharedParts::hold(reliability::Lane& lane, reliability::KeyLane& key_lane) {
  ++lane.users;
  lanes.push_back(&lane);
  ++key_lane.users;
  keys.push_back(&key_lane);
}

void SharedCall::before_choice(MonotonicTime now) {
  if (owner_.take_leases(*this, now)) renew_later();
}

void SharedCall::after_choice(MonotonicTime now) { owner_.push(*this, now); }

void SharedCall::renew_later() {
  Loop* const loop = owner_.options_.loop;
  if (loop == nullptr) return;
  if (!alive_) alive_ = std::make_shared<bool>(true);
  loop->start_timer(kLeaseRenewal, [this, loop, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && owner_.renew(*this, loop->now())) renew_later();
  });
}

// --- the store

SharedHealth::SharedHealth(SharedHealthOptions options, const Log& log)
    : options_(std::move(options)), log_(log) {
  if (!options_.wall_clock) options_.wall_clock = options_.board ? steady_time : system_time;
  if (options_.owner == 0) options_.owner = random_owner();
}

bool SharedHealth::open() {
  if (store_) return true;
  if (off_) return false;
  if (options_.board) {
    store_ = options_.board;
    ++generation_;
    return true;
  }
  auto opened = HealthFile::open(options_.file);
  if (opened) {
    store_ = std::move(*opened);
    ++generation_;
    return true;
  }
  if (opened.error().error_class == ErrorClass::kTimeout) return false;  // another time
  off_ = true;
  log_.write(LogLevel::kWarn, "share_health is off: " + opened.error().message);
  return false;
}

/// Its salt named everything that is known.
void SharedHealth::close() {
  store_.reset();
  known_.clear();
  kept_.clear();
}

/// Reads it, if it is another one than that read last; one that was removed is made anew, once.
HealthStore::Access SharedHealth::read() {
  for (int tries = 0; tries < 2; ++tries) {
    if (!open()) return HealthStore::Access::kBusy;
    const auto version = store_->version();
    if (version && version == table_version_) return HealthStore::Access::kDone;
    const auto access = store_->read(table_);
    table_version_ = version;
    if (access != HealthStore::Access::kLost) return access;
    close();
  }
  return HealthStore::Access::kBusy;
}

HealthStore::Access SharedHealth::change(const std::function<void(HealthTable&)>& edit) {
  table_version_.reset();  // it is another one than that of its time
  const auto access = store_->change(table_, edit);
  if (access == HealthStore::Access::kLost) close();
  return access;
}

/// As the file has it, or an empty one.
HealthRecord SharedHealth::record(const Part& part) const {
  if (const auto found = table_.find(part.name)) return *found;
  HealthRecord fresh;
  fresh.name = part.name;
  return fresh;
}

// --- a call begins

std::unique_ptr<SharedCall> SharedHealth::begin(reliability::Health& health,
                                                const std::vector<SharedTarget>& targets,
                                                int breaker_failures, MonotonicTime now) {
  const auto access = read();
  if (!store_) return nullptr;
  std::unique_ptr<SharedCall> call(new SharedCall(*this));
  call->breaker_failures_ = breaker_failures;
  call->known_ = parts_of(health, targets, now);
  if (access == HealthStore::Access::kDone) pull(*call, now);
  return call;
}

std::unique_ptr<SharedCall> SharedHealth::begin(
    reliability::Health& health, const std::shared_ptr<const void>& chain,
    const std::function<std::vector<SharedTarget>()>& targets, int breaker_failures,
    MonotonicTime now) {
  if (!options_.board) return begin(health, targets(), breaker_failures, now);
  static_cast<void>(open());
  const auto found = kept_.find(chain.get());
  const bool known = found != kept_.end() && found->second.chain.lock() == chain;
  if (!known && kept_.size() >= kChainsMax) kept_.clear();
  Kept& kept = known ? found->second : kept_[chain.get()];
  if (!known) kept = {chain, parts_of(health, targets(), now), std::nullopt};
  std::unique_ptr<SharedCall> call(new SharedCall(*this));
  call->breaker_failures_ = breaker_failures;
  call->known_ = kept.parts;
  const auto version = store_->version();
  if (std::exchange(kept.version, version) == version) return call;
  static_cast<void>(read());
  pull(*call, now);
  return call;
}

SharedHealth::PartsPtr SharedHealth::parts_of(reliability::Health& health,
                                              const std::vector<SharedTarget>& targets,
                                              MonotonicTime now) {
  const auto out = std::make_shared<SharedParts>();  // shared: see PartsPtr
  out->generation = generation_;
  for (const auto& target : targets) {
    reliability::Lane& lane = health.lane(target.lane, now);
    reliability::KeyLane& keys = health.keys(target.key_pool);
    out->hold(lane, keys);  // the next one may be one too many
    add(*out, target, lane, keys);
  }
  return out;
}

void SharedHealth::add(SharedParts& out, const SharedTarget& target, reliability::Lane& lane,
                       reliability::KeyLane& keys) {
  const HealthSalt& salt = store_->salt();
  add(out, health_name(salt, {"lane", target.lane}), {HealthKind::kLane, &lane, nullptr, 0});
  for (std::size_t i = 0; i < std::max<std::size_t>(target.secrets.size(), 1); ++i) {
    const std::string_view secret = i < target.secrets.size() ? target.secrets[i] : "";
    add(out, health_name(salt, {"limit", target.lane, secret}),
        {HealthKind::kLimit, &lane, nullptr, i});
    add(out, health_name(salt, {"key", target.provider, target.base_url, secret}),
        {HealthKind::kKey, nullptr, &keys, i});
  }
}

void SharedHealth::add(SharedParts& out, std::uint64_t name, const HealthItem& item) {
  if (known_.size() >= kKnownMax && known_.find(name) == known_.end()) return;
  out.parts.push_back({name, item, &known_[name]});  // stays in place
}

void SharedHealth::pull(const SharedCall& call, MonotonicTime now) {
  const Moment at = moment(now);
  bool from_the_future = false;
  for (const auto& part : call.known_->parts) {
    const auto found = table_.find(part.name);
    if (!found) continue;
    adopt(*found, part.item, *part.known, at);
    from_the_future = from_the_future || at.ahead(found->written_ms);
  }
  if (!from_the_future) return;
  // The clock went back. What we believe now is all that anybody is to believe from now on.
  static_cast<void>(change([&](HealthTable& table) {
    for (const auto& part : call.known_->parts) {
      const auto found = table.find(part.name);
      if (!found || !at.ahead(found->written_ms)) continue;
      table.put(believed(*found, part.item.kind, at.wall));
      part.known->seen = record(part);
    }
  }));
}

// --- probes

/// True when it has one more.
bool SharedHealth::take_leases(const SharedCall& call, MonotonicTime now) {
  if (!is_of_store(call)) return false;
  const auto wanted = [&](const Part& part) {
    if (part.item.kind != HealthKind::kLane || part.known->leased) return false;
    const Breaker& breaker = part.item.lane->breaker;
    return breaker.state(now) == Breaker::State::kHalfOpen && !breaker.probing();
  };
  if (std::none_of(call.known_->parts.begin(), call.known_->parts.end(), wanted)) return false;
  const Moment at = moment(now);
  std::vector<const Part*> taken;
  // When the file is busy, this process probes on its own: nobody may hold it up for ever.
  const auto access = change([&](HealthTable&) {
    for (const auto& part : call.known_->parts) {
      if (!wanted(part)) continue;
      adopt(record(part), part.item, *part.known, at);
      if (wanted(part) && lease(part, at)) taken.push_back(&part);
    }
  });
  if (access != HealthStore::Access::kDone) return false;
  for (const Part* part : taken) {
    part->known->leased = true;
    part->known->seen = record(*part);
  }
  return !taken.empty();
}

bool SharedHealth::lease(const Part& part, const Moment& at) {
  HealthRecord news = record(part);
  if (take_lease(news, options_.owner, at)) {
    table_.put(news);
    return true;
  }
  Breaker& breaker = part.item.lane->breaker;
  breaker.open_until(at.local(std::max(news.open_ms, news.lease_ms)));
  part.known->reopens = breaker.reopens_at();
  return false;
}

/// True while there is a probe to renew a lease for.
bool SharedHealth::renew(const SharedCall& call, MonotonicTime now) {
  if (!is_of_store(call)) return false;
  std::vector<const Part*> probes;
  for (const auto& part : call.known_->parts)
    if (part.item.kind == HealthKind::kLane && part.known->leased &&
        part.item.lane->breaker.probing())
      probes.push_back(&part);
  if (probes.empty()) return false;
  const Moment at = moment(now);
  const auto access = change([&](HealthTable& table) {
    for (const Part* part : probes) {
      HealthRecord news = record(*part);
      if (renew_lease(news, options_.owner, at)) table.put(news);
    }
  });
  if (access == HealthStore::Access::kDone)
    for (const Part* part : probes) part->known->seen = record(*part);
  return access != HealthStore::Access::kLost;
}

// --- what others do not know

void SharedHealth::push(const SharedCall& call, MonotonicTime now) {
  if (!is_of_store(call)) return;
  const auto is_news = [&](const Part& part) { return news_of(part.item, *part.known, now).any(); };
  if (std::none_of(call.known_->parts.begin(), call.known_->parts.end(), is_news)) return;
  const Moment at = moment(now);
  const HealthTeller who{options_.owner, call.breaker_failures_, options_.board ? 1 : kCallCounts};
  const auto access = change([&](HealthTable& table) {
    for (const auto& part : call.known_->parts) {
      const HealthNews news = news_of(part.item, *part.known, now);
      if (!news.any()) continue;
      HealthRecord now_known = record(part);
      tell(now_known, part.item.kind, news, who, at);
      table.put(now_known);
    }
  });
  if (access != HealthStore::Access::kDone) return;  // what was not written is news the next time
  for (const auto& part : call.known_->parts) {
    const HealthNews news = news_of(part.item, *part.known, now);
    if (news.any()) told(record(part), part.item, news, *part.known);
  }
  if (options_.board) open_together(call, at);
}

/// The failures of all clients of the group opened a breaker that ours alone did not.
void SharedHealth::open_together(const SharedCall& call, const Moment& at) {
  for (const auto& part : call.known_->parts) {
    if (part.item.kind != HealthKind::kLane || !at.ahead(part.known->seen.open_ms)) continue;
    Breaker& breaker = part.item.lane->breaker;
    if (!breaker.closed()) continue;
    breaker.open_until(at.local(part.known->seen.open_ms));
    part.known->reopens = breaker.reopens_at();
  }
}

}  // namespace prx::driver
