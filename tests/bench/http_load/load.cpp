#include "bench/http_load/load.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "bench/common/measure.hpp"
#include "bench/http_load/answer_reader.hpp"

namespace prx::bench {
namespace {

constexpr int kReadyMax = 256;

std::chrono::nanoseconds now_monotonic() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

double percentile_of(std::vector<std::uint64_t>& values, double share) {
  if (values.empty()) return 0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return static_cast<double>(*at);
}

}  // namespace

struct HttpLoad::Peer {
  Peer(int connected, const Expected& expected)
      : file(connected), reader(expected.status), check(expected) {}
  ~Peer() { ::close(file); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  int file;
  Time due{0};
  AnswerReader reader;
  AnswerCheck check;
};

HttpLoad::HttpLoad(const HttpLoadOptions& options)
    : options_(options),
      expected_(expected_answer(options)),
      request_(request_bytes(options)),
      watched_(options.watch) {
  epoll_ = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  peers_.reserve(options.streams);
  latencies_.reserve(std::max(options.requests, options.events));
}

HttpLoad::~HttpLoad() {
  ::close(epoll_);
  if (timer_ >= 0) ::close(timer_);
}

std::size_t HttpLoad::total() const {
  return options_.shape == Shape::kPaced ? options_.streams : options_.warmup + options_.requests;
}

HttpLoad::Peer& HttpLoad::connect() {
  const int file = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  const int on = 1;
  setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(::connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  check(fcntl(file, F_SETFL, O_NONBLOCK), "fcntl");
  peers_.push_back(std::make_unique<Peer>(file, expected_));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = peers_.back().get();
  check(epoll_ctl(epoll_, EPOLL_CTL_ADD, file, &event), "epoll_ctl");
  return *peers_.back();
}

// A request of a few hundred bytes fits into what the socket can hold.
void HttpLoad::send(Peer& peer, Time due) {
  peer.due = due;
  peer.check.restart();
  ++started_;
  if (::send(peer.file, request_.data(), request_.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request_.size()))
    die("a request could not be sent");
}

void HttpLoad::read(Peer& peer) {
  const ssize_t size = ::recv(peer.file, buffer_.data(), buffer_.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) die("a connection was closed");
  const Time now = now_monotonic();
  const auto state = peer.reader.take(
      {buffer_.data(), static_cast<std::size_t>(size)}, [&](std::string_view piece) {
        return peer.check.take(piece, [&](Time sent) { on_event(peer, sent, now); });
      });
  if (state == AnswerReader::State::kWrong) die(peer.reader.why());
  if (state == AnswerReader::State::kGoesOn) return;
  if (!peer.check.complete()) die("an answer ended before its end");
  on_answer(peer, now);
}

void HttpLoad::on_event(Peer& peer, Time sent, Time now) {
  if (peer.check.events() == 1) {
    if (++opened_ == 1) memory_before_ = watched_.memory();
    if (opened_ == options_.streams) return begin();
    open_streams();
  } else if (measuring_) {
    latencies_.push_back(static_cast<std::uint64_t>((now - sent).count()));
    if (++events_ == options_.events) end();
  }
}

void HttpLoad::on_answer(Peer& peer, Time now) {
  ++done_;
  if (options_.shape == Shape::kPaced) {
    if (!measured_)
      die("a paced stream ended before the measurement did; " + std::to_string(opened_) + " of " +
          std::to_string(options_.streams) + " had begun, " + std::to_string(events_) + " of " +
          std::to_string(options_.events) + " events had come since");
    return;
  }
  if (measuring_) latencies_.push_back(static_cast<std::uint64_t>((now - peer.due).count()));
  if (done_ == options_.warmup) begin();
  if (done_ == total()) return end();
  if (options_.shape == Shape::kClosed) {
    if (started_ < total()) send(peer, now);
  } else if (overdue_.empty()) {
    idle_.push_back(&peer);
  } else {
    send(peer, overdue_.front());
    overdue_.pop_front();
  }
}

// One alone comes first, so that what a first call loads is no stream's memory.
void HttpLoad::open_streams() {
  while (peers_.size() < options_.streams && peers_.size() - opened_ < options_.opening_max &&
         (peers_.empty() || opened_ > 0))
    send(connect(), now_monotonic());
}

void HttpLoad::start_more() {
  if (options_.shape == Shape::kPaced) return open_streams();
  if (options_.shape == Shape::kOpen) return arm_timer();
  while (peers_.size() < std::min(options_.streams, total())) send(connect(), now_monotonic());
}

void HttpLoad::arm_timer() {
  const Time interval{1'000'000'000 / options_.rate};
  first_due_ = now_monotonic() + interval;
  timer_ = check(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create");
  itimerspec times{};
  times.it_interval.tv_nsec = interval.count() % 1'000'000'000;
  times.it_interval.tv_sec = interval.count() / 1'000'000'000;
  times.it_value.tv_nsec = first_due_.count() % 1'000'000'000;
  times.it_value.tv_sec = first_due_.count() / 1'000'000'000;
  check(timerfd_settime(timer_, TFD_TIMER_ABSTIME, &times, nullptr), "timerfd_settime");
  epoll_event event{};
  event.events = EPOLLIN;
  check(epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event), "epoll_ctl");
}

void HttpLoad::on_timer() {
  std::uint64_t ticks = 0;
  if (::read(timer_, &ticks, sizeof ticks) != sizeof ticks) return;
  const Time interval{1'000'000'000 / options_.rate};
  for (; ticks > 0 && due_ < total(); --ticks) {
    const Time due = first_due_ + interval * static_cast<Time::rep>(due_++);
    if (!idle_.empty()) {
      Peer& peer = *idle_.back();
      idle_.pop_back();
      send(peer, due);
    } else if (peers_.size() < options_.streams) {
      send(connect(), due);
    } else {
      overdue_.push_back(due);
    }
  }
}

void HttpLoad::begin() {
  measuring_ = true;
  events_ = 0;
  wall_ = now_monotonic();
  cpu_ = watched_.cpu();
  load_cpu_ = process_cpu_time();
}

void HttpLoad::end() {
  cpu_ = watched_.cpu() - cpu_;
  load_cpu_ = process_cpu_time() - load_cpu_;
  wall_ = now_monotonic() - wall_;
  memory_after_ = watched_.memory();
  measuring_ = false;
  measured_ = true;
}

void HttpLoad::run() {
  start_more();
  if (options_.warmup == 0 && options_.shape != Shape::kPaced) begin();
  std::array<epoll_event, kReadyMax> ready;
  while (done_ < total()) {
    const int count = epoll_wait(epoll_, ready.data(), kReadyMax,
                                 static_cast<int>(kSilenceMax / std::chrono::milliseconds{1}));
    if (count == 0) die("nothing came for too long");
    for (int i = 0; i < count; ++i) {
      void* const peer = ready[static_cast<std::size_t>(i)].data.ptr;
      peer == nullptr ? on_timer() : read(*static_cast<Peer*>(peer));
    }
  }
  print();
}

void HttpLoad::print() {
  const bool paced = options_.shape == Shape::kPaced;
  std::printf(
      "count=%zu cpu_ns=%lld wall_ns=%lld load_cpu_ns=%lld streams=%zu memory_before=%zu "
      "memory_after=%zu p50_ns=%.0f p99_ns=%.0f\n",
      paced ? options_.events : options_.requests, static_cast<long long>(cpu_.count()),
      static_cast<long long>(wall_.count()), static_cast<long long>(load_cpu_.count()),
      peers_.size(), memory_before_, memory_after_, percentile_of(latencies_, 0.5),
      percentile_of(latencies_, 0.99));
}

}  // namespace prx::bench
