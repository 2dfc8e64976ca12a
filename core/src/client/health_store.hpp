/// \file health_store.hpp
/// Where several clients keep what they tell each other of targets and keys: a file between
/// processes (health_file.hpp), a board within one (health_board.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace prx::driver {

struct HealthSalt;
class HealthTable;

class HealthStore {
 public:
  enum class Access {
    kDone,
    kBusy,  ///< somebody holds the lock, or the disk is full: another time
    kLost,  ///< the file was removed or overwritten: open() again
  };

  virtual ~HealthStore() = default;
  /// Reads all of it.
  [[nodiscard]] virtual Access read(HealthTable& out) = 0;
  /// Reads it, lets `edit` change it, and writes what changed, alone with the store. What `edit`
  /// did is in it only after kDone.
  [[nodiscard]] virtual Access change(HealthTable& table,
                                      const std::function<void(HealthTable&)>& edit) = 0;
  /// Of the names in it; lives as long as the store.
  [[nodiscard]] virtual const HealthSalt& salt() const = 0;
  /// Another one whenever something changed; nullopt: only who reads knows.
  [[nodiscard]] virtual std::optional<std::uint64_t> version() const { return std::nullopt; }
};

}  // namespace prx::driver
