/// \file descriptor.hpp
/// An owned file descriptor.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace prx::os {

/// Closes what it holds; -1 holds nothing. Not for two threads at once.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Descriptor() { reset(); }

  [[nodiscard]] int get() const { return value_; }
  [[nodiscard]] bool is_open() const { return value_ >= 0; }
  /// From here on somebody else's to close.
  [[nodiscard]] int release() { return std::exchange(value_, -1); }
  void reset(int value = -1) {
    if (value_ >= 0) ::close(value_);
    value_ = value;
  }
  /// For who wants to know whether all that was written has arrived: 0 or errno.
  [[nodiscard]] int close() {
    const int value = release();
    return value < 0 || ::close(value) == 0 ? 0 : errno;
  }

 private:
  int value_ = -1;
};

}  // namespace prx::os
