/// \file open_client.hpp
/// A client for a TOML text and an environment, as tests want one: no file, no warm-up unless asked
/// for, no word on stderr. For programs that link prx_client.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "prx/client.hpp"

namespace prx::test {

using Variables = std::map<std::string, std::string>;

/// As functions want it; a copy.
inline Environment environment_of(Variables variables) {
  return [all = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = all.find(name);
    return found == all.end() ? std::nullopt : std::optional(found->second);
  };
}

inline Result<Config> parse_config(const std::string& toml, const Variables& variables) {
  ConfigSource source;
  source.no_file = true;
  source.environment = environment_of(variables);
  return Config::parse(toml, "test.toml", "/", source);
}

struct OpenOptions {
  bool warm_up = false;
  LogSink log = [](LogLevel, std::string_view) {};  ///< drops what is logged
};

/// Throws std::runtime_error with the message of what is wrong.
inline std::unique_ptr<Client> open_client(const std::string& toml, const Variables& variables,
                                           OpenOptions how = {}) {
  auto config = parse_config(toml, variables);
  if (!config) throw std::runtime_error(config.error().message);
  ClientOptions options;
  options.warm_up = how.warm_up;
  options.environment = environment_of(variables);
  options.log = std::move(how.log);
  auto client = Client::open(std::move(*config), std::move(options));
  if (!client) throw std::runtime_error(client.error().message);
  return std::move(*client);
}

}  // namespace prx::test
