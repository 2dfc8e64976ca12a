/// \file tls_context.hpp
/// TlsContext: what a server shows its clients over TLS, a certificate and its key, and how it
/// speaks: TLS 1.2 and 1.3, HTTP/1.1 by ALPN, no renegotiation, sessions resumed by tickets.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "prx/config.hpp"
#include "prx/sdk/result.hpp"

struct ssl_ctx_st;

namespace prx::gateway {

inline constexpr std::size_t kTlsFileMax = 1u << 20;  ///< bytes of a certificate's or key's file

/// Shared by the listeners that use it and by who renews it; any thread. Connections keep what was
/// in force when they came.
class TlsContext {
 public:
  /// Reads both files. Errors: kInvalidRequest, with the file and the remedy: it is missing or
  /// cannot be read, holds no certificate or key, the key is encrypted or another certificate's.
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> open(ServeTlsConfig files);
  /// Reads them again, for connections that come from now on. An error, as of open(), changes
  /// nothing.
  [[nodiscard]] Result<void> reload();
  /// What an operator has to know of the files in force: a time that is over or has not begun, a
  /// key that others can read.
  [[nodiscard]] std::vector<std::string> warnings() const;
  [[nodiscard]] const ServeTlsConfig& files() const { return files_; }
  /// For a connection: OpenSSL's SSL_CTX.
  [[nodiscard]] std::shared_ptr<ssl_ctx_st> current() const;

 private:
  explicit TlsContext(ServeTlsConfig files) : files_(std::move(files)) {}
  const ServeTlsConfig files_;
  mutable std::mutex mutex_;             ///< of those below
  std::shared_ptr<ssl_ctx_st> current_;  // shared with the connections that it made
  std::vector<std::string> warnings_;
};

}  // namespace prx::gateway
