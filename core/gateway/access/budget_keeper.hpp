/// \file budget_keeper.hpp
/// Keeps what keys have spent in a small file, so that a restart forgives nothing, and the services
/// of one user on one machine count together.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "gateway/access/key_ring.hpp"
#include "prx/config.hpp"

namespace prx::gateway {

/// $XDG_STATE_HOME/prx, else $HOME/.local/state/prx; "": neither is set.
[[nodiscard]] std::filesystem::path state_folder(const Environment& environment);

/// What a key has spent in one window, as the file has it.
struct BudgetLine {
  std::int64_t window_ms = 0;  ///< 0: it never ends
  std::int64_t window = 0;     ///< see window_of()
  std::int64_t nanodollars = 0;
  friend bool operator==(const BudgetLine&, const BudgetLine&) = default;
};
using BudgetLines = std::map<std::string, BudgetLine>;  ///< by the key's name

inline constexpr std::size_t kBudgetLinesMax = 20'000;  ///< of keys that are in no ring any more
/// A head, and "NAME WINDOW_MS WINDOW NANODOLLARS" for each.
[[nodiscard]] std::string budget_text(const BudgetLines& lines);
/// Errors: kBadResponse: the head is another one. A line that is none is left out.
[[nodiscard]] Result<BudgetLines> read_budgets(std::string_view text);

/// Reads the file when it is made, and then looks every few seconds, on a thread of its own,
/// whether something was spent: that is added to the file, and what others added to it is spent
/// here too. Writes for the last time when it is destroyed. What goes wrong is said once, until it
/// goes well again.
class BudgetKeeper {
 public:
  static constexpr std::chrono::milliseconds kEvery{3'000};
  using Say = std::function<void(std::string_view line)>;

  BudgetKeeper(std::filesystem::path folder, std::shared_ptr<const KeyRing> ring, Say say,
               std::chrono::milliseconds every = kEvery);
  ~BudgetKeeper();
  BudgetKeeper(const BudgetKeeper&) = delete;
  BudgetKeeper& operator=(const BudgetKeeper&) = delete;

  /// Of these keys from now on. Any thread.
  void keep(std::shared_ptr<const KeyRing> ring);

 private:
  void work();
  void sync();
  [[nodiscard]] Result<void> sync_file();
  [[nodiscard]] bool exchange(BudgetLines& lines, WallTime now);
  [[nodiscard]] bool is_changed(WallTime now) const;
  [[nodiscard]] Result<BudgetLines> load() const;

  const std::filesystem::path folder_, file_;
  const Say say_;
  const std::chrono::milliseconds every_;
  BudgetLines synced_;  ///< how much of what was spent here the file knows; the thread's
  bool read_ = false;   ///< the file, once; the thread's
  bool told_ = false;   ///< that something is wrong; the thread's
  std::mutex mutex_;
  std::condition_variable closing_changed_;
  std::shared_ptr<const KeyRing> ring_;  ///< guarded; shared with the gates
  std::shared_ptr<const KeyRing> now_;   ///< the thread's copy
  bool closing_ = false;                 ///< guarded
  std::thread thread_;
};

}  // namespace prx::gateway
