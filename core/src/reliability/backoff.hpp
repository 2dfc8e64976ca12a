/// \file backoff.hpp
/// How long to wait before the same target is asked again. Pure.
#pragma once

#include "prx/config.hpp"

namespace prx::reliability {

/// backoff_base x 2^(failures - 1), at most backoff_max, times 0.5 to 1.0.
/// \param failures  of this target in this call, 1 or more.
/// \param jitter    0.0 to 1.0, drawn by the caller.
[[nodiscard]] Milliseconds backoff(int failures, const ReliabilityConfig& policy, double jitter);

/// How long a key rests after a rate limit that names no time: backoff_base doubled, at least 1 s,
/// at most 30 s.
/// \param limits  in a row on this key, 1 or more.
[[nodiscard]] Milliseconds unnamed_cooling(int limits, const ReliabilityConfig& policy);

}  // namespace prx::reliability
