#include "bench/fallback_bench/upstream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/common/measure.hpp"
#include "bench/common/payload.hpp"

namespace prx::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPatienceMs = 10'000;
constexpr std::size_t kEvents = 5;
constexpr std::size_t kRefuseEvery = 3;

std::string response(std::string_view status, std::string_view type, std::string_view body) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string short_answer() {
  const SseAnswer answer = sse_answer(kEvents);
  std::string body;
  for (const std::string& event : answer.events) body += event;
  return response("200 OK", "text/event-stream", body + answer.ending);
}

std::string refusal() {
  return response("503 Service Unavailable", "application/json",
                  R"({"error":{"code":503,"message":"No provider is available now"}})");
}

}  // namespace

FallbackUpstream::FallbackUpstream() : answer_(short_answer()), refusal_(refusal()) {
  for (std::size_t i = 0; i < kTargets; ++i) {
    listeners_[i] =
        check(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    check(::bind(listeners_[i], reinterpret_cast<sockaddr*>(&address), size), "bind");
    check(::listen(listeners_[i], 16), "listen");
    check(::getsockname(listeners_[i], reinterpret_cast<sockaddr*>(&address), &size),
          "getsockname");
    ports_[i] = ntohs(address.sin_port);
  }
}

FallbackUpstream::~FallbackUpstream() {
  for (const int listener : listeners_) ::close(listener);
}

std::string FallbackUpstream::origin(std::size_t target) const {
  return "http://127.0.0.1:" + std::to_string(ports_.at(target));
}

Turns FallbackUpstream::run(std::size_t warmup, std::size_t fallbacks) {
  bool warm = false;
  while (fallbacks_ < warmup + fallbacks) {
    std::vector<pollfd> files{{listeners_[0], POLLIN, 0}, {listeners_[1], POLLIN, 0}};
    for (const Peer& peer : peers_) files.push_back({peer.connection->file(), POLLIN, 0});
    if (check(::poll(files.data(), files.size(), kPatienceMs), "poll") == 0)
      die("the client makes no call");
    for (std::size_t i = peers_.size(); i-- > 0;)
      if (files[kTargets + i].revents != 0 && !serve(peers_[i]))
        peers_.erase(peers_.begin() + static_cast<std::ptrdiff_t>(i));
    for (std::size_t i = 0; i < kTargets; ++i)
      if (files[i].revents != 0) accept_from(i);
    if (warm || fallbacks_ < warmup) continue;
    warm = true;
    turns_ = Turns();
  }
  return std::move(turns_);
}

void FallbackUpstream::accept_from(std::size_t target) {
  const int file = ::accept4(listeners_.at(target), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (file < 0) return;
  const int on = 1;
  check(::setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "setsockopt");
  peers_.push_back({std::make_unique<Connection>(file), target});
}

bool FallbackUpstream::serve(Peer& peer) {
  if (!peer.connection->receive()) return false;
  while (peer.connection->next_request()) {
    note(peer.target);
    if (!answer(peer)) return false;
  }
  return true;
}

void FallbackUpstream::note(std::size_t target) {
  const auto now = Clock::now();
  const double turn = std::chrono::duration<double, std::micro>(now - sent_).count();
  const bool first = sent_ == Clock::time_point{};
  if (refused_ != (target == 1)) die("the wrong target was asked");
  if (refused_) ++fallbacks_;
  if (!first) (refused_ ? turns_.fallback_us : turns_.direct_us).push_back(turn);
}

bool FallbackUpstream::answer(Peer& peer) {
  refused_ = peer.target == 0 && ++asked_ % kRefuseEvery == 0;
  sent_ = Clock::now();
  return peer.connection->send(refused_ ? refusal_ : answer_);
}

}  // namespace prx::bench
