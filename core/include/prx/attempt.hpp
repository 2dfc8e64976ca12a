/// \file attempt.hpp
/// The attempt trail: what each try of a call did. Data, in every answer and every error.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx {

/// Tokens and cost; nullopt: the provider did not say.
struct Usage {
  std::optional<std::int64_t> prompt_tokens, completion_tokens, total_tokens;
  std::optional<std::int64_t> reasoning_tokens;    ///< part of completion_tokens
  std::optional<std::int64_t> cached_tokens;       ///< part of prompt_tokens
  std::optional<std::int64_t> cache_write_tokens;  ///< part of prompt_tokens
  std::optional<double> cost;                      ///< US dollars, as billed by the provider
  std::string json;                                ///< the provider's whole usage object, or ""
  friend bool operator==(const Usage&, const Usage&) = default;
};

/// One try: one start of one target with one key. Times count from the attempt's start; nullopt:
/// not reached.
struct Attempt {
  std::string provider;   ///< the instance's name in the configuration
  std::string model;      ///< asked for
  std::string key_label;  ///< where the key came from; never the key
  /// Why this one: "first", "fallback" (the next target), "retry" (the same one), "next key",
  /// "probe" (of a target that failed before), "hedge" (beside a slow one), "splice" and "continue"
  /// (after a stream broke), "last resort" (every target is out of service); or "skipped": it was
  /// not asked, since its model is known not to be able to serve the request, as `error` says
  std::string reason;
  std::chrono::microseconds wait{0};                     ///< waited before it
  std::optional<std::chrono::microseconds> connected;    ///< connection ready
  std::optional<std::chrono::microseconds> head;         ///< response head
  std::optional<std::chrono::microseconds> first_token;  ///< first text, reasoning or tool call
  std::chrono::microseconds total{0};                    ///< until its end
  std::optional<Error> error;                            ///< nullopt: it served
  int http_status = 0;                                   ///< 0: none came
  int http_version = 0;                                  ///< 10, 11, 20; 0: no exchange
  bool connection_reused = false;
  std::uint32_t exchanges = 0;  ///< HTTP requests it made
  std::uint64_t bytes = 0;      ///< of response body
  std::string generation_id, served_model, served_by;
  Usage usage;
  /// US dollars: what the provider said, 0 when it refused the request; nullopt: nobody knows, such
  /// as of an attempt that was cancelled
  std::optional<double> cost;
  /// `cost` was reckoned from tokens and listed prices: the provider did not say it
  bool cost_estimated = false;
  /// Its plugin refused the request as it stands, before anything was sent; `error` says why
  bool refused_unsent = false;

  /// It is in the trail to say why its target was not asked.
  [[nodiscard]] bool skipped() const { return reason == "skipped"; }
  /// Its provider was asked. A call whose error has no such attempt never left this machine.
  [[nodiscard]] bool asked() const { return !skipped() && !refused_unsent; }
};

}  // namespace prx
