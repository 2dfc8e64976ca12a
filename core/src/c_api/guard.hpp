/// \file guard.hpp
/// The edge: nothing but a status and a failure crosses it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "c_api/handles.hpp"

namespace prx::c_api {

using Done = Result<void, CallError>;

[[nodiscard]] inline Unexpected<CallError> refused(std::string message) {
  return Unexpected(CallError(fail(ErrorClass::kInvalidRequest, std::move(message)).error()));
}

/// Gives a failure out, and returns its class. Without memory for it there is none.
inline std::int32_t give(prx_failure** failure, CallError&& error) noexcept {
  const auto code = static_cast<std::int32_t>(error.error_class);
  if (failure == nullptr) return code;
  try {
    *failure = std::make_unique<prx_failure>(std::move(error)).release();
  } catch (const std::bad_alloc&) {
    *failure = nullptr;
  }
  return code;
}

/// Runs what may throw; it returns a Done.
template <class Body>
std::int32_t guarded(prx_failure** failure, Body&& body) noexcept {
  if (failure != nullptr) *failure = nullptr;
  try {
    try {
      Done done = std::forward<Body>(body)();
      return done ? PRX_OK : give(failure, std::move(done).error());
    } catch (const std::bad_alloc&) {
      return PRX_E_INTERNAL;
    } catch (const std::exception& bug) {
      return give(failure,
                  fail(ErrorClass::kInternal, std::string("a bug of prx: ") + bug.what()).error());
    } catch (...) {
      return give(failure, fail(ErrorClass::kInternal, "a bug of prx").error());
    }
  } catch (...) {  // no memory for the message
    return PRX_E_INTERNAL;
  }
}

/// Runs what reports nothing; without memory for it, it does not happen.
template <class Body>
void quietly(Body&& body) noexcept {
  static_cast<void>(guarded(nullptr, [&]() -> Done {
    std::forward<Body>(body)();
    return {};
  }));
}

/// Fills a struct of the host as far as its `size` goes, and says in `size` how far. \return 1.
template <class T>
std::int32_t fill(const T& full, T* out) {
  const std::uint32_t size = std::min<std::uint32_t>(out->size, sizeof full);
  if (size < sizeof size) return 0;
  std::memcpy(out, &full, size);
  out->size = size;
  return 1;
}

inline prx_str to_c(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace prx::c_api
