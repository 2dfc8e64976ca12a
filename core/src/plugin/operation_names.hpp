/// \file operation_names.hpp
/// What prx/plugin.h calls the operations: the names in notes and measurements, and the codes of
/// requests.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "prx/plugin.h"

namespace prx {

struct OperationName {
  std::string_view name;
  std::uint32_t code;  ///< PRX_OP_*
};

inline constexpr std::array<OperationName, 6> kOperationNames{{{"chat", PRX_OP_CHAT},
                                                               {"models", PRX_OP_MODELS},
                                                               {"health", PRX_OP_HEALTH},
                                                               {"warmup", PRX_OP_WARMUP},
                                                               {"account", PRX_OP_ACCOUNT},
                                                               {"call", PRX_OP_CALL}}};

/// The name of a code; "chat" of one that is unknown.
[[nodiscard]] constexpr std::string_view operation_name(std::uint32_t code) {
  const auto* const found =
      std::find_if(kOperationNames.begin(), kOperationNames.end(),
                   [&](const OperationName& one) { return one.code == code; });
  return found == kOperationNames.end() ? kOperationNames.front().name : found->name;
}

}  // namespace prx
