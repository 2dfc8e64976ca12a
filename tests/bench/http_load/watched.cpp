#include "bench/http_load/watched.hpp"

#include <fstream>
#include <string>

#include "bench/common/measure.hpp"

namespace prx::bench {

Watched::Watched(pid_t pid) : pid_(pid) {
  if (pid_ != 0 && ::clock_getcpuclockid(pid_, &clock_) != 0)
    die("--watch: there is no process " + std::to_string(pid_));
}

std::chrono::nanoseconds Watched::cpu() const {
  timespec time{};
  if (pid_ != 0) check(clock_gettime(clock_, &time), "the CPU time of what is watched");
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

std::size_t Watched::memory() const {
  if (pid_ == 0) return 0;
  std::ifstream file("/proc/" + std::to_string(pid_) + "/smaps_rollup");
  for (std::string word; file >> word;) {
    std::size_t kilobytes = 0;
    if (word == "Pss:" && file >> kilobytes) return kilobytes * 1'024;
  }
  die("cannot read the memory of what is watched");
}

}  // namespace prx::bench
