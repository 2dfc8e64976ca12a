/// \file amounts.hpp
/// Amounts of money and numbers as people read them. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace prx::cli {

/// Amounts from here on are shown by their first figures: a server may say any number.
inline constexpr double kDollarsWholeMax = 1e12;

/// US dollars: "$3.00", "$1,234.50", "-$0.20"; below a cent two figures, "$0.000012"; from a
/// trillion on "$1.23e+29". At most 22 characters; "?" for what is no number.
[[nodiscard]] std::string dollars(double amount);

/// "200,000"
[[nodiscard]] std::string grouped(std::int64_t number);

}  // namespace prx::cli
