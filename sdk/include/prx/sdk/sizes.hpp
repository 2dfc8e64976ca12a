/// \file sizes.hpp
/// Structs of the C interface that a side of another minor filled: how large they are at least, and
/// how they are copied. The policy is abi.md of prx's documentation.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "prx/plugin.h"

namespace prx::sdk {

/// Bytes of a struct in ABI 1.0: the least that either side gives. Compare with this and never with
/// sizeof, which grows with the minor that a file is compiled against; what came after 1.0 is read
/// through PRX_HAS.
template <class T>
inline constexpr std::size_t kSize10 = 0;

#define PRX_LAST_OF_10(type, field) \
  template <>                       \
  inline constexpr std::size_t kSize10<type> = offsetof(type, field) + sizeof(type::field)
PRX_LAST_OF_10(prx_text_out, write);
PRX_LAST_OF_10(prx_error, raw);
PRX_LAST_OF_10(prx_fail, set);
PRX_LAST_OF_10(prx_host, service);
PRX_LAST_OF_10(prx_log, write);
PRX_LAST_OF_10(prx_http_req, body_max);
PRX_LAST_OF_10(prx_http_head, header_count);
PRX_LAST_OF_10(prx_http_end, message);
PRX_LAST_OF_10(prx_http_sink, end);
PRX_LAST_OF_10(prx_http, cancel);
PRX_LAST_OF_10(prx_exec, timer_cancel);
PRX_LAST_OF_10(prx_secret, get);
PRX_LAST_OF_10(prx_request, traceparent);
PRX_LAST_OF_10(prx_usage, cost);
PRX_LAST_OF_10(prx_event, error);
PRX_LAST_OF_10(prx_sink, event);
PRX_LAST_OF_10(prx_provider, release);
PRX_LAST_OF_10(prx_plugin, interface_);
#undef PRX_LAST_OF_10

/// Whether a struct was given, with all fields of 1.0.
template <class T>
[[nodiscard]] bool is_whole(const T* given) {
  static_assert(kSize10<T> != 0, "a struct that begins with its size");
  return given != nullptr && given->size >= kSize10<T>;
}

/// A copy of a struct of any minor. What its maker did not know is zero, what this side does not
/// know is left out, and `size` is what the copy has.
template <class T>
[[nodiscard]] T copy_of(const T& given) {
  static_assert(kSize10<T> != 0, "a struct that begins with its size");
  T out{};
  const std::size_t size = std::min<std::size_t>(given.size, sizeof out);
  std::memcpy(&out, &given, size);
  out.size = static_cast<decltype(out.size)>(size);
  return out;
}

}  // namespace prx::sdk
