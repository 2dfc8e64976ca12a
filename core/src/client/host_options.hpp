/// \file host_options.hpp
/// What a host's ClientOptions mean for the parts of a client.
#pragma once

#include <filesystem>

#include "http/curl_transport.hpp"
#include "prx/client.hpp"
#include "prx/config.hpp"

namespace prx {

/// Errors: kInvalidRequest naming the option: a proxy that is none, authorities that cannot be read
/// or are given twice.
[[nodiscard]] Result<void> check_host_options(const ClientOptions& options);

/// `[log]` as it counts: a host that gives no sink, and whose configuration says nothing of a log,
/// has none.
[[nodiscard]] LogConfig log_config(const Config& config, const ClientOptions& options);

/// Proxies and authorities of the transport for providers with that `ca_file`, "" for those without
/// one. The options were checked.
void set_wire_options(const ClientOptions& host, const std::filesystem::path& ca_file,
                      http::TransportOptions& out);

}  // namespace prx
