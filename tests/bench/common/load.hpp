/// \file load.hpp
/// What baseline_curl and client_bench have in common: their command line, and the one line they
/// print.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "bench/common/payload.hpp"

namespace prx::bench {

enum class Mode {
  kJson,   ///< POST kRequestSize bytes, an answer of kAnswerSize; `requests` of them
  kSse,    ///< streamed answers, as the upstream's mode sends them; `requests` of them
  kPaced,  ///< `streams` open at once; measured from when all have begun until `events` more came
};

/// `--mode json|sse|paced --url http://host:port --streams N --warmup N --requests N --events N
///  --stream-events N --opening-max N --plugins DIR`
struct LoadOptions {
  Mode mode = Mode::kJson;
  std::string url;                  ///< the upstream's origin
  std::size_t streams = 64;         ///< in flight
  std::size_t warmup = 0;           ///< requests before the measurement
  std::size_t requests = 0;         ///< measured; kJson, kSse
  std::size_t events = 0;           ///< measured; kPaced
  std::size_t stream_events = 200;  ///< of one answer; kSse
  std::size_t opening_max = 256;    ///< streams without their first event at once; kPaced
  std::string plugins;              ///< folder of plugins; client_bench only
};

/// Dies on an option that is unknown or impossible.
[[nodiscard]] LoadOptions parse_load_options(int argc, char** argv);

/// Counts what was done, measures between two moments and prints one line of key=value pairs.
class LoadMeter {
 public:
  LoadMeter();           ///< notes the resident memory before the load
  void forget_memory();  ///< notes it again
  void begin();          ///< the measured part begins
  void end();            ///< ... and ends
  [[nodiscard]] bool begun() const { return begun_; }
  /// `count` is what the CPU time is divided by.
  void print(std::size_t count, std::size_t streams) const;

 private:
  std::size_t resident_before_ = 0;
  std::size_t resident_after_ = 0;
  std::chrono::nanoseconds cpu_{0};
  std::chrono::steady_clock::time_point start_;
  std::chrono::nanoseconds wall_{0};
  bool begun_ = false;
};

}  // namespace prx::bench
