#include "gateway/gateway.hpp"

#include <future>
#include <utility>

#include "client/client_loop.hpp"
#include "gateway/asked/asker.hpp"
#include "gateway/front.hpp"
#include "gateway/listener.hpp"

namespace prx::gateway {

struct Gateway::Parts {
  explicit Parts(Client& client) : front(client, asker) {}
  Asker asker;  // ends after the server, off the loop: it may wait for what it asks
  Front front;
  std::unique_ptr<Server> server;  ///< loop only
};

Gateway::Gateway(Client& client, std::string url)
    : client_(client), url_(std::move(url)), parts_(std::make_unique<Parts>(client)) {}

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

Result<std::unique_ptr<Gateway>> Gateway::open(Client& client, const ServeConfig& config) {
  PRX_TRY_SET(Listener listener, listen_at(config.listen));
  std::unique_ptr<Gateway> out(new Gateway(client, "http://" + listener.authority));
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

ServerCounts Gateway::counts() const {
  ServerCounts out;
  on_loop([&] { out = parts_->server->counts(); });
  return out;
}

}  // namespace prx::gateway
