#include "bench/upstream/server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "bench/common/measure.hpp"

namespace prx::bench {
namespace {

constexpr int kBacklog = 4'096;
constexpr int kSendBuffer = 1 << 20;  // a whole coalesced answer fits
constexpr std::size_t kTurnMax = 256;

std::string head_with(std::string_view lines, std::string_view status = "200 OK") {
  return "HTTP/1.1 " + std::string(status) + "\r\nServer: bench\r\n" + std::string(lines) + "\r\n";
}

std::string plain(std::string_view body, std::string_view status = "200 OK") {
  return head_with("Content-Type: application/json\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n",
                   status) +
         std::string(body);
}

std::string chunk(std::string_view bytes) {
  std::array<char, 20> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  return size.data() + std::string(bytes) + "\r\n";
}

}  // namespace

Server::Server(const ServerOptions& options)
    : options_(options),
      empty_(plain("{\"data\":{}}")),
      json_(plain(answer_body())),
      refused_(plain(refusal_body(), "503 Service Unavailable")),
      head_(head_with("Content-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
                      "Transfer-Encoding: chunked\r\n")),
      phases_(std::max<std::size_t>(options.interval_ms, 1)) {
  const SseAnswer answer = sse_answer(options.events);
  ending_ = chunk(answer.ending) + "0\r\n\r\n";
  whole_ = head_;
  for (const std::string& event : answer.events) {
    chunks_.push_back(chunk(event));
    whole_ += chunks_.back();
  }
  whole_ += ending_;
  head_and_first_ = head_ + (chunks_.empty() ? ending_ : chunks_.front());
  if (options.mode == AnswerMode::kStamped) {
    stamped_ = chunk(stamped_event());
    stamped_at_ = stamped_.find("data: ");
    head_stamped_at_ = head_.size() + stamped_at_;
    head_and_first_ = head_ + stamped_;
  }
  epoll_ = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  listen();
}

Server::~Server() {
  ::close(listener_);
  ::close(epoll_);
  if (timer_ >= 0) ::close(timer_);
}

void Server::listen() {
  listener_ = check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  check(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), "bind");
  check(::listen(listener_, kBacklog), "listen");
  check(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  port_ = ntohs(address.sin_port);
  watch(listener_, EPOLLIN, static_cast<std::uint64_t>(listener_));
}

void Server::watch(int file, std::uint32_t events, std::uint64_t id) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  check(epoll_ctl(epoll_, EPOLL_CTL_ADD, file, &event), "epoll_ctl");
}

void Server::run(int stop_file) {
  watch(stop_file, EPOLLIN, static_cast<std::uint64_t>(stop_file));
  if (paces()) {
    timer_ = check(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create");
    const itimerspec every_millisecond{{0, 1'000'000}, {0, 1'000'000}};
    check(timerfd_settime(timer_, 0, &every_millisecond, nullptr), "timerfd_settime");
    watch(timer_, EPOLLIN, static_cast<std::uint64_t>(timer_));
  }
  std::array<epoll_event, kTurnMax> ready;
  while (true) {
    const int count = epoll_wait(epoll_, ready.data(), kTurnMax, -1);
    for (int i = 0; i < count; ++i) {
      const int file = static_cast<int>(ready[static_cast<std::size_t>(i)].data.u64);
      if (file == stop_file) return;
      if (file == listener_)
        accept_all();
      else if (file == timer_)
        tick();
      else if (by_file_[static_cast<std::size_t>(file)])
        serve(*by_file_[static_cast<std::size_t>(file)], ready[static_cast<std::size_t>(i)].events);
    }
  }
}

void Server::accept_all() {
  while (true) {
    const int file = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (file < 0) return;
    const int on = 1;
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(file, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
    const auto index = static_cast<std::size_t>(file);
    if (by_file_.size() <= index) by_file_.resize(index + 1);
    by_file_[index] = std::make_unique<Connection>(file);
    watch(file, EPOLLIN | EPOLLOUT | EPOLLET, static_cast<std::uint64_t>(file));
    ++connections_;
  }
}

void Server::serve(Connection& connection, std::uint32_t events) {
  if ((events & EPOLLOUT) && !connection.flush()) return drop(connection);
  if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  if (!connection.receive()) return drop(connection);
  while (const std::optional<RequestKind> request = connection.next_request()) {
    ++requests_;
    answer(connection, request->post);
  }
}

// A send to a peer that is gone fails; the connection is dropped when epoll reports it.
void Server::answer(Connection& connection, bool post) {
  if (!post) return static_cast<void>(connection.send(empty_));
  switch (options_.mode) {
    case AnswerMode::kJson:
      return static_cast<void>(connection.send(json_));
    case AnswerMode::kCoalesced:
      return static_cast<void>(connection.send(whole_));
    case AnswerMode::kEach:
      return answer_each(connection);
    case AnswerMode::kPaced:
    case AnswerMode::kStamped:
      return start_pacing(connection);
    case AnswerMode::kRefused:
      return static_cast<void>(connection.send(refused_));
  }
}

void Server::answer_each(Connection& connection) {
  if (!connection.send(head_)) return;
  for (const std::string& event : chunks_)
    if (!connection.send(event)) return;
  static_cast<void>(connection.send(ending_));
}

// The first event comes with the head, the others one interval apart.
void Server::start_pacing(Connection& connection) {
  connection.paced_event = 1;
  if (options_.mode == AnswerMode::kStamped) {
    connection.paced_event = 0;
    send_stamped(connection, head_and_first_, head_stamped_at_);
  } else {
    static_cast<void>(connection.send(head_and_first_));
  }
  phases_[next_phase_].push_back(connection.file());
  next_phase_ = (next_phase_ + 1) % phases_.size();
}

void Server::tick() {
  std::uint64_t missed = 0;
  if (::read(timer_, &missed, sizeof missed) != sizeof missed) return;
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(missed, phases_.size()); ++i) {
    phase_ = (phase_ + 1) % phases_.size();
    std::vector<int>& files = phases_[phase_];
    for (const int file : files) send_paced(*by_file_[static_cast<std::size_t>(file)]);
    std::erase_if(files, [this](int file) {
      return by_file_[static_cast<std::size_t>(file)]->paced_event > chunks_.size();
    });
  }
}

// A reader that lags gets its event one interval later.
void Server::send_paced(Connection& connection) {
  if (connection.blocked()) return;
  if (options_.mode == AnswerMode::kStamped && connection.paced_event < options_.events)
    return send_stamped(connection, stamped_, stamped_at_);
  const std::size_t event = connection.paced_event++;
  static_cast<void>(connection.send(event < chunks_.size() ? chunks_[event] : ending_));
}

// All streams have the bytes in common: what a socket does not take is copied for it.
void Server::send_stamped(Connection& connection, std::string& bytes, std::size_t event_at) {
  write_stamp(bytes.data() + event_at,
              {connection.paced_event++, std::chrono::steady_clock::now().time_since_epoch()});
  static_cast<void>(connection.send(bytes));
  if (connection.blocked()) connection.keep_rest();
}

void Server::drop(Connection& connection) {
  const int file = connection.file();
  for (std::vector<int>& files : phases_) std::erase(files, file);
  by_file_[static_cast<std::size_t>(file)].reset();
}

}  // namespace prx::bench
