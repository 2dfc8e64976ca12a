/// \file thinking.hpp
/// How hard a model shall think: `reasoning` and `reasoning_effort` of a request as `thinking` and
/// `output_config.effort`.
/// \see https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
/// \see https://platform.claude.com/docs/en/build-with-claude/effort
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <prx/sdk/error.hpp>
#include <prx/sdk/json_edit.hpp>

namespace anthropic {

/// How a model is told; models know one of the two.
enum class ThinkingForm {
  kAuto,      ///< by the model's name: those up to version 4.5 have a budget
  kAdaptive,  ///< {"type":"adaptive"}, and the effort in output_config
  kBudget,    ///< {"type":"enabled","budget_tokens"}: a share of max_tokens
};

[[nodiscard]] std::optional<ThinkingForm> thinking_form(std::string_view word);

struct Thinking {
  std::string thinking;  ///< the value of that member, or "": not asked for
  std::string effort;    ///< a token for output_config, or ""
};

/// \param max_tokens  of the whole answer; a budget is at least 1024 and below it.
/// Errors: kInvalidRequest for an effort that nobody knows, kUnsupported when no budget fits.
[[nodiscard]] prx::Result<Thinking> read_thinking(const prx::json::ObjectIndex& request,
                                                  std::string_view model, std::int64_t max_tokens,
                                                  ThinkingForm form);

}  // namespace anthropic
