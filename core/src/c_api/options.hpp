/// \file options.hpp
/// The structs of prx/prx.h that a host fills, as values of the C++ interface.
#pragma once

#include "c_api/guard.hpp"

namespace prx::c_api {

[[nodiscard]] Result<prx_client_options, CallError> read(const prx_client_options* given);
[[nodiscard]] Result<prx_call_sink, CallError> read(const prx_call_sink* given);

/// Loads what they name.
[[nodiscard]] Result<Config, CallError> config_of(const prx_client_options& options);
[[nodiscard]] ClientOptions client_options_of(const prx_client_options& options);
[[nodiscard]] Result<ChatRequest, CallError> request_of(const prx_chat_request* given);
/// nullptr: none.
[[nodiscard]] Result<CallOptions, CallError> call_options_of(const prx_call_options* given);

[[nodiscard]] prx_attempt to_c(const Attempt& attempt);
[[nodiscard]] prx_stream_event to_c(const StreamEvent& event);
[[nodiscard]] prx_measurement to_c(const Measurement& measurement);

}  // namespace prx::c_api
