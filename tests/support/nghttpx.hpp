/// \file nghttpx.hpp
/// nghttpx as a TLS and HTTP/2 front for a plain loopback server, with its default limits.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "support/certificates.hpp"

namespace prx::test {

/// Runs from construction to destruction. Connections wait in its listening socket until it is
/// ready. Throws std::runtime_error when the program is missing.
class Nghttpx {
 public:
  struct Options {
    Certificates::Pair certificate;
    std::uint16_t backend_port = 0;
    std::string protocols = "h2,http/1.1";  ///< offered by ALPN
  };
  explicit Nghttpx(const Options& options);
  ~Nghttpx();
  Nghttpx(const Nghttpx&) = delete;
  Nghttpx& operator=(const Nghttpx&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace prx::test
