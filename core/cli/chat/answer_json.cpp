#include "cli/chat/answer_json.hpp"

#include "cli/json_writer.hpp"

namespace prx::cli {
namespace {

using Microseconds = std::chrono::microseconds;

void write_milliseconds(JsonWriter& json, const std::optional<Microseconds>& time) {
  time ? json.number(static_cast<double>(time->count()) / 1e3) : json.null();
}

void write_usage(JsonWriter& json, const Usage& usage) {
  json.begin_object();
  json.key("prompt_tokens").integer_or_null(usage.prompt_tokens);
  json.key("completion_tokens").integer_or_null(usage.completion_tokens);
  json.key("total_tokens").integer_or_null(usage.total_tokens);
  json.key("reasoning_tokens").integer_or_null(usage.reasoning_tokens);
  json.key("cached_tokens").integer_or_null(usage.cached_tokens);
  json.key("cache_write_tokens").integer_or_null(usage.cache_write_tokens);
  json.key("cost").number_or_null(usage.cost);
  json.end_object();
}

void write_error(JsonWriter& json, const Error& error, const std::string& message) {
  json.begin_object();
  json.key("class").string(to_string(error.error_class));
  json.key("message").string(message);
  json.key("http_status");
  error.http_status == 0 ? json.null() : json.integer(error.http_status);
  json.key("provider_code").string_or_null(error.provider_code);
  json.key("retry_after_ms");
  error.retry_after ? json.integer(error.retry_after->count()) : json.null();
  json.key("phase").string_or_null(error.phase == Phase::kNone ? "" : to_string(error.phase));
  json.end_object();
}

void write_attempt_times(JsonWriter& json, const Attempt& attempt) {
  json.key("wait_ms");
  write_milliseconds(json, attempt.wait);
  json.key("connected_ms");
  write_milliseconds(json, attempt.connected);
  json.key("head_ms");
  write_milliseconds(json, attempt.head);
  json.key("first_token_ms");
  write_milliseconds(json, attempt.first_token);
  json.key("total_ms");
  write_milliseconds(json, attempt.total);
}

void write_attempt(JsonWriter& json, const Attempt& attempt) {
  json.begin_object();
  json.key("provider").string(attempt.provider);
  json.key("model").string_or_null(attempt.model);
  json.key("key_label").string_or_null(attempt.key_label);
  json.key("reason").string_or_null(attempt.reason);
  write_attempt_times(json, attempt);
  json.key("http_status");
  attempt.http_status == 0 ? json.null() : json.integer(attempt.http_status);
  json.key("http_version");
  attempt.http_version == 0 ? json.null() : json.integer(attempt.http_version);
  json.key("connection_reused").boolean(attempt.connection_reused);
  json.key("exchanges").integer(attempt.exchanges);
  json.key("bytes").integer(static_cast<std::int64_t>(attempt.bytes));
  json.key("id").string_or_null(attempt.generation_id);
  json.key("served_model").string_or_null(attempt.served_model);
  json.key("served_by").string_or_null(attempt.served_by);
  json.key("usage");
  write_usage(json, attempt.usage);
  json.key("cost").number_or_null(attempt.cost);
  json.key("cost_estimated").boolean(attempt.cost_estimated);
  json.key("error");
  attempt.error ? write_error(json, *attempt.error, attempt.error->message) : void(json.null());
  json.end_object();
}

void write_cost(JsonWriter& json, const CallCost& cost) {
  json.begin_object();
  json.key("dollars").number(cost.dollars).key("lower_bound").boolean(cost.lower_bound);
  json.key("estimated").boolean(cost.estimated);
  json.end_object();
}

void write_tool_calls(JsonWriter& json, const std::vector<ToolCall>& calls) {
  json.begin_array();
  for (const ToolCall& call : calls) {
    json.begin_object();
    json.key("id").string(call.id).key("name").string(call.name);
    json.key("arguments").string(call.arguments);
    json.end_object();
  }
  json.end_array();
}

struct Outcome {
  const std::vector<Attempt>& attempts;
  const CallError* error = nullptr;  ///< nullptr: it served
  std::string message;
};

std::string object(const ChatResponse& response, const Outcome& outcome) {
  JsonWriter json;
  json.begin_object();
  json.key("text").string(response.text).key("reasoning").string(response.reasoning);
  json.key("tool_calls");
  write_tool_calls(json, response.tool_calls);
  json.key("tool_calls_cut").integer(static_cast<std::int64_t>(response.tool_calls_cut));
  json.key("finish_reason");
  outcome.error == nullptr ? json.string(to_string(response.finish_reason)) : json.null();
  json.key("usage");
  write_usage(json, response.usage);
  json.key("cost");
  write_cost(json, cost_of(outcome.attempts));
  json.key("model").string_or_null(response.model);
  json.key("provider").string_or_null(response.provider);
  json.key("id").string_or_null(response.id);
  json.key("attempts").begin_array();
  for (const Attempt& attempt : outcome.attempts) write_attempt(json, attempt);
  json.end_array();
  json.key("error");
  outcome.error != nullptr ? write_error(json, *outcome.error, outcome.message) : void(json.null());
  json.end_object();
  return json.text() + "\n";
}

}  // namespace

std::string answer_json(const ChatResponse& response) {
  return object(response, {response.attempts, nullptr, {}});
}

std::string failure_json(const CallError& error, const std::string& message) {
  return object(error.partial, {error.attempts, &error, message});
}

}  // namespace prx::cli
