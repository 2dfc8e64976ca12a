/// \file trace_context.hpp
/// The W3C trace context that a host may give with a call.
#pragma once

#include <string_view>

#include "prx/sdk/error.hpp"
#include "prx/sdk/result.hpp"

namespace prx::driver {

/// Empty, or a traceparent: "00-", 32 and 16 hexadecimal digits of which not all are 0, two of
/// flags; of a later version more may follow. Source: W3C Trace Context, 3.2. Error:
/// kInvalidRequest.
[[nodiscard]] Result<void> check_traceparent(std::string_view traceparent);

}  // namespace prx::driver
