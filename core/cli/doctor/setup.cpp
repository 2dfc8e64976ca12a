#include "cli/doctor/setup.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "cli/configuration.hpp"
#include "client/found_plugins.hpp"
#include "telemetry/log.hpp"

namespace prx::cli {
namespace {

constexpr std::string_view kConfigurationCheck = "configuration";

/// Who can write the file can send every key to a server of their own.
void check_writers(const Config& config, Check& row) {
  struct stat status {};
  if (config.file.empty() || ::stat(config.file.c_str(), &status) != 0) return;
  if (S_ISREG(status.st_mode) && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    row.add(CheckStatus::kWarning, "its group or others can write it",
            "chmod go-w " + config.file.string());
}

std::string shape_of(const Config& config) {
  const ChainConfig* const chain = config.find_chain(config.chain);
  const std::size_t targets = chain == nullptr ? 0 : chain->targets.size();
  std::string text = "chain '" + config.chain + "' of " + std::to_string(targets) + " target";
  return targets == 1 ? text : text + 's';
}

/// The rows of plugins and keys say it too, with the remedy.
bool is_of_other_rows(const Config& config, const std::string& warning) {
  const auto within = [&](const std::string& text) {
    return !text.empty() && warning.find(text) != std::string::npos;
  };
  return std::any_of(config.providers.begin(), config.providers.end(),
                     [&](const ProviderConfig& provider) {
                       return within(provider.key_missing) || within(provider.problem);
                     });
}

void check_log(const Config& config, Checks& out) {
  if (config.log.level == "off") return;
  const auto checked = check_log_file(config.log.file);
  if (!checked)
    out.push_back(split_check(CheckStatus::kFailure, std::string(kConfigurationCheck), "[log] file",
                              checked.error().message));
}

/// A provider without a plugin; a file that would be the plugin and was rejected is the reason.
void check_problem(const Config& config, const ProviderConfig& provider,
                   const std::vector<PluginInfo>& plugins, Checks& out) {
  Check row =
      split_check(how_bad(config, provider.name), "plugin", provider.name, provider.problem);
  const auto rejected = std::find_if(plugins.begin(), plugins.end(), [&](const PluginInfo& plugin) {
    return plugin.state == PluginState::kRejected && driver::may_be_plugin(plugin, provider.plugin);
  });
  if (provider.plugin_id.empty() && rejected != plugins.end() &&
      provider.problem.find(rejected->reason) == std::string::npos) {
    const Check reason = split_check(row.status, "", "", rejected->reason);
    row.remedy.clear();
    row.add(row.status, reason.what, reason.remedy);
  }
  out.push_back(std::move(row));
}

bool is_served_by(const ProviderConfig& provider, const PluginInfo& plugin) {
  return provider.plugin_id == plugin.id && !plugin.id.empty() && provider.problem.empty();
}

bool serves_somebody(const Config& config, const PluginInfo& plugin) {
  return std::any_of(
      config.providers.begin(), config.providers.end(),
      [&](const ProviderConfig& provider) { return is_served_by(provider, plugin); });
}

/// That a file cannot be used: as bad as it is for those that it would serve.
CheckStatus how_bad(const Config& config, const PluginInfo& rejected) {
  CheckStatus worst = CheckStatus::kWarning;
  for (const ProviderConfig& provider : config.providers)
    if (is_served_by(provider, rejected))
      worst = std::max(worst, prx::cli::how_bad(config, provider.name));
  return worst;
}

}  // namespace

bool is_in_chain(const ChainConfig& chain, std::string_view provider) {
  return std::any_of(chain.targets.begin(), chain.targets.end(),
                     [&](const TargetConfig& target) { return target.provider == provider; });
}

std::vector<const ProviderConfig*> providers_in_order(const Config& config) {
  std::vector<const ProviderConfig*> order;
  const auto add = [&](const ProviderConfig* provider) {
    if (provider != nullptr && std::find(order.begin(), order.end(), provider) == order.end())
      order.push_back(provider);
  };
  if (const ChainConfig* const chain = config.find_chain(config.chain))
    for (const TargetConfig& target : chain->targets) add(config.find_provider(target.provider));
  for (const ProviderConfig& provider : config.providers) add(&provider);
  return order;
}

CheckStatus how_bad(const Config& config, std::string_view provider) {
  const ChainConfig* const chain = config.find_chain(config.chain);
  const bool needed = chain != nullptr && is_in_chain(*chain, provider);
  return needed ? CheckStatus::kFailure : CheckStatus::kWarning;
}

void check_configuration(const Config& config, Checks& out) {
  Check row;
  row.check = kConfigurationCheck;
  row.subject = config.file.string();
  row.what = config.file.empty() ? "no file: defaults and environment" : "read";
  row.add(CheckStatus::kOk, shape_of(config));
  check_writers(config, row);
  out.push_back(std::move(row));
  for (const std::string& warning : config.warnings)
    if (!is_of_other_rows(config, warning))
      out.push_back(
          split_check(CheckStatus::kWarning, std::string(kConfigurationCheck), "", warning));
  check_log(config, out);
}

void check_plugins(const Config& config, const std::vector<PluginInfo>& plugins, Checks& out) {
  for (const PluginInfo& plugin : plugins) {
    if (plugin.state == PluginState::kUsable && serves_somebody(config, plugin))
      out.push_back({CheckStatus::kOk, "plugin", plugin.id,
                     "version " + plugin.version + ", ABI " + plugin.abi +
                         (plugin.isolation == "process" ? ", in a process of its own" : "") +
                         ", trusted: " + plugin.path,
                     ""});
  }
  for (const ProviderConfig& provider : config.providers)
    if (!provider.problem.empty()) check_problem(config, provider, plugins, out);
  for (const PluginInfo& plugin : plugins)
    if (plugin.state == PluginState::kRejected && !is_told(out, plugin.reason))
      out.push_back(split_check(how_bad(config, plugin), "plugin", plugin.id, plugin.reason));
}

void check_missing_key(const Config& config, const ProviderConfig& provider, Checks& out) {
  if (!provider.keys.empty() || provider.key_missing.empty() || !provider.problem.empty()) return;
  Check row =
      split_check(how_bad(config, provider.name), "key", provider.name, provider.key_missing);
  row.what = "no key: " + row.what;
  if (!provider.key_url.empty()) row.add(row.status, "", "get one at " + provider.key_url);
  out.push_back(std::move(row));
}

}  // namespace prx::cli
