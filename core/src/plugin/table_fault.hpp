/// \file table_fault.hpp
/// What is wrong with the tables of a plugin that was mapped, in this process or in one of its own:
/// one line without the file's name, "" when a table can be used.
#pragma once

#include <string>

#include "prx/sdk/sizes.hpp"

namespace prx {

template <class Table>
[[nodiscard]] std::string size_fault_of(const Table& table, const char* name) {
  if (sdk::is_whole(&table)) return {};
  return "its " + std::string(name) + " has " + std::to_string(table.size) +
         " bytes, ABI 1.0 has " + std::to_string(sdk::kSize10<Table>);
}

/// \param plugin  what the query function returned.
[[nodiscard]] inline std::string table_fault(const prx_plugin* plugin) {
  if (plugin == nullptr) return PRX_QUERY_SYMBOL " returned no table";
  if (auto fault = size_fault_of(*plugin, "prx_plugin"); !fault.empty()) return fault;
  if (plugin->abi_major != PRX_ABI_MAJOR || plugin->abi_needs > PRX_ABI_MINOR)
    return "its table says ABI " + std::to_string(plugin->abi_major) + ", needs minor " +
           std::to_string(plugin->abi_needs) + "; its note says otherwise, build it again";
  const bool whole =
      plugin->init != nullptr && plugin->deinit != nullptr && plugin->interface_ != nullptr;
  return whole ? "" : "its prx_plugin lacks a function";
}

/// \param provider  what the plugin gave for PRX_PROVIDER_ID.
[[nodiscard]] inline std::string table_fault(const prx_provider* provider) {
  if (provider == nullptr) return "it offers no " PRX_PROVIDER_ID;
  if (auto fault = size_fault_of(*provider, "prx_provider"); !fault.empty()) return fault;
  const bool whole = provider->create != nullptr && provider->destroy != nullptr &&
                     provider->describe != nullptr && provider->start != nullptr &&
                     provider->cancel != nullptr && provider->release != nullptr;
  return whole ? "" : "its prx_provider lacks a function";
}

}  // namespace prx
