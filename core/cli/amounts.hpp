/// \file amounts.hpp
/// Amounts of money and numbers as people read them. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace prx::cli {

/// US dollars: "$3.00", "$1,234.50", "-$0.20"; below a cent two figures, "$0.000012".
[[nodiscard]] std::string dollars(double amount);

/// "200,000"
[[nodiscard]] std::string grouped(std::int64_t number);

}  // namespace prx::cli
