/// \file shelf.hpp
/// What a client knows of models: read from the cache when first asked for, and remembered.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "catalog/cache.hpp"
#include "monotonic_time.hpp"
#include "prx/model.hpp"

namespace prx::catalog {

/// What the list of a provider says about a model.
struct Known {
  ModelFacts facts;
  Seconds fetched = 0;
  bool exact = true;  ///< false: of the plain model, when a variant of it was asked for
};

/// The names under which a list may have a model, the best first: the model itself, then without a
/// variant that changes who serves it or how (":nitro"). Empty: it is a name for whatever model a
/// router chooses ("~vendor/name-latest", "@preset/...", "openrouter/auto").
/// \see https://openrouter.ai/docs/guides/routing/model-variants
[[nodiscard]] std::vector<std::string_view> listed_names(std::string_view model);

/// Any thread. A call asks for generation() alone, and for the rest when that changed: as long as
/// there is no folder, it costs a look at the clock. The disk is read by no more than who needs it:
/// under no lock, and never on a thread that says it must not wait.
class Shelf {
 public:
  /// Between looks at the folder: another process may have written there.
  static constexpr std::chrono::seconds kLookEvery{10};
  /// After which what is remembered is read again, so that it ages.
  static constexpr std::chrono::hours kForgetEvery{1};
  /// Older lists are as if they were not there.
  static constexpr Seconds kAgeMax = 30 * 86'400;
  static constexpr std::size_t kRememberedMax = 1'024;  ///< models; then all are forgotten
  static constexpr std::size_t kWantedMax = 1'024;  ///< models that wait to be read; no more are

  /// Whether a caller may wait for the disk.
  enum class Wait { kYes, kNo };
  /// Is told why a file is of no use. Any thread.
  using Complain = std::function<void(const std::string& why)>;

  /// Runs a task soon on a thread that may block, and that ends before the shelf. False: never.
  using Later = std::function<bool(std::function<void()> task)>;

  /// Without `later`, who must not wait never learns anything.
  Shelf(Cache cache, Complain complain, Later later = nullptr)
      : cache_(std::move(cache)), complain_(std::move(complain)), later_(std::move(later)) {}

  [[nodiscard]] const Cache& cache() const { return cache_; }
  /// Changes when what find() says may have changed; 0: there is nothing on the shelf, or, for who
  /// must not wait, nothing is known of yet.
  [[nodiscard]] std::uint64_t generation(MonotonicTime now, Wait wait = Wait::kYes);
  /// This process has written: look again at once.
  void look_again();

  /// nullptr: nothing is known. Blocks for the disk the first time.
  [[nodiscard]] std::shared_ptr<const Known> find(const Source& source, std::string_view model);
  /// The same without waiting. nullopt: it was not read yet, and will be, later.
  [[nodiscard]] std::optional<std::shared_ptr<const Known>> find_now(const Source& source,
                                                                     std::string_view model);

 private:
  static constexpr std::int64_t kNotLooked = -1;
  struct Wanted {
    Source source;
    std::string model;
  };

  void look(MonotonicTime now);
  [[nodiscard]] std::shared_ptr<const Known> read(const Source& source,
                                                  std::string_view model) const;
  /// Remembers what was read before the shelf changed for the `clearing`th time.
  void keep(std::string name, std::shared_ptr<const Known> known, std::uint64_t clearing);
  void start_later();
  void work();

  const Cache cache_;
  const Complain complain_;
  const Later later_;
  std::atomic<std::int64_t> next_look_{0};  ///< nanoseconds of the monotonic clock
  std::atomic<std::uint64_t> generation_{0};
  std::mutex mutex_;  ///< guards the rest; never held while the disk is asked
  std::uint64_t last_generation_ = 0;
  std::uint64_t clearings_ = 0;
  std::int64_t changed_ = 0;  ///< time of the folder's last change, in nanoseconds
  MonotonicTime forgotten_;
  /// Shared with the calls that go by them
  std::unordered_map<std::string, std::shared_ptr<const Known>> remembered_;
  std::unordered_map<std::string, Wanted> wanted_;  ///< by name, until work() has read them
  std::optional<MonotonicTime> look_wanted_;
  bool working_ = false;  ///< work() runs or will: one at a time, however slow the disk
};

/// The shelf for one question of a caller, who hears whether all that he asked for was read.
class ShelfReader {
 public:
  ShelfReader(Shelf& shelf, Shelf::Wait wait) : shelf_(shelf), wait_(wait) {}

  /// nullptr: nothing is known, or not yet.
  [[nodiscard]] std::shared_ptr<const Known> find(const Source& source, std::string_view model) {
    if (wait_ == Shelf::Wait::kYes) return shelf_.find(source, model);
    auto found = shelf_.find_now(source, model);
    knows_all_ = knows_all_ && found.has_value();
    return found ? std::move(*found) : nullptr;
  }
  /// False: ask again, and there may be more.
  [[nodiscard]] bool knows_all() const { return knows_all_; }

 private:
  Shelf& shelf_;
  const Shelf::Wait wait_;
  bool knows_all_ = true;
};

}  // namespace prx::catalog
