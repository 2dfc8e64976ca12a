/// \file prompt.hpp
/// The prompt and the request's parameters, from arguments and stdin.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx::cli {

inline constexpr std::size_t kPromptMax = 64u << 20;  ///< bytes, arguments and stdin each

/// What a file descriptor can give as (part of) a prompt.
enum class InputKind {
  kTerminal,  ///< a person
  kNothing,   ///< closed, or a device such as /dev/null
  kContent,   ///< a pipe, a socket or a file
};
[[nodiscard]] InputKind input_kind(int fd);

/// When a reader stops to wait; nullopt: never.
using Until = std::optional<std::chrono::steady_clock::time_point>;

/// Reads to the end. Errors, which call it `name`: kInvalidRequest when it is more than `max` bytes
/// or cannot be read; kTimeout when it has not ended by `until`.
[[nodiscard]] Result<std::string> read_all(int fd, std::size_t max, const Until& until = {},
                                           const std::string& name = "stdin");

inline constexpr std::size_t kTextFileMax = 1u << 20;  ///< bytes, of a schema

/// The text of a file that an option names, or of a pipe, such as the shell makes of <(COMMAND). A
/// pipe is read to its end, and not waited for when nobody has it open to write. Errors, which
/// begin with the path: kInvalidRequest when it cannot be read, is empty or longer than
/// kTextFileMax; kTimeout as read_all().
[[nodiscard]] Result<std::string> read_text_file(const std::string& path, const Until& until);

struct PromptParts {
  std::string words;        ///< the arguments, joined by single spaces, without a lone "-"
  bool asks_stdin = false;  ///< a "-" stood among the arguments
};
[[nodiscard]] PromptParts prompt_parts(const std::vector<std::string>& arguments);

/// The arguments, or stdin, or both: the arguments, a blank line, stdin. Stdin is read when a "-"
/// asks for it or when it is not a terminal. Errors: kInvalidRequest when there is neither, when
/// the text is not UTF-8, and as read_all().
[[nodiscard]] Result<std::string> read_prompt(const std::vector<std::string>& arguments,
                                              int stdin_fd, const Until& until = {});

/// Arguments and stdin as one prompt; see read_prompt().
[[nodiscard]] std::string join_prompt(std::string words, std::string input);

/// "name=json" settings as the text of one JSON object, "" without any. Errors: kInvalidRequest
/// naming the setting and the remedy: no "=", a value that is not JSON, a name twice or one that
/// has an option.
[[nodiscard]] Result<std::string> parameters_json(const std::vector<std::string>& settings);

}  // namespace prx::cli
