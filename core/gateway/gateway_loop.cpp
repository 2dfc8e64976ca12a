#include "gateway/gateway_loop.hpp"

#include <future>
#include <utility>

#include "client/client_loop.hpp"

namespace prx::gateway {

GatewayLoop::GatewayLoop(Client& client, Asked asked, const ServeConfig& config, bool loopback,
                         std::shared_ptr<const KeyRing> ring, std::shared_ptr<Watch> watch)
    : client_(client),
      watch_(std::move(watch)),
      gate_(config, loopback),
      front_(client, asked, gate_, *watch_) {
  gate_.use(std::move(ring));
}

GatewayLoop::~GatewayLoop() { stop(); }

void GatewayLoop::stop() {
  on_loop([this] { server_.reset(); });
}

LoopReport GatewayLoop::report() const {
  LoopReport out;
  if (!server_) return out;
  out.server = server_->counts();
  out.unsent = server_->unsent();
  out.client = ClientLoop::state(client_);
  out.numbers.add(watch_->numbers());
  const auto& calls = watch_->book().calls();
  out.calls.assign(calls.begin(), calls.end());
  return out;
}

void GatewayLoop::on_loop(const std::function<void()>& task) const {
  std::promise<void> done;
  ClientLoop::of(client_).post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

Result<void> GatewayLoop::listen(const ServerLimits& limits, std::shared_ptr<InFlight> places,
                                 std::vector<Listener> listeners, RequestObserver observer) {
  Result<void> out;
  on_loop([&] {
    server_ = std::make_unique<Server>(
        ClientLoop::of(client_), limits,
        [this](HttpRequest&& request, Responder& responder) {
          return front_.answer(std::move(request), responder);
        },
        fault_body, std::move(places));
    if (observer) server_->observe(std::move(observer));
    for (Listener& one : listeners)
      if (out) out = server_->listen(std::move(one.socket), std::move(one.tls));
  });
  return out;
}

void GatewayLoop::use(std::shared_ptr<const KeyRing> ring) {
  on_loop([&] { gate_.use(std::move(ring)); });
}

void GatewayLoop::drain(std::function<void()> drained) {
  on_loop([&] {
    front_.drain();
    server_->drain();
    server_->on_drained(std::move(drained));
  });
}

ServerCounts GatewayLoop::counts() const {
  ServerCounts out;
  on_loop([&] { out = server_->counts(); });
  return out;
}

void GatewayLoop::answers(std::function<void()> told) const {
  ClientLoop::of(client_).post(std::move(told));
}

}  // namespace prx::gateway
