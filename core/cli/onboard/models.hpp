/// \file models.hpp
/// Choosing a model from a list that narrows with each line that is typed.
#pragma once

#include <cstddef>
#include <string>

#include "cli/models/models_table.hpp"
#include "cli/onboard/dialogue.hpp"

namespace prx::cli {

inline constexpr std::size_t kModelsShownMax = 12;

/// The id that the person chose: a number of those that are shown, a whole id, "=ID" for one that
/// is not listed, or the usual one after Enter. Without a usual one it is asked for again.
/// \param usual  what Enter takes while it fits what was typed; or "".
[[nodiscard]] Result<std::string> choose_from(Dialogue& dialogue, const Catalog& catalog,
                                              const std::string& usual);

/// The same without a list.
[[nodiscard]] Result<std::string> ask_model(Dialogue& dialogue, const std::string& usual);

}  // namespace prx::cli
