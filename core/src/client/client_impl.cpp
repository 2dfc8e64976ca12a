#include "client/client_impl.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "client/abi_convert.hpp"
#include "config/resolve.hpp"
#include "http/curl_transport.hpp"
#include "prx/version.hpp"

namespace prx {

namespace {

Redactor redactor_for(const Config& config) {
  Redactor redactor;
  for (const auto& provider : config.providers) {
    for (const auto& key : provider.keys) redactor.add(key.secret.reveal());
    for (const auto& secret : provider.secrets) redactor.add(secret);
  }
  return redactor;
}

std::vector<PluginNote> usable_notes(const std::vector<Candidate>& candidates) {
  std::vector<PluginNote> notes;
  for (const auto& candidate : candidates)
    if (candidate.info.state == PluginState::kUsable) notes.push_back(candidate.note);
  return notes;
}

struct QuietWatch {
  std::mutex mutex;
  std::condition_variable changed;
  bool quiet = false;
  Task look;
};

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
    if (config.plugin_id.empty() && candidate.info.state == PluginState::kRejected)
      error.message += "; " + candidate.info.reason;
  return error;
}

}  // namespace

Client::Impl::Impl(Config config, ClientOptions options, std::unique_ptr<Log> log,
                   std::vector<Candidate> candidates)
    : config_(std::move(config)),
      options_(std::move(options)),
      log_(std::move(log)),
      candidates_(std::move(candidates)),
      loop_(std::make_unique<AsioLoop>()),
      workers_(std::make_unique<Workers>()),
      resolvers_(std::make_unique<Workers>()),
      runtime_{*loop_,
               *workers_,
               *log_,
               operations_,
               options_.host_name,
               options_.host_version.empty() ? std::string(kVersion) : options_.host_version} {
  for (const auto& candidate : candidates_) infos_.push_back(candidate.info);
  loop_->post([this] { driver::thread_context().table = &operations_; });
}

Client::Impl::~Impl() = default;

Result<std::unique_ptr<Client::Impl>> Client::Impl::open(Config config, ClientOptions options) {
  if (!options.environment) options.environment = process_environment();
  auto candidates = find_plugins(search_options(config.plugins, options.environment));
  PRX_TRY_SET(Config resolved,
              resolve_config(std::move(config), usable_notes(candidates), options.environment));
  PRX_TRY_SET(auto log, Log::open(resolved.log, options.log, redactor_for(resolved)));
  for (const auto& warning : resolved.warnings) log->write(LogLevel::kWarn, warning);
  std::unique_ptr<Impl> impl(
      new Impl(std::move(resolved), std::move(options), std::move(log), std::move(candidates)));
  impl->make_transports();
  if (auto made = impl->instance({}); !made) {
    static_cast<void>(impl->close());
    return Unexpected(std::move(made).error());
  }
  return impl;
}

// --- plugins

Result<driver::ProviderInstance*> Client::Impl::instance(const std::string& name) {
  const std::string& wanted = name.empty() ? config_.first_provider() : name;
  const std::lock_guard lock(plugins_mutex_);
  if (const auto found = instances_.find(wanted); found != instances_.end())
    return found->second.get();
  const ProviderConfig* config = config_.find_provider(wanted);
  if (config == nullptr)
    return fail(ErrorClass::kInvalidRequest,
                "unknown provider '" + wanted + "'; add [providers." + wanted + "]");
  PRX_TRY_SET(auto made, make_instance(*config));
  return (instances_[wanted] = std::move(made)).get();
}

Result<std::unique_ptr<driver::ProviderInstance>> Client::Impl::make_instance(
    const ProviderConfig& config) {
  PRX_TRY_SET(driver::PluginModule* const loaded, module(config));
  return driver::ProviderInstance::create(runtime_, *loaded, config,
                                          *transports_.at(config.ca_file));
}

Result<driver::PluginModule*> Client::Impl::module(const ProviderConfig& config) {
  const auto candidate =
      std::find_if(candidates_.begin(), candidates_.end(), [&](const Candidate& one) {
        return one.info.state == PluginState::kUsable && one.note.id == config.plugin_id;
      });
  if (candidate == candidates_.end() || !config.problem.empty())
    return Unexpected(no_plugin(candidates_, config));
  if (const auto found = modules_.find(candidate->note.id); found != modules_.end())
    return found->second.get();
  PRX_TRY_SET(LoadedPlugin plugin, load_plugin(*candidate));
  PRX_TRY_SET(auto opened, driver::PluginModule::open(runtime_, std::move(plugin)));
  return (modules_[candidate->note.id] = std::move(opened)).get();
}

void Client::Impl::make_transports() {
  std::set<std::filesystem::path> authorities;
  for (const auto& provider : config_.providers) authorities.insert(provider.ca_file);
  on_loop([&] {
    for (const auto& ca_file : authorities) {
      http::TransportOptions options;
      options.ca_use = options_.one_shot ? http::CaUse::kOneShot : http::CaUse::kLongRunning;
      if (!ca_file.empty()) options.ca_file = ca_file.string();
      options.environment = options_.environment;
      options.user_agent = runtime_.host_name + "/" + runtime_.host_version;
      transports_[ca_file] =
          std::make_unique<http::CurlTransport>(*loop_, *resolvers_, std::move(options));
    }
  });
}

// --- operations

void Client::Impl::on_loop(const Task& task) {
  if (loop_->on_loop()) return task();
  std::mutex mutex;
  std::condition_variable done;
  bool ran = false;
  loop_->post([&] {
    task();
    const std::lock_guard lock(mutex);
    ran = true;
    done.notify_one();
  });
  std::unique_lock lock(mutex);
  done.wait(lock, [&] { return ran; });
}

Result<driver::OperationStats> Client::Impl::run(std::uint32_t op, const std::string& provider,
                                                 const CallOptions& options,
                                                 driver::SideOperation::Take take) {
  PRX_TRY_SET(driver::ProviderInstance* const target, instance(provider));
  std::mutex mutex;
  std::condition_variable done;
  std::optional<Result<driver::OperationStats>> outcome;
  auto operation =
      std::make_shared<driver::SideOperation>(  // shared: started and ended on the loop
          std::move(take), [&](const Error* error, const driver::OperationStats& stats) {
            const std::lock_guard guard(mutex);
            if (error == nullptr)
              outcome.emplace(stats);
            else
              outcome.emplace(Unexpected(*error));
            done.notify_one();
          });
  driver::OperationRequest request;
  request.op = op;
  request.request_id = new_request_id();
  request.traceparent = options.traceparent;
  const TimeoutConfig& clocks = target->config().timeouts;
  request.clocks = {clocks.connect, clocks.head, clocks.idle};
  const auto limit = options.deadline ? options.deadline : config_.reliability.deadline;
  loop_->post([operation, limit, target, request = std::move(request)]() mutable {
    operation->start(*target, std::move(request), limit);
  });
  const std::stop_callback stopper(options.stop,
                                   [&] { loop_->post([operation] { operation->cancel(); }); });
  std::unique_lock lock(mutex);
  done.wait(lock, [&] { return outcome.has_value(); });
  return std::move(*outcome);
}

void Client::Impl::warm_up() {
  const auto target = instance({});
  if (!target || (*target)->key_problem()) return;
  const std::string name = (*target)->config().name;
  loop_->post([this, instance = *target, name] {
    auto done = [this, name](const Error* error, const driver::OperationStats&) {
      lanes_.record(name, 0, error, loop_->now());
      if (error != nullptr && error->error_class == ErrorClass::kCancelled) return;
      if (error != nullptr)
        log_->write(LogLevel::kWarn, "warm-up of provider '" + name + "': " + error->message);
      else
        log_->write(LogLevel::kInfo,
                    "warm-up of provider '" + name + "': connected, the key is valid");
    };
    auto operation = std::make_shared<driver::SideOperation>(nullptr, std::move(done));
    side_operations_.push_back(operation);
    driver::OperationRequest request;
    request.op = PRX_OP_WARMUP;
    const TimeoutConfig& clocks = instance->config().timeouts;
    request.clocks = {clocks.connect, clocks.head, clocks.idle};
    operation->start(*instance, std::move(request), config_.reliability.deadline);
  });
}

// --- the end

bool Client::Impl::close() {
  std::vector<std::shared_ptr<driver::ChatCall>> running;
  {
    const std::lock_guard lock(calls_mutex_);
    closing_ = true;
    for (const auto& [number, call] : calls_)
      if (auto alive = call.lock()) running.push_back(std::move(alive));
  }
  for (const auto& call : running) call->cancel();
  running.clear();
  on_loop([this] {
    for (const auto& operation : side_operations_) operation->cancel();
  });
  if (!wait_for_operations() || !workers_->wait_idle(kWorkersMax)) {
    log_->write(LogLevel::kError,
                "a plugin did not come back; its thread and memory are left behind");
    return false;
  }
  if (!resolvers_->wait_idle(kWorkersMax)) {
    log_->write(LogLevel::kDebug, "a name is still being resolved; its thread is left behind");
    return false;
  }
  take_down();
  return true;
}

void Client::Impl::take_down() {
  loop_->stop();
  if (operations_.late() > 0)
    log_->write(LogLevel::kWarn, std::to_string(operations_.late()) +
                                     " events came after their operation was released");
  const std::lock_guard lock(calls_mutex_);
  for (const auto& [number, call] : calls_)  // refused while closing, and never told
    if (const auto alive = call.lock()) alive->loop_stopped();
  instances_.clear();
  modules_.clear();
  transports_.clear();
  workers_.reset();
  resolvers_.reset();
  loop_.reset();
}

/// Every call has told its end and every operation was released, within kCloseMax.
bool Client::Impl::wait_for_operations() {
  const auto until = std::chrono::steady_clock::now() + kCloseMax;
  auto watch =
      std::make_shared<QuietWatch>();  // shared with the loop, which may look after we gave up
  watch->look = [this, weak = std::weak_ptr(watch)] {
    const auto state = weak.lock();
    if (!state) return;
    std::size_t live = 0;
    for (const auto& [name, instance] : instances_) live += instance->live();
    if (live > 0)
      return static_cast<void>(loop_->start_timer(std::chrono::milliseconds(1), state->look));
    const std::lock_guard lock(state->mutex);
    state->quiet = true;
    state->changed.notify_one();
  };
  loop_->post(watch->look);
  std::unique_lock lock(watch->mutex);
  return watch->changed.wait_until(lock, until, [&] { return watch->quiet; });
}

void Client::Impl::call_ended(std::uint64_t number) {
  const std::lock_guard lock(calls_mutex_);
  calls_.erase(number);
}

std::string Client::Impl::new_request_id() {
  constexpr std::size_t kDigits = 16;
  std::string id = "prx-0000000000000000";
  const std::lock_guard lock(calls_mutex_);
  std::uint64_t number = random_();
  for (std::size_t i = 0; i < kDigits; ++i, number >>= 4)
    id[id.size() - 1 - i] = "0123456789abcdef"[number & 15];
  return id;
}

}  // namespace prx
