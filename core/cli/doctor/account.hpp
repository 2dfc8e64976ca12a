/// \file account.hpp
/// What prx doctor and prx usage make of an account. Pure but for the clock that tells how soon a
/// key ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/doctor/checks.hpp"
#include "prx/account.hpp"

namespace prx::cli {

/// Days until that date ("YYYY-MM-DD", more may follow), below 0 when it is over; nullopt: it is
/// none.
[[nodiscard]] std::optional<long> days_until(std::string_view date);

/// " monthly": when the key's limit begins anew; "" when it does not. Longer words of a server are
/// " periodic".
[[nodiscard]] std::string reset_text(const Account& account);

/// Its end, and whether it may chat at all.
void judge_key_itself(const Account& account, const ProviderFacts& facts, Check& row);

/// Rows "credit" and "limits", as far as something was said.
void judge_account(const Account& account, const std::string& subject, const ProviderFacts& facts,
                   Checks& out);

/// Whether the provider told it, the note of the part that it did not tell.
[[nodiscard]] std::string untold(const Account& account);

}  // namespace prx::cli
