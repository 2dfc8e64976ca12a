#include "gateway/gateway.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "client/client_loop.hpp"
#include "config/listen_place.hpp"
#include "gateway/access/budget_keeper.hpp"
#include "gateway/access/gate.hpp"
#include "gateway/asked/asker.hpp"
#include "gateway/front.hpp"
#include "gateway/listener.hpp"

namespace prx::gateway {

struct Gateway::Parts {
  Parts(Client& client, const ServeConfig& config, bool is_loopback)
      : loopback(is_loopback),
        ring(std::make_shared<const KeyRing>(config.keys, nullptr)),
        gate(config, loopback),
        front(client, asker, gate) {
    gate.use(ring);
  }
  const bool loopback;
  std::shared_ptr<const KeyRing> ring;    // the same that the gate has; its owner's thread alone
  std::unique_ptr<BudgetKeeper> budgets;  ///< null: they are not kept
  Asker asker;  // ends after the server, off the loop: it may wait for what it asks
  Gate gate;    ///< loop only
  Front front;
  std::unique_ptr<Server> server;  ///< loop only
};

Gateway::Gateway(Client& client, const ServeConfig& config, const std::vector<Listener>& listeners)
    : client_(client) {
  const auto far = std::find_if_not(listeners.begin(), listeners.end(),
                                    [](const Listener& one) { return one.is_local; });
  for (const Listener& one : listeners) urls_.push_back(one.url());
  if (far != listeners.end()) far_url_ = far->url();
  parts_ = std::make_unique<Parts>(client, config, far_url_.empty());
}

Gateway::~Gateway() {
  on_loop([this] { parts_->server.reset(); });
}

void Gateway::on_loop(const std::function<void()>& task) const {
  std::promise<void> done;
  ClientLoop::of(client_).post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

Result<std::unique_ptr<Gateway>> Gateway::open_on(std::vector<Listener> listeners, Client& client,
                                                  const ServeConfig& config,
                                                  GatewayOptions options) {
  for (const Listener& one : listeners)
    PRX_TRY(config::check_serve_reach(one.authority, one.is_local, !config.keys.empty()));
  std::unique_ptr<Gateway> out(new Gateway(client, config, listeners));
  if (!options.state_folder.empty())
    out->parts_->budgets =
        std::make_unique<BudgetKeeper>(options.state_folder, out->parts_->ring, options.say);
  ServerLimits limits;
  limits.connections_max = static_cast<std::size_t>(config.connections_max);
  limits.request.body_max = static_cast<std::size_t>(config.body_max);
  limits.idle_timeout = config.idle_timeout;
  Result<void> listening;
  out->on_loop([&] {
    Front& front = out->parts_->front;
    Server& server = *(out->parts_->server = std::make_unique<Server>(
                           ClientLoop::of(client), limits,
                           [&front](HttpRequest&& request, Responder& responder) {
                             return front.answer(std::move(request), responder);
                           },
                           fault_body));
    for (Listener& one : listeners)
      if (listening) listening = server.listen(std::move(one.socket), std::move(one.tls));
  });
  if (!listening) return Unexpected(listening.error());
  return out;
}

Result<std::unique_ptr<Gateway>> Gateway::open(Client& client, const ServeConfig& config,
                                               GatewayOptions options) {
  PRX_TRY(config::check_serve_listen(config.listen, !config.keys.empty()));
  std::vector<Listener> listeners;
  PRX_TRY_SET(listeners.emplace_back(), listen_at(config.listen));
  if (config.tls.is_set()) {
    PRX_TRY_SET(listeners.front().tls, TlsContext::open(config.tls));
  }
  return open_on(std::move(listeners), client, config, std::move(options));
}

void Gateway::drain(std::function<void()> drained) {
  on_loop([&] {
    parts_->front.drain();
    parts_->server->drain();
    parts_->server->on_drained(std::move(drained));
  });
}

Result<void> Gateway::check_reload(const ServeConfig& config) const {
  if (!config.keys.empty() || parts_->loopback) return {};
  return fail(ErrorClass::kInvalidRequest,
              "[serve.keys]: there is no key any more, and " + far_url_ +
                  " is reached from other machines; keep one, or listen on 127.0.0.1 and start "
                  "again");
}

void Gateway::reload(const ServeConfig& config) {
  if (!check_reload(config)) return;
  parts_->ring = std::make_shared<const KeyRing>(config.keys, parts_->ring.get());
  if (parts_->budgets) parts_->budgets->keep(parts_->ring);
  on_loop([this] { parts_->gate.use(parts_->ring); });
}

void Gateway::answers(std::function<void()> told) const {
  ClientLoop::of(client_).post(std::move(told));
}

ServerCounts Gateway::counts() const {
  ServerCounts out;
  on_loop([&] { out = parts_->server->counts(); });
  return out;
}

}  // namespace prx::gateway
