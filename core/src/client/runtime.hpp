/// \file runtime.hpp
/// What one client runs on; borrowed by everything in this room.
#pragma once

#include <string>

#include "client/op_table.hpp"
#include "http/loop.hpp"
#include "http/transport.hpp"
#include "http/workers.hpp"
#include "prx/metrics.hpp"
#include "telemetry/log.hpp"

namespace prx::driver {

struct Runtime {
  Loop& loop;
  Workers& workers;
  const Log& log;
  OpTable& operations;
  std::string host_name, host_version;
  const MetricsSink* metrics = nullptr;  ///< null: nothing is measured
};

}  // namespace prx::driver
