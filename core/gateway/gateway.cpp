#include "gateway/gateway.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "client/client_loop.hpp"
#include "config/listen_place.hpp"
#include "gateway/access/access_log.hpp"
#include "gateway/access/budget_keeper.hpp"
#include "gateway/asked/asker.hpp"
#include "gateway/gateway_loop.hpp"

namespace prx::gateway {

namespace {

std::size_t cores() {
  cpu_set_t mine;
  if (::sched_getaffinity(0, sizeof mine, &mine) == 0)
    return static_cast<std::size_t>(CPU_COUNT(&mine));
  return std::thread::hardware_concurrency();  // more than a cpu_set_t has, or 0: not known
}

ServerLimits limits_of(const ServeConfig& config) {
  ServerLimits out;
  out.connections_max = config.connections_max;
  out.request.body_max = static_cast<std::size_t>(config.body_max);
  out.idle_timeout = config.idle_timeout;
  return out;
}

/// Calls `told` when it was called as often as there are loops.
std::function<void()> when_all(std::size_t loops, std::function<void()> told) {
  auto left = std::make_shared<std::atomic<std::size_t>>(loops);  // shared by the copies
  return [left, told = std::move(told)] {
    if (left->fetch_sub(1) == 1) told();
  };
}

}  // namespace

std::size_t loops_of(const ServeConfig& config) {
  if (config.loops) return static_cast<std::size_t>(*config.loops);
  return std::clamp<std::size_t>(cores(), 1, kLoopsMax);
}

/// What the loops share. The ring is the same that their gates have; its owner's thread alone.
struct Gateway::Shared {
  explicit Shared(const ServeConfig& config)
      : ring(std::make_shared<const KeyRing>(config.keys, nullptr)) {}
  std::shared_ptr<const KeyRing> ring;
  std::unique_ptr<BudgetKeeper> budgets;  ///< null: they are not kept
  std::unique_ptr<AccessLog> log;         ///< null: there is none
  Reporters reporters;                    ///< of the loops
  Asker asker;  // ends after the servers, off the loops: it may wait for what it asks
};

Gateway::Gateway(const Clients& clients, const ServeConfig& config,
                 const std::vector<Listener>& listeners,
                 const std::vector<std::shared_ptr<Watch>>& watches)
    : shared_(std::make_unique<Shared>(config)) {
  const auto far = std::find_if_not(listeners.begin(), listeners.end(),
                                    [](const Listener& one) { return one.is_local; });
  for (const Listener& one : listeners) urls_.push_back(one.url());
  if (far != listeners.end()) far_url_ = far->url();
  for (std::size_t i = 0; i < clients.size(); ++i) {
    auto watch = i < watches.size() ? watches[i] : std::make_shared<Watch>();
    loops_.push_back(std::make_unique<GatewayLoop>(
        *clients[i], Asked{*clients.front(), shared_->asker, shared_->reporters}, config,
        far_url_.empty(), shared_->ring, std::move(watch)));
    shared_->reporters.add(ClientLoop::of(*clients[i]),
                           [loop = loops_.back().get()] { return loop->report(); });
  }
}

Gateway::~Gateway() {
  for (const auto& loop : loops_) loop->stop();
}

Result<std::unique_ptr<Gateway>> Gateway::open_on(std::vector<Listener> listeners,
                                                  const Clients& clients, const ServeConfig& config,
                                                  GatewayOptions options) {
  for (const Listener& one : listeners)
    PRX_TRY(config::check_serve_reach(one.authority, one.is_local, !config.keys.empty()));
  std::unique_ptr<AccessLog> log;
  if (!config.access_log.empty()) {
    PRX_TRY_SET(log, AccessLog::open(config.access_log, options.say));
  }
  std::unique_ptr<Gateway> out(new Gateway(clients, config, listeners, options.watches));
  out->shared_->log = std::move(log);
  if (!options.state_folder.empty())
    out->shared_->budgets = std::make_unique<BudgetKeeper>(options.state_folder, out->shared_->ring,
                                                           std::move(options.say));
  PRX_TRY(out->listen(std::move(listeners), config));
  return out;
}

Result<void> Gateway::listen(std::vector<Listener> listeners, const ServeConfig& config) {
  std::vector<std::vector<Listener>> each(loops_.size());
  for (Listener& one : listeners) {
    PRX_TRY_SET(auto parts, spread(std::move(one), each.size()));
    for (std::size_t i = 0; i < each.size(); ++i) each[i].push_back(std::move(parts[i]));
  }
  const auto places = std::make_shared<InFlight>();
  RequestObserver observer;
  if (shared_->log)
    observer = [log = shared_->log.get()](RequestRecord&& record) {
      log->write(std::move(record));
    };
  for (std::size_t i = 0; i < each.size(); ++i)
    PRX_TRY(loops_[i]->listen(limits_of(config), places, std::move(each[i]), observer));
  return {};
}

Result<std::unique_ptr<Gateway>> Gateway::open(const Clients& clients, const ServeConfig& config,
                                               GatewayOptions options) {
  PRX_TRY(config::check_serve_listen(config.listen, !config.keys.empty()));
  std::vector<Listener> listeners;
  PRX_TRY_SET(listeners.emplace_back(), listen_at(config.listen));
  if (config.tls.is_set()) {
    PRX_TRY_SET(listeners.front().tls, TlsContext::open(config.tls));
  }
  return open_on(std::move(listeners), clients, config, std::move(options));
}

void Gateway::drain(const std::function<void()>& drained) {
  const auto one = when_all(loops_.size(), drained);
  for (const auto& loop : loops_) loop->drain(one);
}

Result<void> Gateway::check_reload(const ServeConfig& config) const {
  if (!config.keys.empty() || far_url_.empty()) return {};
  return fail(ErrorClass::kInvalidRequest,
              "[serve.keys]: there is no key any more, and " + far_url_ +
                  " is reached from other machines; keep one, or listen on 127.0.0.1 and start "
                  "again");
}

void Gateway::reload(const ServeConfig& config) {
  if (!check_reload(config)) return;
  shared_->ring = std::make_shared<const KeyRing>(config.keys, shared_->ring.get());
  if (shared_->budgets) shared_->budgets->keep(shared_->ring);
  for (const auto& loop : loops_) loop->use(shared_->ring);
}

void Gateway::answers(const std::function<void()>& told) const {
  const auto one = when_all(loops_.size(), told);
  for (const auto& loop : loops_) loop->answers(one);
}

void Gateway::reopen_log() {
  if (shared_->log) shared_->log->reopen();
}

ServerCounts Gateway::counts() const {
  ServerCounts out;
  for (const auto& loop : loops_) out += loop->counts();
  return out;
}

std::vector<ServerCounts> Gateway::loop_counts() const {
  std::vector<ServerCounts> out;
  for (const auto& loop : loops_) out.push_back(loop->counts());
  return out;
}

}  // namespace prx::gateway
