/// \file loopback.hpp
/// A listening socket on loopback, and a task on a loop that is waited for.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <future>
#include <stdexcept>

#include "http/asio_loop.hpp"
#include "os/descriptor.hpp"

namespace prx::gateway::test {

struct Loopback {
  os::Descriptor socket;
  std::uint16_t port = 0;
};

inline Loopback listen_on_loopback() {
  Loopback out{os::Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), 0};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(out.socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(out.socket.get(), 64) != 0 ||
      ::getsockname(out.socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no listening socket");
  out.port = ntohs(address.sin_port);
  return out;
}

/// Returns when the task has run there.
inline void run_on(AsioLoop& loop, const std::function<void()>& task) {
  std::promise<void> done;
  loop.post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace prx::gateway::test
