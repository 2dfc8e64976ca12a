/// \file checks.hpp
/// What prx doctor found out, row by row, and as JSON. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/remedy.hpp"
#include "prx/sdk/error.hpp"

namespace prx::cli {

enum class CheckStatus { kOk, kWarning, kFailure };  ///< in the order of how bad it is

/// "ok", "warning", "failure"
[[nodiscard]] std::string_view to_string(CheckStatus status);

/// One row. Texts may hold what a server said: they are made visible when they are shown.
struct Check {
  CheckStatus status = CheckStatus::kOk;
  std::string check;    ///< "configuration", "plugin", "key", "credit", "limits", "reach", "target"
  std::string subject;  ///< whom it is about
  std::string what;     ///< what was found
  std::string remedy;   ///< what to do, or ""

  /// Adds a finding; the row is as bad as the worst of them.
  void add(CheckStatus found, std::string_view text, std::string_view next = {});
};

using Checks = std::vector<Check>;

/// "what; remedy" in two.
[[nodiscard]] Check split_check(CheckStatus status, std::string check, std::string subject,
                                std::string_view text);

/// Whether the message of a broken answer says itself what to do, as the library's own do: nothing
/// that is known of its class is better.
[[nodiscard]] bool names_remedy(const Error& error);

/// A failed request: what the server or the system said, and the remedy. A warning when waiting
/// helps (rate limit, overload).
[[nodiscard]] Check failed_check(std::string check, std::string subject, const Error& error,
                                 const ProviderFacts& facts);

/// Whether a row says this already.
[[nodiscard]] bool is_told(const Checks& checks, std::string_view text);

[[nodiscard]] std::string checks_json(const Checks& checks);
/// kExitOk, or kExitUnwell when there is a failure.
[[nodiscard]] int checks_exit_code(const Checks& checks);

}  // namespace prx::cli
