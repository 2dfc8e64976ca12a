/// \file guarded_memory.hpp
/// Memory that a plugin is lent: at the edge of a page that nobody may touch, and gone when the
/// call is over.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <vector>

#include "prx/plugin.h"

namespace prx::check {

/// How what a plugin borrows is laid out.
enum class Lending {
  kPlain,     ///< as it is; quick
  kEdge,      ///< each struct and each text ends at an unreadable page
  kBorrowed,  ///< as kEdge, and unreadable once it is taken back
  kFuture,    ///< as kEdge, and each struct says that it is kFutureTail larger: behind what this
              ///< header knows, nothing can be read or written
  kCanary,    ///< as kFuture, but the tail is readable and must stay as it is
};

inline constexpr std::size_t kFutureTail = 64;

/// What is lent for one call, or for the life of one object. The destructor takes it back: whoever
/// touches what was lent as kBorrowed afterwards is killed by SIGSEGV; what was lent in the other
/// kinds but kPlain stays, some pages a call. One thread at a time.
class Lender {
 public:
  explicit Lender(Lending kind) : kind_(kind) {}
  ~Lender();
  Lender(const Lender&) = delete;
  Lender& operator=(const Lender&) = delete;

  /// A struct that begins with its size. kPlain: the argument itself, which must live as long.
  template <class T>
  [[nodiscard]] const T* lend(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (kind_ == Lending::kPlain) return &value;
    T* const copy = static_cast<T*>(place(&value, sizeof value, true));
    if (kind_ >= Lending::kFuture)
      copy->size = static_cast<decltype(copy->size)>(sizeof value + kFutureTail);
    return copy;
  }
  /// Bytes without a terminator. kPlain: the argument itself.
  [[nodiscard]] prx_str lend_text(std::string_view text);
  /// An array; kPlain: the argument itself.
  [[nodiscard]] const prx_kv* lend(const prx_kv* pairs, std::size_t count);
  /// Bytes that may be overwritten.
  [[nodiscard]] char* lend_writable(char* bytes, std::size_t size);

  /// False when a tail of kCanary was written to.
  [[nodiscard]] bool canaries_live() const;

 private:
  struct Area {
    std::byte* begin;
    std::size_t size;         ///< whole pages, the unreadable one apart
    const std::byte* canary;  ///< kFutureTail bytes, or null
  };
  /// A copy of `size` bytes that ends where its area does, before a tail when it is a struct.
  [[nodiscard]] void* place(const void* bytes, std::size_t size, bool is_struct);

  const Lending kind_;
  std::vector<Area> areas_;
};

}  // namespace prx::check
