#include "gateway/http/server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "gateway/http/connection.hpp"
#include "gateway/http/peer_address.hpp"
#include "gateway/http/plain_stream.hpp"
#include "gateway/http/tls_stream.hpp"
#include "http/open_files.hpp"

namespace prx::gateway {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Code = boost::system::error_code;

namespace {

constexpr int kAcceptMax = 64;         // connections in one turn
constexpr auto kShortageWait = 100ms;  // where descriptors or memory are out

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(AsioLoop& on, ServerLimits limits, Handler handler, FaultBody fault_body,
       std::shared_ptr<InFlight> places)
      : loop(on),
        parts(std::make_shared<ServerParts>(on, limits, std::move(handler), std::move(fault_body),
                                            std::move(places))) {}

  struct Listener {
    explicit Listener(asio::io_context& context) : descriptor(context) {}
    asio::posix::stream_descriptor descriptor;
    int family = 0;
    std::shared_ptr<const TlsContext> tls;  // shared with other listeners and who renews it
  };

  void wait(Listener& listener) {
    listener.descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                   [self = shared_from_this(), &listener](const Code& error) {
                                     if (error || self->closed) return;
                                     const AsioLoop::Turn turn(self->loop);
                                     self->accept(listener);
                                   });
  }

  void accept(Listener& listener) {
    for (int i = 0; i < kAcceptMax; ++i) {
      const int socket = ::accept4(listener.descriptor.native_handle(), nullptr, nullptr,
                                   SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (socket >= 0) {
        take(listener, os::Descriptor(socket));
        continue;
      }
      if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      // No descriptor or no memory: the queue of the kernel keeps them until there is one.
      loop.start_timer(kShortageWait, [self = shared_from_this(), &listener] {
        if (!self->closed) self->wait(listener);
      });
      return;
    }
    wait(listener);
  }

  void take(const Listener& listener, os::Descriptor descriptor) {
    StreamSocket socket(loop.context());
    Code error;
    socket.assign({listener.family, 0}, descriptor.get(), error);
    if (error) return;
    (void)descriptor.release();
    std::string client = parts->observer ? peer_address(socket.native_handle()) : std::string();
    auto stream = make_plain_stream(loop, std::move(socket));
    if (listener.tls)
      stream = make_tls_stream(loop, std::move(stream), *listener.tls, parts->limits.head_timeout);
    if (stream) parts->take(std::move(stream), std::move(client));
  }

  void close_listeners() {
    closed = true;
    Code ignored;
    for (const auto& listener : listeners) listener->descriptor.close(ignored);
  }

  AsioLoop& loop;
  const std::shared_ptr<ServerParts> parts;  // shared with the connections
  std::vector<std::unique_ptr<Listener>> listeners;
  bool closed = false;
};

ServerCounts& ServerCounts::operator+=(const ServerCounts& other) {
  connections += other.connections;
  refusing += other.refusing;
  exchanges += other.exchanges;
  accepted += other.accepted;
  refused += other.refused;
  requests += other.requests;
  faults += other.faults;
  clients_left += other.clients_left;
  return *this;
}

Server::Server(AsioLoop& loop, ServerLimits limits, Handler handler, FaultBody fault_body,
               std::shared_ptr<InFlight> places)
    : impl_(std::make_shared<Impl>(loop, limits, std::move(handler), std::move(fault_body),
                                   places ? std::move(places) : std::make_shared<InFlight>())) {}

Server::~Server() {
  impl_->parts->on_empty = nullptr;
  stop();
}

Result<void> Server::listen(os::Descriptor socket, std::shared_ptr<const TlsContext> tls) {
  int listens = 0, on = 1;
  socklen_t size = sizeof listens;
  sockaddr_storage address{};
  socklen_t address_size = sizeof address;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &address_size) != 0)
    return fail(ErrorClass::kInternal,
                "descriptor " + std::to_string(socket.get()) + " is no listening socket");
  if (address.ss_family != AF_UNIX)  // inherited by what is accepted
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto listener = std::make_unique<Impl::Listener>(impl_->loop.context());
  Code error;
  listener->descriptor.assign(socket.get(), error);
  if (!error) listener->descriptor.native_non_blocking(true, error);
  if (error)
    return fail(ErrorClass::kInternal,
                "a socket could not be watched: " + reason_of(error.value()));
  (void)socket.release();
  listener->family = address.ss_family;
  listener->tls = std::move(tls);
  impl_->listeners.push_back(std::move(listener));
  impl_->wait(*impl_->listeners.back());
  return {};
}

void Server::observe(RequestObserver observer) { impl_->parts->observer = std::move(observer); }

void Server::drain() {
  impl_->close_listeners();
  impl_->parts->drain();
}

void Server::stop() {
  impl_->close_listeners();
  const auto parts = impl_->parts;  // who is told that the last has gone may destroy this
  parts->stop();
}

ServerCounts Server::counts() const { return impl_->parts->counts; }

std::size_t Server::unsent() const { return impl_->parts->unsent(); }

void Server::on_drained(std::function<void()> told) { impl_->parts->when_empty(std::move(told)); }

}  // namespace prx::gateway
