/// \file payload.hpp
/// The bytes of the benchmarks: one request and its answers, in OpenRouter's shape and of fixed
/// sizes, so that every program counts the same thing. Pure; made once at start.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prx::bench {

inline constexpr std::size_t kRequestSize = 328;   ///< bytes of request_body()
inline constexpr std::size_t kAnswerSize = 1'136;  ///< bytes of answer_body()
inline constexpr std::string_view kModel = "bench/model-1";
inline constexpr std::string_view kApiKey = "sk-bench-0000";

/// A chat request for kModel of kRequestSize bytes, `"stream"` last.
[[nodiscard]] std::string request_body(bool stream);

/// A chat.completion object of kAnswerSize bytes with usage and finish_reason "stop".
[[nodiscard]] std::string answer_body();
/// Bytes of `content` in answer_body(), unescaped.
[[nodiscard]] std::size_t answer_text_size();

/// One streamed answer as SSE: a role, model and id in every frame, varied content with escapes and
/// UTF-8.
struct SseAnswer {
  std::vector<std::string>
      events;  ///< one `data: ...` frame each, 225 to 245 bytes, with one text delta
  std::vector<std::size_t> event_ends;  ///< running sum of the sizes of `events`
  std::string ending;                   ///< finish frame, usage frame, `[DONE]`
  std::size_t text_size = 0;            ///< bytes of all deltas, unescaped
  std::size_t body_size = 0;            ///< bytes of all of it

  /// How many whole events the first `bytes` of the body hold.
  [[nodiscard]] std::size_t events_in(std::size_t bytes) const;
};
[[nodiscard]] SseAnswer sse_answer(std::size_t events);

/// What a stamped event says of itself.
struct Stamp {
  std::size_t number = 0;            ///< of the event in its stream, from 0
  std::chrono::nanoseconds sent{0};  ///< of CLOCK_MONOTONIC, which all processes share
};
/// An event like those of SseAnswer, all of one size, whose text is a stamp.
[[nodiscard]] std::string stamped_event();
/// Writes into a stamped_event() that begins at `event`.
void write_stamp(char* event, const Stamp& stamp);
/// nullopt for what is no stamped_event().
[[nodiscard]] std::optional<Stamp> read_stamp(std::string_view event);

/// The body of an upstream that refuses with 503.
[[nodiscard]] std::string_view refusal_body();

}  // namespace prx::bench
