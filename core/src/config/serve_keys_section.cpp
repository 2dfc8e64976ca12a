// Who may use `prx serve`, and who did: its hosts, its origins, its log, and [serve.keys.NAME].
#include <algorithm>

#include "config/mask.hpp"
#include "config/sections.hpp"

namespace prx::config {
namespace {

constexpr std::array<std::string_view, 6> kKeys = {"sha256",    "models", "requests_per_minute",
                                                   "calls_max", "budget", "budget_window"};
constexpr std::size_t kAccessKeysMax = 10'000;
constexpr std::size_t kListMax = 256;  // entries of models, allowed_hosts and allowed_origins
constexpr std::size_t kNameMax = 255;  // bytes of a host, and of an origin behind its scheme
constexpr Range<int> kRate = {1, 1'000'000};
constexpr Range<int> kCalls = {1, 100'000};
constexpr Range<double> kBudget = {0.01, 10'000.0};
constexpr Milliseconds kWindowMin = std::chrono::minutes(1);

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool only_of(std::string_view text, std::string_view letters) {
  return text.find_first_not_of(letters) == std::string_view::npos;
}

/// A name, an IPv4 address, or an IPv6 address in brackets; in lower case.
bool is_host(std::string_view text) {
  if (text.empty() || text.size() > kNameMax) return false;
  if (text.front() == '[')
    return text.back() == ']' && only_of(text.substr(1, text.size() - 2), "0123456789abcdef:.");
  return only_of(text, "abcdefghijklmnopqrstuvwxyz0123456789-._");
}

/// As browsers write it: scheme and host, and the port where it is not the usual one.
bool is_origin(std::string_view text) {
  const std::size_t slashes = text.find("://");
  if (slashes == 0 || slashes == std::string_view::npos || slashes > kNameMax) return false;
  if (!only_of(text.substr(0, slashes), "abcdefghijklmnopqrstuvwxyz0123456789+-.")) return false;
  std::string_view host = text.substr(slashes + 3);
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !only_of(port, "0123456789")) return false;
    host = host.substr(0, colon);
  }
  return is_host(host);
}

Place place_of(const TableReader& reader, std::string_view key, std::size_t index) {
  return (*reader.find(key)->node.as<Array>())[index].place;
}

/// The strings of a list, in lower case.
Result<std::vector<std::string>> read_names(TableReader& reader, std::string_view key,
                                            bool (*is_one)(std::string_view),
                                            std::string_view remedy) {
  PRX_TRY_SET(auto names, reader.texts(key));
  if (names.size() > kListMax)
    return reader.context().error(reader.find(key)->place, reader.name_of(key) + " has more than " +
                                                               std::to_string(kListMax) +
                                                               " entries; write fewer");
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = lower(std::move(names[i]));
    if (!is_one(names[i]))
      return reader.context().error(place_of(reader, key, i),
                                    reader.name_of(key) + std::string(": entry ") +
                                        std::to_string(i + 1) + ' ' + std::string(remedy));
  }
  return names;
}

Result<std::string> read_sha256(TableReader& reader, const Member& table) {
  const auto* const member = reader.find("sha256");
  if (member == nullptr)
    return reader.context().error(table.place,
                                  "[" + reader.path() +
                                      "] has no sha256, the SHA-256 of its key; prx serve "
                                      "--new-key NAME makes a key and writes it");
  PRX_TRY_SET(auto text, reader.filled_text("sha256", ""));
  text = lower(std::move(text));
  if (text.size() != 64 || !only_of(text, "0123456789abcdef"))
    return reader.context().error(
        member->node.place,
        reader.name_of("sha256") +
            " is not 64 hexadecimal digits; it is the SHA-256 of the key (printf %s \"$KEY\" | "
            "sha256sum), never the key itself");
  return text;
}

Result<std::optional<std::vector<std::string>>> read_models(TableReader& reader) {
  const auto* const member = reader.find("models");
  if (member == nullptr) return std::optional<std::vector<std::string>>();
  PRX_TRY_SET(auto models, reader.texts("models"));
  if (models.empty() || models.size() > kListMax)
    return reader.context().error(member->place, reader.name_of("models") + " has 1 to " +
                                                     std::to_string(kListMax) +
                                                     " entries; remove it to allow every model");
  for (std::size_t i = 0; i < models.size(); ++i)
    if (models[i].empty() || !is_model_name(models[i]))
      return reader.context().error(place_of(reader, "models", i),
                                    reader.name_of("models") + ": entry " + std::to_string(i + 1) +
                                        std::string(kNoModelName));
  return std::optional(std::move(models));
}

Result<std::optional<int>> read_limit(TableReader& reader, std::string_view key, Range<int> range) {
  if (reader.find(key) == nullptr) return std::optional<int>();
  PRX_TRY_SET(const int value, reader.integer(key, range, range.lowest));
  return std::optional(value);
}

Result<void> read_budget(TableReader& reader, ServeKeyConfig& key) {
  if (reader.find("budget") != nullptr) {
    PRX_TRY_SET(key.budget, reader.number("budget", kBudget, kBudget.lowest));
  }
  PRX_TRY_SET(key.budget_window,
              reader.duration_or_off("budget_window", key.budget_window, kWindowMin));
  if (const auto* const window = reader.find("budget_window"); window != nullptr && !key.budget)
    return reader.context().error(
        window->place, reader.name_of("budget_window") +
                           " is the time of a budget, and there is none; add budget = 5.0, or "
                           "remove it");
  return {};
}

Result<ServeKeyConfig> read_key(LoadContext& context, const Member& member) {
  PRX_TRY(check_name(context, member, "a key"));
  const std::string path = "serve.keys." + member.key;
  if (!is_table_name(member.key))
    return context.error(member.place, "the name of a key cannot be " + shown(member.key) +
                                           "; use 1 to 64 of A-Z a-z 0-9 _ -");
  const auto* const table = member.node.as<Table>();
  if (table == nullptr)
    return context.error(member.node.place, "'" + path + "' must be a table; write [" + path +
                                                "] with the sha256 of the key");
  TableReader reader(context, *table, path);
  PRX_TRY(reader.only(kKeys));
  ServeKeyConfig key;
  key.name = member.key;
  PRX_TRY_SET(key.sha256, read_sha256(reader, member));
  PRX_TRY_SET(key.models, read_models(reader));
  PRX_TRY_SET(key.requests_per_minute, read_limit(reader, "requests_per_minute", kRate));
  PRX_TRY_SET(key.calls_max, read_limit(reader, "calls_max", kCalls));
  PRX_TRY(read_budget(reader, key));
  return key;
}

Result<void> read_access_log(TableReader& reader, ServeConfig& serve) {
  PRX_TRY_SET(const auto place, reader.path_text("access_log"));
  if (place.empty()) return {};
  const bool is_stderr = place == "stderr" || place == "-";
  serve.access_log = is_stderr ? "stderr" : reader.context().resolve(place).string();
  return {};
}

Result<void> read_keys(TableReader& reader, ServeConfig& serve) {
  PRX_TRY_SET(const auto* const table, reader.table("keys"));
  if (table == nullptr) return {};
  auto& context = reader.context();
  if (table->size() > kAccessKeysMax)
    return context.error(
        reader.find("keys")->place,
        "[serve.keys] has more than " + std::to_string(kAccessKeysMax) + " keys; remove some");
  std::map<std::string, std::string> names;  // of keys, by hash
  for (const auto& member : *table) {
    PRX_TRY_SET(auto key, read_key(context, member));
    const auto [known, is_new] = names.emplace(key.sha256, key.name);
    if (!is_new)
      return context.error(member.place, "[serve.keys." + key.name +
                                             "] has the sha256 of [serve.keys." + known->second +
                                             "]; one key has one name: remove one of them");
    serve.keys.push_back(std::move(key));
  }
  return {};
}

}  // namespace

Result<void> read_serve_access(TableReader& reader, ServeConfig& serve) {
  PRX_TRY_SET(serve.allowed_hosts,
              read_names(reader, "allowed_hosts", is_host,
                         "is no host; write a name or an address without scheme and port: "
                         "\"prx.example.org\""));
  PRX_TRY_SET(serve.allowed_origins,
              read_names(reader, "allowed_origins", is_origin,
                         "is no origin; write scheme, host and port as a browser does, without a "
                         "path: \"https://app.example.org\""));
  PRX_TRY(read_access_log(reader, serve));
  return read_keys(reader, serve);
}

}  // namespace prx::config
