/// \file catalog_use.hpp
/// What calls make of the cached lists of models: which targets cannot serve a request, and what an
/// answer cost whose provider did not say it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/needs.hpp"
#include "catalog/shelf.hpp"
#include "client/snapshot.hpp"
#include "prx/attempt.hpp"

namespace prx::driver {

/// Whose list says what a provider's models are.
[[nodiscard]] catalog::Source source_of(const ProviderConfig& provider);

/// A target's model, as somebody asks what is known of it; borrowed for the call.
struct AskedModel {
  const ProviderConfig& provider;
  std::string_view model;
  std::string_view extra_body;  ///< of the target
};
/// What its provider's list says, but for what the extra bodies decide in a request's stead; null:
/// nothing is known. nullopt: they say which model it is.
[[nodiscard]] std::optional<std::shared_ptr<const catalog::Known>> known_of(
    catalog::ShelfReader& shelf, const AskedModel& asked);

/// Adds what is known of the models of a chain's targets, before it is shared. What a target's
/// `extra_body` changes is not known. A target without a `context_length` gets the listed one. A
/// chain of which not all was read yet is not whole.
/// \param environment  says the base URLs of plugins that no provider of the configuration names.
void add_known(PreparedChain& chain, catalog::ShelfReader& shelf, const Snapshot& snapshot,
               const Environment& environment);

/// A target that is known not to be able to serve a request.
struct Unfit {
  std::size_t target = 0;  ///< index into the chain's
  catalog::Need need{};
};
[[nodiscard]] std::vector<Unfit> unfit_targets(const PreparedChain& chain,
                                               catalog::RequestNeeds& needs);
struct UnmetNeed {
  catalog::Need need{};
  std::size_t tokens = 0;  ///< of kContext: what the request has at least
};
/// Why the model of a target, of which that is known, cannot serve a request, and the remedy.
[[nodiscard]] Error unmet_error(const reliability::PlanTarget& target, const std::string& model,
                                const catalog::Known& known, const UnmetNeed& unmet);
/// The entry of the trail: why it was not asked.
[[nodiscard]] Attempt skipped_attempt(const PreparedChain& chain, const Unfit& unfit,
                                      catalog::RequestNeeds& needs);
/// The same chain without those targets, of which it has more.
[[nodiscard]] std::shared_ptr<const PreparedChain> chain_without(const PreparedChain& chain,
                                                                 const std::vector<Unfit>& unfit);

/// Of an attempt whose cost nobody said; nothing changes when the prices are not known either.
void estimate_cost(Attempt& attempt, const ModelFacts& facts);

}  // namespace prx::driver
