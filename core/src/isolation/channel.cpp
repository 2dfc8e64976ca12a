#include "isolation/channel.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/system_error.hpp>

namespace prx::isolation {

namespace asio = boost::asio;

/// Borrows the descriptor.
struct Channel::Watch {
  Watch(asio::io_context& context, int socket) : stream(context, socket) {}
  ~Watch() { stream.release(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  asio::posix::stream_descriptor stream;
};

Channel::Channel(AsioLoop& loop, os::Descriptor socket, ChannelObserver& observer)
    : loop_(loop), socket_(std::move(socket)), observer_(&observer) {
  ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
}

Channel::~Channel() { close(); }

FrameWriter Channel::frame(Kind kind, std::uint64_t id) {
  flush_later();
  return {out_, kind, id};
}

void Channel::append(const std::string& frames) {
  out_ += frames;
  flush_later();
}

void Channel::close() {
  observer_ = nullptr;
  watch_.reset();
  socket_.reset();
}

void Channel::end(const std::string& why) {
  ChannelObserver* const observer = observer_;
  close();
  if (observer != nullptr) observer->on_channel_end(why);
}

// --- reading

/// False when nothing is there, or nobody listens any more.
bool Channel::read_once() {
  if (in_.size() < in_end_ + kTurnMax) in_.resize(in_end_ + kTurnMax);
  const auto got = ::recv(socket_.get(), in_.data() + in_end_, kTurnMax, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) return end(""), false;
  in_end_ += static_cast<std::size_t>(got);
  return handle_all();
}

/// All frames that are whole; the rest moves to the front. False when nobody listens any more.
bool Channel::handle_all() {
  std::size_t begin = 0;
  while (in_end_ - begin >= sizeof(FrameHead)) {
    FrameHead head;
    std::memcpy(&head, in_.data() + begin, sizeof head);
    if (head.size > kFrameMax) return end("sent a frame of impossible size"), false;
    const std::size_t at = begin + sizeof head;
    if (in_end_ - at < head.size) break;
    begin = at + head.size;
    observer_->on_frame(head.kind, head.id, {in_.data() + at, head.size});
    if (observer_ == nullptr) return false;
  }
  std::memmove(in_.data(), in_.data() + begin, in_end_ - begin);
  in_end_ -= begin;
  return true;
}

bool Channel::pump(std::chrono::steady_clock::time_point until) {
  const auto self = shared_from_this();  // what hears a frame may let go of it
  flush();
  if (observer_ == nullptr) return true;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  if (left.count() <= 0) return false;
  const bool unwritten = out_begin_ < out_.size();
  pollfd wait{socket_.get(), static_cast<short>(POLLIN | (unwritten ? POLLOUT : 0)), 0};
  if (::poll(&wait, 1, static_cast<int>(left.count())) > 0 && (wait.revents & ~POLLOUT) != 0)
    static_cast<void>(read_once());
  return true;
}

// --- the loop

void Channel::attach() {
  if (observer_ == nullptr) return;
  try {
    watch_ = std::make_unique<Watch>(loop_.context(), socket_.get());
  } catch (const boost::system::system_error&) {
    return end("cannot be watched");
  }
  wait_readable();
  flush_later();
}

void Channel::wait_readable() {
  watch_->stream.async_wait(asio::posix::stream_descriptor::wait_read,
                            [self = shared_from_this()](const boost::system::error_code& error) {
                              if (error || self->observer_ == nullptr) return;
                              const AsioLoop::Turn turn(self->loop_);
                              static_cast<void>(self->read_once());
                              if (self->observer_ == nullptr) return;
                              self->flush();
                              if (self->observer_ != nullptr) self->wait_readable();
                            });
}

void Channel::wait_writable() {
  if (std::exchange(writing_, true)) return;
  watch_->stream.async_wait(asio::posix::stream_descriptor::wait_write,
                            [self = shared_from_this()](const boost::system::error_code& error) {
                              self->writing_ = false;
                              if (error || self->observer_ == nullptr) return;
                              const AsioLoop::Turn turn(self->loop_);
                              self->flush();
                            });
}

/// Once for all frames of a turn.
void Channel::flush_later() {
  if (!watch_ || std::exchange(flush_posted_, true)) return;
  loop_.post([self = shared_from_this()] {
    self->flush_posted_ = false;
    if (self->observer_ != nullptr) self->flush();
  });
}

void Channel::flush() {
  while (out_begin_ < out_.size()) {
    const auto done =
        ::send(socket_.get(), out_.data() + out_begin_, out_.size() - out_begin_, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && errno != EAGAIN) return end("");
    if (done < 0) break;
    out_begin_ += static_cast<std::size_t>(done);
  }
  if (out_begin_ == out_.size()) {
    out_.clear();
    out_begin_ = 0;
  } else if (out_.size() - out_begin_ > kQueueMax) {
    end("did not read what it was sent");
  } else if (watch_) {
    if (out_begin_ > out_.size() / 2) out_.erase(0, std::exchange(out_begin_, 0));
    wait_writable();
  }
}

}  // namespace prx::isolation
