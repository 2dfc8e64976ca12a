/// \file metrics.hpp
/// What a client measures, for the metrics of its host: one Measurement for each attempt and for
/// each call, when it ends.
///
/// Members are named after OpenTelemetry's semantic conventions for generative AI, whose own names
/// stand beside them; embedding.md of prx's documentation has the
/// table.
/// \see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "prx/attempt.hpp"

namespace prx {

/// One attempt or one call that ended. Texts and pointers are borrowed for the call of the sink;
/// "" and nullopt: not known, or it does not apply.
struct Measurement {
  enum class Kind {
    kAttempt,  ///< one try of a chat or endpoint; targets that were skipped unasked are none
    /// A chat or request to an endpoint with all its attempts; or another operation, which has one.
    /// Its tokens are those of the answer, its cost is that of all attempts: count attempts or
    /// calls, never both
    kCall,
  };
  Kind kind = Kind::kAttempt;
  /// gen_ai.operation.name: "chat", "embeddings", "text_completion"; prx's own: "call" (another
  /// endpoint), "models", "health", "warmup", "account"
  std::string_view operation;
  std::string_view call;  ///< ties attempts to their call: the id that the log has too; "": none
  std::string_view provider_name;   ///< gen_ai.provider.name: id of the plugin, "openrouter"
  std::string_view instance;        ///< the provider's name in the configuration
  std::string_view request_model;   ///< gen_ai.request.model
  std::string_view response_model;  ///< gen_ai.response.model
  std::string_view finish_reason;   ///< gen_ai.response.finish_reasons, as to_string() names it
  /// gen_ai.client.operation.duration. Of a call: from its begin on the loop, waits included
  std::chrono::microseconds duration{0};
  /// gen_ai.client.operation.time_to_first_chunk. Of a call: the first that was delivered
  std::optional<std::chrono::microseconds> first_chunk;
  std::optional<std::int64_t> input_tokens;   ///< gen_ai.usage.input_tokens
  std::optional<std::int64_t> output_tokens;  ///< gen_ai.usage.output_tokens
  std::optional<std::int64_t> cached_tokens;  ///< part of input_tokens
  std::optional<double> cost;                 ///< US dollars; of a call: all that is known
  /// `cost` lacks what nobody knows, or holds what was reckoned from listed prices
  bool cost_uncertain = false;
  /// error.type: what to_string(ErrorClass) says; "": it ended well
  std::string_view error_type;
  int http_status = 0;               ///< http.response.status_code, of an attempt; 0: none came
  std::size_t attempts = 0;          ///< of a call: those that were made
  const Attempt* attempt = nullptr;  ///< of kAttempt: all else that is known of it
  std::size_t running = 0;  ///< operations of the client under way, this one included or just over
};

/// Called on the client's loop: it must not block and must not throw. Adding to counters and
/// histograms is what it is for.
using MetricsSink = std::function<void(const Measurement& measurement)>;

}  // namespace prx
