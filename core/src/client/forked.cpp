#include "client/forked.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <new>

namespace prx::driver {

namespace {

using Mark = std::atomic<std::uint64_t>;

/// In a page that the kernel empties in each child (Linux 4.14); null where it does not. There is
/// one for the process, as there is one process: a child made without libc is noticed too.
Mark* kept_mark() {
  static Mark* const kept = []() -> Mark* {
    constexpr std::size_t kSize = 4096;
    void* const page =
        ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return nullptr;
    if (::madvise(page, kSize, MADV_WIPEONFORK) == 0) return ::new (page) Mark(0);
    ::munmap(page, kSize);
    return nullptr;
  }();
  return kept;
}

/// A number is given to another process once this one is gone; a time is not.
std::uint64_t new_mark() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return (static_cast<std::uint64_t>(::getpid()) << 40 ^ static_cast<std::uint64_t>(now)) | 1u;
}

}  // namespace

std::uint64_t HomeProcess::mark() {
  Mark* const kept = kept_mark();
  if (kept == nullptr) return static_cast<std::uint64_t>(::getpid());
  std::uint64_t mark = kept->load(std::memory_order_relaxed);
  if (mark != 0) return mark;
  const std::uint64_t fresh = new_mark();
  return kept->compare_exchange_strong(mark, fresh, std::memory_order_relaxed) ? fresh : mark;
}

Error used_after_fork() {
  Error error;
  error.error_class = ErrorClass::kInternal;
  error.message =
      "this client belongs to the process that opened it, and this is a child of its fork(); open "
      "a client here";
  return error;
}

}  // namespace prx::driver
