// prx plugin list
#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/exit_codes.hpp"
#include "cli/json_writer.hpp"
#include "cli/output.hpp"
#include "cli/plugin/plugin_text.hpp"
#include "client/found_plugins.hpp"
#include "plugin/plugins_off.hpp"
#include "plugin/registry.hpp"

namespace prx::cli {
namespace {

std::string plugins_table(const std::vector<PluginInfo>& plugins) {
  std::vector<std::vector<std::string>> rows{{"ID", "VERSION", "ABI", "KINDS", "PATH", "STATE"}};
  for (const PluginInfo& plugin : plugins) {
    rows.push_back({or_dash(plugin.id), or_dash(plugin.version), or_dash(plugin.abi),
                    or_dash(joined(plugin.kinds)), or_dash(plugin.path), state_text(plugin)});
  }
  return table_text(rows);
}

void write_plugin(JsonWriter& json, const PluginInfo& plugin) {
  json.begin_object();
  json.key("id").string_or_null(plugin.id);
  json.key("version").string_or_null(plugin.version);
  json.key("abi").string_or_null(plugin.abi);
  json.key("kinds").strings(plugin.kinds);
  json.key("path").string(plugin.path);
  json.key("found_by").string_or_null(plugin.found_by);
  json.key("isolation").string_or_null(plugin.isolation);
  json.key("state").string(state_name(plugin.state));
  json.key("reason").string_or_null(plugin.reason);
  json.end_object();
}

std::string plugins_json(const std::vector<PluginInfo>& plugins) {
  JsonWriter json;
  json.begin_array();
  for (const PluginInfo& plugin : plugins) write_plugin(json, plugin);
  json.end_array();
  return json.text() + "\n";
}

class PluginList final : public Command {
 public:
  HelpText help() const override {
    return {
        "prx plugin list [OPTIONS]",
        "Shows every plugin file of the search order: the configuration's paths, PRX_PLUGIN_PATH,\n"
        "the configuration's dirs, the user's folder, the install's folder. No plugin's code is "
        "run.\n"
        "A file that is not used has its reason in the last column.",
        "Examples:\n"
        "  prx plugin list\n"
        "  prx plugin list --json | jq '.[] | select(.state != \"usable\")'\n\n"
        "Exit codes: 0, or 3 when the configuration is wrong.\n"};
  }
  void declare(Arguments& arguments) override {
    arguments.flag("--json", json_, "Print one JSON array");
  }
  int run(const GlobalOptions& globals) override {
    const auto config = load_config(globals, {});
    if (!config) return configuration_failure(config.error());
    const SearchOptions search = search_options(config->plugins, process_environment());
    auto candidates = find_plugins(search);
    driver::reject_what_will_not_load(config->plugins, candidates);
    std::vector<PluginInfo> plugins;
    for (Candidate& candidate : candidates) plugins.push_back(std::move(candidate.info));
    if (search.disabled)
      message(why_plugins_are_off(process_environment()));
    else if (plugins.empty())
      message("no plugin file was found; set PRX_PLUGIN_PATH or [plugins] dirs");
    return print(json_ ? plugins_json(plugins) : plugins_table(plugins));
  }

 private:
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_plugin_list() { return std::make_unique<PluginList>(); }

}  // namespace prx::cli
