/// \file key_command.hpp
/// Runs an `api_key_command`: a program that prints a key.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "prx/config.hpp"

namespace prx::config {

inline constexpr std::size_t kKeyOutputMax =
    16u << 10;  ///< bytes that a key's command or file may give

struct KeyCommand {
  std::vector<std::string> arguments;  ///< the program, looked up in PATH, and its arguments
  std::filesystem::path folder;        ///< where it runs; empty: here
  Milliseconds timeout{10'000};
};

/// What the command printed, without white space around it. stdin is /dev/null, stderr is dropped;
/// the command has no terminal, and its group is killed before this returns. Blocks.
/// Errors: kInvalidRequest, what and remedy, never its output: cannot be run, failed, timed out,
/// printed nothing or more than kKeyOutputMax.
[[nodiscard]] Result<std::string> run_key_command(const KeyCommand& command);

}  // namespace prx::config
