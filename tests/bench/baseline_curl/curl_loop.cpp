#include "bench/baseline_curl/curl_loop.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>

#include "bench/common/measure.hpp"

namespace prx::bench {
namespace {

constexpr int kTurnMax = 256;

}  // namespace

CurlLoop::CurlLoop()
    : multi_(curl_multi_init()), epoll_(check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  if (multi_ == nullptr) die("curl_multi_init failed");
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

CurlLoop::~CurlLoop() {
  curl_multi_cleanup(multi_);
  ::close(epoll_);
}

void CurlLoop::add(CURL* easy) {
  if (curl_multi_add_handle(multi_, easy) != CURLM_OK) die("curl_multi_add_handle failed");
}

int CurlLoop::on_socket(CURL*, curl_socket_t file, int what, void* loop, void* known) {
  auto& self = *static_cast<CurlLoop*>(loop);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(self.epoll_, EPOLL_CTL_DEL, file, nullptr);
    return 0;
  }
  epoll_event event{};
  event.events = ((what & CURL_POLL_IN) ? EPOLLIN : 0u) | ((what & CURL_POLL_OUT) ? EPOLLOUT : 0u);
  event.data.fd = file;
  check(epoll_ctl(self.epoll_, known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, file, &event),
        "epoll_ctl");
  if (known == nullptr) curl_multi_assign(self.multi_, file, &self);
  return 0;
}

int CurlLoop::on_timer(CURLM*, long delay_ms, void* loop) {
  auto& self = *static_cast<CurlLoop*>(loop);
  self.deadline_.reset();
  if (delay_ms >= 0)
    self.deadline_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(delay_ms);
  return 0;
}

int CurlLoop::wait_ms() const {
  if (!deadline_) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - std::chrono::steady_clock::now());
  return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

void CurlLoop::turn() {
  std::array<epoll_event, kTurnMax> ready;
  const int count = epoll_wait(epoll_, ready.data(), kTurnMax, wait_ms());
  int running = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = ready[static_cast<std::size_t>(i)];
    const int what = ((event.events & (EPOLLIN | EPOLLHUP)) ? CURL_CSELECT_IN : 0) |
                     ((event.events & EPOLLOUT) ? CURL_CSELECT_OUT : 0) |
                     ((event.events & EPOLLERR) ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(multi_, event.data.fd, what, &running);
  }
  if (deadline_ && *deadline_ <= std::chrono::steady_clock::now()) {
    deadline_.reset();
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

void CurlLoop::take_done(Client& client) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_, easy);
    client.on_done(easy, code);
  }
}

void CurlLoop::run(Client& client) {
  while (!stopped_) {
    turn();
    take_done(client);
    client.on_turn();
  }
}

}  // namespace prx::bench
