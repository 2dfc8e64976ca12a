/// \file check_provider.hpp
/// [provider] of check.toml: the checks of a configuration, and what create() gets. Internal to
/// check_file.cpp.
#pragma once

#include "check/check_file.hpp"
#include "config/load_context.hpp"

namespace prx::check {

/// Borrowed for the call.
struct ProviderScope {
  const config::LoadContext& context;
  const CheckText& text;
  const PluginNote& note;
};

/// Fills the members of `out` that come from the table. Errors: kInvalidRequest with a place: a key
/// of an API, a key that neither prx nor the note knows, a wrong type.
[[nodiscard]] Result<void> read_provider(const config::Table& table, const ProviderScope& scope,
                                         CheckFile& out);

}  // namespace prx::check
