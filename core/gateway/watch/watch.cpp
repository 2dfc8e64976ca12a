#include "gateway/watch/watch.hpp"

#include <utility>

namespace prx::gateway {

MetricsSink Watch::sink_of(std::shared_ptr<Watch> watch) {
  return [watch = std::move(watch)](const Measurement& measurement) { watch->take(measurement); };
}

void Watch::take(const Measurement& measurement) {
  numbers_.take(measurement);
  book_.take(measurement, std::chrono::system_clock::now());
}

}  // namespace prx::gateway
