/// \file abi_convert.hpp
/// The C interface's structs to and from the core's values. Reads no field beyond a struct's
/// `size`.
#pragma once

#include <string>
#include <string_view>

#include "prx/attempt.hpp"
#include "prx/plugin.h"
#include "prx/sdk/error.hpp"

namespace prx::driver {

class ProviderInstance;

inline constexpr std::size_t kMessageMax = 4u << 10;  ///< bytes kept of a plugin's message
inline constexpr std::size_t kRawMax = 64u << 10;     ///< bytes kept of a provider's words
inline constexpr std::size_t kCleanMax = 2;           ///< times so much is looked at for secrets

[[nodiscard]] inline std::string_view view(prx_str text) {
  return text.ptr == nullptr ? std::string_view{} : std::string_view(text.ptr, text.len);
}
[[nodiscard]] inline prx_str to_c(std::string_view text) { return {text.data(), text.size()}; }

/// At most `max` bytes of the text, of which the first kCleanMax * max are looked at: without the
/// secrets that `whose` knows, nor parts of them. As it is when that is nullptr.
[[nodiscard]] std::string clean(std::string_view text, std::size_t max,
                                const ProviderInstance* whose);

/// nullptr or a struct too small to be one reads as kInternal. The message becomes one line. The
/// texts are clean() of `whose`, the instance that reports, nullptr when a module does.
[[nodiscard]] Error to_error(const prx_error* error, const ProviderInstance* whose);
/// nullptr reads as nothing known; `json` is kept as it is.
[[nodiscard]] Usage to_usage(const prx_usage* usage, std::string_view json);

/// A prx_fail that keeps what it was given.
class FailSlot {
 public:
  /// \param whose  see to_error(); lives as long as this.
  explicit FailSlot(const ProviderInstance* whose = nullptr);
  FailSlot(const FailSlot&) = delete;
  FailSlot& operator=(const FailSlot&) = delete;
  [[nodiscard]] const prx_fail* c() const { return &fail_; }
  /// What was set, else an error of class `code` that says that nothing was said.
  [[nodiscard]] Error take(std::int32_t code, const std::string& who) const;

 private:
  static void set(void* ctx, const prx_error* error) noexcept;
  prx_fail fail_;
  const ProviderInstance* whose_;
  Error error_;
  bool set_ = false;
};

/// Hands an Error to a plugin's prx_fail (which may be nullptr) and returns its code.
std::int32_t report(const prx_fail* fail, const Error& error);
std::int32_t report(const prx_fail* fail, ErrorClass error_class, std::string_view message);

}  // namespace prx::driver
