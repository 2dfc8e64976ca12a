/// \file result.hpp
/// Result<T, E>: a value or an error, with the names of std::expected (which libstdc++ 12 lacks in
/// C++20).
#pragma once

#include <cstdlib>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

namespace prx {

struct Error;

/// Marks an error on its way into a Result: `return Unexpected(error);`
template <class E>
class Unexpected {
 public:
  explicit Unexpected(E error) : error_(std::move(error)) {}
  [[nodiscard]] E& error() & { return error_; }
  [[nodiscard]] const E& error() const& { return error_; }
  [[nodiscard]] E&& error() && { return std::move(error_); }

 private:
  E error_;
};

template <class T, class E = Error>
class Result;

namespace detail {
template <class T>
inline constexpr bool is_result = false;
template <class T, class E>
inline constexpr bool is_result<Result<T, E>> = true;
}  // namespace detail

/// What a function that can fail returns. A value type: copies and moves as its content does.
/// value(), operator* and error() abort when the other side is the active one: that is a bug of the
/// caller.
template <class T, class E>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = E;

  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit as std::expected
  template <class G>
  Result(Unexpected<G> unexpected)  // NOLINT
      : state_(std::in_place_index<1>, std::move(unexpected).error()) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  [[nodiscard]] T& value() & { return checked(); }
  [[nodiscard]] const T& value() const& { return const_cast<Result*>(this)->checked(); }
  [[nodiscard]] T&& value() && { return std::move(checked()); }
  [[nodiscard]] T& operator*() & { return checked(); }
  [[nodiscard]] const T& operator*() const& { return const_cast<Result*>(this)->checked(); }
  [[nodiscard]] T&& operator*() && { return std::move(checked()); }
  [[nodiscard]] T* operator->() { return &checked(); }
  [[nodiscard]] const T* operator->() const { return &const_cast<Result*>(this)->checked(); }

  [[nodiscard]] E& error() & { return checked_error(); }
  [[nodiscard]] const E& error() const& { return const_cast<Result*>(this)->checked_error(); }
  [[nodiscard]] E&& error() && { return std::move(checked_error()); }

  template <class U>
  [[nodiscard]] T value_or(U&& fallback) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(fallback));
  }
  template <class U>
  [[nodiscard]] T value_or(U&& fallback) && {
    return has_value() ? std::move(checked()) : static_cast<T>(std::forward<U>(fallback));
  }

  /// Calls f(value), which returns a Result with the same error type; an error passes through.
  template <class F>
  auto and_then(F&& f) && {
    using R = std::invoke_result_t<F, T&&>;
    static_assert(detail::is_result<R>);
    if (has_value()) return std::invoke(std::forward<F>(f), std::move(checked()));
    return R(Unexpected<E>(std::move(checked_error())));
  }
  /// Calls f(value) and wraps what it returns; an error passes through.
  template <class F>
  auto transform(F&& f) && {
    using R = Result<std::invoke_result_t<F, T&&>, E>;
    if (has_value()) return R(std::invoke(std::forward<F>(f), std::move(checked())));
    return R(Unexpected<E>(std::move(checked_error())));
  }

 private:
  T& checked() {
    auto* const value = std::get_if<0>(&state_);
    if (value == nullptr) std::abort();
    return *value;
  }
  E& checked_error() {
    auto* const error = std::get_if<1>(&state_);
    if (error == nullptr) std::abort();
    return *error;
  }
  std::variant<T, E> state_;
};

/// A Result without a value: success is `return {};`.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  using value_type = void;
  using error_type = E;

  Result() = default;
  template <class G>
  Result(Unexpected<G> unexpected)  // NOLINT
      : error_(std::in_place_index<1>, std::move(unexpected).error()) {}

  [[nodiscard]] bool has_value() const { return error_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  void value() const {
    if (!has_value()) std::abort();
  }
  [[nodiscard]] E& error() & { return checked_error(); }
  [[nodiscard]] const E& error() const& { return const_cast<Result*>(this)->checked_error(); }
  [[nodiscard]] E&& error() && { return std::move(checked_error()); }

 private:
  E& checked_error() {
    auto* const error = std::get_if<1>(&error_);
    if (error == nullptr) std::abort();
    return *error;
  }
  std::variant<std::monostate, E> error_;
};

}  // namespace prx

/// Leaves the function with the error of `expression`, a Result, if it has one.
#define PRX_TRY(expression)                                        \
  do {                                                             \
    if (auto prx_try_result = (expression); !prx_try_result)       \
      return ::prx::Unexpected(std::move(prx_try_result).error()); \
  } while (false)

#define PRX_DETAIL_JOIN2(a, b) a##b
#define PRX_DETAIL_JOIN(a, b) PRX_DETAIL_JOIN2(a, b)
#define PRX_DETAIL_TRY_SET(name, declaration, expression)       \
  auto name = (expression);                                     \
  if (!name) return ::prx::Unexpected(std::move(name).error()); \
  declaration = std::move(name).value()
/// PRX_TRY_SET(auto x, f()): declares x with the value of f(), or leaves the function with its
/// error.
#define PRX_TRY_SET(declaration, expression) \
  PRX_DETAIL_TRY_SET(PRX_DETAIL_JOIN(prx_try_, __LINE__), declaration, expression)
