// prx plugin info
#include <algorithm>
#include <filesystem>

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

namespace fs = std::filesystem;

/// A word that names a file, and not an id: ids have no slash, and whose end is ".so" is a file's.
bool is_file_name(const std::string& word) {
  return word.find('/') != std::string::npos || fs::path(word).extension() == ".so";
}

/// What a search would make of this one file, and a client then.
Candidate look_at(const fs::path& file, const Config& config, SearchOptions search) {
  SearchOptions only;
  only.allow = std::move(search.allow);
  only.entries = {{{}, file, {}, {}}};
  if (const auto note = probe(file)) only.entries.front().id = note->id;
  only.entries.front().isolation.isolation = search.isolation;
  for (const auto& entry : search.entries)
    if (entry.id == only.entries.front().id) {
      only.entries.front().sha256 = entry.sha256;
      only.entries.front().isolation = entry.isolation;
    }
  auto candidates = find_plugins(only);
  driver::reject_what_will_not_load(config.plugins, candidates);
  return std::move(candidates.front());
}

Result<Candidate> find_by_id(const std::string& id, const Config& config,
                             const SearchOptions& search) {
  auto candidates = find_plugins(search);
  driver::reject_what_will_not_load(config.plugins, candidates);
  for (Candidate& candidate : candidates)
    if (candidate.info.id == id) return std::move(candidate);
  return fail(ErrorClass::kNotFound, "no plugin has the id '" + visible_line(id) +
                                         "'; prx plugin list shows them, ./FILE.so names a file");
}

std::string with_url(const std::string& what, const std::string& url) {
  return url.empty() ? what : what + ", " + url;
}

/// A file without a note is no plugin, and nothing else is known of it.
bool is_plugin(const Candidate& candidate) { return !candidate.note.id.empty(); }

std::string info_text(const Candidate& plugin, const Result<std::string>& digest) {
  if (!is_plugin(plugin))
    return table_text({{"file", or_dash(plugin.info.path)}, {"state", state_text(plugin.info)}});
  const PluginNote& note = plugin.note;
  std::vector<std::vector<std::string>> rows{
      {"id", or_dash(note.id)},
      {"version", or_dash(note.version)},
      {"title", or_dash(note.title)},
      {"ABI", plugin.info.abi.empty()
                  ? "-"
                  : plugin.info.abi + ", needs " + std::to_string(note.abi_major) + "." +
                        std::to_string(note.needs_minor)},
      {"kinds", or_dash(joined(note.kinds))},
      {"operations", or_dash(joined(note.operations))},
      {"hosts", or_dash(joined(note.hosts))},
      {"key", or_dash(with_url(note.key_env, note.key_url))},
      {"base URL", note.base_url_env.empty()
                       ? "-"
                       : or_dash(note.base_url_env) + ": where the key is sent, when it is set"},
      {"signs", note.signs ? "yes: it is given its own API key" : "no: it never sees a key"},
      {"runs", plugin.info.isolation == "process" ? "in a process of its own, confined"
                                                  : "in the process that uses it, with its rights"},
      {"default model", or_dash(note.default_model)},
      {"capabilities", or_dash(note.capabilities)},
      {"file", or_dash(plugin.info.path)},
      {"sha256", digest ? *digest : or_dash(digest.error().message)},
      {"state", state_text(plugin.info)}};
  std::string text = table_text(rows);
  if (note.options.empty()) return text;
  rows = {{"OPTION", "TYPE", "DEFAULT", "MEANING"}};
  for (const OptionSchema& option : note.options)
    rows.push_back({or_dash(option.key), or_dash(option.type), or_dash(option.default_value),
                    or_dash(option.help)});
  return text + "\n" + table_text(rows);
}

void write_options(JsonWriter& json, const std::vector<OptionSchema>& options) {
  json.begin_array();
  for (const OptionSchema& option : options) {
    json.begin_object();
    json.key("key").string(option.key);
    json.key("type").string(option.type);
    json.key("default").json(option.default_value);
    json.key("help").string_or_null(option.help);
    json.end_object();
  }
  json.end_array();
}

std::string info_json(const Candidate& plugin, const Result<std::string>& digest) {
  const PluginNote& note = plugin.note;
  JsonWriter json;
  json.begin_object();
  json.key("id").string_or_null(note.id);
  json.key("version").string_or_null(note.version);
  json.key("title").string_or_null(note.title);
  json.key("abi").string_or_null(plugin.info.abi);
  json.key("needs_minor").integer(note.needs_minor);
  json.key("kinds").strings(note.kinds);
  json.key("operations").strings(note.operations);
  json.key("hosts").strings(note.hosts);
  json.key("key_env").string_or_null(note.key_env);
  json.key("key_url").string_or_null(note.key_url);
  json.key("base_url_env").string_or_null(note.base_url_env);
  is_plugin(plugin) ? json.key("signs").boolean(note.signs) : json.key("signs").null();
  json.key("isolation").string_or_null(plugin.info.isolation);
  json.key("default_model").string_or_null(note.default_model);
  json.key("capabilities").json(note.capabilities);
  write_options(json.key("options"), note.options);
  json.key("path").string(plugin.info.path);
  json.key("sha256").string_or_null(digest ? *digest : "");
  json.key("state").string(state_name(plugin.info.state));
  json.key("reason").string_or_null(plugin.info.reason);
  json.end_object();
  return json.text() + "\n";
}

class PluginInfoVerb final : public Command {
 public:
  HelpText help() const override {
    return {"prx plugin info [OPTIONS] FILE|ID",
            "Shows what a plugin says of itself, by its file or by the id of one that prx plugin "
            "list shows:\n"
            "hosts it talks to, where its key comes from, the options it takes. It is read from "
            "the file's\n"
            "note; no code of the plugin is run.",
            "Examples:\n"
            "  prx plugin info openrouter\n"
            "  prx plugin info ./acme.so --json | jq .hosts\n\n"
            "Exit codes: 0, or 3 when it cannot be used (state says why) or is not found.\n"};
  }
  void declare(Arguments& arguments) override {
    arguments.flag("--json", json_, "Print one JSON object");
    arguments.words(words_, {Values::Kind::kPluginOrFile, {}});
  }
  int run(const GlobalOptions& globals) override {
    if (words_.size() != 1) {
      message("prx plugin info: name one plugin, by its file or its id");
      return kExitUsage;
    }
    const auto config = load_config(globals, {});
    if (!config) return configuration_failure(config.error());
    const SearchOptions search = search_options(config->plugins, process_environment());
    if (search.disabled) message(why_plugins_are_off(process_environment()));
    auto found = is_file_name(words_.front())
                     ? Result<Candidate>(look_at(fs::absolute(words_.front()), *config, search))
                     : find_by_id(words_.front(), *config, search);
    if (!found) return configuration_failure(found.error());
    const auto digest = sha256_of(found->info.path);
    const int written = print(json_ ? info_json(*found, digest) : info_text(*found, digest));
    if (written != kExitOk) return written;
    return found->info.state == PluginState::kRejected ? kExitConfiguration : kExitOk;
  }

 private:
  bool json_ = false;
  std::vector<std::string> words_;
};

}  // namespace

std::unique_ptr<Command> make_plugin_info() { return std::make_unique<PluginInfoVerb>(); }

}  // namespace prx::cli
