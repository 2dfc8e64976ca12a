#include "support/h2_server.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "support/wire_server.hpp"

namespace prx::test {

namespace {

// https://www.rfc-editor.org/rfc/rfc9113
enum Frame : unsigned char {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kAway = 7
};
constexpr unsigned char kEndStream = 1, kAck = 1, kEndHeaders = 4;
constexpr std::uint32_t kInternalError = 2, kRefused = 7;
constexpr std::size_t kPrefaceSize = 24, kFrameHead = 9;

std::string big_endian(std::uint32_t value, int bytes = 4) {
  std::string out;
  for (int i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xffu);
  return out;
}

std::string frame(Frame type, unsigned char flags, std::uint32_t stream,
                  std::string_view payload = {}) {
  std::string out = big_endian(static_cast<std::uint32_t>(payload.size()), 3);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  return out.append(big_endian(stream)).append(payload);
}

std::string away(std::uint32_t last_stream) {
  return frame(kAway, 0, 0, big_endian(last_stream) + big_endian(0));
}

/// ":status 200" of the static table, and a content type without indexing.
std::string answer(std::uint32_t stream, const std::string& body) {
  constexpr std::string_view kType = "text/event-stream";
  const std::string head = std::string("\x88\x0f\x10") + static_cast<char>(kType.size());
  return frame(kHeaders, kEndHeaders, stream, head + std::string(kType)) +
         frame(kData, kEndStream, stream, body);
}

struct Incoming {
  unsigned char type = 0, flags = 0;
  std::uint32_t stream = 0;
  std::string payload;
};

/// One TLS connection. Every call blocks; false and nullopt: it is over.
class Peer {
 public:
  Peer(SSL_CTX* context, int socket) : ssl_(SSL_new(context)) { SSL_set_fd(ssl_, socket); }
  ~Peer() { SSL_free(ssl_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool greet() {
    std::string preface;
    return SSL_accept(ssl_) == 1 && read(kPrefaceSize, preface) && write(frame(kSettings, 0, 0));
  }
  bool write(const std::string& bytes) {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  std::optional<Incoming> next() {
    std::string head;
    if (!read(kFrameHead, head)) return std::nullopt;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(head[i]); };
    Incoming out{byte(3), byte(4), 0, {}};
    for (std::size_t i = 5; i < kFrameHead; ++i) out.stream = out.stream << 8 | byte(i);
    const std::size_t size = std::size_t{byte(0)} << 16 | std::size_t{byte(1)} << 8 | byte(2);
    if (!read(size, out.payload)) return std::nullopt;
    return out;
  }

 private:
  bool read(std::size_t size, std::string& out) {
    out.resize(size);
    for (std::size_t at = 0; at < size;) {
      const int got = SSL_read(ssl_, out.data() + at, static_cast<int>(size - at));
      if (got <= 0) return false;
      at += static_cast<std::size_t>(got);
    }
    return true;
  }

  SSL* ssl_;
};

int choose_h2(SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned,
              void*) {
  static constexpr unsigned char kH2[] = {'h', '2'};
  *out = kH2;
  *size = sizeof kH2;
  return SSL_TLSEXT_ERR_OK;
}

/// False: the connection is to end.
bool end_request(Peer& peer, H2End how, std::uint32_t stream, const std::string& body) {
  switch (how) {
    case H2End::kAnswer:
      return peer.write(answer(stream, body));
    case H2End::kRefuseStream:
      return peer.write(frame(kReset, 0, stream, big_endian(kRefused)));
    case H2End::kResetStream:
      return peer.write(frame(kReset, 0, stream, big_endian(kInternalError)));
    case H2End::kGoAway:
      return peer.write(away(0)) && false;
    case H2End::kGoAwayStays:
      return peer.write(away(0));
    case H2End::kAnswerAndGo:
      return peer.write(answer(stream, body) + away(stream));
  }
  return false;
}

}  // namespace

H2Server::H2Server(const Certificates::Pair& certificate, std::string body, Script script)
    : body_(std::move(body)),
      script_(std::move(script)),
      context_(SSL_CTX_new(TLS_server_method())) {
  SSL_CTX* const context = context_.get();
  const std::string &chain = certificate.certificate, &key = certificate.key;
  if (SSL_CTX_use_certificate_chain_file(context, chain.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("cannot use " + chain);
  SSL_CTX_set_alpn_select_cb(context, &choose_h2, nullptr);
  const Listener listener = listen_on_loopback();
  listener_ = listener.socket;
  port_ = listener.port;
  acceptor_ = std::thread([this] { accept_all(); });
}

H2Server::~H2Server() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
  ::close(listener_);
}

void H2Server::accept_all() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const std::lock_guard lock(mutex_);
    if (ending_) return static_cast<void>(::close(socket));
    ++connections_;
    open_.push_back(socket);
    threads_.emplace_back([this, socket] {
      serve(socket);
      const std::lock_guard gone(mutex_);
      open_.remove(socket);
      ::close(socket);
    });
  }
}

void H2Server::serve(int socket) {
  sigset_t broken_pipe;  // OpenSSL writes without MSG_NOSIGNAL; a client may be gone
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  Peer peer(context_.get(), socket);
  if (!peer.greet()) return;
  while (const auto in = peer.next()) {
    const bool ack = (in->flags & kAck) != 0;
    if (in->type == kSettings && !ack && !peer.write(frame(kSettings, kAck, 0))) return;
    if (in->type == kPing && !ack && !peer.write(frame(kPing, kAck, 0, in->payload))) return;
    const bool whole = (in->type == kHeaders || in->type == kData) && (in->flags & kEndStream) != 0;
    if (whole && !end_request(peer, script_(++requests_), in->stream, body_)) return;
  }
}

}  // namespace prx::test
