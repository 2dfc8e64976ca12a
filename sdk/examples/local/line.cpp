#include "line.hpp"

#include <algorithm>
#include <utility>

namespace local {

using prx::sdk::Waker;

Place::~Place() {
  if (line_ != nullptr) line_->leave(id_);
}

std::size_t Place::ahead() const { return line_->ahead(id_); }

std::optional<Place> Line::enter(Waker waker) {
  const std::lock_guard lock(mutex_);
  const bool is_free = waiting_.size() + served_ < (loaded_ ? served_max_ : 1);
  if (!is_free && waiting_.size() >= waiting_max_) return std::nullopt;
  waiting_.push_back({++last_id_, std::move(waker)});
  return Place(*this, last_id_);
}

std::size_t Line::ahead(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [id](const Waiting& each) { return each.id == id; });
  if (found == waiting_.end()) return 0;  // served already
  const auto before = static_cast<std::size_t>(found - waiting_.begin());
  if (before > 0 || served_ >= (loaded_ ? served_max_ : 1)) return served_ + before;
  waiting_.erase(found);
  ++served_;
  return 0;
}

void Line::leave(std::uint64_t id) {
  std::vector<Waker> behind;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [id](const Waiting& each) { return each.id == id; });
    if (found == waiting_.end())
      --served_;
    else
      waiting_.erase(found);
    behind = wakers();
  }
  for (const Waker& waker : behind) waker.wake();
}

void Line::set_loaded() {
  std::vector<Waker> all;
  {
    const std::lock_guard lock(mutex_);
    loaded_ = true;
    all = wakers();
  }
  for (const Waker& waker : all) waker.wake();
}

bool Line::is_loaded() const {
  const std::lock_guard lock(mutex_);
  return loaded_;
}

std::vector<Waker> Line::wakers() const {
  std::vector<Waker> out;
  for (const Waiting& each : waiting_) out.push_back(each.waker);
  return out;
}

}  // namespace local
