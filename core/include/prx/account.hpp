/// \file account.hpp
/// Account: what a provider says about the account behind a key: credit, limits, usage. A value.
///
/// Every provider tells it in a way of its own, and most tell nothing. What it said stands in
/// `parts` as it came; the members hold what is understood of that (OpenRouter's words, and whoever
/// writes as it does). nullopt and "" stand for "not said", never for 0 or no.
/// \see https://openrouter.ai/docs/api-reference/limits
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace prx {

/// One thing that a provider said.
struct AccountPart {
  std::string name;  ///< the plugin's word for it: "key", "credits"
  std::string json;  ///< as it came, without secrets; "null" when it was not told
  std::string note;  ///< why it was not told, and the remedy; or ""
  friend bool operator==(const AccountPart&, const AccountPart&) = default;
};

/// Amounts are US dollars.
struct Account {
  std::string provider;   ///< the instance's name in the configuration
  std::string key_label;  ///< where the key came from; never the key
  std::vector<AccountPart> parts;

  std::string label;                      ///< the provider's name for the key
  std::optional<bool> limited;            ///< false: the key may spend all that there is
  std::optional<double> limit;            ///< what the key may spend, in all or per `limit_reset`
  std::optional<double> limit_remaining;  ///< of `limit`; below 0 when more was spent
  std::string limit_reset;                ///< "daily", "weekly", "monthly", or ""
  std::optional<double> usage;            ///< by this key, ever
  std::optional<double> usage_today, usage_this_week, usage_this_month;
  std::optional<bool> free_tier;              ///< no credit was ever bought: tight request limits
  std::optional<double> free_requests_daily;  ///< requests to free models per day
  std::optional<bool> management_key;         ///< it manages keys and may not chat
  std::string expires;                        ///< when the key ends, as it came: "2026-08-22T..."
  std::optional<double> credits_total, credits_used;  ///< of the whole account, ever
  friend bool operator==(const Account&, const Account&) = default;

  /// What is left of the account's credit; nullopt: not said.
  [[nodiscard]] std::optional<double> credits_left() const {
    if (!credits_total || !credits_used) return std::nullopt;
    return *credits_total - *credits_used;
  }
};

}  // namespace prx
