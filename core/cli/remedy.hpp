/// \file remedy.hpp
/// What to do next about an error, in words. Pure; knows no vendor: names and addresses come from
/// the plugin's note or a preset.
#pragma once

#include <string>

#include "prx/sdk/error.hpp"

namespace prx::cli {

/// What is known about the provider that was asked. Empty where unknown.
struct ProviderFacts {
  std::string name;            ///< its table in the configuration: "openrouter"
  std::string title;           ///< "OpenRouter"
  std::string key_env;         ///< "OPENROUTER_API_KEY"
  std::string key_url;         ///< where a person gets a key
  std::string credit_url;      ///< where a person buys credit
  std::string key_label;       ///< where the key that was sent came from; never the key
  std::string base_url_place;  ///< what says the base URL; empty: the plugin or preset
  bool has_key = true;         ///< false: none is configured
  bool is_own = false;         ///< a server that people run themselves: Ollama, vLLM
};

/// The next step, without a full stop; "" when there is none.
[[nodiscard]] std::string remedy(const Error& error, const ProviderFacts& provider);

/// The whole line for a person: the error's message and the remedy. A missing key has a line of its
/// own.
[[nodiscard]] std::string explain(const Error& error, const ProviderFacts& provider);

}  // namespace prx::cli
