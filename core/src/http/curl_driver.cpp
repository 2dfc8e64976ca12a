#include "http/curl_driver.hpp"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "http/open_files.hpp"

namespace prx::http {

namespace asio = boost::asio;

namespace {

CurlDriver::Handle* handle_of(CURL* easy) {
  CurlDriver::Handle* handle = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &handle);
  return handle;
}

int port_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return -1;
}

std::uint32_t events_of(int wanted) {
  return ((wanted & CURL_POLL_IN) != 0 ? static_cast<std::uint32_t>(EPOLLIN) : 0u) |
         ((wanted & CURL_POLL_OUT) != 0 ? static_cast<std::uint32_t>(EPOLLOUT) : 0u);
}

static_assert(CURL_POLL_IN == CURL_CSELECT_IN && CURL_POLL_OUT == CURL_CSELECT_OUT);

constexpr int kReadyMax = 64;  // sockets in one batch

}  // namespace

Result<CurlDriver::Parts> CurlDriver::make_parts(AsioLoop& loop) {
  Parts parts{{}, asio::posix::stream_descriptor(loop.context())};
  parts.multi.reset(curl_multi_init());
  if (parts.multi == nullptr)
    return fail(ErrorClass::kInternal, "libcurl's multi handle could not be made: out of memory");
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0)
    return fail(ErrorClass::kInternal,
                "a file descriptor to watch sockets with could not be made: " + reason_of(errno));
  boost::system::error_code error;
  parts.epoll.assign(epoll, error);
  if (!error) return parts;
  ::close(epoll);
  return fail(ErrorClass::kInternal, "sockets could not be watched: " + reason_of(error.value()));
}

CurlDriver::CurlDriver(AsioLoop& loop, Listener& listener, Parts parts, bool multiplex)
    : loop_(loop),
      listener_(listener),
      multi_(parts.multi.release()),
      epoll_(std::move(parts.epoll)),
      life_(std::make_shared<Life>(Life{this})) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlDriver::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlDriver::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, multiplex ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING);
  wait();
}

CurlDriver::~CurlDriver() {
  life_->driver = nullptr;
  curl_multi_cleanup(multi_);
  loop_.cancel_timer(timer_);
}

void CurlDriver::adopt(CURL* easy, Handle& handle, curl_opensocket_callback open, void* open_data) {
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &handle);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, open_data);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlDriver::on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

void CurlDriver::pool_max(std::size_t connections) {
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(connections));
}

bool CurlDriver::add(CURL* easy) {
  if (easy == nullptr) return false;
  ++depth_;
  if (Handle* const handle = handle_of(easy)) {
    handle->opened.clear();
    handle->connected = false;
  }
  const bool taken = curl_multi_add_handle(multi_, easy) == CURLM_OK;
  --depth_;
  return taken;
}

void CurlDriver::remove(CURL* easy) {
  Handle* const handle = handle_of(easy);
  if (handle != nullptr && !handle->connected)
    for (const Opened& one : handle->opened)  // libcurl 7.88 closes them unseen: see forget_aborted
      if (is_same(one)) unregister(one.socket);
  ++depth_;
  curl_multi_remove_handle(multi_, easy);
  --depth_;
  if (handle != nullptr) forget_aborted(*handle);
}

void CurlDriver::unpause(CURL* easy) {
  ++depth_;
  curl_easy_pause(easy, CURLPAUSE_CONT);
  --depth_;
  after_call();
}

void CurlDriver::run_due() {
  if (!due_ || busy()) return;
  act(CURL_SOCKET_TIMEOUT, 0);
}

curl_socket_t CurlDriver::open_socket(Handle& handle, const curl_sockaddr& address) {
  const int fd = ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  forget(fd);  // the number is new, so what is known under it is of a socket that is closed
  handle.opened.push_back({fd, find_or_make(fd, true).generation});
  return fd;
}

CurlDriver::Socket* CurlDriver::find(curl_socket_t fd) {
  const auto index = static_cast<std::size_t>(fd);
  return index < sockets_.size() && sockets_[index].known ? &sockets_[index] : nullptr;
}

CurlDriver::Socket& CurlDriver::find_or_make(curl_socket_t fd, bool own) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= sockets_.size()) sockets_.resize(std::max(index + 1, 2 * sockets_.size()));
  Socket& socket = sockets_[index];
  if (!std::exchange(socket.known, true)) socket.own = own;
  return socket;
}

// Of a socket that is closed, or about to be: then epoll has forgotten it too.
void CurlDriver::forget(curl_socket_t fd) {
  Socket* const socket = find(fd);
  if (socket == nullptr) return;
  ++forgotten_;
  const std::uint32_t next = socket->generation + 1;
  *socket = Socket();
  socket->generation = next;
}

// libcurl 7.88 closes a socket whose connection never became ready (cancelled, timed out, or the
// slower of two addresses) without its close callback: its number may be another's by now, also
// that of a socket which was opened here within the same call of libcurl.
void CurlDriver::forget_aborted(Handle& handle) {
  for (const Opened& one : handle.opened)
    if (is_same(one) && (!handle.connected || one.socket != handle.socket)) forget(one.socket);
  handle.opened.clear();
}

bool CurlDriver::is_same(const Opened& opened) {
  const Socket* const socket = find(opened.socket);
  return socket != nullptr && socket->generation == opened.generation;
}

CurlDriver::Connection* CurlDriver::connection(curl_socket_t fd) {
  Socket* const socket = find(fd);
  return socket == nullptr ? nullptr : &socket->connection;
}

// libcurl 7.88 uses a connection again on which something waits to be read.
bool CurlDriver::has_unasked_bytes(int local_port) {
  for (const curl_socket_t fd : std::exchange(unasked_, {})) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    char byte = 0;
    if (find(fd) == nullptr || ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) continue;
    unasked_.push_back(fd);
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
    if (port_of(address) == local_port) return true;
  }
  return false;
}

int CurlDriver::on_socket(CURL* easy, curl_socket_t socket, int what, void* driver, void*) {
  if (what != CURL_POLL_REMOVE)
    if (Handle* const handle = handle_of(easy)) handle->socket = socket;
  static_cast<CurlDriver*>(driver)->watch(socket, what);
  return 0;
}

// What nobody wants any more stays registered until it is reported in vain: most connections serve
// the next exchange before that, so there is no system call per request.
void CurlDriver::watch(curl_socket_t fd, int what) {
  Socket& socket = find_or_make(fd, false);
  socket.wanted = what == CURL_POLL_REMOVE ? CURL_POLL_NONE : what;
  if (what == CURL_POLL_REMOVE && !socket.own) {
    report(fd, socket, 0);
    return forget(fd);
  }
  const std::uint32_t events = events_of(socket.wanted);
  if ((events & ~socket.registered) != 0) report(fd, socket, events);
}

// A number may be known to epoll, or not, against what we believe: libcurl closes sockets unseen.
void CurlDriver::report(curl_socket_t fd, Socket& socket, std::uint32_t events) {
  const int epoll = epoll_.native_handle();
  epoll_event event{};
  event.events = events;
  event.data.u64 = std::uint64_t{socket.generation} << 32 | static_cast<std::uint32_t>(fd);
  const bool was_registered = std::exchange(socket.registered, events) != 0;
  if (events == 0) {
    ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event);
    return;
  }
  if (was_registered && ::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0) return;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 || errno != EEXIST) return;
  ::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}

// A close alone is not enough: a child of this process holds copies of all sockets until it becomes
// another program, and as long as one is open epoll goes on reporting it, under a number that is
// closed here and may be another file's.
void CurlDriver::unregister(curl_socket_t fd) {
  Socket* const socket = find(fd);
  if (socket != nullptr && socket->registered != 0) report(fd, *socket, 0);
}

int CurlDriver::on_close(void* driver, curl_socket_t fd) {
  auto* const self = static_cast<CurlDriver*>(driver);
  self->unregister(fd);
  self->forget(fd);
  return ::close(fd);
}

void CurlDriver::wait() {
  epoll_.async_wait(asio::posix::stream_descriptor::wait_read,
                    [life = life_](const boost::system::error_code& error) {
                      if (!error && life->driver != nullptr) life->driver->take_ready();
                    });
}

// What does not fit into one batch is reported again, after what else waits on the loop.
void CurlDriver::take_ready() {
  const AsioLoop::Turn turn(loop_);
  const auto life = life_;
  std::array<epoll_event, kReadyMax> events;  // NOLINT: filled as far as it is read
  forgotten_ = 0;
  const int count = ::epoll_wait(epoll_.native_handle(), events.data(), kReadyMax, 0);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
    ready(static_cast<curl_socket_t>(key & 0xffff'ffffu), static_cast<std::uint32_t>(key >> 32),
          events[static_cast<std::size_t>(i)].events);
    if (life->driver == nullptr) return;
  }
  wait();
}

// What nobody wants (an idle connection that the server closes) is left for libcurl to find. An
// event of a socket that was closed since the batch was read is over; its number may be another
// thread's.
void CurlDriver::ready(curl_socket_t fd, std::uint32_t generation, std::uint32_t events) {
  Socket* const socket = find(fd);
  const bool is_other = socket == nullptr || socket->generation != generation;
  if (is_other && forgotten_ > 0) return;  // one that is still watched is reported again
  if (socket == nullptr) {
    Socket unknown;
    return report(fd, unknown, 0);
  }
  if (is_other) return report(fd, *socket, events_of(socket->wanted));
  const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  int action = 0;
  if (broken || (events & EPOLLIN) != 0) action |= socket->wanted & CURL_POLL_IN;
  if (broken || (events & EPOLLOUT) != 0) action |= socket->wanted & CURL_POLL_OUT;
  if (action == 0) {
    if (socket->wanted == CURL_POLL_NONE && !broken && !socket->connection.shared)
      unasked_.push_back(fd);
    return report(fd, *socket, events_of(socket->wanted));
  }
  act(fd, action);
}

int CurlDriver::on_timer(CURLM*, long timeout_ms, void* driver) {
  auto* const self = static_cast<CurlDriver*>(driver);
  self->loop_.cancel_timer(std::exchange(self->timer_, 0));
  self->due_ = timeout_ms == 0;
  if (timeout_ms == 0) self->schedule_due();
  if (timeout_ms <= 0) return 0;
  // One more, since libcurl counts whole milliseconds: called too early it does nothing and never
  // asks again.
  self->timer_ = self->loop_.start_timer(std::chrono::milliseconds(timeout_ms + 1), [self] {
    self->timer_ = 0;
    self->act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void CurlDriver::schedule_due() {
  if (std::exchange(due_posted_, true)) return;
  loop_.post([life = life_] {
    if (life->driver == nullptr) return;
    life->driver->due_posted_ = false;
    life->driver->run_due();
  });
}

void CurlDriver::act(curl_socket_t socket, int events) {
  if (socket == CURL_SOCKET_TIMEOUT) due_ = false;
  int running = 0;
  ++depth_;
  curl_multi_socket_action(multi_, socket, events, &running);
  --depth_;
  after_call();
}

void CurlDriver::after_call() {
  const auto life = life_;
  listener_.on_quiet();
  int left = 0;
  while (life->driver != nullptr) {
    const CURLMsg* const message = curl_multi_info_read(multi_, &left);
    if (message == nullptr) return;
    if (message->msg != CURLMSG_DONE) continue;
    loop_.renew_now();  // the answer may have come within this turn
    listener_.on_done(*handle_of(message->easy_handle), message->data.result);
  }
}

}  // namespace prx::http
