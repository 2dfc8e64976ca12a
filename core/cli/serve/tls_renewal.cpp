#include "cli/serve/tls_renewal.hpp"

#include "cli/configuration.hpp"
#include "cli/output.hpp"

namespace prx::cli {

Result<void> TlsRenewal::open(const ServeTlsConfig& files) {
  if (!files.is_set()) return {};
  certificate_ = FileWatch(files.certificate);  // before they are read: what is written meanwhile
  key_ = FileWatch(files.key);                  // is told
  PRX_TRY_SET(context_, gateway::TlsContext::open(files));
  for (const auto& text : context_->warnings()) warning(text);
  return {};
}

void TlsRenewal::look(bool asked) {
  if (!context_) return;
  if (asked) {
    certificate_.read_now();
    key_.read_now();
  }
  const bool certificate = certificate_.changed(), key = key_.changed();
  if (!asked && !certificate && !key) return;
  if (const auto done = context_->reload(); !done)
    return message("the certificate stays as it was: " + done.error().message);
  message("the certificate was read again");
  for (const auto& text : context_->warnings()) warning(text);
}

}  // namespace prx::cli
