#include "client/provider_instance.hpp"

#include <algorithm>

#include "client/abi_convert.hpp"
#include "client/operation.hpp"
#include "client/origin.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::driver {

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
    Error error = slot.take(code, module->context_.name + ": init");
    error.message = module->plugin_.path.string() + ": init: " + error.message;
    return Unexpected(std::move(error));
  }
  module->initialised_ = true;
  return module;
}

PluginModule::~PluginModule() {
  if (initialised_) plugin_.plugin->deinit(module_);
}

ProviderInstance::ProviderInstance(Runtime& runtime, PluginModule& module,
                                   const ProviderConfig& config, http::Transport& transport)
    : module_(module),
      config_(config),
      transport_(transport),
      context_{&runtime, this, "provider " + config.name},
      host_(make_host(context_)) {
  for (const auto& host : module.plugin().note.hosts)
    if (auto origin = origin_of(host)) origins_.push_back(std::move(*origin));
  if (auto origin = origin_of(config.base_url)) origins_.push_back(std::move(*origin));
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
  FailSlot slot;
  const std::int32_t code = made->provider().create(
      module.handle(), &made->host_, to_c(config.plugin), to_c(json), slot.c(), &made->instance_);
  if (code != PRX_OK) {
    Error error = slot.take(code, "create");
    error.message = "provider '" + config.name + "': plugin " + module.plugin().path.string() +
                    ": " + runtime.log.redact(error.message);
    return Unexpected(std::move(error));
  }
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

std::optional<Error> ProviderInstance::key_problem() const {
  if (!config_.keys.empty() || config_.key_missing.empty()) return std::nullopt;
  Error error;
  error.error_class = ErrorClass::kAuth;
  error.provider_code = "key_missing";
  const std::string title = note().title.empty() ? config_.name : note().title;
  error.message = title + " API key not set: " + config_.key_missing;
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

void ProviderInstance::misbehaved(std::string_view what) {
  runtime().log.write(LogLevel::kWarn,
                      context_.name + ": plugin broke its contract: " + std::string(what));
  if (++misbehaviour_ >= kMisbehaviourMax) quarantine("too many breaches of its contract");
}

void ProviderInstance::quarantine(std::string_view why) {
  if (quarantined_) return;
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

bool ProviderInstance::post_started(std::uint64_t id) {
  const std::lock_guard lock(ids_mutex_);
  const auto found = ids_.find(id);
  if (found == ids_.end()) return false;
  found->second->post_started();
  return true;
}

}  // namespace prx::driver
