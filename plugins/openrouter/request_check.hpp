/// \file request_check.hpp
/// What of a chat's body OpenRouter is strict about, checked before it is sent. Pure.
#pragma once

#include <string_view>

#include "prx/sdk/error.hpp"
#include "prx/sdk/json_peek.hpp"

namespace prx::openrouter {

/// Checks `provider` (its keys and the kinds of their values), `reasoning` (effort or max_tokens,
/// not both) and `models` (an array of texts). A null is as if it were absent, and nothing else of
/// the body is looked at. Immutable; safe from any thread.
class RequestCheck {
 public:
  RequestCheck();

  /// Errors: kInvalidRequest that names the key and the nearest valid one. A body without these
  /// three costs a look at its quotes.
  /// \see https://openrouter.ai/docs/features/provider-routing
  [[nodiscard]] Result<void> run(std::string_view body) const;

 private:
  const json::KeyFilter filter_;
};

}  // namespace prx::openrouter
