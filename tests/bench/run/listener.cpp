#include "bench/run/listener.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>
#include <utility>

namespace prx::bench {
namespace {

using Clock = std::chrono::steady_clock;

class File {
 public:
  explicit File(int file) : file_(file) {}
  ~File() {
    if (file_ >= 0) ::close(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return file_; }
  int release() { return std::exchange(file_, -1); }

 private:
  int file_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool readable(int file, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd item{file, POLLIN, 0};
  return left > 0 && ::poll(&item, 1, static_cast<int>(left)) == 1;
}

// Until the body's last byte; the requests of these benchmarks are objects, and arrive in one or
// two pieces.
Result<void> read_request(int file, Clock::time_point deadline) {
  std::string request;
  std::array<char, 8'192> bytes;
  while (request.find("\r\n\r\n") == std::string::npos || !request.ends_with('}')) {
    if (!readable(file, deadline)) return fail(ErrorClass::kTimeout, "half a request");
    const ssize_t size = ::recv(file, bytes.data(), bytes.size(), 0);
    if (size <= 0) return fail(ErrorClass::kNetwork, "the request was cut");
    request.append(bytes.data(), static_cast<std::size_t>(size));
  }
  return {};
}

}  // namespace

Result<Listener> Listener::open() {
  File file(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(file.get(), generic, size) != 0 || ::listen(file.get(), 16) != 0 ||
      ::getsockname(file.get(), generic, &size) != 0)
    return fail(ErrorClass::kInternal, "cannot listen on the loopback interface");
  return Listener(file.release(), ntohs(address.sin_port));
}

Listener::Listener(Listener&& other) noexcept
    : file_(std::exchange(other.file_, -1)), port_(other.port_) {}

Listener::~Listener() {
  if (file_ >= 0) ::close(file_);
}

Result<Clock::time_point> Listener::serve(std::string_view answer,
                                          std::chrono::milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  if (!readable(file_, deadline)) return fail(ErrorClass::kTimeout, "nobody connected");
  const File peer(::accept4(file_, nullptr, nullptr, SOCK_CLOEXEC));
  if (!readable(peer.get(), deadline)) return fail(ErrorClass::kTimeout, "no request came");
  const Clock::time_point first_byte = Clock::now();
  PRX_TRY(read_request(peer.get(), deadline));
  if (::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(answer.size()))
    return fail(ErrorClass::kNetwork, "the answer was not taken");
  return first_byte;
}

Result<void> wait_for_port(std::uint16_t port, std::chrono::milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  const sockaddr_in address = loopback(port);
  while (Clock::now() < deadline) {
    const File file(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(file.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      return {};
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return fail(ErrorClass::kTimeout, "nothing listens on port " + std::to_string(port));
}

}  // namespace prx::bench
