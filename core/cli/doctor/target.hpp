/// \file target.hpp
/// What prx doctor says of one target of a chain: whether the model exists and stays, what it can
/// do, what it costs, and with a real call that it answers.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/doctor/checks.hpp"
#include "client/chain_plan.hpp"
#include "prx/client.hpp"

namespace prx::cli {

/// The list's entry of a model, under any of the names that it may have there; nullptr: none, or
/// the list is empty.
[[nodiscard]] const ModelFacts* find_listed(const Catalog& catalog, const ProviderConfig& provider,
                                            const std::string& model);

/// The entry with prices that another provider's list has for the same model, by the name that it
/// gives to models of this one's vendor; nullptr: none.
[[nodiscard]] const ModelFacts* find_priced(const Catalog& catalog, const ProviderConfig& provider,
                                            const std::string& model);

/// Whether a list can be expected to have that name: not that of a router which chooses a model.
[[nodiscard]] bool is_listable(const std::string& model);

/// What a model costs at another provider, for those that list no prices.
struct ListedPrice {
  std::string provider;
  const ModelFacts* facts = nullptr;  ///< nullptr: nobody says
};

/// Points to what lives longer.
struct TargetQuestion {
  const Config* config = nullptr;
  const driver::PlannedChain* chain = nullptr;
  std::size_t place = 0;                     ///< in `chain->targets`
  const Result<Catalog>* catalog = nullptr;  ///< of its provider; nullptr: not asked
  ListedPrice elsewhere;
  const ModelFacts* first = nullptr;                ///< of the chain's first target, or nullptr
  const std::optional<ChatResult>* live = nullptr;  ///< of the call, if one was made
};

/// "default#1 openrouter anthropic/claude-sonnet-4"
[[nodiscard]] std::string target_subject(const driver::PlannedChain& chain, std::size_t place);

[[nodiscard]] Check judge_target(const TargetQuestion& question);

/// One token from exactly that target. Blocks.
[[nodiscard]] ChatResult call_target(Client& client, const driver::PlannedTarget& target,
                                     std::chrono::milliseconds timeout);

}  // namespace prx::cli
