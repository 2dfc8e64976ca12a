/// \file model_hint.hpp
/// The models that a wrong name probably meant. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prx::cli {

inline constexpr std::size_t kModelHintsMax = 3;

/// The ids nearest to `wrong`, at most kModelHintsMax, the best first: those that differ by a slip,
/// or by their vendor or tag alone ("gpt-4o": "openai/gpt-4o", "llama3": "llama3:latest"), or by
/// both, that begin with it or with a slip of it, or that have it inside ("sonnet"). Empty when it
/// is one of the ids itself.
[[nodiscard]] std::vector<std::string_view> nearest_models(std::string_view wrong,
                                                           std::span<const std::string_view> ids);

/// "did you mean 'openai/gpt-4o' or 'openai/gpt-4.1'?", or "" without any.
[[nodiscard]] std::string did_you_mean(const std::vector<std::string_view>& ids);

}  // namespace prx::cli
