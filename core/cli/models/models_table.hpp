/// \file models_table.hpp
/// Lists of models as `prx models` shows them: chosen, sorted, as a table or as JSON. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prx/client.hpp"

namespace prx::cli {

/// What the user asked for. A model of which the answer is unknown is left out.
struct ModelFilter {
  std::vector<std::string> words = {};  ///< each is part of its id or its name, whatever the case
  bool tools = false, vision = false, structured = false, free = false;
  std::optional<double> price_max =
      std::nullopt;  ///< US dollars per million, of prompt and of answer
  std::optional<std::int64_t> context_min = std::nullopt;  ///< tokens
};
[[nodiscard]] bool passes(const ModelFacts& facts, const ModelFilter& filter);

enum class ModelOrder {
  kListed,   ///< as the provider has them
  kPrice,    ///< cheapest first: prompt and answer together
  kContext,  ///< longest first
  kCreated,  ///< newest first
};
[[nodiscard]] std::optional<ModelOrder> model_order_from(std::string_view name);

/// A line of the list; borrowed from a Catalog.
struct ModelRow {
  const Catalog* catalog = nullptr;
  const CatalogModel* model = nullptr;
};
/// Those that pass; what is unknown comes last in every order.
[[nodiscard]] std::vector<ModelRow> chosen_models(const std::vector<Catalog>& catalogs,
                                                  const ModelFilter& filter, ModelOrder order);

/// A table with a head; with a column for the provider when there are several. Unknown is "?".
/// Nothing in it moves the cursor.
[[nodiscard]] std::string models_table(const std::vector<ModelRow>& rows, bool name_providers);
/// One array; unknown is null. Scripts depend on its members: never rename one.
[[nodiscard]] std::string models_json(const std::vector<ModelRow>& rows);

/// "just now", "5 min ago", "3 h ago", "2 days ago".
[[nodiscard]] std::string age_text(std::chrono::seconds age);
/// US dollars per million tokens of a price per token: "3", "0.15", or "?".
[[nodiscard]] std::string price_text(const std::optional<double>& price);

}  // namespace prx::cli
