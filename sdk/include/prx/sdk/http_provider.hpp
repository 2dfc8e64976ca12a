/// \file http_provider.hpp
/// The step for providers that speak HTTP: say what to send, and decode what comes back. Both are
/// pure and testable without a network; sending, ending once and cancelling are the layer's
/// (http_operation.hpp).
#pragma once

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prx/plugin.h"
#include "prx/sdk/event_writer.hpp"
#include "prx/sdk/host.hpp"
#include "prx/sdk/operation.hpp"

namespace prx::sdk {

/// A header of a request: a name, and a value without line breaks.
struct Header {
  std::string name{}, value{};
  friend bool operator==(const Header&, const Header&) = default;
};

inline constexpr std::size_t kHeadersMax = 64;  ///< of one request
inline constexpr int kExchangesMax = 8;         ///< of one operation

/// One HTTP request. The host adds the key, the configured headers, and applies its clocks.
struct HttpCall {
  std::string method = "POST";
  std::string url{};                         ///< absolute
  std::vector<Header> headers{};             ///< at most kHeadersMax, common ones included
  std::string key_header = "authorization";  ///< "" sends no key
  std::string key_prefix = "Bearer ";
  std::optional<std::string> body{};  ///< unset: the operation's own body, handed on without a copy
  std::span<const Header> common_headers{};  ///< the provider's own, not copied; sent first
};

/// Head of an answer; views are borrowed for the call.
struct HttpHead {
  int status = 0;
  std::span<const prx_kv> headers{};  ///< names in lower case

  /// The first value of that name (lower case), or "".
  [[nodiscard]] std::string_view header(std::string_view name) const {
    for (const prx_kv& entry : headers)
      if (view(entry.key) == name) return view(entry.value);
    return {};
  }
};

/// Not an answer but a refusal of one: everything outside of 200 to 299. 0: no status yet.
[[nodiscard]] constexpr bool is_rejection(int status) {
  return status != 0 && (status < 200 || status >= 300);
}

/// The class of a rejected status alone, for providers without typed codes.
[[nodiscard]] constexpr ErrorClass class_of_status(int status) {
  switch (status) {
    case 401:
      return ErrorClass::kAuth;
    case 402:
      return ErrorClass::kCredit;
    case 403:
      return ErrorClass::kPermission;
    case 404:
    case 410:
      return ErrorClass::kNotFound;
    case 408:
    case 504:
    case 522:
    case 524:
      return ErrorClass::kTimeout;
    case 409:
      return ErrorClass::kNetwork;
    case 429:
      return ErrorClass::kRateLimit;
    case 501:
      return ErrorClass::kUnsupported;
    default:
      break;
  }
  if (status >= 500 && status < 600) return ErrorClass::kOverloaded;
  if (status >= 300 && status < 400) return ErrorClass::kNotFound;  // it is elsewhere, and stays so
  return status >= 400 && status < 500 ? ErrorClass::kInvalidRequest : ErrorClass::kBadResponse;
}

/// A rejected status as an error; `who` answered it.
[[nodiscard]] inline Error status_error(int status, std::string_view who) {
  Error error;
  error.error_class = class_of_status(status);
  error.message = std::string(who) + " answered with HTTP status " + std::to_string(status);
  error.http_status = status >= 100 && status < 600 ? status : 0;
  error.phase = Phase::kHead;
  return error;
}

/// The same of a head, with the wait of its Retry-After when that is whole seconds, at most 366
/// days. read_retry_after() (retry_after.hpp) knows the other forms.
/// \see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
[[nodiscard]] inline Error status_error(const HttpHead& head, std::string_view who) {
  constexpr std::int64_t kSecondsMax = 366 * 86'400;
  Error error = status_error(head.status, who);
  const std::string_view wait = head.header("retry-after");
  if (wait.empty() || wait.find_first_not_of("0123456789") != std::string_view::npos) return error;
  std::int64_t seconds = kSecondsMax;  // a number that is too large stays that
  std::from_chars(wait.data(), wait.data() + wait.size(), seconds);
  error.retry_after = std::chrono::seconds(seconds < kSecondsMax ? seconds : kSecondsMax);
  return error;
}

/// Turns one answer into events: head, pieces, then finish or broken. Not called after the terminal
/// event. What it throws ends the operation as INTERNAL.
class Decoder {
 public:
  Decoder() = default;
  virtual ~Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  virtual void head(const HttpHead& head, EventWriter& out) = 0;
  /// 1 byte or more, cut anywhere; the bytes may be overwritten.
  virtual void data(char* bytes, std::size_t size, EventWriter& out) = 0;
  /// The body is complete: emit the terminal event, unless next() has another request to make.
  virtual void finish(EventWriter& out) = 0;
  /// The exchange broke, or the host asked for the end (kCancelled): emit the terminal event. After
  /// a rejected status `error` has the class of that status, not of what happened to its body (cut,
  /// above a limit, or not there within 2 s).
  virtual void broken(const Error& error, EventWriter& out) { out.error(error); }
  /// After a finish() without terminal event: the request whose answer is decoded next, by the same
  /// object. At most kExchangesMax requests for one operation.
  [[nodiscard]] virtual std::optional<HttpCall> next() { return std::nullopt; }
};

/// Collects the body of an answer, at most `body_max` bytes, and gives it away whole.
class BodyDecoder : public Decoder {
 public:
  static constexpr std::size_t kBodyMax = 32u << 20;
  explicit BodyDecoder(std::size_t body_max = kBodyMax) : body_max_(body_max) {}

  void head(const HttpHead& head, EventWriter&) final {
    status_ = head.status;
    body_.clear();
    headers_.clear();
    for (const prx_kv& entry : head.headers)
      headers_.push_back({std::string(view(entry.key)), std::string(view(entry.value))});
  }
  void data(char* bytes, std::size_t size, EventWriter& out) final {
    if (size > body_max_ - body_.size()) {
      if (!is_rejection(status_)) return out.error(too_large());
      size = body_max_ - body_.size();  // of an error, the beginning says enough
    }
    body_.append(bytes, size);
  }
  void finish(EventWriter& out) final {
    std::vector<prx_kv> headers;
    headers.reserve(headers_.size());
    for (const Header& header : headers_) headers.push_back({str(header.name), str(header.value)});
    body({std::exchange(status_, 0), headers}, body_, out);
  }
  void broken(const Error& error, EventWriter& out) final {
    const bool cancelled = error.error_class == ErrorClass::kCancelled;
    if (cancelled || !is_rejection(status_)) return out.error(error);
    finish(out);
  }

 protected:
  /// A whole answer of any status, or what came of a rejected one before its body broke or
  /// reached the limit: emit events and the terminal one (see Decoder::finish).
  virtual void body(const HttpHead& head, std::string_view body, EventWriter& out) = 0;

 private:
  [[nodiscard]] Error too_large() const {
    Error error;
    error.error_class = ErrorClass::kBadResponse;
    error.message = "the answer is larger than " + std::to_string(body_max_) + " bytes";
    error.http_status = status_;
    error.phase = Phase::kBody;
    return error;
  }

  const std::size_t body_max_;
  int status_ = 0;
  std::vector<Header> headers_;
  std::string body_;
};

/// Base of a provider over HTTP. The functions are called on several loops at once: keep them
/// const.
class HttpProvider {
 public:
  explicit HttpProvider(Host host) : host_(host) {}
  virtual ~HttpProvider() = default;
  HttpProvider(const HttpProvider&) = delete;
  HttpProvider& operator=(const HttpProvider&) = delete;

  /// Called once per operation, before the rest: may set `request.shape`, which the other functions
  /// get back. For what the same body is written as, where that can change between two calls.
  virtual void choose(Request& request) const { static_cast<void>(request); }
  /// The first request of an operation. An error refuses the operation (kUnsupported for kinds that
  /// this provider does not know). Views in `request` are borrowed for the call.
  [[nodiscard]] virtual Result<HttpCall> request(const Request& request) const = 0;
  /// What decodes its answer. `sink` is for decoders that write events by themselves.
  [[nodiscard]] virtual std::unique_ptr<Decoder> decoder(const Request& request,
                                                         const prx_sink& sink) const = 0;

  [[nodiscard]] const Host& host() const { return host_; }

 private:
  const Host host_;
};

}  // namespace prx::sdk
