// prx config check, prx config show
#include <algorithm>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/exit_codes.hpp"
#include "cli/json_writer.hpp"
#include "cli/output.hpp"
#include "client/chain_plan.hpp"
#include "plugin/registry.hpp"
#include "prx/client.hpp"
#include "telemetry/log.hpp"

namespace prx::cli {
namespace {

struct Resolved {
  Config config;
  std::optional<Error> error;  ///< what opening a client said: plugins, their own keys
};

/// What opening a client says.
std::optional<Error> try_open(const Config& config) {
  ClientOptions options;
  options.warm_up = false;
  options.one_shot = true;
  options.log = [](LogLevel, std::string_view) {};  // warnings are printed from the value
  const auto client = Client::open(config, std::move(options));
  return client ? std::nullopt : std::optional(client.error());
}

bool says(const std::vector<std::string>& warnings, const std::string& text) {
  return std::any_of(warnings.begin(), warnings.end(), [&](const std::string& warning) {
    return warning.find(text) != std::string::npos;
  });
}

/// A target of the chain in force that a plugin could serve.
bool any_target_usable(const Config& config) {
  const ChainConfig* const chain = config.find_chain(config.chain);
  if (chain == nullptr) return false;
  return std::any_of(chain->targets.begin(), chain->targets.end(), [&](const TargetConfig& target) {
    const ProviderConfig* const provider = config.find_provider(target.provider);
    return provider != nullptr && provider->problem.empty();
  });
}

/// The first target's problem is an error when no other target can serve; that of every other
/// provider of the file is a warning, once.
void judge_problems(Resolved& resolved) {
  Config& config = resolved.config;
  const bool usable = any_target_usable(config);
  for (const ProviderConfig& provider : config.providers) {
    if (provider.problem.empty()) continue;
    if (provider.name == config.first_provider() && !usable) {
      if (!resolved.error)
        resolved.error = fail(ErrorClass::kInvalidRequest, provider.problem).error();
    } else if (!provider.where.empty() && !says(config.warnings, provider.problem)) {
      config.warnings.push_back(provider.problem);
    }
  }
}

/// A call of a target without a key would fail with this; the loading has warned of what it saw.
void warn_of_keys(Config& config) {
  const ProviderConfig* const provider = config.find_provider(config.first_provider());
  if (provider == nullptr || provider->key_missing.empty()) return;
  if (!says(config.warnings, provider->key_missing))
    config.warnings.push_back("the provider '" + provider->name +
                              "' has no key: " + provider->key_missing);
}

bool can_be_asked(const driver::PlannedTarget& target, Keys keys) {
  if (target.left_out.empty()) return true;
  return keys == Keys::kLeave && target.provider->problem.empty() && !target.model.empty();
}

/// Without a target that can be asked every call fails.
void judge_chain(Resolved& resolved, const Overrides& overrides, Keys keys) {
  if (resolved.error) return;
  driver::ChainQuestion question;
  const std::string model = model_of(overrides).value_or("");
  question.model = model;  // as a chat asks for it
  const auto chain = driver::plan_chain(resolved.config, question);
  if (!chain) {
    resolved.error = chain.error();
    return;
  }
  if (std::any_of(chain->targets.begin(), chain->targets.end(),
                  [&](const auto& target) { return can_be_asked(target, keys); }))
    return;
  const driver::PlannedTarget& first = chain->targets.front();
  std::string text =
      "no call can be made, since no target of the chain '" + chain->chain->name + "' can be asked";
  const bool told = says(resolved.config.warnings, first.left_out);
  text += told ? "; mend what the warnings name" : "; '" + first.plan.name + "': " + first.left_out;
  if (first.left_out == first.provider->key_missing)
    text += ", or check all but the keys with --no-keys";
  resolved.error = fail(ErrorClass::kInvalidRequest, std::move(text)).error();
}

/// Where the configuration names a plugin's file, or the folder that `path` is.
std::string place_of(const Config& config, const std::string& path) {
  const auto at = [&](const std::string& key) {
    const auto place = config.places.find("plugins." + key);
    return place == config.places.end() ? std::string() : place->second + ": ";
  };
  for (const PluginsConfig::Entry& entry : config.plugins.entries)
    if (entry.path.string() == path) return at(entry.id + ".path");
  for (std::size_t i = 0; i < config.plugins.dirs.size(); ++i)
    if (config.plugins.dirs[i].string() == path) return at("dirs[" + std::to_string(i + 1) + "]");
  return {};
}

/// What [plugins] names and nobody can use: a call may still be answered without it.
void warn_of_plugins(Config& config) {
  for (const Candidate& candidate :
       find_plugins(search_options(config.plugins, process_environment()))) {
    const PluginInfo& info = candidate.info;
    if (info.state != PluginState::kRejected) continue;
    const std::string place = place_of(config, info.path);
    if (!place.empty() && !says(config.warnings, info.reason))
      config.warnings.push_back(place + info.reason);
  }
}

/// A log that cannot be opened is an error of every call.
void judge_log(Resolved& resolved) {
  const LogConfig& log = resolved.config.log;
  if (resolved.error || log.level == "off") return;
  const auto checked = check_log_file(log.file);
  if (checked) return;
  const auto place = resolved.config.places.find("log.file");
  resolved.error = checked.error();
  if (place != resolved.config.places.end())
    resolved.error->message = place->second + ": " + resolved.error->message;
}

/// The configuration as a client has it in force: with what the plugins' notes add. Sends nothing.
Result<Resolved> resolve(const GlobalOptions& globals, const Overrides& overrides,
                         Keys keys = Keys::kRead) {
  PRX_TRY_SET(Config config, load_config(globals, overrides, keys));
  auto completed = with_notes(config);
  if (!completed) return Resolved{std::move(config), completed.error()};
  Resolved resolved{std::move(*completed), try_open(config)};
  judge_problems(resolved);
  keys == Keys::kRead ? warn_of_keys(resolved.config) : forget_keys(resolved.config);
  warn_of_plugins(resolved.config);
  judge_log(resolved);
  return resolved;
}

std::string file_text(const Config& config) {
  return config.file.empty() ? "no file (defaults and environment)" : config.file.string();
}

class ConfigCheck final : public Command {
 public:
  HelpText help() const override {
    return {
        "prx config check [OPTIONS]",
        "Reads the configuration, finds the plugins that it names and checks their keys "
        "against them.\n"
        "Sends nothing. OK means that prx chat could ask somebody. A provider that cannot serve, "
        "or "
        "has no\n"
        "API key, is a warning on stderr; when no target of the chain in force is left, that is an "
        "error.\n"
        "With --no-keys no key is looked for: for a machine that has none, such as one of CI.",
        "Examples:\n"
        "  prx config check\n"
        "  prx config check --config new.toml && mv new.toml ~/.config/prx/config.toml\n"
        "  prx config check --no-keys --config deploy/prx.toml\n\n"
        "Exit codes: 0, or 3 with the place and the remedy when something is wrong.\n"};
  }
  void declare(Arguments& arguments) override {
    declare_overrides(arguments, overrides_);
    arguments.flag("--no-keys", no_keys_,
                   "Check all but the API keys; no key's file is read, no command run");
  }
  int run(const GlobalOptions& globals) override {
    if (const auto checked = check_overrides(overrides_); !checked)
      return refuse(checked.error(), false);
    const Keys keys = no_keys_ ? Keys::kLeave : Keys::kRead;
    auto resolved = resolve(globals, overrides_, keys);
    if (!resolved) return configuration_failure(resolved.error());
    judge_chain(*resolved, overrides_, keys);
    print_warnings(resolved->config);
    if (resolved->error) return configuration_failure(*resolved->error);
    return print("OK: " + file_text(resolved->config) + "\n");
  }

 private:
  Overrides overrides_;
  bool no_keys_ = false;
};

std::string settings_table(const Config& config) {
  std::vector<std::vector<std::string>> rows;
  for (const Setting& setting : config.settings) {
    rows.push_back({visible_line(setting.path) + " = " + visible_line(setting.value),
                    "# " + visible_line(setting.origin)});
  }
  return "# " + file_text(config) + "\n" + table_text(rows);
}

std::string settings_json(const Config& config) {
  JsonWriter json;
  json.begin_object();
  json.key("file").string_or_null(config.file.string());
  json.key("settings").begin_array();
  for (const Setting& setting : config.settings) {
    json.begin_object();
    json.key("path").string(setting.path).key("value").string(setting.value);
    json.key("origin").string(setting.origin);
    json.end_object();
  }
  json.end_array();
  json.key("warnings").begin_array();
  for (const std::string& warning : config.warnings) json.string(warning);
  json.end_array();
  json.end_object();
  return json.text() + "\n";
}

class ConfigShow final : public Command {
 public:
  HelpText help() const override {
    return {
        "prx config show [OPTIONS]",
        "Shows each setting that is in force with where it comes from: a flag, a variable, a line "
        "of\n"
        "the file, or a default. Keys and values of secret-looking names are masked; a string "
        "with a\n"
        "variable in headers, extra_body or a plugin's own key is shown as it is written.",
        "Examples:\n"
        "  prx config show\n"
        "  prx config show --json | jq -r '.settings[] | select(.path == \"default.model\")'\n\n"
        "Exit codes: 0, or 3 when the configuration is wrong.\n"};
  }
  void declare(Arguments& arguments) override {
    declare_overrides(arguments, overrides_);
    arguments.flag("--json", json_, "Print one JSON object");
  }
  int run(const GlobalOptions& globals) override {
    if (const auto checked = check_overrides(overrides_); !checked)
      return refuse(checked.error(), false);
    const auto resolved = resolve(globals, overrides_);
    if (!resolved) return configuration_failure(resolved.error());
    print_warnings(resolved->config);
    const int printed =
        print(json_ ? settings_json(resolved->config) : settings_table(resolved->config));
    if (resolved->error) return configuration_failure(*resolved->error);
    return printed;
  }

 private:
  Overrides overrides_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_config_check() { return std::make_unique<ConfigCheck>(); }
std::unique_ptr<Command> make_config_show() { return std::make_unique<ConfigShow>(); }

}  // namespace prx::cli
