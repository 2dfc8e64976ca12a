#include "config/resolve_provider.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "config/http_values.hpp"
#include "config/mask.hpp"
#include "config/options_check.hpp"
#include "config/text_values.hpp"

namespace prx::config {
namespace {

std::optional<std::string> variable(const Environment& environment, const std::string& name) {
  if (name.empty() || !environment) return std::nullopt;
  auto value = environment(name);
  if (value && value->empty()) value.reset();
  return value;
}

class ProviderResolver {
 public:
  ProviderResolver(Config& config, ProviderConfig& provider, const ServedBy& by,
                   const Environment& environment)
      : config_(config),
        provider_(provider),
        note_(by.note),
        preset_(by.preset),
        environment_(environment) {}

  Result<void> run() {
    provider_.plugin_id = note_.id;
    provider_.default_model = note_.default_model;
    provider_.model_prefix = note_.model_prefix;
    take_preset();
    take_base_url();
    PRX_TRY(check_options(config_, provider_, {note_, preset_, is_somebody_elses()}));
    take_names();
    const bool wanted = provider_.keys.empty() && provider_.key_missing.empty();
    if (wanted && provider_.problem.empty()) take_key();
    return {};
  }

  // Whether the file names a server that is not known to be the plugin's own.
  [[nodiscard]] bool is_elsewhere() const {
    if (own_url_ || note_.hosts.empty() || provider_.base_url.empty()) return false;
    const auto origin = parse_base_url(provider_.base_url);
    return !origin || !is_vendors(*origin);
  }

 private:
  [[nodiscard]] std::string table() const { return "providers." + provider_.name; }

  void set(const std::string& key, const std::string& value, std::string origin) {
    config_.settings.push_back(
        {table() + '.' + key, toml_text(std::string_view(value)), std::move(origin)});
  }

  void take_preset() {
    if (!preset_ || !provider_.preset.empty()) return;
    provider_.preset = preset_->name;
    provider_.plugin = preset_->plugin;
    if (config_.places.find(table() + ".plugin") == config_.places.end())
      set("plugin", provider_.plugin, "preset " + preset_->name);
  }

  // A server that a preset without a key describes is one's own wherever it is.
  [[nodiscard]] bool is_somebody_elses() const { return is_elsewhere() && !is_keyless(); }

  // An instance of another name at a URL of its own is somebody else's server.
  void take_names() {
    const auto& own_name = preset_ ? preset_->name : note_.id;
    const auto origin = parse_base_url(provider_.base_url);
    if (!own_url_ && provider_.name != own_name && !(origin && is_vendors(*origin))) return;
    provider_.title = note_.title;
    provider_.key_env = note_.key_env;
    provider_.key_url = note_.key_url;
    provider_.credit_url = note_.credit_url;
  }

  void take_base_url() {
    const auto url = variable(environment_, note_.base_url_env);
    own_url_ = provider_.base_url.empty();
    if (!url) {
      if (own_url_ && preset_) {
        provider_.base_url = preset_->base_url;
        set("base_url", provider_.base_url, "preset " + preset_->name);
      }
      return;
    }
    auto normal = normal_base_url(*url);
    if (!provider_.base_url.empty()) {
      own_url_ = normal && *normal == provider_.base_url;
      return;
    }
    if (!normal) {
      provider_.problem = "the provider " + shown(provider_.name) + ": " + note_.base_url_env +
                          ' ' + normal.error().message + "; correct or unset it, or set [" +
                          table() + "] base_url";
      return;
    }
    provider_.base_url = std::move(normal).value();
    set("base_url", provider_.base_url, "env " + note_.base_url_env);
  }

  // The variable of one vendor must not reach another: it is only for URLs that the plugin knows,
  // that came from the plugin's own variable, or that stay on this machine.
  [[nodiscard]] bool may_have_vendor_key(const Origin& origin) const {
    return own_url_ || is_loopback(origin.host) || is_vendors(origin);
  }

  [[nodiscard]] bool is_vendors(const Origin& origin) const {
    return std::any_of(note_.hosts.begin(), note_.hosts.end(), [&](const std::string& host) {
      const auto known = parse_base_url(host);
      return known && *known == origin;
    });
  }

  [[nodiscard]] bool is_keyless() const { return preset_ && preset_->keyless; }

  // A server that somebody else has: who wants the variable's key there says so.
  void refuse_vendor_key(const Result<Origin>& origin) {
    const auto host =
        origin ? (origin->scheme == "https" ? origin->host : origin->str()) : "this URL";
    const auto refused = note_.key_env + " is not sent to " + host + "; ";
    if (!is_keyless())
      provider_.key_missing =
          refused + "set [" + table() + "] api_key (\"none\" for a server without keys)";
    else if (variable(environment_, note_.key_env))
      config_.warnings.push_back(provider_.where + ": " + refused + "set [" + table() +
                                 "] api_key = \"${" + note_.key_env +
                                 "}\" to send it there, or \"none\" to send none");
  }

  [[nodiscard]] std::string remedy_without_key() const {
    if (!is_elsewhere()) return "export it or set [" + table() + "] api_key";
    return "set [" + table() + "] api_key (\"none\" for a server without keys)";
  }

  void take_key() {
    if (note_.key_env.empty()) return;
    const auto origin = parse_base_url(provider_.base_url);
    if (!provider_.base_url.empty() && (!origin || !may_have_vendor_key(*origin)))
      return refuse_vendor_key(origin);
    const auto key = variable(environment_, note_.key_env);
    if (!key) {
      if (is_keyless()) return;
      provider_.key_missing = note_.key_env + " is not set; " + remedy_without_key();
    } else if (!is_key_value(*key)) {
      provider_.key_missing =
          note_.key_env +
          " has white space or other characters that a header cannot have; correct it";
    } else {
      provider_.keys.push_back({Secret(*key), note_.key_env, "env " + note_.key_env});
      set("api_key", masked_key(*key), "env " + note_.key_env);
    }
  }

  Config& config_;
  ProviderConfig& provider_;
  const PluginNote& note_;
  const Preset* preset_;
  const Environment& environment_;
  bool own_url_ = false;
};

}  // namespace

Result<Server> resolve_provider(Config& config, ProviderConfig& provider, const ServedBy& by,
                                const Environment& environment) {
  ProviderResolver resolver(config, provider, by, environment);
  PRX_TRY(resolver.run());
  return resolver.is_elsewhere() ? Server::kElsewhere : Server::kVendors;
}

}  // namespace prx::config
