/// \file descriptor.hpp
/// An owned file descriptor. Internal to the plugin room.
#pragma once

#include <filesystem>
#include <utility>

#include "prx/sdk/error.hpp"

namespace prx {

/// Closes what it holds; -1 holds nothing.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_ = -1;
};

/// Opens a file for reading; never waits (a FIFO), never hands it to a child.
/// Errors: kNotFound, kPermission or kBadResponse (not a regular file), one line with the path.
[[nodiscard]] Result<Descriptor> open_regular_file(const std::filesystem::path& file);

}  // namespace prx
