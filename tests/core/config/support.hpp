/// \file support.hpp
/// Short ways to parse a configuration in a test, and folders that clean up after themselves.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include "prx/config.hpp"

namespace prx::config::testing {

using Variables = std::map<std::string, std::string>;

inline Environment environment(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

inline ConfigSource source(Variables variables = {}) {
  ConfigSource result;
  result.environment = environment(std::move(variables));
  return result;
}

inline Result<Config> parse(std::string_view toml, Variables variables = {}) {
  return Config::parse(toml, "prx.toml", "/etc/prx", source(std::move(variables)));
}

/// The message of the error, or "(no error)".
inline std::string error_of(std::string_view toml, Variables variables = {}) {
  const auto config = parse(toml, std::move(variables));
  return config ? "(no error)" : config.error().message;
}

inline const Setting* find_setting(const Config& config, std::string_view path) {
  for (const auto& setting : config.settings)
    if (setting.path == path) return &setting;
  return nullptr;
}

/// Everything that a program could print of a configuration.
inline std::string printable(const Config& config) {
  std::string text;
  for (const auto& s : config.settings) text += s.path + " = " + s.value + " # " + s.origin + '\n';
  for (const auto& warning : config.warnings) text += warning + '\n';
  for (const auto& [path, place] : config.places) text += path + ' ' + place + '\n';
  for (const auto& provider : config.providers) {
    text += provider.problem + provider.key_missing + '\n';
    for (const auto& key : provider.keys) text += key.label + key.origin + '\n';
  }
  return text;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "prx-config-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) std::abort();
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, std::string_view text,
                              mode_t mode = 0600) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    ::chmod(file.c_str(), mode);
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace prx::config::testing
