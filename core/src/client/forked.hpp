/// \file forked.hpp
/// What is left of a client in a child of fork(): its threads are not there, and its locks may be
/// held by them for ever. Everything of the handle asks first, and touches nothing then.
#pragma once

#include <cstdint>

#include "prx/client.hpp"

namespace prx::driver {

/// Knows the process that it was made in. Immutable.
class HomeProcess {
 public:
  /// True in a child of fork(). Any thread; takes no lock and, where the kernel has
  /// MADV_WIPEONFORK, makes no system call: it is asked for each event that a stream gives.
  [[nodiscard]] bool left() const { return mark() != mark_; }

 private:
  /// The same in all of a process, another one in its children; never 0.
  [[nodiscard]] static std::uint64_t mark();
  const std::uint64_t mark_ = mark();
};

/// What a call says there.
[[nodiscard]] Error used_after_fork();

/// The stream that a child is given: at its end, with that error.
class ForkedStream final : public Stream {
 public:
  const StreamEvent* next() override { return nullptr; }
  const ChatResult& result() override { return result_; }
  void cancel() override {}

 private:
  const ChatResult result_{Unexpected(CallError(used_after_fork()))};
};

/// The call that a child is given: it was told its end.
class ForkedCall final : public Call {
 public:
  void cancel() override {}
  void pause() override {}
  void resume() override {}
};

}  // namespace prx::driver
