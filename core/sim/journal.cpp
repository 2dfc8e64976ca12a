#include "sim/journal.hpp"

#include <optional>
#include <utility>

namespace prx::sim {

std::uint64_t hash_key(std::string_view key) {
  if (key.empty()) return 0;
  std::uint64_t hash = 14'695'981'039'346'656'037u;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211u;
  return hash == 0 ? 1 : hash;
}

bool RequestRecord::key_is(std::string_view key) const { return key_hash == hash_key(key); }

std::string_view RequestRecord::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

std::uint64_t Journal::connected() {
  const std::lock_guard lock(mutex_);
  ++stats_.connections_open;
  changed_.notify_all();
  return ++stats_.connections;
}

void Journal::refused() {
  const std::lock_guard lock(mutex_);
  ++stats_.connections_refused;
  changed_.notify_all();
}

void Journal::disconnected() {
  const std::lock_guard lock(mutex_);
  --stats_.connections_open;
  changed_.notify_all();
}

std::uint64_t Journal::arrived(RequestRecord record) {
  const std::lock_guard lock(mutex_);
  record.number = ++stats_.requests;
  ++stats_.requests_open;
  if (requests_max_ > 0) {
    if (requests_.size() == requests_max_) requests_.pop_front();
    requests_.push_back(std::move(record));
  }
  changed_.notify_all();
  return stats_.requests;
}

void Journal::ended(const End& end) {
  std::optional<RequestRecord> told;
  std::unique_lock lock(mutex_);
  --stats_.requests_open;
  stats_.bytes_sent += end.bytes_sent;
  if (end.outcome == Outcome::kComplete) ++stats_.complete;
  if (end.outcome == Outcome::kFault) ++stats_.faults;
  if (end.outcome == Outcome::kClientGone) ++stats_.clients_gone;
  if (!requests_.empty() && end.number >= requests_.front().number) {
    RequestRecord& record = requests_[end.number - requests_.front().number];
    record.status = end.status;
    record.outcome = end.outcome;
    record.bytes_sent = end.bytes_sent;
    record.duration = end.duration;
    if (told_) told = record;
  }
  changed_.notify_all();
  lock.unlock();
  if (told) told_(*told);
}

Stats Journal::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::vector<RequestRecord> Journal::requests() const {
  const std::lock_guard lock(mutex_);
  return {requests_.begin(), requests_.end()};
}

bool Journal::wait_for(const std::function<bool(const Stats&)>& done,
                       std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return done(stats_); });
}

}  // namespace prx::sim
