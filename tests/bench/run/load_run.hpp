/// \file load_run.hpp
/// One run of a subject (bench_client or bench_curl) against a fresh upstream, each on its
/// processor.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/run/plan.hpp"
#include "bench/run/process.hpp"
#include "bench/run/statistics.hpp"
#include "prx/sdk/error.hpp"

namespace prx::bench {

enum class Subject { kClient, kCurl };

/// The load, as both subjects take it.
struct Load {
  std::string subject_mode;   ///< json, sse or paced
  std::string upstream_mode;  ///< json, coalesced, each, paced, stamped or refused
  std::size_t streams = 64;
  std::size_t stream_events = 200;
  std::size_t interval_ms = 20;
  std::size_t warmup = 0, requests = 0, events = 0;
};

/// A running upstream.
class Upstream {
 public:
  [[nodiscard]] static Result<Upstream> start(const Places& places, const Load& load);
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] int port() const { return port_; }

 private:
  Upstream(Process process, int port);
  Process process_;
  int port_;
  std::string url_;
};

[[nodiscard]] std::string subject_program(const Places& places, Subject subject);

/// `wrapper` comes before the subject's command line (valgrind, strace). The subject checks its
/// answers; a wrong one is an error here. The report holds count, cpu_ns, wall_ns, streams,
/// resident_before and resident_after.
[[nodiscard]] Result<Report> run_load(const Places& places, Subject subject, const Load& load,
                                      const std::vector<std::string>& wrapper = {});

}  // namespace prx::bench
