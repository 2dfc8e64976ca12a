/// \file model.hpp
/// ModelFacts: what a provider's list of models says about one of them, in one shape whoever said
/// it. A value.
///
/// Every provider lists its models in a way of its own, and most say little: what a list does not
/// say is nullopt or "", and stands for "unknown", never for "no". Lists that are understood:
/// OpenRouter, OpenAI, Together, Groq, Mistral, Fireworks, vLLM, llama.cpp, and whoever writes as
/// one of these.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prx/export.hpp"

namespace prx {

/// What a provider's list says of a model; what it does not say is nullopt or "". A value.
struct ModelFacts {
  std::string id;      ///< what a request names it by
  std::string name;    ///< for people, or ""
  std::string vendor;  ///< whose model it is: as the list says, else what stands before '/' in `id`
  std::optional<std::int64_t> context_length;  ///< tokens in and out together
  std::optional<std::int64_t> completion_max;  ///< tokens of an answer
  std::optional<bool> tools, vision, structured_output, reasoning;
  /// US dollars per token; 0: free. That of a router, which costs what the chosen model costs, is
  /// unknown.
  std::optional<double> prompt_price, completion_price;
  std::optional<double> cache_read_price, cache_write_price;  ///< of prompt tokens; as above
  std::optional<double> request_price;                        ///< US dollars per request
  std::optional<std::int64_t> created;                        ///< seconds since 1970, UTC
  std::string expires;                            ///< "YYYY-MM-DD": when it will be gone, or ""
  std::vector<std::string> supported_parameters;  ///< as the list names them; empty: unknown
  std::vector<std::string> input_modalities;      ///< "text", "image", ...; empty: unknown
  friend bool operator==(const ModelFacts&, const ModelFacts&) = default;
};

/// Longest model object that is read, in bytes, and its deepest nesting.
inline constexpr std::size_t kModelBytesMax = 1u << 20;
inline constexpr int kModelDepthMax = 64;

/// Reads one model object of a list. Of what is no such object, or too long or deep, nothing is
/// known, its id neither; of a member of a wrong type, that member is unknown. Pure; any thread.
[[nodiscard]] PRX_API ModelFacts read_model(std::string_view json);

}  // namespace prx
