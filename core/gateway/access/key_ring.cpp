#include "gateway/access/key_ring.hpp"

#include <algorithm>
#include <climits>
#include <map>

namespace prx::gateway {

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, back = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;  // it stands for nothing yet; below it grows
      back = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++back;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool AccessKey::allows(std::string_view asked) const {
  const auto& models = config_.models;
  return !models || std::any_of(models->begin(), models->end(), [&](const std::string& pattern) {
    return matches(pattern, asked);
  });
}

std::optional<Limit> AccessKey::enter(MonotonicTime now, WallTime date, bool spends) const {
  if (spends && config_.budget &&
      use_->spent.in(window_of(config_.budget_window, date)) >= nanodollars(*config_.budget))
    return Limit{Limit::Which::kBudget, until_next_window(config_.budget_window, date)};
  if (!use_->calls.enter(config_.calls_max.value_or(INT_MAX)))
    return Limit{Limit::Which::kCalls, std::nullopt};
  if (!config_.requests_per_minute) return std::nullopt;
  const auto wait = use_->rate.take(*config_.requests_per_minute, now);
  if (wait.count() == 0) return std::nullopt;
  use_->calls.leave();
  return Limit{Limit::Which::kRate, wait};
}

void AccessKey::spend(double dollars, WallTime date) const {
  use_->spent.add(window_of(config_.budget_window, date), nanodollars(dollars));
}

double AccessKey::spent(WallTime date) const {
  return static_cast<double>(use_->spent.in(window_of(config_.budget_window, date))) / 1e9;
}

KeyRing::KeyRing(const std::vector<ServeKeyConfig>& keys, const KeyRing* before)
    : asks_(!keys.empty()) {
  std::map<std::string_view, std::shared_ptr<KeyUse>> known;
  if (before != nullptr)
    for (const auto& [digest, key] : before->keys_) known[key->name()] = key->shared_use();
  for (const ServeKeyConfig& key : keys) {
    const auto digest = digest_of_hex(key.sha256);
    if (!digest) continue;  // a configuration that was read has none
    const auto kept = known.find(key.name);
    auto use = kept != known.end() ? kept->second : std::make_shared<KeyUse>();
    keys_.emplace_back(*digest, std::make_shared<const AccessKey>(key, std::move(use)));
  }
  std::sort(keys_.begin(), keys_.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
}

/// How long the search takes depends on the digest of what was sent, and who sends it can choose no
/// digest: it tells nothing of a key. The comparison at its end takes as long as ever.
std::shared_ptr<const AccessKey> KeyRing::find(std::string_view sent) const {
  if (sent.empty()) return nullptr;
  const auto digest = sha256(sent);
  if (!digest) return nullptr;
  const auto place =
      std::lower_bound(keys_.begin(), keys_.end(), *digest,
                       [](const auto& one, const Digest& wanted) { return one.first < wanted; });
  return place != keys_.end() && same(place->first, *digest) ? place->second : nullptr;
}

}  // namespace prx::gateway
