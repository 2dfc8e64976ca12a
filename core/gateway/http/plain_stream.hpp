/// \file plain_stream.hpp
/// A ByteStream over a TCP or Unix socket.
#pragma once

#include <memory>

#include <boost/asio/generic/stream_protocol.hpp>

#include "gateway/http/byte_stream.hpp"
#include "http/asio_loop.hpp"

namespace prx::gateway {

using StreamSocket = boost::asio::generic::stream_protocol::socket;

/// The socket is made non-blocking. Each handler runs in a turn of `loop`.
[[nodiscard]] std::shared_ptr<ByteStream> make_plain_stream(AsioLoop& loop, StreamSocket socket);

}  // namespace prx::gateway
