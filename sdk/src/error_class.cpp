// The class of a failure, from the provider's typed code, then from the status. Never from words.
#include <algorithm>
#include <array>
#include <string_view>

#include "prx/sdk/chat_completions.hpp"

namespace prx::sdk {
namespace {

/// No pointer: a table of those costs a plugin twice its size.
struct Entry {
  char name[37];  // NOLINT: filled by a literal
  ErrorClass error_class;
};

// Sorted by name. OpenRouter's error_type and availability codes, OpenAI's and Anthropic's codes
// and types, Groq's and llama.cpp's. https://openrouter.ai/docs/api-reference/errors
// https://platform.openai.com/docs/guides/error-codes
constexpr std::array kTypedCodes = std::to_array<Entry>({
    {"account_deactivated", ErrorClass::kAuth},
    {"api_error", ErrorClass::kOverloaded},
    {"authentication", ErrorClass::kAuth},
    {"authentication_error", ErrorClass::kAuth},
    {"billing_hard_limit_reached", ErrorClass::kCredit},
    {"billing_not_active", ErrorClass::kCredit},
    {"capacity_exhausted", ErrorClass::kRateLimit},
    {"constraint_filtered", ErrorClass::kUnsupported},
    {"content_filter", ErrorClass::kContentPolicy},
    {"content_policy_violation", ErrorClass::kContentPolicy},
    {"context_length_exceeded", ErrorClass::kContextLength},
    {"credit_balance_exhausted", ErrorClass::kCredit},
    {"exceed_context_size_error", ErrorClass::kContextLength},
    {"free_variant_ended", ErrorClass::kNotFound},
    {"image_download_failed", ErrorClass::kInvalidRequest},
    {"image_not_found", ErrorClass::kInvalidRequest},
    {"image_too_large", ErrorClass::kInvalidRequest},
    {"image_too_small", ErrorClass::kInvalidRequest},
    {"incorrect_api_key", ErrorClass::kAuth},
    {"insufficient_quota", ErrorClass::kCredit},
    {"internal_error", ErrorClass::kOverloaded},
    {"invalid_api_key", ErrorClass::kAuth},
    {"invalid_image", ErrorClass::kInvalidRequest},
    {"invalid_prompt", ErrorClass::kInvalidRequest},
    {"invalid_request", ErrorClass::kInvalidRequest},
    {"key_limit_exceeded", ErrorClass::kCredit},
    {"max_tokens_exceeded", ErrorClass::kContextLength},
    {"model_decommissioned", ErrorClass::kNotFound},
    {"model_deprecated", ErrorClass::kNotFound},
    {"model_not_found", ErrorClass::kNotFound},
    {"model_unavailable_upstream", ErrorClass::kNotFound},
    {"moderation_blocked", ErrorClass::kContentPolicy},
    {"no_endpoints", ErrorClass::kNotFound},
    {"not_found", ErrorClass::kNotFound},
    {"not_found_error", ErrorClass::kNotFound},
    {"overloaded_error", ErrorClass::kOverloaded},
    {"payload_too_large", ErrorClass::kInvalidRequest},
    {"payment_required", ErrorClass::kCredit},
    {"permission_denied", ErrorClass::kPermission},
    {"permission_error", ErrorClass::kPermission},
    {"precondition_failed", ErrorClass::kInvalidRequest},
    {"privacy_restricted", ErrorClass::kPermission},
    {"provider_overloaded", ErrorClass::kOverloaded},
    {"provider_unavailable", ErrorClass::kOverloaded},
    {"rate_limit_error", ErrorClass::kRateLimit},
    {"rate_limit_exceeded", ErrorClass::kRateLimit},
    {"refusal", ErrorClass::kContentPolicy},
    {"region_restricted", ErrorClass::kPermission},
    {"server", ErrorClass::kOverloaded},
    {"server_error", ErrorClass::kOverloaded},
    {"server_is_overloaded", ErrorClass::kOverloaded},
    {"string_above_max_length", ErrorClass::kInvalidRequest},
    {"string_too_long", ErrorClass::kInvalidRequest},
    {"temporarily_unavailable", ErrorClass::kOverloaded},
    {"timeout", ErrorClass::kTimeout},
    {"token_limit_exceeded", ErrorClass::kContextLength},
    {"unknown_parameter", ErrorClass::kUnsupported},
    {"unprocessable", ErrorClass::kInvalidRequest},
    {"unsupported_country_region_territory", ErrorClass::kPermission},
    {"unsupported_image_format", ErrorClass::kUnsupported},
    {"unsupported_model", ErrorClass::kUnsupported},
    {"unsupported_parameter", ErrorClass::kUnsupported},
    {"unsupported_value", ErrorClass::kUnsupported},
    {"wrong_endpoint", ErrorClass::kUnsupported},
});
static_assert(std::is_sorted(kTypedCodes.begin(), kTypedCodes.end(),
                             [](const Entry& a, const Entry& b) {
                               return std::string_view(a.name) < std::string_view(b.name);
                             }));

ErrorClass classify_status(int status) {
  switch (status) {
    case 401:
      return ErrorClass::kAuth;
    case 402:
      return ErrorClass::kCredit;
    case 403:
      return ErrorClass::kPermission;
    case 404:
    case 410:
      return ErrorClass::kNotFound;
    case 408:
    case 504:
    case 522:
    case 524:
      return ErrorClass::kTimeout;
    case 409:
      return ErrorClass::kNetwork;
    case 429:
      return ErrorClass::kRateLimit;
    case 501:
      return ErrorClass::kUnsupported;
    default:
      break;
  }
  if (status >= 400 && status < 500) return ErrorClass::kInvalidRequest;
  const bool reported = status >= 200 && status < 300;  // within an answer, without a known code
  if (reported || (status >= 500 && status < 600)) return ErrorClass::kOverloaded;
  // Redirects are not followed: there is no API at that URL, and asking again finds none.
  if (status >= 300 && status < 400) return ErrorClass::kNotFound;
  return ErrorClass::kBadResponse;  // no answer
}

}  // namespace

ErrorClass classify(int status, std::string_view typed_code) {
  const auto less = [](const Entry& entry, std::string_view code) {
    return std::string_view(entry.name) < code;
  };
  const auto* const found =
      std::lower_bound(kTypedCodes.begin(), kTypedCodes.end(), typed_code, less);
  if (found != kTypedCodes.end() && found->name == typed_code) return found->error_class;
  return classify_status(status);
}

}  // namespace prx::sdk
