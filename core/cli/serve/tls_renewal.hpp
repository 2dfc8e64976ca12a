/// \file tls_renewal.hpp
/// The certificate of `prx serve`: read at its start, and again when its files were written anew.
#pragma once

#include <memory>

#include "cli/serve/file_watch.hpp"
#include "gateway/http/tls_context.hpp"

namespace prx::cli {

/// Does nothing where no certificate is configured. One thread.
class TlsRenewal {
 public:
  /// Errors: those of TlsContext::open(). What is doubtful of the files is said on stderr.
  [[nodiscard]] Result<void> open(const ServeTlsConfig& files);
  /// For the listeners; null: plain HTTP.
  [[nodiscard]] std::shared_ptr<const gateway::TlsContext> context() const { return context_; }
  /// Reads the files again when they have changed (as FileWatch says), or when `asked` to. What
  /// cannot be used changes nothing, and is said.
  void look(bool asked);

 private:
  std::shared_ptr<gateway::TlsContext> context_;  // shared with the listeners
  FileWatch certificate_{{}}, key_{{}};
};

}  // namespace prx::cli
