/// \file check_file.hpp
/// check.toml: what a plugin's author says of the plugin. Strict, as a configuration is.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "check/subject.hpp"
#include "plugin/note.hpp"
#include "prx/config.hpp"
#include "prx/sdk/error.hpp"

namespace prx::check {

inline constexpr std::size_t kAnswersMax = 64;              ///< [[answers]]
inline constexpr std::size_t kAnswerBodyMax = 4u << 20;     ///< bytes of a `body_file`
inline constexpr std::string_view kUsualModel = "check-1";  ///< of a plugin without default_model

/// A text in TOML, and what it is called in messages.
struct CheckText {
  std::string toml;
  std::string name = "--config";
  std::filesystem::path folder = ".";  ///< relative paths start here
  /// It is written on a command line: what is no table of check.toml is a key of [provider]
  bool is_inline = false;
};

struct CheckFile {
  std::string config_json;   ///< what create() gets
  std::string base_url;      ///< of it, or ""
  std::string model;         ///< asked for
  std::string request_json;  ///< body of a chat
  std::vector<Sample> samples;
  Quirks quirks;
  std::string provider_name;  ///< of the table below
  std::string provider_toml;  ///< [provider] as a [providers.NAME] table, for --live
};

/// The text of `--config`: a file's when there is one of that name, else the words themselves.
/// Errors: kInvalidRequest, one line: a file that cannot be read, or neither a file nor TOML.
[[nodiscard]] Result<CheckText> check_text(const std::string& file_or_toml);

/// Reads it for the plugin of that note; an empty text is all defaults. `environment` is asked for
/// `${NAME}` in [provider] alone. Errors: kInvalidRequest, "name:line:column: what; remedy".
[[nodiscard]] Result<CheckFile> read_check_file(const CheckText& text, const PluginNote& note,
                                                const Environment& environment);

}  // namespace prx::check
