#include "client/client_impl.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "client/abi_convert.hpp"
#include "client/found_plugins.hpp"
#include "client/host_options.hpp"
#include "client/pull_stream.hpp"
#include "client/trace_context.hpp"
#include "config/resolve.hpp"
#include "prx/version.hpp"

namespace prx {

namespace {

void add_secrets(Redactor& redactor, const Config& config) {
  for (const auto& provider : config.providers) {
    for (const auto& key : provider.keys) redactor.add(key.secret.reveal());
    for (const auto& secret : provider.secrets) redactor.add(secret);
  }
}

Redactor redactor_for(const Config& config) {
  Redactor redactor;
  add_secrets(redactor, config);
  return redactor;
}

/// One that was filled by hand, or whose members were changed.
Result<void> check_made(const Config& config) {
  const ChainConfig* const chain = config.find_chain(config.chain);
  const ChainConfig* const usual = config.find_chain("default");
  if (chain != nullptr && !chain->targets.empty() && usual != nullptr && !usual->targets.empty() &&
      usual->targets.front().provider == config.provider)
    return {};
  return fail(ErrorClass::kInvalidRequest,
              "this Config was not made by Config::load or Config::parse, or was changed since; to "
              "change one, load or parse again with the overrides of ConfigSource");
}

/// Names the file as it is now: one that replaces it is a new generation of the plugin.
std::string generation(const Candidate& candidate) {
  std::string name = candidate.note.id + '\n' + candidate.info.path + '\n' + candidate.sha256;
  struct stat file {};
  if (::stat(candidate.info.path.c_str(), &file) != 0) return name;
  for (const auto number :
       {static_cast<std::int64_t>(file.st_dev), static_cast<std::int64_t>(file.st_ino),
        file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec})
    name += '\n' + std::to_string(number);
  return name;
}

/// One that is isolated in another way is another generation too.
std::string isolation_text(const PluginsConfig& plugins, const std::string& id) {
  const IsolationConfig how = plugins.isolation_of(id);
  if (how.isolation == Isolation::kNone) return {};
  return "\nprocess " + std::to_string(how.memory_max) + ' ' +
         std::to_string(how.cpu_max ? how.cpu_max->count() : 0) + '\n' + plugins.host.string();
}

driver::SharedHealthOptions shared_health_options(const Environment& environment, Loop& loop) {
  driver::SharedHealthOptions options;
  options.loop = &loop;
  if (auto folder = environment("XDG_RUNTIME_DIR"))
    options.file.runtime_folder = std::move(*folder);
  return options;
}

/// Calls look for lists of models there.
catalog::Cache model_cache(const ClientOptions& options) {
  if (options.catalog == CatalogUse::kOff) return catalog::Cache(std::filesystem::path());
  return catalog::Cache(catalog::cache_folder(options.environment));
}

struct QuietWatch {
  std::mutex mutex;
  std::condition_variable changed;
  bool quiet = false;
  Task look;
};

}  // namespace

Client::Impl::Impl(ClientOptions options, std::unique_ptr<Log> log, std::unique_ptr<AsioLoop> loop,
                   BoardPtr board)
    : options_(std::move(options)),
      log_(std::move(log)),
      shelf_(
          model_cache(options_),
          [this](const std::string& why) { log_->write(LogLevel::kDebug, why); },
          [this](Task task) { return resolvers_->run(std::move(task)); }),
      loop_(std::move(loop)),
      workers_(std::make_unique<Workers>()),
      keeper_(std::make_unique<Workers>(Workers::Options{1, 4'096})),
      resolvers_(std::make_unique<Workers>()),
      shared_health_(shared_health_options(options_.environment, *loop_), *log_),
      runtime_{*loop_,
               *workers_,
               *log_,
               operations_,
               options_.host_name,
               options_.host_version.empty() ? std::string(kVersion) : options_.host_version,
               options_.metrics ? &options_.metrics : nullptr} {
  if (board) {
    driver::SharedHealthOptions sharing;
    sharing.loop = loop_.get();
    sharing.board = std::move(board);
    group_health_.emplace(std::move(sharing), *log_);
  }
  loop_->post([this] { driver::thread_context().table = &operations_; });
  retired_ = std::make_shared<driver::Doorbell>(  // shared: a snapshot's last holder is anywhere
      *loop_, [this] { drop_retired(); });
}

Client::Impl::~Impl() = default;

Result<std::shared_ptr<driver::Snapshot>> Client::Impl::resolve(Config config,
                                                                const Environment& wanted) {
  PRX_TRY(check_made(config));
  const Environment environment = wanted ? wanted : config.read_with.environment;
  auto candidates = find_plugins(search_options(config.plugins, environment));
  const auto found = driver::found_plugins(candidates);
  PRX_TRY_SET(Config resolved,
              resolve_config(std::move(config), found.notes, environment, found.rejected));
  driver::add_rejections(resolved, candidates);
  auto snapshot = std::make_shared<driver::Snapshot>(
      std::make_shared<const Config>(std::move(resolved)), std::move(candidates));
  for (const auto& candidate : snapshot->candidates)
    if (candidate.info.state == PluginState::kUsable)
      snapshot->plugin_files[candidate.note.id] =
          generation(candidate) + isolation_text(snapshot->config->plugins, candidate.note.id);
  return snapshot;
}

Result<std::unique_ptr<Client::Impl>> Client::Impl::open(Config config, ClientOptions options,
                                                         BoardPtr board) {
  const Environment given = options.environment;
  if (!options.environment) options.environment = config.read_with.environment;
  PRX_TRY(check_host_options(options));
  PRX_TRY_SET(auto snapshot, resolve(std::move(config), given));
  PRX_TRY_SET(auto log, Log::open(log_config(*snapshot->config, options), options.log,
                                  redactor_for(*snapshot->config)));
  for (const auto& warning : snapshot->config->warnings) log->write(LogLevel::kWarn, warning);
  PRX_TRY_SET(auto loop, AsioLoop::open());
  std::unique_ptr<Impl> impl(
      new Impl(std::move(options), std::move(log), std::move(loop), std::move(board)));
  impl->given_environment_ = given;
  impl->snapshot_ = impl->watched(std::move(snapshot));  // its alone: it ends before the loop
  auto made = impl->make_transports(*impl->snapshot_);
  if (made) made = impl->make_instances(*impl->snapshot_);
  if (!made) {
    if (!impl->close()) static_cast<void>(impl.release());  // as ~Client does
    return Unexpected(std::move(made).error());
  }
  return impl;
}

// --- plugins

Result<void> Client::Impl::check_may_wait() const {
  if (home_.left()) return Unexpected(driver::used_after_fork());
  if (driver::on_prx_thread()) return Unexpected(driver::blocking_on_loop());
  return {};
}

std::shared_ptr<driver::Snapshot> Client::Impl::snapshot() {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

Result<void> Client::Impl::make_instances(driver::Snapshot& snapshot) {
  const Config& config = *snapshot.config;
  std::vector<Error> problems;
  std::vector<bool> told;  // among the warnings
  bool any = false;
  for (const auto& target : config.find_chain(config.chain)->targets) {
    auto made = instance(snapshot, target.provider);
    any = any || made.has_value();
    if (made) continue;
    problems.push_back(made.error());
    told.push_back(!config.find_provider(target.provider)->problem.empty());
  }
  if (!any) return Unexpected(std::move(problems.front()));
  for (std::size_t i = 0; i < problems.size(); ++i)
    if (!told[i]) log_->write(LogLevel::kWarn, problems[i].message);
  return {};
}

Result<void> Client::Impl::check_askable(driver::Snapshot& snapshot) {
  const Config& config = *snapshot.config;
  std::optional<Error> first;
  for (const auto& target : config.find_chain(config.chain)->targets) {
    auto made = instance(snapshot, target.provider);
    auto unfit = made ? (*made)->key_problem() : std::optional(made.error());
    if (!unfit) return {};
    if (!first) first = std::move(unfit);
  }
  return Unexpected(std::move(*first));
}

// --- reload

Result<void> Client::Impl::reload(Config config) {
  const std::lock_guard one(reload_mutex_);
  PRX_TRY_SET(auto made, resolve(std::move(config), given_environment_));
  auto next = watched(std::move(made));
  Redactor both = redactor_for(*next->config);
  add_secrets(both, *snapshot()->config);  // it stays in force when the next one cannot be
  log_->hide(both);
  take_over_instances(*snapshot(), *next);
  PRX_TRY(make_transports(*next));
  PRX_TRY(make_instances(*next));
  PRX_TRY(check_askable(*next));
  for (const auto& warning : next->config->warnings) log_->write(LogLevel::kWarn, warning);
  on_loop([this] {
    health_.forget_keys();
    health_.forget_plugins();
  });
  {
    const std::lock_guard lock(snapshot_mutex_);
    snapshot_.swap(next);
  }
  log_->hide(redactor_for(*snapshot()->config));
  return {};  // who has the old one last lets go of its instances
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

Result<Client::Impl::Target> Client::Impl::target(std::shared_ptr<driver::Snapshot> in_force,
                                                  const std::string& provider) {
  PRX_TRY_SET(driver::ProviderInstance* const made, instance(*in_force, provider));
  return Target{std::move(in_force), made};
}

Result<driver::OperationStats> Client::Impl::run(const Target& target, std::uint32_t op,
                                                 const CallOptions& options,
                                                 driver::SideOperation::Take take) {
  Outcome outcome = run_to_end(target, op, options, std::move(take));
  if (outcome.error) return Unexpected(std::move(*outcome.error));
  return outcome.stats;
}

Client::Impl::Outcome Client::Impl::run_to_end(const Target& target, std::uint32_t op,
                                               const CallOptions& options,
                                               driver::SideOperation::Take take) {
  const auto refused = [](ErrorClass error_class, std::string message) {
    return Outcome{fail(error_class, std::move(message)).error(), {}};
  };
  const ProviderConfig& config = target.instance->config();
  if (options.key > 0 && options.key >= config.keys.size())
    return refused(
        ErrorClass::kInvalidRequest,
        "provider '" + config.name + "' has no key number " + std::to_string(options.key + 1));
  if (const auto checked = driver::check_traceparent(options.traceparent); !checked)
    return Outcome{checked.error(), {}};
  if (options.stop.stop_requested())  // the loop may be faster than the callback below
    return refused(ErrorClass::kCancelled, "cancelled by the caller");
  std::mutex mutex;
  std::condition_variable done;
  std::optional<Outcome> outcome;
  auto operation =
      std::make_shared<driver::SideOperation>(  // shared: started and ended on the loop
          std::move(take), [&](const Error* error, const driver::OperationStats& stats) {
            const std::lock_guard guard(mutex);
            outcome.emplace();
            if (error != nullptr) outcome->error = *error;
            outcome->stats = stats;
            done.notify_one();
          });
  driver::OperationRequest request;
  request.op = op;
  request.key = options.key;
  const std::string id = request_id(random_number());  // stays until the operation's end
  request.request_id = id;
  request.traceparent = options.traceparent;
  const TimeoutConfig& clocks = config.timeouts;
  request.clocks = {clocks.connect, clocks.head, clocks.idle};
  const auto limit = options.deadline ? std::max(options.deadline, std::optional(Milliseconds{0}))
                                      : target.in_force->config->reliability.deadline;
  loop_->post([operation, limit, instance = target.instance, request] {
    operation->start(*instance, request, limit);
  });
  const std::stop_callback stopper(options.stop,
                                   [&] { loop_->post([operation] { operation->cancel(); }); });
  std::unique_lock lock(mutex);
  done.wait(lock, [&] { return outcome.has_value(); });
  return std::move(*outcome);
}

void Client::Impl::warm_up() {
  const auto in_force = snapshot();
  const auto target = instance(*in_force, {});
  if (!target || (*target)->key_problem() || (*target)->lacks("warmup")) return;
  const std::string name = (*target)->config().name;
  const std::string keys = driver::key_pool_name((*target)->config());
  loop_->post([this, instance = *target, name, keys, in_force] {
    // The snapshot keeps the instance until the warm-up is over.
    auto done = [this, name, keys, in_force](const Error* error, const driver::OperationStats&) {
      health_.keys(keys).record(0, error, loop_->now());
      if (error != nullptr && error->error_class == ErrorClass::kCancelled) return;
      if (error != nullptr)  // a note need not list the operations
        log_->write(
            error->error_class == ErrorClass::kUnsupported ? LogLevel::kDebug : LogLevel::kWarn,
            "warm-up of provider '" + name + "': " + error->message);
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
    operation->start(*instance, request, in_force->config->reliability.deadline);
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
    ending_ = true;
    for (const auto& operation : side_operations_) operation->cancel();
  });
  if (loop_->on_loop()) {  // nothing can end while this runs
    log_->write(LogLevel::kError,
                "the client was freed on its own thread, in one of its callbacks; it is cancelled, "
                "and its thread and memory are left behind: free it on another thread");
    return false;
  }
  const auto until = std::chrono::steady_clock::now() + kCloseMax;
  if (!wait_for_operations(until) || !wait_for_destroyed(until) ||
      !workers_->wait_idle(kWorkersMax)) {
    log_->write(LogLevel::kError,
                "a plugin did not come back; its thread and memory are left behind");
    return false;
  }
  if (!resolvers_->wait_idle(kWorkersMax)) {
    log_->write(LogLevel::kDebug,
                "a name is still being resolved, or a list read; its thread is left behind");
    return false;
  }
  take_down();
  return true;
}

void Client::Impl::take_down() {
  loop_->stop();
  retired_->take_down();
  if (operations_.late() > 0)
    log_->write(LogLevel::kWarn, std::to_string(operations_.late()) +
                                     " events came after their operation was released");
  const std::lock_guard lock(calls_mutex_);
  for (const auto& [number, call] : calls_)  // refused while closing, and never told
    if (const auto alive = call.lock()) alive->loop_stopped();
  side_operations_.clear();
  snapshot_.reset();
  calls_.clear();
  dead_.clear();
  instances_.clear();
  plugins_.clear();
  transports_.clear();
  workers_.reset();
  keeper_.reset();
  resolvers_.reset();
  loop_.reset();
}

/// Every call has told its end and every operation was released.
bool Client::Impl::wait_for_operations(MonotonicTime until) {
  auto watch =
      std::make_shared<QuietWatch>();  // shared with the loop, which may look after we gave up
  watch->look = [this, weak = std::weak_ptr(watch)] {
    const auto state = weak.lock();
    if (!state) return;
    if (live() > 0)
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

std::uint64_t Client::Impl::random_number() {
  const std::lock_guard lock(calls_mutex_);
  return random_();
}

std::string Client::Impl::request_id(std::uint64_t number) {
  constexpr std::size_t kDigits = 16;
  std::string id = "prx-0000000000000000";
  for (std::size_t i = 0; i < kDigits; ++i, number >>= 4)
    id[id.size() - 1 - i] = "0123456789abcdef"[number & 15];
  return id;
}

}  // namespace prx
