#include <algorithm>
#include <utility>

#include "config/did_you_mean.hpp"
#include "config/mask.hpp"
#include "config/sections.hpp"

namespace prx::config {
namespace {

constexpr std::array<std::string_view, 4> kKeys = {"dirs", "allow", "isolation", "isolation_host"};
constexpr std::array<std::string_view, 5> kEntryKeys = {"path", "sha256", "isolation", "memory_max",
                                                        "cpu_max"};
constexpr std::array<std::string_view, 2> kIsolations = {"none", "process"};
constexpr Range<int> kMemory = {64, 65'536};  // MiB
constexpr Milliseconds kCpuMin{1'000};

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_id(std::string_view id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
    return is_table_name(std::string_view(&c, 1)) || c == '.';
  });
}

Result<Isolation> read_isolation(TableReader& reader, Isolation fallback) {
  PRX_TRY_SET(const auto word,
              reader.word("isolation", kIsolations, kIsolations[static_cast<int>(fallback)]));
  return word == kIsolations[1] ? Isolation::kProcess : Isolation::kNone;
}

/// Limits are of a process: without one they would be promises that nobody keeps.
Result<IsolationConfig> read_isolation_config(TableReader& reader, Isolation usual) {
  IsolationConfig config;
  PRX_TRY_SET(config.isolation, read_isolation(reader, usual));
  for (const auto& limit : {"memory_max", "cpu_max"})
    if (const auto* member = reader.find(limit);
        member != nullptr && config.isolation == Isolation::kNone)
      return reader.context().error(
          member->place, reader.name_of(limit) +
                             " limits the process of an isolated plugin, and this one has none; "
                             "add isolation = \"process\" or remove it");
  if (config.isolation == Isolation::kNone) return config;
  PRX_TRY_SET(config.memory_max, reader.integer("memory_max", kMemory, config.memory_max));
  PRX_TRY_SET(config.cpu_max, reader.duration_or_off("cpu_max", config.cpu_max, kCpuMin));
  return config;
}

Result<PluginsConfig::Entry> read_entry(LoadContext& context, const Member& member,
                                        const Table& table, Isolation isolation) {
  TableReader reader(context, table, "plugins." + member.key);
  PRX_TRY(check_name(context, member, "a plugin"));
  PRX_TRY(reader.only(kEntryKeys));
  PluginsConfig::Entry entry;
  entry.id = member.key;
  PRX_TRY_SET(const auto path, reader.path_text("path"));
  PRX_TRY_SET(entry.isolation, read_isolation_config(reader, isolation));
  if (table.empty())
    return context.error(member.place,
                         "[" + reader.path() +
                             "] says nothing; write path = \"file.so\", the sha256 of "
                             "the file that is found, or isolation = \"process\"");
  if (!path.empty()) entry.path = context.resolve(path);
  PRX_TRY_SET(entry.sha256, reader.filled_text("sha256", ""));
  std::transform(entry.sha256.begin(), entry.sha256.end(), entry.sha256.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (!entry.sha256.empty() && !is_sha256(entry.sha256))
    return context.error(
        reader.find("sha256")->node.place,
        reader.name_of("sha256") + " is not 64 hexadecimal digits; take it from sha256sum");
  return entry;
}

Result<void> read_dirs(TableReader& reader, PluginsConfig& plugins) {
  PRX_TRY_SET(const auto dirs, reader.texts("dirs"));
  for (std::size_t i = 0; i < dirs.size(); ++i) {
    if (dirs[i].empty())
      return reader.context().error((*reader.find("dirs")->node.as<Array>())[i].place,
                                    reader.name_of("dirs") + " has an empty path; remove it");
    reader.context().mark(reader.path_of("dirs") + '[' + std::to_string(i + 1) + ']',
                          (*reader.find("dirs")->node.as<Array>())[i].place);
    plugins.dirs.push_back(reader.context().resolve(dirs[i]));
  }
  return {};
}

}  // namespace

Result<void> read_plugins(TableReader& top, LoadState& state) {
  PRX_TRY_SET(const auto* table, top.table("plugins"));
  if (!table) return {};
  auto& context = top.context();
  TableReader reader(context, *table, "plugins");
  auto& plugins = state.config.plugins;
  PRX_TRY(read_dirs(reader, plugins));
  if (reader.find("allow")) {
    PRX_TRY_SET(plugins.allow, reader.texts("allow"));
  }
  PRX_TRY_SET(plugins.isolation, read_isolation(reader, plugins.isolation));
  PRX_TRY_SET(const auto host, reader.path_text("isolation_host"));
  if (!host.empty()) plugins.host = context.resolve(host);
  for (const auto& member : *table) {
    if (std::find(kKeys.begin(), kKeys.end(), member.key) != kKeys.end()) continue;
    const auto* entry = member.node.as<Table>();
    if (!entry || !is_id(member.key))
      return context.error(member.place, "unknown key " + reader.name_of(member.key) +
                                             suggestion(member.key, kKeys) +
                                             "; a plugin's own table is [plugins.<id>]");
    context.mark(reader.path_of(member.key), member.place);
    PRX_TRY_SET(auto value, read_entry(context, member, *entry, plugins.isolation));
    plugins.entries.push_back(std::move(value));
  }
  return {};
}

}  // namespace prx::config

namespace prx {

IsolationConfig PluginsConfig::isolation_of(std::string_view id) const {
  for (const auto& entry : entries)
    if (entry.id == id) return entry.isolation;
  IsolationConfig usual;
  usual.isolation = isolation;
  return usual;
}

}  // namespace prx
