#include "sim/simulator.hpp"

#include <fcntl.h>

#include <thread>

#include <boost/asio/io_context.hpp>

#include "sim/connection.hpp"

namespace prx::sim {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptPause{
    10};  ///< after a failed accept, e.g. out of descriptors

Unexpected<Error> cannot_listen(const SimulatorOptions& options, const Code& error) {
  return fail(ErrorClass::kNetwork, "the simulator cannot listen on " + options.address + " port " +
                                        std::to_string(options.port) + ": " + error.message());
}

/// A child of this process that kept the socket open would keep its peer waiting for the end. Asio
/// does not do it.
void close_on_exec(int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

}  // namespace

/// Declared so that connections, which the io_context's handlers own, die before what they use.
class Simulator::Impl {
 public:
  explicit Impl(SimulatorOptions options)
      : journal_(options.log_requests_max, options.on_ended),
        router_(std::move(options)),
        service_{router_, journal_},
        acceptor_(context_),
        pause_(context_) {}

  ~Impl() {
    if (!thread_.joinable()) return;
    context_.stop();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> listen() {
    const SimulatorOptions& options = router_.options();
    Code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error)
      return fail(ErrorClass::kInvalidRequest,
                  "'" + options.address + "' is not a numeric IP address");
    const tcp::endpoint endpoint(address, options.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) close_on_exec(acceptor_.native_handle());
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    if (error) return cannot_listen(options, error);
    endpoint_ = acceptor_.local_endpoint(error);
    if (error) return cannot_listen(options, error);
    accept();
    thread_ = std::thread([this] { context_.run(); });
    return {};
  }

  [[nodiscard]] const tcp::endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] const Journal& journal() const { return journal_; }

 private:
  void accept() {
    acceptor_.async_accept([this](Code error, tcp::socket socket) {
      if (error) return pause_accepting();
      close_on_exec(socket.native_handle());
      if (service_.connections_open < router_.options().connections_max)
        std::make_shared<Connection>(std::move(socket), service_)->start();
      else
        journal_.refused();
      accept();
    });
  }

  void pause_accepting() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](Code error) {
      if (!error) accept();
    });
  }

  Journal journal_;
  Router router_;
  Service service_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  tcp::endpoint endpoint_;
  std::thread thread_;
};

Result<std::unique_ptr<Simulator>> Simulator::start(SimulatorOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  PRX_TRY(impl->listen());
  return std::unique_ptr<Simulator>(new Simulator(std::move(impl)));
}

Simulator::Simulator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Simulator::~Simulator() = default;

std::uint16_t Simulator::port() const { return impl_->endpoint().port(); }

std::string Simulator::base_url() const {
  const auto& endpoint = impl_->endpoint();
  const std::string host = endpoint.address().to_string();
  return "http://" + (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" +
         std::to_string(endpoint.port()) + "/api/v1";
}

std::string Simulator::openai_base_url() const {
  std::string url = base_url();
  return url.replace(url.rfind("/api/v1"), 7, "/v1");
}

Stats Simulator::stats() const { return impl_->journal().stats(); }
std::vector<RequestRecord> Simulator::requests() const { return impl_->journal().requests(); }

bool Simulator::wait_for(const std::function<bool(const Stats&)>& done,
                         std::chrono::milliseconds timeout) const {
  return impl_->journal().wait_for(done, timeout);
}

}  // namespace prx::sim
