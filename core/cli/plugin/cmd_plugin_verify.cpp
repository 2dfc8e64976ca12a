// prx plugin verify
#include <algorithm>

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

enum class Verdict { kPinned, kNotPinned, kDiffers, kUnusable, kMissing };

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPinned:
      return "ok";
    case Verdict::kNotPinned:
      return "not pinned";
    case Verdict::kDiffers:
      return "differs";
    case Verdict::kUnusable:
      return "unusable";
    case Verdict::kMissing:
      return "missing";
  }
  return "unusable";
}

struct Checked {
  std::string id, path, sha256, pin;
  Verdict verdict = Verdict::kMissing;
  std::string reason;  ///< "" when there is nothing to say
};

/// Hashed by the search already, where the file is pinned.
Result<std::string> digest_of(const Candidate& candidate) {
  if (!candidate.digest.empty()) return candidate.digest;
  return sha256_of(candidate.info.path);
}

/// \param usable  what became of the candidate where it has to load.
Checked check(const Candidate& candidate, const Candidate& usable) {
  Checked out{candidate.info.id, candidate.info.path, {}, candidate.sha256, Verdict::kUnusable, {}};
  const auto digest = digest_of(candidate);
  if (digest) out.sha256 = *digest;
  if (candidate.info.state == PluginState::kRejected) {
    if (candidate.fault == Fault::kDiffers) out.verdict = Verdict::kDiffers;
    out.reason = candidate.info.reason;
  } else if (!digest) {
    out.reason = digest.error().message;
  } else if (usable.info.state == PluginState::kRejected) {
    out.reason = usable.info.reason;
  } else if (out.pin.empty()) {
    out.verdict = Verdict::kNotPinned;
    out.reason = "to pin it: [plugins." + out.id + "] sha256 = \"" + out.sha256 + "\"";
  } else {
    out.verdict = Verdict::kPinned;
  }
  return out;
}

bool is_named(const std::vector<std::string>& ids, const std::string& id) {
  return ids.empty() || std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// What serves or is refused; a shadowed file is nobody's. Then what was named and is not there.
std::vector<Checked> check_all(const PluginsConfig& config, const SearchOptions& search,
                               const std::vector<std::string>& ids) {
  std::vector<Checked> rows;
  const auto found = find_plugins(search);
  auto usable = found;
  driver::reject_what_will_not_load(config, usable);
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i].info.state != PluginState::kShadowed && is_named(ids, found[i].info.id))
      rows.push_back(check(found[i], usable[i]));
  std::vector<std::string> wanted = ids;
  for (const auto& entry : search.entries)
    if (!entry.sha256.empty() && is_named(ids, entry.id)) wanted.push_back(entry.id);
  for (const std::string& id : wanted)
    if (std::none_of(rows.begin(), rows.end(), [&](const Checked& row) { return row.id == id; }))
      rows.push_back(
          {id, {}, {}, {}, Verdict::kMissing, "no such plugin was found; prx plugin list"});
  return rows;
}

std::string verify_table(const std::vector<Checked>& all) {
  std::vector<std::vector<std::string>> rows{{"ID", "PIN", "FILE", "REASON"}};
  for (const Checked& row : all)
    rows.push_back({or_dash(row.id), std::string(verdict_name(row.verdict)), or_dash(row.path),
                    or_dash(row.reason)});
  return table_text(rows);
}

std::string verify_json(const std::vector<Checked>& all) {
  JsonWriter json;
  json.begin_array();
  for (const Checked& row : all) {
    json.begin_object();
    json.key("id").string_or_null(row.id);
    json.key("verdict").string(verdict_name(row.verdict));
    json.key("path").string_or_null(row.path);
    json.key("sha256").string_or_null(row.sha256);
    json.key("pin").string_or_null(row.pin);
    json.key("reason").string_or_null(row.reason);
    json.end_object();
  }
  json.end_array();
  return json.text() + "\n";
}

class PluginVerify final : public Command {
 public:
  HelpText help() const override {
    return {"prx plugin verify [OPTIONS] [ID...]",
            "Compares each plugin's file with its pin, [plugins.ID] sha256, and shows the pin to "
            "write for\n"
            "one that has none. The same is done whenever a pinned plugin is loaded. No plugin's "
            "code is run.",
            "Examples:\n"
            "  prx plugin verify\n"
            "  prx plugin verify acme && deploy\n\n"
            "Exit codes: 0, or 3 when a file differs from its pin, cannot be used or is missing. "
            "With IDs, also\n"
            "when one of them is not pinned.\n"};
  }
  void declare(Arguments& arguments) override {
    arguments.flag("--json", json_, "Print one JSON array");
    arguments.words(ids_, {Values::Kind::kPlugin, {}});
  }
  int run(const GlobalOptions& globals) override {
    const auto config = load_config(globals, {});
    if (!config) return configuration_failure(config.error());
    const SearchOptions search = search_options(config->plugins, process_environment());
    if (search.disabled) message(why_plugins_are_off(process_environment()));
    const auto rows = check_all(config->plugins, search, ids_);
    const int written = print(json_ ? verify_json(rows) : verify_table(rows));
    if (written != kExitOk) return written;
    const bool is_good = std::all_of(rows.begin(), rows.end(), [this](const Checked& row) {
      return row.verdict == Verdict::kPinned ||
             (row.verdict == Verdict::kNotPinned && ids_.empty());
    });
    return is_good ? kExitOk : kExitConfiguration;
  }

 private:
  bool json_ = false;
  std::vector<std::string> ids_;
};

}  // namespace

std::unique_ptr<Command> make_plugin_verify() { return std::make_unique<PluginVerify>(); }

}  // namespace prx::cli
