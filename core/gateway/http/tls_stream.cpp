#include "gateway/http/tls_stream.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/http/tls_engine.hpp"

namespace prx::gateway {

namespace {

constexpr std::size_t kKeptMax = 4u << 10;  // capacity that a silent connection keeps
constexpr std::string_view kPlainAnswer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 52\r\nConnection: close\r\n\r\n"
    "this port speaks TLS; ask for it by an https:// URL\n";

class TlsStream final : public ByteStream, public std::enable_shared_from_this<TlsStream> {
 public:
  TlsStream(AsioLoop& loop, std::shared_ptr<ByteStream> wire)
      : loop_(loop), wire_(std::move(wire)) {}

  [[nodiscard]] bool open(const TlsContext& context, std::chrono::milliseconds handshake_max) {
    tls_ = TlsEngine::open(context, [this](std::span<char> room) { return pull(room); });
    if (!tls_) return false;
    timer_ = loop_.start_timer(handshake_max, [self = weak_from_this()] {
      if (const auto alive = self.lock()) alive->on_late();
    });
    return true;
  }

  void read(std::span<char> room, Read handler) override {
    room_ = room;
    read_ = std::move(handler);
    if (const auto size = take(room))
      loop_.post([self = shared_from_this(), size] { self->tell_read(*size); });
    else
      wait();
  }

  std::size_t read_now(std::span<char> room) override {
    std::size_t done = 0;
    while (done < room.size()) {
      const std::size_t size = take(room.subspan(done)).value_or(0);
      if (size == 0) break;  // an end is told again by the next read()
      done += size;
    }
    return done;
  }

  bool write(std::string& bytes, Written handler) override {
    plain_ = &bytes;
    const auto done = advance();
    if (done && *done) return true;
    written_ = std::move(handler);
    if (done) loop_.post([self = shared_from_this()] { self->tell_written(false); });
    return false;
  }

  [[nodiscard]] std::uint64_t written() const override { return wire_->written(); }

  [[nodiscard]] bool delivered() const override {
    return !sending_ && tls_->made().empty() && wire_->delivered();
  }

  void end_writing() override {
    say_end();
    ending_ = true;
    if (!sending_) wire_->end_writing();
  }

  void close(bool reset) override {
    if (std::exchange(closed_, true)) return;
    loop_.cancel_timer(std::exchange(timer_, 0));
    if (!reset) say_end();
    wire_->close(reset);
    read_ = nullptr;
    written_ = nullptr;
    plain_ = nullptr;
  }

 private:
  // --- reading

  std::optional<std::size_t> pull(std::span<char> room) {
    if (come_at_ < come_size_) {
      const std::size_t size = std::min(room.size(), come_size_ - come_at_);
      std::memcpy(room.data(), come_.data() + come_at_, size);
      come_at_ += size;
      return size;
    }
    if (wire_ended_) return std::nullopt;
    if (!more_ || looks_left_ == 0) return 0;
    --looks_left_;
    const std::size_t size = wire_->read_now(room);
    more_ = size == room.size();
    return size;
  }

  /// What the client sent; 0: its end; nullopt: nothing yet. What TLS answers by itself goes out.
  std::optional<std::size_t> take(std::span<char> room) {
    if (broken_ || ended_) return 0;
    looks_left_ = kTlsReadsMax;
    const TlsEngine::Read taken = tls_->read(room);
    if (tls_->is_ready()) loop_.cancel_timer(std::exchange(timer_, 0));
    ended_ = taken.state == TlsEngine::State::kEnd;
    broken_ = taken.state == TlsEngine::State::kBroken;
    if (taken.state == TlsEngine::State::kPlainHttp) answer_plainly();
    push();
    if (sending_ && tls_->made().size() > kTlsOwnMax) broken_ = true;
    if (broken_ || ended_) return 0;
    if (taken.state == TlsEngine::State::kWait) return std::nullopt;
    return taken.size;
  }

  void answer_plainly() {
    broken_ = true;
    tls_->made() += kPlainAnswer;
    std::array<char, 4096> rest;  // unread, it would take the answer with it
    for (int i = 0; i < kTlsReadsMax && wire_->read_now(rest) > 0; ++i) continue;
  }

  void wait() {
    if (std::exchange(waiting_, true)) return;
    wire_->read(come_, [self = shared_from_this()](std::size_t size) { self->on_come(size); });
  }

  void on_come(std::size_t size) {
    waiting_ = false;
    if (closed_) return;
    wire_ended_ = size == 0;
    come_at_ = 0;
    come_size_ = size;
    more_ = size == come_.size();
    const auto taken = take(room_);
    if (plain_ != nullptr && (tls_->is_ready() || broken_)) go_on();
    if (closed_ || !read_) return;
    taken ? tell_read(*taken) : wait();
  }

  void on_late() {
    timer_ = 0;
    if (tls_->is_ready() || closed_) return;
    broken_ = true;
    tell_written(false);
    if (!closed_) tell_read(0);
  }

  // --- writing

  /// True: all of it has gone; false: it never will; nullopt: when there is room, or when hands
  /// have been shaken.
  std::optional<bool> advance() {
    if (broken_) return false;
    if (!tls_->is_ready()) return std::nullopt;
    while (!sending_) {
      if (plain_at_ == plain_->size()) {
        plain_at_ = 0;
        std::exchange(plain_, nullptr)->clear();
        return true;
      }
      const std::size_t size = std::min(plain_->size() - plain_at_, kTlsBurstMax);
      broken_ = !tls_->write({plain_->data() + plain_at_, size});
      if (broken_) return false;
      plain_at_ += size;
      push();
    }
    return std::nullopt;
  }

  void push() {
    std::string& made = tls_->made();
    if (sending_ || made.empty()) return;
    going_.swap(made);
    sending_ = true;
    if (!wire_->write(going_, [self = shared_from_this()](bool ok) { self->on_gone(ok); })) return;
    sending_ = false;
    if (going_.capacity() > kKeptMax) going_ = {};
    if (made.capacity() > kKeptMax) made = {};
  }

  void on_gone(bool ok) {
    sending_ = false;
    if (closed_) return;
    if (!ok) broken_ = true;
    if (ok) push();
    if (!sending_ && plain_ != nullptr) go_on();
    if (!closed_ && !sending_ && ending_) wire_->end_writing();
  }

  /// With what is being written.
  void go_on() {
    if (const auto done = advance()) tell_written(*done);
  }

  void say_end() {
    if (broken_) return;
    tls_->end();
    push();
  }

  void tell_read(std::size_t size) {
    if (const Read handler = std::exchange(read_, nullptr)) handler(size);
  }
  void tell_written(bool ok) {
    plain_ = nullptr;
    if (const Written handler = std::exchange(written_, nullptr)) handler(ok);
  }

  AsioLoop& loop_;
  const std::shared_ptr<ByteStream> wire_;  // shared with what it waits for
  std::unique_ptr<TlsEngine> tls_;
  Loop::TimerId timer_ = 0;  ///< until hands have been shaken
  bool closed_ = false;
  bool broken_ = false;      ///< TLS has nothing more to say
  bool ended_ = false;       ///< the client said so
  bool wire_ended_ = false;  ///< it has gone, with or without a word
  bool waiting_ = false;     ///< for the wire to be readable
  bool sending_ = false;     ///< `going_` is the wire's
  bool ending_ = false;      ///< the wire's end is to follow
  bool more_ = false;        ///< the wire may have some, without waiting
  int looks_left_ = 0;
  std::span<char> room_;
  Read read_;
  std::string* plain_ = nullptr;  ///< what is being written, as it was given
  std::size_t plain_at_ = 0;      ///< how much of it is encrypted
  Written written_;
  std::string going_;  ///< encrypted: on its way
  std::size_t come_at_ = 0, come_size_ = 0;
  std::array<char, 2048> come_{};  ///< encrypted: came, and not looked at yet
};

}  // namespace

std::shared_ptr<ByteStream> make_tls_stream(AsioLoop& loop, std::shared_ptr<ByteStream> wire,
                                            const TlsContext& context,
                                            std::chrono::milliseconds handshake_max) {
  auto out = std::make_shared<TlsStream>(loop, std::move(wire));
  if (!out->open(context, handshake_max)) return nullptr;
  return out;
}

}  // namespace prx::gateway
