#include "bench/run/tool_output.hpp"

#include <cstdlib>
#include <sstream>
#include <string>

namespace prx::bench {

std::optional<double> read_callgrind(std::istream& file) {
  std::string line;
  std::optional<double> total;
  while (std::getline(file, line))
    if (line.starts_with("summary: ") || line.starts_with("totals: "))
      total = std::strtod(line.c_str() + line.find(' '), nullptr);
  return total;
}

// The last line is: share, seconds, microseconds per call, calls, errors if there were any,
// "total".
std::optional<double> read_strace(std::istream& file) {
  std::string line;
  while (std::getline(file, line)) {
    if (!line.ends_with(" total")) continue;
    std::istringstream words(line);
    double share = 0, seconds = 0, each = 0, calls = 0;
    if (words >> share >> seconds >> each >> calls) return calls;
  }
  return std::nullopt;
}

}  // namespace prx::bench
