#include "gateway/http/plain_stream.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <optional>
#include <utility>

#include <boost/asio/buffer.hpp>

namespace prx::gateway {

namespace asio = boost::asio;
using Code = boost::system::error_code;

namespace {

class PlainStream final : public ByteStream, public std::enable_shared_from_this<PlainStream> {
 public:
  PlainStream(AsioLoop& loop, StreamSocket socket) : loop_(loop), socket_(std::move(socket)) {
    Code ignored;  // a socket that cannot do it is one that read and write find broken
    socket_.non_blocking(true, ignored);
  }

  void read(std::span<char> room, Read handler) override {
    read_ = std::move(handler);
    socket_.async_read_some(asio::buffer(room.data(), room.size()),
                            [self = shared_from_this()](const Code& error, std::size_t size) {
                              if (self->closed_) return;
                              const AsioLoop::Turn turn(self->loop_);
                              std::exchange(self->read_, nullptr)(error ? 0 : size);
                            });
  }

  std::size_t read_now(std::span<char> room) override {
    Code error;
    const std::size_t size = socket_.read_some(asio::buffer(room.data(), room.size()), error);
    return error ? 0 : size;  // an end is told again by the next read()
  }

  bool write(std::string& bytes, Written handler) override {
    if (const auto done = write_some(bytes)) {
      if (*done) return true;
      // Told by the handler: what was written is no use to a peer that has gone.
      written_ = std::move(handler);
      loop_.post([self = shared_from_this()] { self->tell(false); });
      return false;
    }
    written_ = std::move(handler);
    wait(bytes);
    return false;
  }

  [[nodiscard]] std::uint64_t written() const override { return total_ + at_; }

  [[nodiscard]] bool delivered() const override {
    int waiting = 0;
    return ::ioctl(fd_, SIOCOUTQ, &waiting) != 0 || waiting == 0;
  }

  void end_writing() override {
    Code ignored;
    socket_.shutdown(StreamSocket::shutdown_send, ignored);
  }

  void close(bool reset) override {
    if (std::exchange(closed_, true)) return;
    Code ignored;
    if (reset) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
    read_ = nullptr;
    written_ = nullptr;
  }

 private:
  /// True: all of it; false: never; nullopt: when there is room.
  std::optional<bool> write_some(std::string& bytes) {
    while (at_ < bytes.size()) {
      Code error;
      at_ += socket_.write_some(asio::buffer(bytes.data() + at_, bytes.size() - at_), error);
      if (error == asio::error::would_block || error == asio::error::try_again) return std::nullopt;
      if (error) return false;
    }
    total_ += std::exchange(at_, 0);
    bytes.clear();
    return true;
  }

  void wait(std::string& bytes) {
    socket_.async_wait(StreamSocket::wait_write,
                       [self = shared_from_this(), &bytes](const Code& error) {
                         if (self->closed_) return;
                         const AsioLoop::Turn turn(self->loop_);
                         if (error) return self->tell(false);
                         const auto done = self->write_some(bytes);
                         done ? self->tell(*done) : self->wait(bytes);
                       });
  }

  void tell(bool ok) {
    if (const Written handler = std::exchange(written_, nullptr)) handler(ok);
  }

  AsioLoop& loop_;
  StreamSocket socket_;
  bool closed_ = false;
  const int fd_ = socket_.native_handle();
  std::uint64_t total_ = 0;
  std::size_t at_ = 0;  ///< how much of what is written has gone out
  Read read_;
  Written written_;
};

}  // namespace

std::shared_ptr<ByteStream> make_plain_stream(AsioLoop& loop, StreamSocket socket) {
  return std::make_shared<PlainStream>(loop, std::move(socket));
}

}  // namespace prx::gateway
