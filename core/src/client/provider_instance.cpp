#include "client/provider_instance.hpp"

#include <algorithm>

#include "client/abi_convert.hpp"
#include "client/operation.hpp"
#include "client/origin.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::driver {

namespace {

constexpr std::string_view kRedacted = "[redacted]";

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string in_lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), folded);
  return out;
}

/// `what` is in lower case and not empty.
std::size_t find_in_any_case(std::string_view text, std::string_view what, std::size_t from) {
  if (from >= text.size()) return std::string_view::npos;
  const auto found =
      std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), what.begin(),
                  what.end(), [](char a, char b) { return folded(a) == b; });
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

}  // namespace

PluginModule::PluginModule(Runtime& runtime, LoadedPlugin plugin)
    : plugin_(std::move(plugin)),
      context_{&runtime, nullptr, "plugin " + plugin_.note.id},
      host_(make_host(context_)) {}

Result<std::unique_ptr<PluginModule>> PluginModule::open(Runtime& runtime, LoadedPlugin plugin) {
  std::unique_ptr<PluginModule> module(new PluginModule(runtime, std::move(plugin)));
  FailSlot slot;
  const std::int32_t code =
      module->plugin_.plugin->init(&module->host_, slot.c(), &module->module_);
  if (code != PRX_OK) {
    Error error = slot.take(code, "it");
    error.message = module->plugin_.path.string() + ": init: " + error.message +
                    "; who made the plugin knows more";
    return Unexpected(std::move(error));
  }
  module->initialised_ = true;
  return module;
}

std::unique_ptr<PluginModule> PluginModule::isolated(Runtime& runtime, PluginNote note,
                                                     isolation::Module module) {
  LoadedPlugin plugin{std::move(note), module.source->path, nullptr, &isolation::provider_table()};
  std::unique_ptr<PluginModule> made(new PluginModule(runtime, std::move(plugin)));
  made->isolation_ = std::make_unique<isolation::Module>(std::move(module));
  made->module_ = made->isolation_.get();
  return made;
}

PluginModule::~PluginModule() {
  if (initialised_) plugin_.plugin->deinit(module_);
}

ProviderInstance::ProviderInstance(Runtime& runtime, PluginModule& module,
                                   const ProviderConfig& config, http::Transport& transport)
    : module_(module),
      config_(config),
      preset_(config.preset.empty() ? nullptr : config::find_preset(config.preset)),
      transport_(transport),
      context_{&runtime, this, "provider " + config.name},
      host_(make_host(context_)) {
  for (const auto& host : hosts())
    if (auto origin = origin_of(host)) origins_.push_back(std::move(*origin));
  if (auto origin = origin_of(config.base_url)) origins_.push_back(std::move(*origin));
  for (const auto& key : config.keys) keep_secret(key.secret.reveal());
  for (const auto& secret : config.secrets) keep_secret(secret);
}

void ProviderInstance::keep_secret(std::string_view secret) {
  if (secret.size() < Redactor::kSecretMin) return;
  secrets_.push_back(in_lower_case(secret));
  secret_size_min_ = std::min(secret_size_min_, secret.size());
  if (const auto space = secret.find(' '); space != std::string_view::npos)
    keep_secret(secret.substr(space + 1));  // without its scheme
}

bool ProviderInstance::holds_secret(std::string_view text) const {
  if (text.size() < secret_size_min_ && !Redactor::was_cut(text)) return false;
  const bool was_cut = Redactor::was_cut(text);
  const auto holds = [&](std::string_view form) { return holds_plainly(form, was_cut); };
  const auto forms = Redactor::without_escapes(text);
  return holds(text) || std::any_of(forms.begin(), forms.end(), holds);
}

bool ProviderInstance::holds_plainly(std::string_view text, bool was_cut) const {
  return std::any_of(secrets_.begin(), secrets_.end(), [&](const std::string& secret) {
    return find_in_any_case(text, secret, 0) != std::string_view::npos ||
           (was_cut && Redactor::ends_in_part(text, secret));
  });
}

std::string ProviderInstance::redact(std::string_view text) const {
  std::string out = runtime().log.redact(text);
  for (const std::string& secret : secrets_)
    for (auto at = find_in_any_case(out, secret, 0); at != std::string_view::npos;
         at = find_in_any_case(out, secret, at + kRedacted.size()))
      out.replace(at, secret.size(), kRedacted);
  for (const std::string& form : Redactor::without_escapes(out))  // of a secret the log forgot
    for (const std::string& secret : secrets_)
      if (find_in_any_case(form, secret, 0) != std::string_view::npos)
        return std::string(kRedacted);
  return out;
}

namespace {
/// The TOML table as the plugin sees it: its own keys and base_url.
std::string create_config(const ProviderConfig& config) {
  std::string options = config.options.empty() ? "{}" : config.options;
  const auto index = json::ObjectIndex::parse(options);
  if (!index || config.base_url.empty()) return options;
  return json::ObjectEdit(*index).set("base_url", json::quoted(config.base_url)).str();
}
}  // namespace

Result<std::unique_ptr<ProviderInstance>> ProviderInstance::create(Runtime& runtime,
                                                                   PluginModule& module,
                                                                   const ProviderConfig& config,
                                                                   http::Transport& transport) {
  std::unique_ptr<ProviderInstance> made(new ProviderInstance(runtime, module, config, transport));
  const std::string json = create_config(config);
  FailSlot slot(made.get());
  module.make_for(config.name);
  const std::int32_t code = made->provider().create(
      module.handle(), &made->host_, to_c(config.plugin), to_c(json), slot.c(), &made->instance_);
  if (code != PRX_OK) {
    Error error = slot.take(code, "create");
    error.message = "provider '" + config.name + "': plugin " + module.plugin().path.string() +
                    ": " + made->redact(error.message);
    return Unexpected(std::move(error));
  }
  if (made->instance_ == nullptr)
    return fail(ErrorClass::kInternal,
                "provider '" + config.name + "': plugin " + module.plugin().path.string() +
                    ": create returned PRX_OK and gave no instance; ask who made it");
  made->created_ = true;
  return made;
}

ProviderInstance::~ProviderInstance() {
  if (created_ && quarantined_) module_.leave_behind();
  if (created_ && !quarantined_) provider().destroy(instance_);
}

bool ProviderInstance::reachable(std::string_view url) {
  if (!url.empty() && url == reached_url_) return true;
  const auto origin = origin_of(url);
  if (!origin || std::find(origins_.begin(), origins_.end(), *origin) == origins_.end())
    return false;
  reached_url_ = url;
  return true;
}

Error ProviderInstance::out_of_reach(std::string_view url) const {
  const auto origin = origin_of(url);
  std::string own;
  for (const auto& host : hosts()) own += (own.empty() ? "" : ", ") + host;
  Error error;  // the plugin's bug
  error.provider_code = kPluginsFault;
  error.message =
      "provider '" + config_.name + "': its plugin may not reach " +
      (origin ? "'" + *origin + "'" : std::string("what is no plain http or https URL")) +
      "; its " + (preset_ != nullptr ? "preset" : "note") + " names " +
      (own.empty() ? "no host" : own) + ", and base_url is " +
      (config_.base_url.empty() ? "not set" : origin_of(config_.base_url).value_or("no URL"));
  return error;
}

std::optional<Error> ProviderInstance::key_problem() const {
  if (!config_.keys.empty() || config_.key_missing.empty()) return std::nullopt;
  Error error;
  error.error_class = ErrorClass::kAuth;
  error.provider_code = "key_missing";
  error.message = (config_.title.empty() ? config_.name : config_.title) +
                  " API key not set: " + config_.key_missing;
  return error;
}

std::optional<Error> ProviderInstance::lacks(std::string_view operation) const {
  const auto& offered = note().operations;
  if (offered.empty() || std::find(offered.begin(), offered.end(), operation) != offered.end())
    return std::nullopt;
  Error error;
  error.error_class = ErrorClass::kUnsupported;
  error.provider_code = "not_offered";
  error.message =
      "provider '" + config_.name + "': its plugin '" + note().id + "' has no operation ";
  if (operation == "models")
    error.message += "that lists models; set [providers." + config_.name +
                     "] model: the plugin's documentation names them";
  else if (operation == "account")
    error.message += "that tells about an account";
  else
    error.message += "'" + std::string(operation) + "'; a chat tells whether it answers";
  return error;
}

void ProviderInstance::keep(std::shared_ptr<Operation> operation) {
  operation->set_live_index(operations_.size());
  operations_.push_back(std::move(operation));
}

void ProviderInstance::drop(const Operation& operation) {
  const std::size_t index = operation.live_index();
  operations_.back()->set_live_index(index);
  std::swap(operations_[index], operations_.back());
  operations_.pop_back();
}

void ProviderInstance::name_thrower(Error& error) const {
  constexpr std::string_view kBug = "bug in the plugin: ";  // as prx/sdk/abi.hpp says it
  constexpr std::string_view kNoText = "an exception that is no std::exception";
  if (error.error_class != ErrorClass::kInternal) return;
  if (!error.message.starts_with(kBug)) {
    if (error.message.find('\'' + config_.name + '\'') == std::string::npos)
      error.message = "provider '" + config_.name + "': " + error.message;
    return;
  }
  const std::string what = error.message.substr(kBug.size());
  error.message = "plugin '" + note().id + "' of provider '" + config_.name + "' " +
                  (what == kNoText ? "threw " : "has a bug: ") + what;
  if (error.provider_code.empty()) error.provider_code = kPluginsFault;
}

void ProviderInstance::misbehaved(std::string_view what) {
  runtime().log.write(LogLevel::kWarn,
                      context_.name + ": plugin broke its contract: " + std::string(what));
  if (++misbehaviour_ >= kMisbehaviourMax) quarantine("too many breaches of its contract");
}

void ProviderInstance::quarantine(std::string_view why) {
  if (quarantined_) return;
  if (module_.is_isolated()) {
    misbehaviour_ = 0;
    return isolation::give_up(instance_, std::string(why));
  }
  quarantined_ = true;
  runtime().log.write(LogLevel::kError, context_.name + ": plugin " +
                                            module_.plugin().path.string() +
                                            " is out of service: " + std::string(why));
}

void ProviderInstance::id_started(Operation& operation) {
  const std::lock_guard lock(ids_mutex_);
  ids_.emplace(operation.id(), &operation);
}

bool ProviderInstance::id_ended(const Operation& operation) {
  const std::lock_guard lock(ids_mutex_);
  if (operation.posts_pending()) return false;
  ids_.erase(operation.id());
  return true;
}

void ProviderInstance::id_gone(const Operation& operation) {
  const std::lock_guard lock(ids_mutex_);
  ids_.erase(operation.id());
}

std::int32_t ProviderInstance::post_started(std::uint64_t id) {
  const std::lock_guard lock(ids_mutex_);
  const auto found = ids_.find(id);
  if (found == ids_.end()) return PRX_E_INVALID_REQUEST;
  return found->second->post_started() ? PRX_OK : PRX_E_OVERLOADED;
}

}  // namespace prx::driver
