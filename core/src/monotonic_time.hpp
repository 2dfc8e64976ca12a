/// \file monotonic_time.hpp
/// The one clock of the core, as a type: who needs the time is given it.
#pragma once

#include <chrono>

namespace prx {

using MonotonicTime = std::chrono::steady_clock::time_point;

}  // namespace prx
