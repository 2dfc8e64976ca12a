#include "gateway/gateway.hpp"

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

Gateway::Gateway(Client& client, const ServeConfig& config, const std::string& authority)
    : client_(client),
      url_("http://" + authority),
      parts_(std::make_unique<Parts>(client, config, is_loopback_host(authority))) {}

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

Result<std::unique_ptr<Gateway>> Gateway::open(Client& client, const ServeConfig& config,
                                               GatewayOptions options) {
  PRX_TRY(config::check_serve_listen(config.listen, !config.keys.empty()));
  PRX_TRY_SET(Listener listener, listen_at(config.listen));
  std::unique_ptr<Gateway> out(new Gateway(client, config, listener.authority));
  if (!options.state_folder.empty())
    out->parts_->budgets =
        std::make_unique<BudgetKeeper>(options.state_folder, out->parts_->ring, options.say);
  ServerLimits limits;
  limits.connections_max = static_cast<std::size_t>(config.connections_max);
  Result<void> listening;
  out->on_loop([&] {
    Front& front = out->parts_->front;
    out->parts_->server = std::make_unique<Server>(
        ClientLoop::of(client), limits,
        [&front](HttpRequest&& request, Responder& responder) {
          return front.answer(std::move(request), responder);
        },
        fault_body);
    listening = out->parts_->server->listen(std::move(listener.socket));
  });
  if (!listening) return Unexpected(listening.error());
  return out;
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
              "[serve.keys]: there is no key any more, and " + url_ +
                  " is reached from other machines; keep one, or listen on 127.0.0.1 and start "
                  "again");
}

void Gateway::reload(const ServeConfig& config) {
  if (!check_reload(config)) return;
  parts_->ring = std::make_shared<const KeyRing>(config.keys, parts_->ring.get());
  if (parts_->budgets) parts_->budgets->keep(parts_->ring);
  on_loop([this] { parts_->gate.use(parts_->ring); });
}

ServerCounts Gateway::counts() const {
  ServerCounts out;
  on_loop([&] { out = parts_->server->counts(); });
  return out;
}

}  // namespace prx::gateway
