/// \file request_parser.hpp
/// HTTP/1.1 requests out of bytes, within limits. No I/O, no clock. The only user of Boost.Beast's
/// parser.
/// \see https://www.rfc-editor.org/rfc/rfc9112
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <boost/system/error_code.hpp>

#include "gateway/http/http_request.hpp"

namespace prx::gateway {

struct RequestLimits {
  /// Bytes of request line and headers; also of what stands between two chunks, and of the trailer
  /// behind them
  std::size_t head_max = 64u << 10;
  std::size_t headers_max = 128;
  std::size_t body_max = 32u << 20;
};

/// Why a request is not taken: the status to answer with, and one line for the client.
struct RequestFault {
  int status = 400;
  const char* message = "";
};

/// Feeds on what a connection received. One request after the other; after a fault it takes no
/// more, since nobody knows where the next one would begin.
class RequestParser {
 public:
  enum class State {
    kIdle,   ///< no byte of a request is there
    kHead,   ///< the head is not complete
    kBody,   ///< the head is, the body is not
    kDone,   ///< take() it
    kFault,  ///< see fault()
  };

  explicit RequestParser(const RequestLimits& limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  /// Takes what it can of `bytes` and says how much that was. What it leaves while the state is
  /// kHead it wants to see again, together with what comes next; at kDone that is of the next
  /// request.
  [[nodiscard]] std::size_t feed(std::string_view bytes);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const RequestFault& fault() const { return fault_; }  ///< kFault
  /// kBody: the client waits for "100 Continue" before it sends the body, which is wanted.
  [[nodiscard]] bool wants_continue() const;
  /// What is there of the request under way; null when none has begun.
  [[nodiscard]] const HttpRequest* head() const;
  [[nodiscard]] HttpRequest take();  ///< kDone, which becomes kIdle

 private:
  class Reader;
  void begin();
  void check_head();
  void refuse(int status, const char* message);
  void refuse(const boost::system::error_code& error);

  const RequestLimits limits_;
  State state_ = State::kIdle;
  std::size_t head_size_ = 0;  ///< bytes of the head under way that were taken
  RequestFault fault_;
  std::unique_ptr<Reader> reader_;  ///< of the request under way; null: kIdle
};

}  // namespace prx::gateway
