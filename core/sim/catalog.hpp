/// \file catalog.hpp
/// The models the simulator knows: invented figures under familiar names.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace prx::sim {

struct CatalogModel {
  std::string_view id;                              ///< "openai/gpt-4o"
  std::string_view title;                           ///< "OpenAI: GPT-4o"
  std::string_view provider;                        ///< who serves it, as OpenRouter's `provider`
  std::int64_t created;                             ///< Unix seconds
  int context_length;                               ///< tokens
  int completion_max;                               ///< tokens
  std::string_view prompt_price, completion_price;  ///< USD per token, decimal
  bool sees_images;
  bool reasons;
  bool calls_tools;
  std::string_view expires = {};  ///< "YYYY-MM-DD", or "": it stays
};

[[nodiscard]] std::span<const CatalogModel> catalog();

/// The model of that name, or nullptr. A variant after ':' is ignored ("...:thinking"), faults
/// after '#' too; names under "sim/" are all known. `with_vendor` false: a name without its vendor
/// is enough ("gpt-4o").
[[nodiscard]] const CatalogModel* find_model(std::string_view name, bool with_vendor);

}  // namespace prx::sim
