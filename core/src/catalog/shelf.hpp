/// \file shelf.hpp
/// What a client knows of models: read from the cache when first asked for, and remembered.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
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
/// there is no folder, it costs a look at the clock.
class Shelf {
 public:
  /// Between looks at the folder: another process may have written there.
  static constexpr std::chrono::seconds kLookEvery{10};
  /// After which what is remembered is read again, so that it ages.
  static constexpr std::chrono::hours kForgetEvery{1};
  /// Older lists are as if they were not there.
  static constexpr Seconds kAgeMax = 30 * 86'400;
  static constexpr std::size_t kRememberedMax = 1'024;  ///< models; then all are forgotten

  /// Is told why a file is of no use. Any thread.
  using Complain = std::function<void(const std::string& why)>;

  Shelf(Cache cache, Complain complain)
      : cache_(std::move(cache)), complain_(std::move(complain)) {}

  [[nodiscard]] const Cache& cache() const { return cache_; }
  /// Changes when what find() says may have changed; 0: there is nothing on the shelf.
  [[nodiscard]] std::uint64_t generation(MonotonicTime now);
  /// This process has written: look again at once.
  void look_again();

  /// nullptr: nothing is known. Blocks for the disk the first time.
  [[nodiscard]] std::shared_ptr<const Known> find(const Source& source, std::string_view model);

 private:
  static constexpr std::int64_t kNotLooked = -1;

  void look(MonotonicTime now);
  [[nodiscard]] std::shared_ptr<const Known> read(const Source& source, std::string_view model);

  const Cache cache_;
  const Complain complain_;
  std::atomic<std::int64_t> next_look_{0};  ///< nanoseconds of the monotonic clock
  std::atomic<std::uint64_t> generation_{0};
  std::mutex mutex_;  ///< guards the rest
  std::uint64_t last_generation_ = 0;
  std::int64_t changed_ = 0;  ///< time of the folder's last change, in nanoseconds
  MonotonicTime forgotten_;
  /// Shared with the calls that go by them
  std::unordered_map<std::string, std::shared_ptr<const Known>> remembered_;
};

}  // namespace prx::catalog
