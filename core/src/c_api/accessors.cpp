// What is read of answers, failures and lists.

#include <algorithm>

#include "c_api/guard.hpp"
#include "c_api/options.hpp"
#include "client/message_json.hpp"

namespace {

using prx::c_api::fill;

const char* give(const std::string& text, size_t* size) {
  if (size != nullptr) *size = text.size();
  return text.c_str();
}

const char* nothing(size_t* size, const char* text = "") {
  if (size != nullptr) *size = std::strlen(text);
  return text;
}

/// A text member of a response or of nothing.
const char* member(const prx_response* response, std::string prx::ChatResponse::*text,
                   size_t* size) {
  return response == nullptr ? nothing(size) : give(response->value.*text, size);
}

const char* member(const prx_failure* failure, std::string prx::Error::*text, size_t* size) {
  return failure == nullptr ? nothing(size) : give(failure->error.*text, size);
}

/// One JSON object, out of the array that a request has; "" when it cannot be said.
std::string message_of(const prx::ChatResponse& response) {
  const auto array = prx::driver::messages_json({prx::Message::answer(response)});
  return array && array->size() > 2 ? array->substr(1, array->size() - 2) : std::string();
}

std::int64_t number(const std::optional<std::int64_t>& value) { return value.value_or(-1); }

const prx::Model* model_at(const prx_models* models, size_t index) {
  return models == nullptr || index >= models->list.size() ? nullptr : &models->list[index];
}

}  // namespace

// --- responses

void prx_response_free(prx_response* response) PRX_NOEXCEPT {
  const std::unique_ptr<prx_response> gone(response);
}

const char* prx_response_text(const prx_response* response, size_t* size) PRX_NOEXCEPT {
  return member(response, &prx::ChatResponse::text, size);
}

const char* prx_response_reasoning(const prx_response* response, size_t* size) PRX_NOEXCEPT {
  return member(response, &prx::ChatResponse::reasoning, size);
}

const char* prx_response_refusal(const prx_response* response, size_t* size) PRX_NOEXCEPT {
  return member(response, &prx::ChatResponse::refusal, size);
}

const char* prx_response_message(const prx_response* response, size_t* size) PRX_NOEXCEPT {
  if (response == nullptr) return nothing(size);
  prx::c_api::quietly([&] {
    std::call_once(response->message_made,
                   [&] { response->message = message_of(response->value); });
  });
  return give(response->message, size);
}

const char* prx_response_id(const prx_response* response, size_t* size) PRX_NOEXCEPT {
  return member(response, &prx::ChatResponse::id, size);
}

const char* prx_response_model(const prx_response* response, size_t* size) PRX_NOEXCEPT {
  return member(response, &prx::ChatResponse::model, size);
}

const char* prx_response_provider(const prx_response* response, size_t* size) PRX_NOEXCEPT {
  return member(response, &prx::ChatResponse::provider, size);
}

const char* prx_response_served_by(const prx_response* response, size_t* size) PRX_NOEXCEPT {
  return member(response, &prx::ChatResponse::served_by, size);
}

std::int32_t prx_response_finish(const prx_response* response) PRX_NOEXCEPT {
  static_assert(static_cast<int>(prx::FinishReason::kStop) == PRX_FINISH_STOP);
  static_assert(static_cast<int>(prx::FinishReason::kContentFilter) == PRX_FINISH_CONTENT_FILTER);
  return response == nullptr ? PRX_FINISH_OTHER
                             : static_cast<std::int32_t>(response->value.finish_reason);
}

const char* prx_response_finish_name(const prx_response* response, size_t* size) PRX_NOEXCEPT {
  return member(response, &prx::ChatResponse::native_finish_reason, size);
}

std::int32_t prx_response_usage(const prx_response* response, prx_usage* usage) PRX_NOEXCEPT {
  if (response == nullptr || usage == nullptr) return 0;
  const prx::Usage& from = response->value.usage;
  prx_usage out{};
  out.size = sizeof out;
  out.prompt_tokens = number(from.prompt_tokens);
  out.completion_tokens = number(from.completion_tokens);
  out.total_tokens = number(from.total_tokens);
  out.reasoning_tokens = number(from.reasoning_tokens);
  out.cached_tokens = number(from.cached_tokens);
  out.cache_write_tokens = number(from.cache_write_tokens);
  out.cost = from.cost.value_or(-1.0);
  return fill(out, usage);
}

double prx_response_cost(const prx_response* response, std::int32_t* uncertain) PRX_NOEXCEPT {
  const prx::CallCost cost =
      response == nullptr ? prx::CallCost{} : prx::cost_of(response->value.attempts);
  if (uncertain != nullptr) *uncertain = cost.lower_bound || cost.estimated ? 1 : 0;
  return cost.dollars;
}

size_t prx_response_tool_call_count(const prx_response* response) PRX_NOEXCEPT {
  return response == nullptr ? 0 : response->value.tool_calls.size();
}

std::int32_t prx_response_tool_call(const prx_response* response, size_t index,
                                    prx_tool_call* call) PRX_NOEXCEPT {
  if (call == nullptr || index >= prx_response_tool_call_count(response)) return 0;
  const prx::ToolCall& from = response->value.tool_calls[index];
  prx_tool_call out{};
  out.size = sizeof out;
  out.id = prx::c_api::to_c(from.id);
  out.name = prx::c_api::to_c(from.name);
  out.arguments = prx::c_api::to_c(from.arguments);
  return fill(out, call);
}

size_t prx_response_attempt_count(const prx_response* response) PRX_NOEXCEPT {
  return response == nullptr ? 0 : response->value.attempts.size();
}

std::int32_t prx_response_attempt(const prx_response* response, size_t index,
                                  prx_attempt* attempt) PRX_NOEXCEPT {
  if (attempt == nullptr || index >= prx_response_attempt_count(response)) return 0;
  return fill(prx::c_api::to_c(response->value.attempts[index]), attempt);
}

// --- failures

void prx_failure_free(prx_failure* failure) PRX_NOEXCEPT {
  const std::unique_ptr<prx_failure> gone(failure);
}

std::int32_t prx_failure_class(const prx_failure* failure) PRX_NOEXCEPT {
  return failure == nullptr ? PRX_OK : static_cast<std::int32_t>(failure->error.error_class);
}

const char* prx_failure_message(const prx_failure* failure, size_t* size) PRX_NOEXCEPT {
  if (failure == nullptr) return nothing(size, "no failure, or no memory for one");
  return give(failure->error.message, size);
}

std::int32_t prx_failure_http_status(const prx_failure* failure) PRX_NOEXCEPT {
  return failure == nullptr ? 0 : failure->error.http_status;
}

std::int32_t prx_failure_phase(const prx_failure* failure) PRX_NOEXCEPT {
  return failure == nullptr ? PRX_PHASE_NONE : static_cast<std::int32_t>(failure->error.phase);
}

std::int64_t prx_failure_retry_after_ms(const prx_failure* failure) PRX_NOEXCEPT {
  if (failure == nullptr || !failure->error.retry_after) return -1;
  return failure->error.retry_after->count();
}

const char* prx_failure_provider_code(const prx_failure* failure, size_t* size) PRX_NOEXCEPT {
  return member(failure, &prx::Error::provider_code, size);
}

const char* prx_failure_request_id(const prx_failure* failure, size_t* size) PRX_NOEXCEPT {
  return member(failure, &prx::Error::request_id, size);
}

const char* prx_failure_raw(const prx_failure* failure, size_t* size) PRX_NOEXCEPT {
  return member(failure, &prx::Error::raw, size);
}

const prx_response* prx_failure_partial(const prx_failure* failure) PRX_NOEXCEPT {
  return failure == nullptr ? nullptr : &failure->partial;
}

const char* prx_class_name(std::int32_t error_class) PRX_NOEXCEPT {
  if (error_class == PRX_OK) return "ok";
  return prx::to_string(prx::error_class_from(error_class)).data();
}

// --- models

size_t prx_models_count(const prx_models* models) PRX_NOEXCEPT {
  return models == nullptr ? 0 : models->list.size();
}

const char* prx_models_id(const prx_models* models, size_t index, size_t* size) PRX_NOEXCEPT {
  const prx::Model* const model = model_at(models, index);
  return model == nullptr ? nothing(size) : give(model->id, size);
}

const char* prx_models_json(const prx_models* models, size_t index, size_t* size) PRX_NOEXCEPT {
  const prx::Model* const model = model_at(models, index);
  return model == nullptr ? nothing(size) : give(model->json, size);
}

void prx_models_free(prx_models* models) PRX_NOEXCEPT {
  const std::unique_ptr<prx_models> gone(models);
}
