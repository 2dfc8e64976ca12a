/// \file error_read.hpp
/// Reads errors out of heads, bodies and frames. Private.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "prx/sdk/chat_completions.hpp"
#include "prx/sdk/text.hpp"

namespace prx::sdk {

/// The value of a header, trimmed; "" when absent. Names are in lower case.
[[nodiscard]] std::string_view header(std::span<const prx_kv> headers, std::string_view name);
/// The media type of a content-type header, in lower case, without parameters.
[[nodiscard]] std::string media_type(std::string_view content_type);
/// The content-encoding header in lower case, or "" when the body is as it is.
[[nodiscard]] std::string content_encoding(std::span<const prx_kv> headers);
/// The provider's id of the exchange.
[[nodiscard]] std::string_view request_id(std::span<const prx_kv> headers);

/// Seconds since 1970 of an HTTP date in each of its three forms.
[[nodiscard]] std::optional<std::int64_t> read_http_date(std::string_view text);
/// Retry-After and retry-after-ms alone. The answer's own Date header stands for now where it has
/// one.
[[nodiscard]] std::optional<std::chrono::milliseconds> read_explicit_wait(
    std::span<const prx_kv> headers, std::int64_t now_epoch);

/// Which rate limits' resets are waited for, beside a Retry-After.
enum class Resets {
  kNone,
  kUnlessLeft,  ///< after a rate limit: of all limits but those that say they have some left
  kUsedUp,      ///< after an overload: of those alone that say that nothing is left
};
/// Retry-After, else the resets.
[[nodiscard]] std::optional<std::chrono::milliseconds> read_wait(std::span<const prx_kv> headers,
                                                                 Resets resets,
                                                                 std::int64_t now_epoch);

/// An error object, a string, or prose that came within an answer of status 200.
/// http_status becomes the number in the error's own code, when it is one of 400 to 599.
/// `head` needs only live for the call.
[[nodiscard]] Error read_frame_error(const ChatHead& head, std::string_view error_json,
                                     std::string_view provider_title, std::int64_t now_epoch);

inline constexpr std::size_t kErrorMessageMax = 600;    ///< bytes of Error::message
inline constexpr std::size_t kErrorRawMax = 64u << 10;  ///< bytes of Error::raw

}  // namespace prx::sdk
