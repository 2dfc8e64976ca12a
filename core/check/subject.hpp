/// \file subject.hpp
/// What is checked, and what is known of it before any of its code runs. A value.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugin/note.hpp"

namespace prx::check {

inline constexpr std::size_t kFileMax = 512u << 20;  ///< bytes of a plugin's file

/// What the scripted HTTP service says, and what the plugin has to make of it. The built-in ones
/// speak Chat Completions; a plugin with another protocol brings its own in its check.toml.
struct Sample {
  std::string name;         ///< "stream", "whole", "error-in-200": shown in findings
  std::string op = "chat";  ///< of the note's operations
  bool stream = true;       ///< PRX_RF_STREAM is set
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;                                          ///< the whole answer
  /// What the events say: their TEXT joined; nullopt: not looked at
  std::optional<std::string> text;
  /// The class of the terminal error ("rate_limit"), or "": it ends with DONE
  std::string error;
  /// The answer has an end mark, so that any cut before it is an error
  bool marked_end = true;
  bool own = false;  ///< of [[answers]]: the plugin's author wrote it
};

/// What a plugin declares about itself where the contract leaves a choice: [quirks] of check.toml.
struct Quirks {
  std::vector<std::string> needed;   ///< libraries beside libc, libm, libstdc++ and libgcc_s
  std::vector<std::string> imports;  ///< functions that are refused otherwise ("pthread_create")
  std::string glibc_max = "2.36";    ///< newest GLIBC_ version of an import: Debian 12's
  std::string glibcxx_max = "3.4.30";
  bool init_array = false;      ///< constructors of its own run when it is loaded
  unsigned concurrency = 0;     ///< operations that it serves at once, more may end as
                                ///< overloaded; 0: any number
  bool random_answers = false;  ///< where no server is asked, a request may get another text
  bool slow_start = false;      ///< create or the first operation loads for seconds
  bool errors_in_200 = true;    ///< the server has errors under status 200
};

struct Subject {
  std::filesystem::path file;
  PluginNote note;           ///< empty when the file has none that can be read
  std::string config_json;   ///< what create() gets, without keys
  std::string base_url;      ///< of config_json, else "": what the note's hosts are
  std::string request_json;  ///< the body of a chat
  std::string model;
  std::vector<Sample> samples;
  Quirks quirks;
  std::chrono::seconds fuzz{0};  ///< how long the rules of fuzzing go on
  /// \name For the rules of `--live`: a configuration that asks this plugin alone
  /// @{
  std::string live_toml;
  std::string live_provider;
  std::filesystem::path live_folder;  ///< relative paths of it start here
  /// @}
};

}  // namespace prx::check
