#include "client/abi_convert.hpp"

#include <algorithm>
#include <cmath>

#include "client/provider_instance.hpp"
#include "prx/sdk/sizes.hpp"
#include "prx/sdk/text.hpp"

namespace prx::driver {

namespace {

std::string line_of(prx_str text, std::size_t max, const ProviderInstance* whose) {
  std::string line = clean(view(text), max, whose);
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return line;
}

/// No answer has a quadrillion tokens; and sums of what is left stay in range.
std::optional<std::int64_t> known(std::int64_t tokens) {
  constexpr std::int64_t kTokensMax = 1'000'000'000'000'000;
  return tokens < 0 || tokens > kTokensMax ? std::nullopt : std::optional(tokens);
}

Phase phase_of(std::int32_t phase) {
  return phase >= PRX_PHASE_NONE && phase <= PRX_PHASE_BODY ? static_cast<Phase>(phase)
                                                            : Phase::kNone;
}

}  // namespace

std::string clean(std::string_view text, std::size_t max, const ProviderInstance* whose) {
  if (whose == nullptr) return std::string(sdk::utf8_prefix(text, max));
  // Redacted first: of a secret that the cut goes through, nothing is found afterwards.
  std::string out = whose->redact(text.substr(0, kCleanMax * max));
  out.resize(sdk::utf8_prefix(out, max).size());
  return out;
}

Error to_error(const prx_error* error, const ProviderInstance* whose) {
  Error out;
  if (!sdk::is_whole(error)) {
    out.message = "the plugin reported a failure without saying which";
    return out;
  }
  out.error_class = error_class_from(error->code);
  out.http_status = error->http_status >= 100 && error->http_status <= 599 ? error->http_status : 0;
  out.phase = phase_of(error->phase);
  if (error->retryable == 0 || error->retryable == 1) out.retryable = error->retryable == 1;
  if (error->retry_after_ms >= 0)
    out.retry_after = std::chrono::milliseconds(error->retry_after_ms);
  out.message = line_of(error->message, kMessageMax, whose);
  out.provider_code = line_of(error->provider_code, kMessageMax, whose);
  out.request_id = line_of(error->request_id, kMessageMax, whose);
  out.raw = clean(view(error->raw), kRawMax, whose);
  if (out.message.empty()) out.message = "the provider gave no reason";
  return out;
}

Usage to_usage(const prx_usage* usage, std::string_view json) {
  Usage out;
  out.json = std::string(json);
  if (!sdk::is_whole(usage)) return out;
  out.prompt_tokens = known(usage->prompt_tokens);
  out.completion_tokens = known(usage->completion_tokens);
  out.total_tokens = known(usage->total_tokens);
  out.reasoning_tokens = known(usage->reasoning_tokens);
  out.cached_tokens = known(usage->cached_tokens);
  out.cache_write_tokens = known(usage->cache_write_tokens);
  if (usage->cost >= 0 && std::isfinite(usage->cost)) out.cost = usage->cost;
  return out;
}

FailSlot::FailSlot(const ProviderInstance* whose)
    : fail_{sizeof(prx_fail), 0, this, &FailSlot::set}, whose_(whose) {}

void FailSlot::set(void* ctx, const prx_error* error) noexcept {
  auto& slot = *static_cast<FailSlot*>(ctx);
  if (slot.set_) return;
  slot.error_ = to_error(error, slot.whose_);
  slot.set_ = true;
}

Error FailSlot::take(std::int32_t code, const std::string& who) const {
  if (set_) return error_;
  Error error;
  error.error_class = error_class_from(code);
  error.message = who + " failed without giving a reason";
  return error;
}

std::int32_t report(const prx_fail* fail, const Error& error) {
  const auto code = static_cast<std::int32_t>(error.error_class);
  if (fail == nullptr || fail->set == nullptr) return code;
  prx_error out{};
  out.size = sizeof out;
  out.code = code;
  out.http_status = error.http_status;
  out.retryable = error.retryable ? (*error.retryable ? 1 : 0) : -1;
  out.phase = static_cast<std::int32_t>(error.phase);
  out.retry_after_ms = error.retry_after ? error.retry_after->count() : -1;
  out.message = to_c(error.message);
  out.provider_code = to_c(error.provider_code);
  out.request_id = to_c(error.request_id);
  out.raw = to_c(error.raw);
  fail->set(fail->ctx, &out);
  return code;
}

std::int32_t report(const prx_fail* fail, ErrorClass error_class, std::string_view message) {
  Error error;
  error.error_class = error_class;
  error.message = std::string(message);
  return report(fail, error);
}

}  // namespace prx::driver
