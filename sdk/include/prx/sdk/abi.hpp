/// \file abi.hpp
/// Conversions between the C interface and C++ values, and the one guard that keeps exceptions in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "prx/plugin.h"
#include "prx/sdk/error.hpp"
#include "prx/sdk/sizes.hpp"
#include "prx/sdk/text.hpp"

namespace prx::sdk {

/// The same bytes; nothing is copied either way.
[[nodiscard]] inline std::string_view view(prx_str text) {
  return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}
[[nodiscard]] inline prx_str str(std::string_view text) { return {text.data(), text.size()}; }

/// A prx_error whose texts borrow from `error`.
[[nodiscard]] inline prx_error to_abi(const Error& error) {
  prx_error out{};
  out.size = sizeof out;
  out.code = static_cast<std::int32_t>(error.error_class);
  out.http_status = error.http_status;
  out.retryable = error.retryable ? (*error.retryable ? 1 : 0) : -1;
  out.phase = static_cast<std::int32_t>(error.phase);
  out.retry_after_ms =
      error.retry_after ? std::max<std::int64_t>(error.retry_after->count(), 0) : -1;
  out.message = str(error.message);
  out.provider_code = str(error.provider_code);
  out.request_id = str(error.request_id);
  out.raw = str(error.raw);
  return out;
}

/// A copy of a prx_error; values that are out of range are read as "unknown".
[[nodiscard]] inline Error from_abi(const prx_error& error) {
  Error out;
  out.error_class = error_class_from(error.code);
  out.message = view(error.message);
  out.http_status = error.http_status >= 100 && error.http_status <= 599 ? error.http_status : 0;
  if (error.phase >= PRX_PHASE_NONE && error.phase <= PRX_PHASE_BODY)
    out.phase = static_cast<Phase>(error.phase);
  if (error.retryable == 0 || error.retryable == 1) out.retryable = error.retryable == 1;
  if (error.retry_after_ms >= 0) out.retry_after = std::chrono::milliseconds(error.retry_after_ms);
  out.provider_code = view(error.provider_code);
  out.request_id = view(error.request_id);
  out.raw = view(error.raw);
  return out;
}

inline constexpr std::size_t kRawMax = 64u << 10;  ///< bytes of prx_error::raw

/// Whether the texts of an error are as prx_error wants them: UTF-8, a message of one line, no more
/// of the provider's words than kRawMax.
[[nodiscard, gnu::noinline]] inline bool has_clean_texts(const prx_error& error) {
  const std::string_view message = view(error.message);
  return !message.empty() && std::none_of(message.begin(), message.end(), detail::is_control) &&
         error.raw.len <= kRawMax && detail::is_clean(message) &&
         detail::is_clean(view(error.provider_code)) && detail::is_clean(view(error.request_id)) &&
         detail::is_clean(view(error.raw));
}

/// The same error with such texts: what is no UTF-8 is U+FFFD, control characters of the message
/// are blanks, and `raw` ends with a whole character.
[[nodiscard, gnu::noinline]] inline Error with_clean_texts(Error error) {
  error.message = mended_utf8(error.message);
  std::replace_if(error.message.begin(), error.message.end(), detail::is_control, ' ');
  if (error.message.empty()) error.message = "the plugin gives no reason";
  error.provider_code = mended_utf8(error.provider_code);
  error.request_id = mended_utf8(error.request_id);
  error.raw = mended_utf8(utf8_prefix(error.raw, kRawMax));
  error.raw.resize(utf8_prefix(error.raw, kRawMax).size());
  return error;
}

/// What an incomplete exchange ended with.
[[nodiscard]] inline Error from_abi(const prx_http_end& end) {
  Error out;
  out.error_class = error_class_from(end.code);
  out.message = view(end.message);
  if (end.phase >= PRX_PHASE_NONE && end.phase <= PRX_PHASE_BODY)
    out.phase = static_cast<Phase>(end.phase);
  return out;
}

/// Reports the reason of a failed call. `fail` may be null.
inline void report(const prx_fail* fail, const prx_error& error) {
  if (fail != nullptr && fail->set != nullptr) fail->set(fail->ctx, &error);
}

/// Catches what a host service says through its prx_fail.
class FailCatcher {
 public:
  FailCatcher() : fail_{sizeof(prx_fail), 0, this, &FailCatcher::set} {}
  FailCatcher(const FailCatcher&) = delete;
  FailCatcher& operator=(const FailCatcher&) = delete;

  [[nodiscard]] const prx_fail* abi() const { return &fail_; }
  /// The reason, or one made from the status when the service gave none.
  [[nodiscard]] Error take(std::int32_t status) {
    if (error_.message.empty()) error_.message = "the host refused the call";
    if (!set_) error_.error_class = error_class_from(status);
    return std::move(error_);
  }

 private:
  static void set(void* self, const prx_error* error) noexcept {
    auto& catcher = *static_cast<FailCatcher*>(self);
    try {
      catcher.error_ = from_abi(*error);
      catcher.set_ = true;
    } catch (...) {  // out of memory: the status alone must do
    }
  }

  prx_fail fail_;
  Error error_;
  bool set_ = false;
};

/// A failure without memory of its own but a fixed buffer: what a guard can say when even `new`
/// fails. Control characters of `what` are blanks, and '?' stands for each byte that is no UTF-8.
class BugReport {
 public:
  explicit BugReport(const char* what) {
    const int size = std::snprintf(text_, sizeof text_, "bug in the plugin: %s", what);
    const auto length = static_cast<std::size_t>(size < 0 ? 0 : size);
    const std::size_t kept = clean(length < sizeof text_ ? length : sizeof text_ - 1);
    error_.size = sizeof error_;
    error_.code = PRX_E_INTERNAL;
    error_.retryable = -1;
    error_.retry_after_ms = -1;
    error_.message = {text_, kept};
  }
  BugReport(const BugReport&) = delete;
  BugReport& operator=(const BugReport&) = delete;
  [[nodiscard]] const prx_error& error() const { return error_; }

 private:
  [[nodiscard]] std::size_t clean(std::size_t length) {
    const std::size_t kept = utf8_prefix({text_, length}, length).size();
    char* const end = text_ + kept;
    std::replace_if(text_, end, detail::is_control, ' ');
    for (char* at = text_; (at = text_ + (detail::skip_utf8(at, end) - text_)) != end; ++at)
      *at = '?';
    return kept;
  }

  char text_[256];  ///< a longer message is cut
  prx_error error_{};
};

/// The one guard: every entry into a plugin's code runs in it. An exception is a bug of the plugin
/// and becomes a prx_error of class INTERNAL, given to `on_bug`, which must not throw.
template <class Body, class OnBug>
void guard(Body&& body, OnBug&& on_bug) noexcept {
  try {
    std::forward<Body>(body)();
  } catch (const std::exception& exception) {
    std::forward<OnBug>(on_bug)(BugReport(exception.what()).error());
  } catch (...) {
    std::forward<OnBug>(on_bug)(BugReport("an exception that is no std::exception").error());
  }
}

}  // namespace prx::sdk
