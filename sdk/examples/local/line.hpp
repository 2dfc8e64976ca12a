/// \file line.hpp
/// The line in front of the model: how many operations it serves at once, and who waits for whom.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <prx/sdk/op.hpp>

namespace local {

class Line;

/// A place in the line; its destructor gives it up, and those behind move on. Movable, one owner,
/// any thread; not after the line.
class Place {
 public:
  Place(Place&& other) noexcept : line_(std::exchange(other.line_, nullptr)), id_(other.id_) {}
  Place& operator=(Place&&) = delete;
  ~Place();

  /// How many are served or wait before this one may begin; 0: it is its turn, from now on.
  [[nodiscard]] std::size_t ahead() const;

 private:
  friend class Line;
  Place(Line& line, std::uint64_t id) : line_(&line), id_(id) {}

  Line* line_;
  std::uint64_t id_;
};

/// First come, first served. Safe from any thread; nobody is woken under its lock.
class Line {
 public:
  /// \param served_max   operations at once, 1 or more.
  /// \param waiting_max  operations that wait; more are turned away.
  Line(std::size_t served_max, std::size_t waiting_max)
      : served_max_(served_max), waiting_max_(waiting_max) {}

  /// A place at the end, or nullopt when too many wait. `waker` is used each time the line moves.
  [[nodiscard]] std::optional<Place> enter(prx::sdk::Waker waker);
  /// While the model is not loaded one at a time is served: it loads. Once; everyone looks again.
  void set_loaded();
  [[nodiscard]] bool is_loaded() const;

 private:
  friend class Place;
  struct Waiting {
    std::uint64_t id;
    prx::sdk::Waker waker;
  };

  [[nodiscard]] std::size_t ahead(std::uint64_t id);
  void leave(std::uint64_t id);
  [[nodiscard]] std::vector<prx::sdk::Waker> wakers() const;  ///< under the lock

  const std::size_t served_max_, waiting_max_;
  mutable std::mutex mutex_;
  bool loaded_ = false;
  std::uint64_t last_id_ = 0;
  std::size_t served_ = 0;
  std::deque<Waiting> waiting_;
};

}  // namespace local
