/// \file options.hpp
/// The command line of bench_http_load.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace prx::bench {

enum class Shape {
  kClosed,  ///< `streams` in flight all the time
  kOpen,    ///< `rate` a second, whatever comes back
  kPaced,   ///< `streams` open at once; measured from when all have begun until `events` more came
};

enum class Answer {
  kJson,     ///< 200 and answer_body()
  kStream,   ///< 200 and sse_answer(stream_events)
  kStamped,  ///< 200 and stream_events of stamped_event(), the end of an SseAnswer after them
  kRefused,  ///< 503 and refusal_body()
};

/// `--shape closed|open|paced --answer json|stream|stamped|refused --port N --path P --headers TEXT
///  --streams N --warmup N --requests N --rate N --events N --stream-events N --opening-max N
///  --watch PID`
struct HttpLoadOptions {
  Shape shape = Shape::kClosed;
  Answer answer = Answer::kJson;
  std::uint16_t port = 0;           ///< on 127.0.0.1
  std::string path;                 ///< of the requests
  std::string headers;              ///< further ones, "Name: value|Name: value"
  std::size_t streams = 64;         ///< connections; kOpen: at most
  std::size_t warmup = 0;           ///< requests before the measurement; not kPaced
  std::size_t requests = 0;         ///< measured; not kPaced
  std::size_t rate = 0;             ///< a second; kOpen
  std::size_t events = 0;           ///< measured; kPaced
  std::size_t stream_events = 200;  ///< of one answer
  std::size_t opening_max = 64;     ///< streams without their first event at once; kPaced
  pid_t watch = 0;                  ///< whose CPU and memory are measured; 0: nobody's
};

/// Dies on an option that is unknown or impossible.
[[nodiscard]] HttpLoadOptions parse_http_load_options(int argc, char** argv);

/// The bytes of each request: `stream_options` ask for usage, so that a gateway has no reason to
/// take it out of a stream.
[[nodiscard]] std::string request_bytes(const HttpLoadOptions& options);

}  // namespace prx::bench
