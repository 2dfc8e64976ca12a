/// \file provider.hpp
/// What prx doctor asks a provider, and what it makes of the answers. A key goes to its own
/// provider alone: all that is sent goes through the client, by the provider's name.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/doctor/checks.hpp"
#include "prx/client.hpp"

namespace prx::cli {

inline constexpr std::chrono::seconds kSlowAnswer{2};  ///< of a health check; slower is a warning
inline constexpr std::chrono::seconds kSlowToken{10};  ///< until a model's first token
inline constexpr double kLowShare = 0.10;              ///< of a limit; less left is a warning
inline constexpr std::chrono::hours kExpirySoon{7 * 24};  ///< until a key ends
inline constexpr std::size_t kAtOnceMax = 16;             ///< providers and targets asked at once

struct Questions {
  std::chrono::milliseconds timeout{10'000};  ///< of each request
  bool keys = true;                           ///< else whether it answers is of no interest
  bool models = true;
  bool has_health = true, has_models = true;  ///< operations that its plugin's note lists
};

/// What was said about one key of the pool.
struct KeyAnswer {
  std::optional<Error> error;  ///< nullopt: the key is good
  std::optional<Account> account;
  bool tells_none = false;  ///< its provider has no question about accounts
  bool unknown = false;     ///< nor another one that would tell whether it is good
};

struct ProviderAnswers {
  std::string provider;
  std::optional<Result<Reach>> health;  ///< nullopt: not asked
  bool has_health = true;               ///< else there is nothing to ask for it
  std::vector<KeyAnswer> keys;          ///< as the pool; empty when nobody answered
  std::optional<Result<Catalog>> catalog;
};

/// No key of its is good, or it wants one and has none: the rows of its keys say so.
[[nodiscard]] bool is_refused(const ProviderAnswers& answers);
/// Whether no key of it is accepted: a call would be refused too.
[[nodiscard]] bool is_rejected(const ProviderAnswers& answers);

/// Runs work(0) to work(count - 1), at most kAtOnceMax at once; blocks until all returned.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work);

/// Blocks, each request at most its time. A provider that cannot be reached is asked no more.
[[nodiscard]] ProviderAnswers ask_provider(Client& client, const ProviderConfig& provider,
                                           const Questions& questions);

/// Rows about whether it answers, its keys, credit and limits.
void judge_provider(const Config& config, const ProviderAnswers& answers, Checks& out);

/// "try another model ...": what to do about a slow one.
[[nodiscard]] std::string remedy_of_slowness(const ProviderConfig& provider);

}  // namespace prx::cli
