#include <algorithm>
#include <utility>

#include "config/http_values.hpp"
#include "config/mask.hpp"
#include "config/secrets.hpp"
#include "config/sections.hpp"
#include "config/text_values.hpp"
#include "os/file.hpp"
#include "transport_headers.hpp"

namespace prx::config {
namespace {

constexpr std::size_t kProvidersMax = 256;
constexpr std::size_t kHeadersMax = 64;
constexpr std::array<std::string_view, 3> kHttpVersions = {"auto", "1.1", "2"};

// Reads one [providers.<name>].
class ProviderReader {
 public:
  ProviderReader(LoadContext& context, const Member& member, const Table& table)
      : context_(context), member_(member), reader_(context, table, "providers." + member.key) {}

  Result<ProviderConfig> run() {
    provider_.name = member_.key;
    provider_.where = context_.where(member_.place);
    PRX_TRY_SET(provider_.plugin, reader_.filled_text("plugin", member_.key));
    PRX_TRY(read_keys(reader_, provider_));
    PRX_TRY(read_base_url());
    PRX_TRY_SET(provider_.model, reader_.model("model"));
    PRX_TRY(read_headers());
    PRX_TRY_SET(provider_.extra_body, reader_.json_object("extra_body", provider_.secrets));
    PRX_TRY(read_http());
    PRX_TRY_SET(overrides_, read_timeouts(reader_));
    PRX_TRY(read_options());
    return std::move(provider_);
  }
  [[nodiscard]] const TimeoutOverrides& overrides() const { return overrides_; }

 private:
  Result<void> read_base_url() {
    PRX_TRY_SET(const auto url, reader_.filled_text("base_url", ""));
    if (url.empty()) return {};
    auto normal = normal_base_url(url);
    if (!normal)
      return context_.error(reader_.find("base_url")->node.place,
                            reader_.name_of("base_url") + ' ' + normal.error().message);
    provider_.base_url = std::move(normal).value();
    return {};
  }

  Result<void> read_headers() {
    PRX_TRY_SET(const auto* table, reader_.table("headers"));
    if (!table) return {};
    if (table->size() > kHeadersMax)
      return context_.error(reader_.find("headers")->place,
                            reader_.name_of("headers") + " has more than " +
                                std::to_string(kHeadersMax) + " headers; remove some");
    TableReader headers(context_, *table, reader_.path_of("headers"));
    for (const auto& member : *table) PRX_TRY(read_header(headers, member));
    return {};
  }

  Result<void> read_header(const TableReader& headers, const Member& member) {
    PRX_TRY(check_header_name(headers, member));
    if (!member.node.as<std::string>())
      return headers.wrong_type(member, "a string", "put it in quotes");
    const auto path = headers.path_of(member.key);
    const bool secret = is_secret_name(member.key);
    PRX_TRY_SET(const auto node,
                expand_all(context_, member.node, {path, secret, provider_.secrets}));
    const auto& value = *node.as<std::string>();
    if (!is_header_value(value))
      return context_.error(member.node.place, headers.name_of(member.key) +
                                                   " has a line break or control character; "
                                                   "remove it");
    const bool literal = member.node.as<std::string>()->find("${") == std::string::npos;
    if (secret && literal && context_.input().readable_by_others)
      context_.warn(context_.where(member.node.place) + ": " + path +
                    " is written in a file that others can read; run chmod 600 on it, or write "
                    "\"${VARIABLE}\"");
    context_.set(path, toml_text(member.node, secret), member.node.place);
    provider_.headers.emplace_back(member.key, value);
    return {};
  }

  Result<void> check_header_name(const TableReader& headers, const Member& member) {
    if (!is_header_name(member.key))
      return context_.error(member.place, headers.name_of(member.key) +
                                              " is not a header name; use letters, digits and -");
    if (is_transport_header(member.key))
      return context_.error(
          member.place, headers.name_of(member.key) + " cannot be set, HTTP sets it; remove it");
    for (const auto& [name, value] : provider_.headers)
      if (same_header(name, member.key))
        return context_.error(member.place, headers.name_of(member.key) + " repeats " +
                                                shown(name) + "; keep one, case does not matter");
    return {};
  }

  static bool same_header(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
      return lower(x) == lower(y);
    });
  }

  Result<void> read_http() {
    PRX_TRY_SET(const auto version, reader_.word("http_version", kHttpVersions, "auto"));
    provider_.http_version = version == "1.1" ? HttpVersion::k11
                             : version == "2" ? HttpVersion::k2
                                              : HttpVersion::kAuto;
    PRX_TRY_SET(const auto ca_file, reader_.path_text("ca_file"));
    provider_.ca_file = context_.resolve(ca_file);
    if (ca_file.empty()) return {};
    if (const auto content = os::read_file(provider_.ca_file, kCaFileMax, os::FileKind::kRegular);
        !content)
      return context_.error(reader_.find("ca_file")->node.place, reader_.name_of("ca_file") + ": " +
                                                                     provider_.ca_file.string() +
                                                                     ' ' + content.error().message);
    return {};
  }

  // All other keys are the plugin's; resolve_config checks them against its note.
  Result<void> read_options() {
    Table options;
    for (const auto& member : reader_.members()) {
      if (std::find(kProviderKeys.begin(), kProviderKeys.end(), member.key) != kProviderKeys.end())
        continue;
      const auto path = reader_.path_of(member.key);
      options.push_back(member);
      const bool secret = is_secret_name(member.key);
      PRX_TRY_SET(options.back().node,
                  expand_all(context_, member.node, {path, secret, provider_.secrets}));
      // Shown when a note knows the key: a misspelt api_key is a plugin's key, too.
      context_.set(path, toml_text(kMask), member.place);
      provider_.options_written[member.key] = toml_text(member.node, secret);
    }
    Node table;
    table.value = std::move(options);
    PRX_TRY_SET(provider_.options, to_json(context_, table, reader_.path()));
    return {};
  }

  LoadContext& context_;
  const Member& member_;
  TableReader reader_;
  ProviderConfig provider_;
  TimeoutOverrides overrides_;
};

}  // namespace

Result<void> read_providers(TableReader& top, LoadState& state) {
  static const Table kNone;
  PRX_TRY_SET(const auto* table, top.table("providers"));
  auto& context = top.context();
  const TableReader providers(context, table ? *table : kNone, "providers");
  if (providers.members().size() > kProvidersMax)
    return context.error(top.find("providers")->place,
                         "more than " + std::to_string(kProvidersMax) + " providers; remove some");
  for (const auto& member : providers.members()) {
    if (!is_table_name(member.key))
      return context.error(member.place, "the provider " + shown(member.key) +
                                             " is not a name; use A-Z a-z 0-9 _ -");
    PRX_TRY(check_name(context, member, "a provider"));
    PRX_TRY_SET(const auto* content, providers.table(member.key));
    context.mark(providers.path_of(member.key), member.place);
    ProviderReader reader(context, member, *content);
    PRX_TRY_SET(auto provider, reader.run());
    provider.timeouts = state.timeouts;
    apply(reader.overrides(), provider.timeouts);
    state.provider_timeouts[provider.name] = reader.overrides();
    state.config.providers.push_back(std::move(provider));
  }
  return {};
}

namespace {

// `where`: who names it, or "" when nobody does.
void add_implicit(LoadState& state, const std::string& name, const std::string& where) {
  auto& providers = state.config.providers;
  const auto known = std::find_if(providers.begin(), providers.end(),
                                  [&](const ProviderConfig& one) { return one.name == name; });
  if (known != providers.end()) {
    if (known->where.empty()) known->where = where;
    return;
  }
  ProviderConfig implicit;
  implicit.name = implicit.plugin = name;
  implicit.where = where;
  implicit.options = "{}";
  implicit.timeouts = state.timeouts;
  providers.push_back(std::move(implicit));
}

std::string who_names_the_default(const LoadContext& context, const LoadState& state) {
  if (!state.provider_origin.empty() || state.default_provider.line == 0)
    return state.provider_origin;
  return context.where(state.default_provider);
}

}  // namespace

void add_implicit_providers(const LoadContext& context, LoadState& state) {
  const auto& config = state.config;
  add_implicit(state, config.provider, who_names_the_default(context, state));
  // Another one was asked for: this one is not, and need not be there.
  if (!config.model.empty() && config.model_provider == state.written_provider)
    add_implicit(state, state.written_provider, "");
  for (std::size_t i = 0; i < config.fallback_providers.size(); ++i)
    add_implicit(state, config.fallback_providers[i], context.where(state.fallback_places[i]));
  for (const auto& chain : config.chains)
    for (const auto& target : chain.targets) add_implicit(state, target.provider, target.where);
  for (auto& provider : state.config.providers) {
    const auto& more = state.target_secrets[provider.name];
    provider.secrets.insert(provider.secrets.end(), more.begin(), more.end());
  }
}

}  // namespace prx::config
