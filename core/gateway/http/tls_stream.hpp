/// \file tls_stream.hpp
/// A ByteStream over another one, by TLS as a server.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "gateway/http/byte_stream.hpp"
#include "gateway/http/tls_context.hpp"
#include "http/asio_loop.hpp"

namespace prx::gateway {

inline constexpr std::size_t kTlsBurstMax = 128u << 10;  ///< bytes that are encrypted at once
/// Looks at the connection between two turns of the loop, for a client that sends records without
/// an end and nothing in them.
inline constexpr int kTlsReadsMax = 16;

/// Bytes of TLS's own words (tickets, alerts, new keys) that wait for a client that does not read.
inline constexpr std::size_t kTlsOwnMax = 16u << 10;

/// Shakes hands as soon as something reads, within `handshake_max`. What fails (no handshake, a
/// damaged record, another negotiation, more of TLS's own words than kTlsOwnMax) is an end to who
/// reads and a failure to who writes; so is an end of the connection without TLS's own, as any end
/// of a client. A client that speaks plain HTTP is told so. Bytes that were written are encrypted
/// together, and go out in one write.
///
/// close(false) and end_writing() send TLS's own end (close_notify); close(true) does not: the
/// client knows that it is cut. Null: no memory.
[[nodiscard]] std::shared_ptr<ByteStream> make_tls_stream(AsioLoop& loop,
                                                          std::shared_ptr<ByteStream> wire,
                                                          const TlsContext& context,
                                                          std::chrono::milliseconds handshake_max);

}  // namespace prx::gateway
