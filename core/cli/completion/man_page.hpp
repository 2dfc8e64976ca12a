/// \file man_page.hpp
/// The man page, made of what the verbs say about themselves. Pure.
#pragma once

#include <span>
#include <string>

#include "cli/command.hpp"

namespace prx::cli {

/// prx.1 in the man macros of roff; the same for the same program. Hidden verbs are not in it.
[[nodiscard]] std::string man_page(std::span<const CommandEntry> table);

/// A help text as roff: paragraphs are filled, lines that begin with a blank stay as they are.
[[nodiscard]] std::string roff_text(std::string_view text);

}  // namespace prx::cli
