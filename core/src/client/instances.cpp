// How a client's plugins and their instances come and go.

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/client_impl.hpp"
#include "client/found_plugins.hpp"
#include "client/host_options.hpp"

namespace prx {

namespace {

/// The same but for the places in the file, which a new line above them moves.
bool same_service(ProviderConfig a, ProviderConfig b) {
  for (ProviderConfig* one : {&a, &b}) {
    one->where.clear();
    for (auto& key : one->keys) key.origin.clear();
  }
  return a == b;
}

/// Who has a plugin that is to be deinitialised, and of which there is no instance: the table, and
/// what deinitialises it.
constexpr long kUnused = 2;

/// Why a provider cannot serve: what was found and rejected under that name says more than "not
/// found".
Error no_plugin(const std::vector<Candidate>& candidates, const ProviderConfig& config) {
  Error error;
  error.error_class =
      config.plugin_id.empty() ? ErrorClass::kNotFound : ErrorClass::kInvalidRequest;
  error.message = config.problem.empty()
                      ? "provider '" + config.name + "': no usable plugin '" + config.plugin + "'"
                      : config.problem;
  for (const auto& candidate : candidates)
    if (config.plugin_id.empty() && candidate.info.state == PluginState::kRejected &&
        driver::may_be_plugin(candidate.info, config.plugin) &&
        error.message.find(candidate.info.reason) == std::string::npos)
      error.message += "; " + candidate.info.reason;
  return error;
}

/// What failed before there was an instance, which knows the plugin's file alone.
Error of_provider(Error error, const std::string& name) {
  if (error.message.find('\'' + name + '\'') == std::string::npos)
    error.message = "provider '" + name + "': " + error.message;
  return error;
}

}  // namespace

Client::Impl::Owned::~Owned() {
  const std::lock_guard lock(plugin->init);
  instance.reset();
}

// --- first use

Result<driver::ProviderInstance*> Client::Impl::instance(driver::Snapshot& snapshot,
                                                         const std::string& name) {
  const std::string& wanted = name.empty() ? snapshot.config->first_provider() : name;
  if (auto* const made = snapshot.find(wanted)) return made;
  const std::lock_guard one(snapshot.making);
  if (auto* const made = snapshot.find(wanted)) return made;
  const ProviderConfig* config = snapshot.config->find_provider(wanted);
  if (config == nullptr)
    return fail(ErrorClass::kInvalidRequest,
                "unknown provider '" + wanted + "'; add [providers." + wanted + "]");
  PRX_TRY_SET(auto made, make_instance(snapshot, *config));
  const std::lock_guard lock(snapshot.mutex);
  return (snapshot.instances[wanted] = std::move(made)).get();
}

Result<Client::Impl::InstancePtr> Client::Impl::make_instance(const driver::Snapshot& snapshot,
                                                              const ProviderConfig& config) {
  PRX_TRY_SET(const Candidate* const candidate, candidate_of(snapshot, config));
  const auto plugin = plugin_of(snapshot.plugin_files.at(candidate->note.id));
  const std::lock_guard init(plugin->init);
  if (!plugin->module) {
    auto opened = open_module(*snapshot.config, *candidate);
    if (!opened) return Unexpected(of_provider(std::move(opened).error(), config.name));
    plugin->module = std::move(*opened);
  }
  const auto& transport = snapshot.transports.at(config.ca_file);
  PRX_TRY_SET(auto made,
              driver::ProviderInstance::create(runtime_, *plugin->module, config, *transport));
  auto owned =  // shared: see driver::Snapshot
      std::make_shared<Owned>(plugin, transport, std::move(made));
  const std::lock_guard lock(plugins_mutex_);
  return instances_.emplace_back(owned, owned->instance.get());
}

/// What is to be isolated and cannot be is refused: it never runs in this process instead.
Result<std::unique_ptr<driver::PluginModule>> Client::Impl::open_module(
    const Config& config, const Candidate& candidate) {
  const IsolationConfig how = config.plugins.isolation_of(candidate.note.id);
  if (how.isolation == Isolation::kNone) {
    PRX_TRY_SET(LoadedPlugin loaded, load_plugin(candidate));
    return driver::PluginModule::open(runtime_, std::move(loaded));
  }
  PRX_TRY_SET(OpenedPlugin opened, driver::open_as_configured(config.plugins, candidate));
  PRX_TRY_SET(auto program, isolation::find_program(config.plugins.host));
  isolation::Source source{opened.note.id, std::move(opened.file), std::move(opened.path),
                           std::move(program), how};
  return driver::PluginModule::isolated(
      runtime_, std::move(opened.note),
      {{*loop_, *keeper_, *log_},
       std::make_shared<const isolation::Source>(std::move(source))});  // shared with its links
}

Result<const Candidate*> Client::Impl::candidate_of(const driver::Snapshot& snapshot,
                                                    const ProviderConfig& config) {
  const auto& candidates = snapshot.candidates;
  const auto candidate =
      std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& one) {
        return one.info.state == PluginState::kUsable && one.note.id == config.plugin_id;
      });
  if (candidate == candidates.end() || !config.problem.empty())
    return Unexpected(no_plugin(candidates, config));
  return &*candidate;
}

std::shared_ptr<Client::Impl::Plugin> Client::Impl::plugin_of(const std::string& file) {
  const std::lock_guard lock(plugins_mutex_);
  auto& plugin = plugins_[file];
  if (!plugin) plugin = std::make_shared<Plugin>();  // shared: its instances keep it
  return plugin;
}

/// Before a configuration is in force, and under no lock: who waits for the loop may hold nothing
/// that the loop waits for.
Result<void> Client::Impl::make_transports(driver::Snapshot& snapshot) {
  Result<void> outcome;
  on_loop([&] {
    for (const auto& provider : snapshot.config->providers) {
      auto made = make_transport(provider.ca_file);
      if (!made) return static_cast<void>(outcome = Unexpected(std::move(made).error()));
      snapshot.transports[provider.ca_file] = std::move(*made);
    }
  });
  return outcome;
}

Result<std::shared_ptr<http::CurlTransport>> Client::Impl::make_transport(
    const std::filesystem::path& ca_file) {
  if (const auto found = transports_.find(ca_file); found != transports_.end())
    return found->second;
  http::TransportOptions options;
  options.ca_use = options_.one_shot ? http::CaUse::kOneShot : http::CaUse::kLongRunning;
  set_wire_options(options_, ca_file, options);
  options.user_agent = runtime_.host_name + "/" + runtime_.host_version;
  PRX_TRY_SET(auto made, http::CurlTransport::open(*loop_, *resolvers_, std::move(options)));
  return transports_[ca_file] = std::move(made);
}

// --- reload

/// A provider that did not change keeps its instance; one whose plugin cannot be trusted gets a new
/// one. Only the loop knows the latter.
void Client::Impl::take_over_instances(driver::Snapshot& from, driver::Snapshot& to) {
  auto instances = from.all();
  on_loop([&instances] {
    std::erase_if(instances, [](const auto& one) { return one.second->quarantined(); });
  });
  for (auto& [name, instance] : instances) {
    const ProviderConfig* config = to.config->find_provider(name);
    if (config == nullptr) continue;
    const std::string& plugin = config->plugin_id;
    const auto before = from.plugin_files.find(plugin), after = to.plugin_files.find(plugin);
    const bool same_file = before != from.plugin_files.end() && after != to.plugin_files.end() &&
                           before->second == after->second;
    if (same_file && same_service(*config, instance->config()))
      to.instances[name] = std::move(instance);
  }
}

/// Instances of a snapshot end with the last call on it, not with the client.
std::shared_ptr<driver::Snapshot> Client::Impl::watched(
    std::shared_ptr<driver::Snapshot> snapshot) {
  snapshot->when_gone = [retired = retired_] { retired->ring(); };
  return snapshot;
}

/// On the loop, where operations come and go: what no configuration in use has, and of which
/// nothing runs any more.
void Client::Impl::drop_retired() {
  if (ending_) return;
  drop_plugins(*snapshot());
  const bool all_instances = drop_instances();
  const bool all_transports = drop_transports();
  if (!all_instances || !all_transports) drop_retired_later();
}

/// They die on a worker, since a plugin's destroy may take its time; without one they wait for the
/// next look. \return whether there is nothing to look for again.
bool Client::Impl::drop_instances() {
  const std::lock_guard lock(plugins_mutex_);
  const auto in_use = [](const InstancePtr& one) {
    return one.use_count() > 1 || one->live() > 0 || one->quarantined();
  };
  const auto dead = std::stable_partition(instances_.begin(), instances_.end(), in_use);
  std::move(dead, instances_.end(), std::back_inserter(dead_));
  instances_.erase(dead, instances_.end());
  if (!dead_.empty() && !destroying_) destroying_ = workers_->run([this] { destroy_dead(); });
  if (!dead_.empty() && !destroying_) return false;
  return std::none_of(instances_.begin(), instances_.end(), [](const InstancePtr& one) {
    return one.use_count() == 1 && !one->quarantined();
  });
}

/// Those of which only the code stays. The last of a plugin's instances, which is another's dead,
/// comes by here again. A configuration that wants one again before its deinit keeps it; during
/// that, its init waits.
void Client::Impl::drop_plugins(const driver::Snapshot& in_force) {
  std::vector<std::string> wanted;
  for (const auto& [id, file] : in_force.plugin_files) wanted.push_back(file);
  const std::lock_guard lock(plugins_mutex_);
  std::erase_if(plugins_, [&](const auto& entry) {
    const auto& [file, plugin] = entry;
    if (plugin.use_count() > 1 || std::find(wanted.begin(), wanted.end(), file) != wanted.end())
      return false;
    if (!plugin->module) return true;
    dead_.emplace_back(nullptr, [plugin = plugin](void*) {
      const std::lock_guard init(plugin->init);
      if (plugin.use_count() == kUnused) plugin->module.reset();
    });
    return false;
  });
}

/// The end of a body may still be read although its operation is gone. \return as above.
bool Client::Impl::drop_transports() {
  bool all = true;
  std::erase_if(transports_, [&](const auto& entry) {
    if (entry.second.use_count() > 1) return false;
    const bool idle = entry.second->stats().active == 0;
    all = all && idle;
    return idle;
  });
  return all;
}

void Client::Impl::drop_retired_later() {
  if (std::exchange(retired_timer_, true)) return;
  loop_->start_timer(kRetiredEvery, [this] {
    retired_timer_ = false;
    drop_retired();
  });
}

/// On one worker at most, so that a plugin that does not come back costs no second one.
void Client::Impl::destroy_dead() {
  for (;;) {
    std::shared_ptr<void> one;  // to die after the lock
    const std::lock_guard lock(plugins_mutex_);
    if (dead_.empty()) {
      destroying_ = false;
      retired_->ring();  // for what the dead ones used
      return destroyed_.notify_all();
    }
    one = std::move(dead_.back());
    dead_.pop_back();
  }
}

std::size_t Client::Impl::live() {
  const std::lock_guard lock(plugins_mutex_);
  std::size_t live = 0;
  for (const auto& instance : instances_) live += instance->live();
  return live;
}

/// No more of them begin to die on a worker once `ending_` is set.
bool Client::Impl::wait_for_destroyed(MonotonicTime until) {
  std::unique_lock lock(plugins_mutex_);
  return destroyed_.wait_until(lock, until, [this] { return !destroying_; });
}

}  // namespace prx
