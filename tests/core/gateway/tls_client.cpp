#include "core/gateway/tls_client.hpp"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <utility>

namespace prx::gateway::test {

TlsClient::TlsClient(std::uint16_t port, TlsChoice choice, bool shake)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to a socket that the server may have closed
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{20, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("connect failed");
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                             SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);  // so that old versions can be offered
  SSL_CTX_set_min_proto_version(context.get(), choice.version_min);
  SSL_CTX_set_max_proto_version(context.get(), choice.version_max);
  ssl_ = SSL_new(context.get());
  SSL_set_cipher_list(ssl_, "ALL:@SECLEVEL=0");
  if (!choice.protocols.empty())
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(choice.protocols.data()),
                        static_cast<unsigned>(choice.protocols.size()));
  SSL_set_fd(ssl_, socket_);
  SSL_set_connect_state(ssl_);
  if (shake) shake_hands();
}

TlsClient::~TlsClient() {
  close(false);
  SSL_free(ssl_);
}

void TlsClient::shake_hands() {
  ERR_clear_error();
  up_ = SSL_do_handshake(ssl_) == 1;
}

bool TlsClient::send(std::string_view bytes) {
  std::size_t done = 0;
  ERR_clear_error();
  return bytes.empty() || SSL_write_ex(ssl_, bytes.data(), bytes.size(), &done) == 1;
}

void TlsClient::send_raw(std::string_view bytes) const {
  (void)!::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

bool TlsClient::receive() {
  std::array<char, 16384> bytes;
  std::size_t size = 0;
  ERR_clear_error();
  errno = 0;
  const int result = SSL_read_ex(ssl_, bytes.data(), bytes.size(), &size);
  if (result == 1) {
    text_.append(bytes.data(), size);
    return true;
  }
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_ZERO_RETURN:
      end_ = End::kNotified;
      break;
    case SSL_ERROR_SYSCALL:
      end_ = errno == ECONNRESET ? End::kReset : End::kOpen;
      break;
    case SSL_ERROR_SSL:
      end_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? End::kFin
                                                                                    : End::kAlert;
      break;
    default:
      end_ = End::kOpen;
  }
  return false;
}

bool TlsClient::read_until(std::string_view text) {
  while (text_.find(text) == std::string::npos)
    if (!receive()) return false;
  return true;
}

bool TlsClient::read_size(std::size_t size) {
  while (text_.size() < size)
    if (!receive()) return false;
  return true;
}

TlsClient::End TlsClient::read_end() {
  while (receive()) continue;
  return end_;
}

void TlsClient::close(bool reset, bool notify) {
  if (socket_ < 0) return;
  if (notify) SSL_shutdown(ssl_);
  const linger hard{1, 0};
  if (reset) ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(std::exchange(socket_, -1));
}

}  // namespace prx::gateway::test
