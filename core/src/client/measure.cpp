#include "client/measure.hpp"

#include <algorithm>

#include "plugin/operation_names.hpp"

namespace prx::driver {

namespace {

std::chrono::microseconds in_microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time);
}

std::string_view error_type(const Error* error) {
  return error == nullptr ? std::string_view{} : to_string(error->error_class);
}

void take_tokens(Measurement& out, const Usage& usage) {
  out.input_tokens = usage.prompt_tokens;
  out.output_tokens = usage.completion_tokens;
  out.cached_tokens = usage.cached_tokens;
}

void tell(const Runtime& runtime, Measurement& measurement) {
  measurement.running = runtime.operations.size();
  (*runtime.metrics)(measurement);
}

}  // namespace

/// As OpenTelemetry names what it names.
std::string_view operation_of(std::string_view path) {
  if (path.empty()) return operation_name(PRX_OP_CHAT);
  if (path == "/embeddings") return "embeddings";
  if (path == "/completions") return "text_completion";
  return operation_name(PRX_OP_CALL);
}

void measure_attempt(const Runtime& runtime, const MeasuredCall& call, const ProviderConfig& config,
                     const Attempt& attempt, std::string_view finish_reason) {
  Measurement out;
  out.kind = Measurement::Kind::kAttempt;
  out.operation = call.operation;
  out.call = call.id;
  out.provider_name = config.plugin_id;
  out.instance = attempt.provider;
  out.request_model = attempt.model;
  out.response_model = attempt.served_model;
  out.finish_reason = finish_reason;
  out.duration = attempt.total;
  out.first_chunk = attempt.first_token;
  take_tokens(out, attempt.usage);
  out.cost = attempt.cost;
  out.cost_uncertain = attempt.cost_estimated || !attempt.cost;
  out.error_type = error_type(attempt.error ? &*attempt.error : nullptr);
  out.http_status = attempt.http_status;
  out.attempt = &attempt;
  tell(runtime, out);
}

void measure_call(const Runtime& runtime, const EndedCall& ended) {
  Measurement out;
  out.kind = Measurement::Kind::kCall;
  out.operation = ended.operation;
  out.call = ended.call;
  out.provider_name = ended.plugin_id;
  if (ended.decisive != nullptr) {
    out.instance = ended.decisive->provider;
    out.request_model = ended.decisive->model;
    out.response_model = ended.decisive->served_model;
  }
  if (ended.error == nullptr && ended.operation == operation_name(PRX_OP_CHAT))
    out.finish_reason = to_string(ended.response.finish_reason);
  out.duration = in_microseconds(ended.duration);
  if (ended.first_chunk) out.first_chunk = in_microseconds(*ended.first_chunk);
  take_tokens(out, ended.response.usage);
  const CallCost cost = cost_of(ended.attempts);
  out.cost = cost.dollars;
  out.cost_uncertain = cost.lower_bound || cost.estimated;
  out.error_type = error_type(ended.error);
  out.attempts = static_cast<std::size_t>(
      std::count_if(ended.attempts.begin(), ended.attempts.end(),
                    [](const Attempt& attempt) { return !attempt.skipped(); }));
  tell(runtime, out);
}

void measure_side(const Runtime& runtime, std::uint32_t op, const ProviderConfig& config,
                  const Error* error, const OperationStats& stats,
                  std::chrono::nanoseconds duration) {
  Measurement out;
  out.kind = Measurement::Kind::kCall;
  out.operation = operation_name(op);
  out.provider_name = config.plugin_id;
  out.instance = config.name;
  out.duration = in_microseconds(duration);
  out.error_type = error_type(error);
  out.http_status = stats.http_status;
  out.attempts = 1;
  tell(runtime, out);
}

}  // namespace prx::driver
