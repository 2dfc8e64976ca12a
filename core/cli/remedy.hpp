/// \file remedy.hpp
/// What to do next about an error, in words. Pure; knows no vendor: names and addresses come from
/// the plugin's note or a preset.
#pragma once

#include <string>
#include <string_view>

#include "prx/sdk/error.hpp"

namespace prx::cli {

/// What a person writes to have something changed: an option in a shell, a command in a
/// conversation. What has no command there is said when the conversation is started.
struct Wording {
  std::string_view provider, chain, model;
  std::string_view with_timeout;     ///< after "allow more time in the configuration or"
  std::string_view unsupported;      ///< what to do about what a provider cannot do
  std::string_view trace, more_log;  ///< at the beginning of a sentence
  std::string_view fewer_tokens;     ///< after "or"
  std::string_view more_rounds;      ///< after "allow more"
};
inline constexpr Wording kShellWording{"--provider",
                                       "--chain",
                                       "--model",
                                       "with --timeout",
                                       "leave the parameter out, or choose a model that has it "
                                       "with --model",
                                       "--trace shows each attempt",
                                       "--log-level debug shows more",
                                       "ask for fewer tokens with --max-tokens",
                                       "with --max-rounds"};
/// Of a verb that asks for something else than an answer, and has no --trace.
inline constexpr Wording kQueryWording{"--provider",
                                       "--chain",
                                       "--model",
                                       "with --timeout",
                                       "see its plugin's documentation",
                                       "--log-level debug shows more",
                                       "--log-level debug shows more",
                                       "ask for fewer tokens",
                                       ""};
inline constexpr Wording kTalkWording{"/provider",
                                      "/chain",
                                      "/model",
                                      "by starting with --timeout",
                                      "leave the parameter out, or choose a model that has it "
                                      "with /model",
                                      "/trace shows each attempt",
                                      "starting with --log-level debug shows more",
                                      "start with a smaller --max-tokens",
                                      "by starting with --max-rounds"};

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
[[nodiscard]] std::string remedy(const Error& error, const ProviderFacts& provider,
                                 const Wording& words = kShellWording);

/// The whole line for a person: the error's message and the remedy. A missing key has a line of its
/// own.
[[nodiscard]] std::string explain(const Error& error, const ProviderFacts& provider,
                                  const Wording& words = kShellWording);

}  // namespace prx::cli
