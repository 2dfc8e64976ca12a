/// \file note_names.hpp
/// The names that prx/plugin.h gives to what a note may hold; a test compares them with it.
#pragma once

#include <array>
#include <string_view>

namespace prx::check {

inline constexpr std::array<std::string_view, 17> kNoteMembers{
    "id",           "version",      "abi",           "needs",        "kinds",
    "operations",   "hosts",        "key_env",       "key_url",      "credit_url",
    "title",        "base_url_env", "default_model", "model_prefix", "signs",
    "capabilities", "config"};
inline constexpr std::array<std::string_view, 3> kNoteOptionMembers{"type", "default", "help"};
inline constexpr std::array<std::string_view, 6> kNoteOperations{"chat",   "models",  "health",
                                                                 "warmup", "account", "call"};

}  // namespace prx::check
