#include "catalog/shelf.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace prx::catalog {

namespace {

constexpr std::array<std::string_view, 7> kVariants{":free",   ":nitro",    ":floor",   ":online",
                                                    ":exacto", ":extended", ":thinking"};

std::int64_t nanoseconds(MonotonicTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

/// 0: there is no such folder.
std::int64_t change_time(const std::filesystem::path& folder) {
  struct stat state {};
  if (folder.empty() || ::stat(folder.c_str(), &state) != 0) return 0;
  return state.st_mtim.tv_sec * 1'000'000'000 + state.st_mtim.tv_nsec;
}

/// Of a variant another list entry says nothing about the price, nor about a longer context.
void keep_what_variants_share(ModelFacts& facts, std::string_view model) {
  facts.prompt_price = facts.completion_price = facts.request_price = std::nullopt;
  facts.cache_read_price = facts.cache_write_price = std::nullopt;
  if (model.ends_with(":extended")) facts.context_length = facts.completion_max = std::nullopt;
}

std::string name_of(const Source& source, std::string_view model) {
  std::string name = source.plugin + '\n' + source.base_url + '\n';
  name += model;
  return name;
}

}  // namespace

std::vector<std::string_view> listed_names(std::string_view model) {
  if (model.empty() || model.front() == '~' || model.front() == '@' || model == "openrouter/auto")
    return {};
  std::vector<std::string_view> names{model};
  for (const std::string_view variant : kVariants)
    if (model.ends_with(variant)) names.push_back(model.substr(0, model.size() - variant.size()));
  return names;
}

std::uint64_t Shelf::generation(MonotonicTime now, Wait wait) {
  if (nanoseconds(now) < next_look_.load(std::memory_order_relaxed))
    return generation_.load(std::memory_order_acquire);
  next_look_ = nanoseconds(now + kLookEvery);  // others need not
  if (wait == Wait::kYes) {
    look(now);
  } else {
    {
      const std::lock_guard lock(mutex_);
      look_wanted_ = now;
    }
    start_later();
  }
  return generation_.load(std::memory_order_acquire);
}

void Shelf::look_again() {
  const std::lock_guard lock(mutex_);
  changed_ = kNotLooked;
  next_look_ = 0;
}

void Shelf::look(MonotonicTime now) {
  const std::int64_t changed = change_time(cache_.folder());
  const std::lock_guard lock(mutex_);
  if (changed == changed_ && (changed == 0 || now < forgotten_ + kForgetEvery)) return;
  changed_ = changed;
  forgotten_ = now;
  ++clearings_;
  remembered_.clear();
  generation_.store(changed == 0 ? 0 : ++last_generation_, std::memory_order_release);
}

std::shared_ptr<const Known> Shelf::find(const Source& source, std::string_view model) {
  std::string name = name_of(source, model);
  std::uint64_t clearing = 0;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = remembered_.find(name); found != remembered_.end()) return found->second;
    clearing = clearings_;
  }
  auto known = read(source, model);
  keep(std::move(name), known, clearing);
  return known;
}

std::optional<std::shared_ptr<const Known>> Shelf::find_now(const Source& source,
                                                            std::string_view model) {
  std::string name = name_of(source, model);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = remembered_.find(name); found != remembered_.end()) return found->second;
    if (wanted_.size() < kWantedMax)
      wanted_.try_emplace(std::move(name), Wanted{source, std::string(model)});
  }
  start_later();
  return std::nullopt;
}

void Shelf::keep(std::string name, std::shared_ptr<const Known> known, std::uint64_t clearing) {
  const std::lock_guard lock(mutex_);
  if (clearing != clearings_) return;
  if (remembered_.size() >= kRememberedMax) remembered_.clear();
  remembered_[std::move(name)] = std::move(known);
}

void Shelf::start_later() {
  {
    const std::lock_guard lock(mutex_);
    if (working_) return;
    working_ = true;
  }
  if (later_ && later_([this] { work(); })) return;
  const std::lock_guard lock(mutex_);  // who asks again may have more luck
  working_ = false;
  wanted_.clear();
  if (std::exchange(look_wanted_, std::nullopt)) next_look_ = 0;
}

void Shelf::work() {
  for (;;) {
    std::optional<MonotonicTime> look_at;
    std::pair<std::string, Wanted> next;
    std::uint64_t clearing = 0;
    {
      const std::lock_guard lock(mutex_);
      look_at = std::exchange(look_wanted_, std::nullopt);
      working_ = look_at || !wanted_.empty();
      if (!working_) return;
      if (!look_at) next = *wanted_.begin();
      clearing = clearings_;
    }
    if (look_at) {
      look(*look_at);
      continue;
    }
    keep(next.first, read(next.second.source, next.second.model), clearing);
    const std::lock_guard lock(mutex_);
    wanted_.erase(next.first);
  }
}

std::shared_ptr<const Known> Shelf::read(const Source& source, std::string_view model) const {
  for (const std::string_view name : listed_names(model)) {
    const auto list = cache_.find(source, name);
    if (!list) {
      if (list.error().error_class != ErrorClass::kNotFound) complain_(list.error().message);
      return nullptr;
    }
    if (list->fetched < std::time(nullptr) - kAgeMax) return nullptr;
    if (list->models.empty()) continue;
    auto known = std::make_shared<Known>();
    known->facts = read_model(list->models.front().json);
    known->fetched = list->fetched;
    known->exact = name == model;
    if (!known->exact) keep_what_variants_share(known->facts, model);
    return known;
  }
  return nullptr;
}

}  // namespace prx::catalog
