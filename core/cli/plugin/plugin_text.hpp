/// \file plugin_text.hpp
/// Words that the verbs of `prx plugin` share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "prx/plugin_info.hpp"

namespace prx::cli {

[[nodiscard]] std::string_view state_name(PluginState state);
/// With its reason, safe on a terminal.
[[nodiscard]] std::string state_text(const PluginInfo& plugin);
/// Safe on a terminal; "-" for "".
[[nodiscard]] std::string or_dash(const std::string& text);
[[nodiscard]] std::string joined(const std::vector<std::string>& words);
/// As a shell takes it for one word.
[[nodiscard]] std::string shell_word(const std::string& text);

}  // namespace prx::cli
