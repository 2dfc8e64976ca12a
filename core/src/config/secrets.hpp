/// \file secrets.hpp
/// Where a provider's keys come from: api_key, api_keys, api_key_file, api_key_command.
#pragma once

#include <cstddef>
#include <string>

#include "config/table_reader.hpp"

namespace prx::config {

inline constexpr std::size_t kKeysMax = 64;  ///< keys of one pool

/// Fills `keys`, or `key_missing` when the source that is configured gives none; neither when no
/// source is configured. Errors: two sources, a wrong type, a key that cannot stand in a header. No
/// message has a key.
[[nodiscard]] Result<void> read_keys(TableReader& reader, ProviderConfig& provider);

}  // namespace prx::config
