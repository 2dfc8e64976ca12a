#include "cli/onboard/session.hpp"

#include <algorithm>

#include "cli/amounts.hpp"
#include "cli/configuration.hpp"
#include "cli/doctor/account.hpp"
#include "cli/doctor/target.hpp"
#include "cli/onboard/diff_text.hpp"
#include "cli/onboard/file.hpp"
#include "client/found_plugins.hpp"
#include "config/file_place.hpp"
#include "config/http_values.hpp"
#include "config/preset.hpp"
#include "plugin/registry.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;

/// How somebody would speak of an account, in one line.
std::string account_text(const Account& account, const ProviderFacts& facts) {
  Checks checks;
  judge_account(account, facts.name, facts, checks);
  std::string text;
  for (const Check& check : checks)
    text += "; " + check.what + (check.remedy.empty() ? "" : " (" + check.remedy + ")");
  return text;
}

/// Another than the one that is written for a server which takes any.
bool has_real_key(const Config& config, const std::string& name) {
  const ProviderConfig* const provider = config.find_provider(name);
  return provider != nullptr &&
         std::any_of(provider->keys.begin(), provider->keys.end(),
                     [](const ApiKey& key) { return key.secret.reveal() != kNoKey; });
}

bool is_not_asked(ErrorClass error_class) {
  return error_class == ErrorClass::kUnsupported || error_class == ErrorClass::kNotFound;
}

}  // namespace

Result<OnboardSession> OnboardSession::open(const GlobalOptions& globals) {
  if (globals.no_config)
    return fail(ErrorClass::kInvalidRequest,
                "--no-config: there would be no file to write; leave it out");
  OnboardSession session;
  PRX_TRY_SET(const auto place, config::file_place(globals.config, process_environment()));
  session.file_ = place.path;
  PRX_TRY_SET(session.text_, read_present(session.file_));
  PRX_TRY_SET(Config present, session.parse(session.text(), "", true));
  const Environment environment = process_environment();
  const auto found =
      driver::found_plugins(find_plugins(search_options(present.plugins, environment)));
  session.services_ = services_of(found.notes);
  if (session.services_.empty())
    return fail(ErrorClass::kNotFound,
                "no plugin was found; prx plugin list says where they are looked for");
  PRX_TRY_SET(session.present_, with_notes(std::move(present)));
  session.add_tables();
  return session;
}

/// Instances of other names.
void OnboardSession::add_tables() {
  for (const ProviderConfig& table : present_.providers) {
    if (!table.problem.empty() || find_service(table.name) != nullptr) continue;
    const auto* const preset = table.preset.empty() ? nullptr : config::find_preset(table.preset);
    services_.push_back({table.name, table.name, table.key_env, table.key_url, table.default_model,
                         preset != nullptr && preset->keyless});
  }
}

const std::string& OnboardSession::text() const {
  static const std::string kNone;
  return text_ ? *text_ : kNone;
}

std::string OnboardSession::name() const { return file_.string(); }

const Service* OnboardSession::find_service(std::string_view wanted) const {
  const auto found = std::find_if(services_.begin(), services_.end(),
                                  [&](const Service& one) { return one.name == wanted; });
  return found == services_.end() ? nullptr : &*found;
}

std::optional<std::string> OnboardSession::key_in(const std::string& variable) const {
  if (variable.empty()) return std::nullopt;
  auto value = process_environment()(variable);
  if (!value || !config::is_key_value(*value)) return std::nullopt;
  return value;
}

bool OnboardSession::may_have_vendor_key(const ProviderSetup& provider) const {
  const std::string& name = provider.service.name;
  const ProviderConfig* const known = present_.find_provider(name);
  if (provider.is_server) return true;  // its variable is named after itself
  if (provider.base_url.empty()) {
    if (known == nullptr || present_.places.count("providers." + name + ".base_url") == 0)
      return true;
    if (!known->keys.empty() && known->keys.front().origin.starts_with("env ")) return true;
  }
  const auto origin =
      config::parse_base_url(provider.base_url.empty() ? known->base_url : provider.base_url);
  return origin && config::is_loopback(origin->host);
}

void OnboardSession::place_key_file(ProviderSetup& provider) const {
  provider.source = KeySource::kFile;
  provider.key_file = provider.service.name + ".key";
  std::error_code ignored;
  provider.key_path = fs::absolute(file_, ignored).parent_path() / provider.key_file;
}

/// What chooses another provider than the file is left out: the file itself is looked at.
Environment OnboardSession::environment(const std::string& key) const {
  return [key](const std::string& name) -> std::optional<std::string> {
    if (name == "PRX_PROVIDER" || name == "PRX_MODEL" || name == "PRX_CHAIN") return std::nullopt;
    if (name == probe_variable())
      return key.empty() ? std::nullopt : std::optional<std::string>(key);
    return process_environment()(name);
  };
}

Result<Config> OnboardSession::parse(const std::string& text, const std::string& key,
                                     bool read_secrets) const {
  ConfigSource source;
  source.environment = environment(key);
  source.read_secrets = read_secrets;
  std::error_code ignored;
  return Config::parse(text, name(), fs::absolute(file_, ignored).parent_path(), source);
}

Result<std::unique_ptr<Client>> OnboardSession::client_for(const ProviderSetup& provider) const {
  PRX_TRY_SET(const std::string probe, config::edit_toml(text(), probe_edits(provider), name()));
  PRX_TRY_SET(Config config, parse(probe, provider.key.reveal(), true));
  ClientOptions options;
  options.warm_up = false;
  options.one_shot = true;
  options.log = [](LogLevel, std::string_view) {};
  return Client::open(std::move(config), std::move(options));
}

KeyVerdict OnboardSession::verify(const ProviderSetup& provider,
                                  const std::stop_token& stop) const {
  const std::string& title = provider.service.title;
  const auto client = client_for(provider);
  if (!client) return {client.error(), client.error().message, false, {}};
  CallOptions call;
  call.deadline = kPatience;
  call.stop = stop;
  const std::string& id = provider.service.name;
  ProviderFacts facts = provider_facts(*(*client)->config(), id, "");
  const bool keyed = has_real_key(*(*client)->config(), id);
  const auto health = (*client)->health(id, call);
  if (!health) {
    if (is_not_asked(health.error().error_class))
      return {std::nullopt,
              title + " answers" + (keyed ? ", and does not say whether the key is good" : ""),
              false,
              {}};
    return {health.error(), explain(health.error(), facts), false, {}};
  }
  const auto account = (*client)->account(id, call);
  // A provider that has no accounts says so; one that has answered with something else is another.
  if (!account && account.error().error_class == ErrorClass::kBadResponse)
    return {account.error(), explain(account.error(), facts), false, {}};
  KeyVerdict verdict;
  verdict.verified = true;
  verdict.text = title + " answers";
  if (keyed) verdict.text += " and accepts the key";
  if (account) {
    verdict.text += account_text(*account, facts);
    verdict.credit_left = account->credits_left();
  }
  return verdict;
}

Result<Catalog> OnboardSession::catalog(const ProviderSetup& provider,
                                        const std::stop_token& stop) const {
  PRX_TRY_SET(const auto client, client_for(provider));
  CatalogOptions how;
  how.fetch = CatalogOptions::Fetch::kAlways;
  how.deadline = kPatience;
  how.stop = stop;
  return client->catalog(provider.service.name, how);
}

const ModelFacts* OnboardSession::find_model(const Catalog& catalog, const ProviderSetup& provider,
                                             const std::string& model) const {
  ProviderConfig named;
  const ProviderConfig* const known = present_.find_provider(provider.service.name);
  return find_listed(catalog, known != nullptr ? *known : named, model);
}

bool OnboardSession::has_own_address(const ProviderSetup& provider) const {
  return provider.is_server || !provider.base_url.empty() ||
         present_.places.count("providers." + provider.service.name + ".base_url") > 0;
}

std::string OnboardSession::usual_model(const ProviderSetup& provider, bool is_first,
                                        const Catalog* listed) const {
  const std::string& name = provider.service.name;
  const ProviderConfig* const known = present_.find_provider(name);
  if (is_first && present_.model_provider == name && !present_.model.empty()) return present_.model;
  if (known != nullptr && !known->model.empty()) return known->model;
  const std::string& standard = provider.service.default_model;
  const bool has_list = listed != nullptr && !listed->models.empty();
  const bool is_listed =
      has_list && !standard.empty() && find_model(*listed, provider, standard) != nullptr;
  if (!standard.empty() && (is_listed || !has_own_address(provider))) return standard;
  return has_list && listed->models.size() == 1 ? listed->models.front().facts.id : std::string();
}

Result<std::string> OnboardSession::text_for(const Setup& setup) const {
  PRX_TRY_SET(std::string out, config::edit_toml(text(), edits_of(setup, present_), name()));
  PRX_TRY_SET(Config config, parse(out, "", false));
  PRX_TRY(with_notes(std::move(config)));
  return out;
}

std::string OnboardSession::diff(const Setup& setup, const std::string& text) const {
  return without_secrets(unified_diff(this->text(), text, name()), setup, present_);
}

std::vector<std::string> OnboardSession::cautions(const Setup& setup) const {
  std::vector<std::string> lines;
  const Environment variables = process_environment();
  for (const char* name : {"PRX_PROVIDER", "PRX_MODEL", "PRX_CHAIN"})
    if (const auto value = variables(name); value && !value->empty())
      lines.push_back(std::string(name) + " is set and wins over the file; unset it");
  if (setup.set_model && setup.providers.front().model.empty() && !present_.model.empty())
    lines.push_back("[default] model '" + present_.model + "' is taken out: it was named for " +
                    present_.model_provider);
  for (std::size_t i = 0; i < setup.providers.size(); ++i) {
    const ProviderSetup& provider = setup.providers[i];
    if (provider.model.empty() && usual_model(provider, i == 0, nullptr).empty())
      lines.push_back(provider.service.name + " has no model; set [providers." +
                      provider.service.name + "] model, or name one with --model");
  }
  return lines;
}

Result<void> OnboardSession::write(const Setup& setup, const std::string& text) const {
  std::string written;
  const auto failed = [&](const Error& error) {
    return fail(ErrorClass::kInvalidRequest,
                error.message + "; " + name() + " was not written" +
                    (written.empty() ? "" : ", but these keys were: " + written));
  };
  for (const ProviderSetup& provider : setup.providers) {
    if (provider.source != KeySource::kFile || provider.key.empty()) continue;
    const auto before = read_present(provider.key_path);
    if (!before) return failed(before.error());
    const auto done = write_privately(provider.key_path, provider.key.reveal() + "\n", *before);
    if (!done) return failed(done.error());
    written += (written.empty() ? "" : ", ") + provider.key_path.string();
  }
  if (text_ == text) return {};
  const auto done = write_privately(file_, text, text_);
  if (!done) return failed(done.error());
  return {};
}

}  // namespace prx::cli
