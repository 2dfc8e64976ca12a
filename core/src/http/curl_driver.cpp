#include "http/curl_driver.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>

namespace prx::http {

namespace asio = boost::asio;

namespace {

CurlDriver::Handle* handle_of(CURL* easy) {
  CurlDriver::Handle* handle = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &handle);
  return handle;
}

}  // namespace

// Shared with the waits under way: the descriptor may go before they are told.
struct CurlDriver::Socket {
  Socket(asio::io_context& context, curl_socket_t fd_, bool own_)
      : descriptor(context), fd(fd_), own(own_) {}

  asio::posix::stream_descriptor descriptor;
  const curl_socket_t fd;
  const bool own;         // opened here; else libcurl's
  bool attached = false;  // asio knows the descriptor
  bool closed = false;
  int wanted = CURL_POLL_NONE;
  bool reading = false;  // a wait is under way
  bool writing = false;
  Connection connection;
};

CurlDriver::CurlDriver(AsioLoop& loop, Listener& listener, bool multiplex)
    : loop_(loop),
      listener_(listener),
      multi_(curl_multi_init()),
      life_(std::make_shared<Life>(Life{this})) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlDriver::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlDriver::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, multiplex ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING);
}

CurlDriver::~CurlDriver() {
  life_->driver = nullptr;
  curl_multi_cleanup(multi_);
  loop_.cancel_timer(timer_);
  for (auto& [fd, socket] : sockets_) {
    socket->closed = true;
    if (socket->attached) socket->descriptor.release();
  }
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

void CurlDriver::add(CURL* easy) {
  ++depth_;
  if (Handle* const handle = handle_of(easy)) {
    handle->opened.clear();
    handle->connected = false;
  }
  curl_multi_add_handle(multi_, easy);
  --depth_;
}

void CurlDriver::remove(CURL* easy) {
  ++depth_;
  curl_multi_remove_handle(multi_, easy);
  --depth_;
  if (Handle* const handle = handle_of(easy)) forget_aborted(*handle);
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
  find_or_make(fd, true);
  handle.opened.push_back(fd);
  return fd;
}

void CurlDriver::forget(curl_socket_t fd) {
  const auto found = sockets_.find(fd);
  if (found == sockets_.end()) return;
  found->second->closed = true;
  if (found->second->attached) found->second->descriptor.release();
  sockets_.erase(found);
}

// libcurl 7.88 closes a socket whose connection never became ready (cancelled, timed out, or the
// slower of two addresses) without its close callback: asio would go on believing in the number.
void CurlDriver::forget_aborted(Handle& handle) {
  for (const curl_socket_t fd : handle.opened)
    if (!handle.connected || fd != handle.socket) forget(fd);
  handle.opened.clear();
}

CurlDriver::Connection* CurlDriver::connection(curl_socket_t socket) {
  const auto found = sockets_.find(socket);
  return found == sockets_.end() ? nullptr : &found->second->connection;
}

int CurlDriver::on_socket(CURL* easy, curl_socket_t socket, int what, void* driver, void*) {
  if (what != CURL_POLL_REMOVE)
    if (Handle* const handle = handle_of(easy)) handle->socket = socket;
  static_cast<CurlDriver*>(driver)->watch(socket, what);
  return 0;
}

// A descriptor stays with asio between the exchanges of its connection: no epoll call per request.
void CurlDriver::watch(curl_socket_t fd, int what) {
  const auto socket = find_or_make(fd, false);
  socket->wanted = what == CURL_POLL_REMOVE ? CURL_POLL_NONE : what;
  if (what == CURL_POLL_REMOVE && !socket->own) return forget(fd);
  arm(socket);
}

int CurlDriver::on_close(void* driver, curl_socket_t fd) {
  auto* const self = static_cast<CurlDriver*>(driver);
  self->forget(fd);
  return ::close(fd);
}

std::shared_ptr<CurlDriver::Socket> CurlDriver::find_or_make(curl_socket_t fd, bool own) {
  auto& socket = sockets_[fd];
  if (!socket) socket = std::make_shared<Socket>(loop_.context(), fd, own);
  return socket;
}

void CurlDriver::arm(const std::shared_ptr<Socket>& socket) {
  if (socket->closed || socket->wanted == CURL_POLL_NONE) return;
  if (!std::exchange(socket->attached, true)) {
    boost::system::error_code ignored;
    socket->descriptor.assign(socket->fd, ignored);
  }
  if ((socket->wanted & CURL_POLL_IN) != 0 && !socket->reading) wait(socket, false);
  if ((socket->wanted & CURL_POLL_OUT) != 0 && !socket->writing) wait(socket, true);
}

void CurlDriver::wait(const std::shared_ptr<Socket>& socket, bool write) {
  using Descriptor = asio::posix::stream_descriptor;
  (write ? socket->writing : socket->reading) = true;
  socket->descriptor.async_wait(write ? Descriptor::wait_write : Descriptor::wait_read,
                                [this, socket, write](const boost::system::error_code& error) {
                                  (write ? socket->writing : socket->reading) = false;
                                  if (socket->closed) return;  // or the driver is gone
                                  if (error) return ready(socket, CURL_CSELECT_ERR);
                                  ready(socket, write ? CURL_CSELECT_OUT : CURL_CSELECT_IN);
                                });
}

// What nobody wants any more (an idle connection that the server closes) is left for libcurl to
// find.
void CurlDriver::ready(const std::shared_ptr<Socket>& socket, int event) {
  const int needed = event == CURL_CSELECT_IN    ? CURL_POLL_IN
                     : event == CURL_CSELECT_OUT ? CURL_POLL_OUT
                                                 : CURL_POLL_INOUT;
  if ((socket->wanted & needed) == 0) return;
  const AsioLoop::Turn turn(loop_);
  const auto life = life_;
  act(socket->fd, event);
  if (life->driver != nullptr) arm(socket);
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
    listener_.on_done(*handle_of(message->easy_handle), message->data.result);
  }
}

}  // namespace prx::http
