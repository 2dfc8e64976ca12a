/// \file response.hpp
/// The answer to one request, as its endpoint gives it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prx::gateway {

struct ResponseHead {
  int status = 200;
  std::string_view content_type;  ///< "": none
  /// More headers: names that are valid, values without line breaks, or the header is left out.
  /// Not those of the connection (Date, Content-Length, Transfer-Encoding, Connection).
  std::vector<std::pair<std::string_view, std::string>> headers = {};
};

/// Where the answer to one request goes: send(), or begin(), any number of write(), and end() or
/// reset(). Loop thread. What is written in one turn of the loop goes out in one system call, at
/// the end of the turn and no later.
///
/// It may be gone after send(), end() and reset(): the connection may be. It is there until then,
/// but once the client has left nothing goes anywhere.
class Responder {
 public:
  /// A header of the answer, whoever gives it: before send() or begin(). As ResponseHead::headers.
  virtual void header(std::string_view name, std::string_view value) = 0;
  /// The whole answer.
  virtual void send(const ResponseHead& head, std::string_view body) = 0;
  /// The head of a body whose size nobody knows yet.
  virtual void begin(const ResponseHead& head) = 0;
  virtual void write(std::string_view piece) = 0;
  virtual void end() = 0;
  /// The body breaks off, so that no client takes it as complete: after what was written, the
  /// connection ends without the end of the body.
  virtual void reset() = 0;

 protected:
  ~Responder() = default;
};

/// What an endpoint has under way for one request. Destroyed, on the loop, once the answer is
/// complete, or as soon as the client has left: then it must cancel what runs.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// The client reads slower than the answer comes: hold it back (true), go on (false).
  virtual void hold_back(bool on) = 0;
};

/// "OK", "Too Many Requests"; "Unknown" for what has no name.
[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace prx::gateway
