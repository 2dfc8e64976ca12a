/// \file note.hpp
/// A plugin's ELF note: found in a file without running any of its code, and read into a value.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx {

/// One key that a plugin adds to its `[providers.<name>]` table.
struct OptionSchema {
  std::string key;
  std::string type;           ///< string, integer, number, boolean, array or table
  std::string default_value;  ///< JSON text, or "" when there is none
  std::string help;           ///< one line
  friend bool operator==(const OptionSchema&, const OptionSchema&) = default;
};

/// Content of a note; members and units as in prx/plugin.h, "ELF note".
struct PluginNote {
  std::string id, version, title;
  unsigned abi_major = 0, abi_minor = 0, needs_minor = 0;
  std::vector<std::string> kinds, operations, hosts;
  std::string key_env, key_url, credit_url, base_url_env, default_model, model_prefix;
  bool signs = false;
  std::string capabilities;  ///< JSON object text or ""
  std::vector<OptionSchema> options;
  friend bool operator==(const PluginNote&, const PluginNote&) = default;
};

/// Reads a note's JSON: at most PRX_NOTE_MAX bytes, id and version and kinds present, known types.
/// Unknown members are ignored (a later minor may add some). Errors: kBadResponse with the member's
/// name.
[[nodiscard]] Result<PluginNote> parse_note(std::string_view json);

/// Finds the note in an ELF image given as bytes: bounded, never reads outside `file`, works
/// without section headers. The result points into `file`. Errors: kBadResponse ("not an ELF file",
/// "for another machine: aarch64", "no prx note").
[[nodiscard]] Result<std::string_view> find_note(std::span<const std::byte> file);

/// Probes a file: a few preads, no mapping, no code run.
[[nodiscard]] Result<PluginNote> probe(const std::filesystem::path& file);

}  // namespace prx
