/// \file tls_front.hpp
/// A TLS terminator (nghttpx) in front of an upstream, and a store of certificates of the real
/// one's size that trusts it.
#pragma once

#include <cstdint>
#include <string>

#include "bench/run/process.hpp"
#include "prx/sdk/error.hpp"

namespace prx::bench {

class TlsFront {
 public:
  /// Makes an authority, a certificate for 127.0.0.1 and `folder`/store by the openssl program, and
  /// starts nghttpx before the port `upstream`. Errors: kInternal, kTimeout.
  [[nodiscard]] static Result<TlsFront> start(const std::string& folder, int upstream);

  [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }

 private:
  TlsFront(Process process, std::uint16_t port) : process_(std::move(process)), port_(port) {}
  Process process_;
  std::uint16_t port_;
};

}  // namespace prx::bench
