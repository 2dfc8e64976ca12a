#include "client/shared_health.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>

namespace prx::driver {

namespace {

using reliability::Breaker;

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

SharedCall::~SharedCall() {
  for (reliability::Lane* const lane : lanes_) --lane->users;
  for (reliability::KeyLane* const keys : keys_) --keys->users;
}

void SharedCall::hold(reliability::Lane& lane, reliability::KeyLane& keys) {
  ++lane.users;
  lanes_.push_back(&lane);
  ++keys.users;
  keys_.push_back(&keys);
}

void SharedCall::before_choice(MonotonicTime now) {
  if (owner_.take_leases(*this, now)) renew_later();
}

void SharedCall::after_choice(MonotonicTime now) { owner_.push(*this, now); }

void SharedCall::renew_later() {
  Loop* const loop = owner_.options_.loop;
  if (loop == nullptr) return;
  loop->start_timer(kLeaseRenewal, [this, loop, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && owner_.renew(*this, loop->now())) renew_later();
  });
}

// --- the file

SharedHealth::SharedHealth(SharedHealthOptions options, const Log& log)
    : options_(std::move(options)), log_(log) {
  if (!options_.wall_clock) options_.wall_clock = system_time;
  if (options_.owner == 0) options_.owner = random_owner();
}

bool SharedHealth::open() {
  if (file_) return true;
  if (off_) return false;
  auto opened = HealthFile::open(options_.file);
  if (opened) {
    file_ = std::move(*opened);
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
  file_.reset();
  known_.clear();
}

/// Reads it; one that was removed is made anew, once.
HealthFile::Access SharedHealth::read() {
  for (int tries = 0; tries < 2; ++tries) {
    if (!open()) return HealthFile::Access::kBusy;
    const auto access = file_->read(table_);
    if (access != HealthFile::Access::kLost) return access;
    close();
  }
  return HealthFile::Access::kBusy;
}

HealthFile::Access SharedHealth::change(const std::function<void(HealthTable&)>& edit) {
  const auto access = file_->change(table_, edit);
  if (access == HealthFile::Access::kLost) close();
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
  if (!file_) return nullptr;
  std::unique_ptr<SharedCall> call(new SharedCall(*this));
  call->breaker_failures_ = breaker_failures;
  call->generation_ = generation_;
  for (const auto& target : targets) {
    reliability::Lane& lane = health.lane(target.lane, now);
    reliability::KeyLane& keys = health.keys(target.key_pool);
    call->hold(lane, keys);  // the next one may be one too many
    add(*call, target, lane, keys);
  }
  if (access == HealthFile::Access::kDone) pull(*call, now);
  return call;
}

void SharedHealth::add(SharedCall& call, const SharedTarget& target, reliability::Lane& lane,
                       reliability::KeyLane& keys) {
  const HealthSalt& salt = file_->salt();
  add(call, health_name(salt, {"lane", target.lane}), {HealthKind::kLane, &lane, nullptr, 0});
  for (std::size_t i = 0; i < std::max<std::size_t>(target.secrets.size(), 1); ++i) {
    const std::string_view secret = i < target.secrets.size() ? target.secrets[i] : "";
    add(call, health_name(salt, {"limit", target.lane, secret}),
        {HealthKind::kLimit, &lane, nullptr, i});
    add(call, health_name(salt, {"key", target.provider, target.base_url, secret}),
        {HealthKind::kKey, nullptr, &keys, i});
  }
}

void SharedHealth::add(SharedCall& call, std::uint64_t name, const HealthItem& item) {
  if (known_.size() >= kKnownMax && known_.find(name) == known_.end()) return;
  call.parts_.push_back({name, item, &known_[name]});  // stays in place
}

void SharedHealth::pull(const SharedCall& call, MonotonicTime now) {
  const Moment at = moment(now);
  bool from_the_future = false;
  for (const auto& part : call.parts_) {
    const auto found = table_.find(part.name);
    if (!found) continue;
    adopt(*found, part.item, *part.known, at);
    from_the_future = from_the_future || at.ahead(found->written_ms);
  }
  if (!from_the_future) return;
  // The clock went back. What we believe now is all that anybody is to believe from now on.
  static_cast<void>(change([&](HealthTable& table) {
    for (const auto& part : call.parts_) {
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
  if (!file_ || call.generation_ != generation_) return false;
  const auto wanted = [&](const Part& part) {
    if (part.item.kind != HealthKind::kLane || part.known->leased) return false;
    const Breaker& breaker = part.item.lane->breaker;
    return breaker.state(now) == Breaker::State::kHalfOpen && !breaker.probing();
  };
  if (std::none_of(call.parts_.begin(), call.parts_.end(), wanted)) return false;
  const Moment at = moment(now);
  std::vector<const Part*> taken;
  // When the file is busy, this process probes on its own: nobody may hold it up for ever.
  const auto access = change([&](HealthTable&) {
    for (const auto& part : call.parts_) {
      if (!wanted(part)) continue;
      adopt(record(part), part.item, *part.known, at);
      if (wanted(part) && lease(part, at)) taken.push_back(&part);
    }
  });
  if (access != HealthFile::Access::kDone) return false;
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
  if (!file_ || call.generation_ != generation_) return false;
  std::vector<const Part*> probes;
  for (const auto& part : call.parts_)
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
  if (access == HealthFile::Access::kDone)
    for (const Part* part : probes) part->known->seen = record(*part);
  return access != HealthFile::Access::kLost;
}

// --- what others do not know

void SharedHealth::push(const SharedCall& call, MonotonicTime now) {
  if (!file_ || call.generation_ != generation_) return;
  const auto is_news = [&](const Part& part) { return news_of(part.item, *part.known, now).any(); };
  if (std::none_of(call.parts_.begin(), call.parts_.end(), is_news)) return;
  const Moment at = moment(now);
  const HealthTeller who{options_.owner, call.breaker_failures_};
  const auto access = change([&](HealthTable& table) {
    for (const auto& part : call.parts_) {
      const HealthNews news = news_of(part.item, *part.known, now);
      if (!news.any()) continue;
      HealthRecord now_known = record(part);
      tell(now_known, part.item.kind, news, who, at);
      table.put(now_known);
    }
  });
  if (access != HealthFile::Access::kDone) return;  // what was not written is news the next time
  for (const auto& part : call.parts_) {
    const HealthNews news = news_of(part.item, *part.known, now);
    if (news.any()) told(record(part), part.item, news, *part.known);
  }
}

}  // namespace prx::driver
