#include "gateway/http/tls_engine.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

namespace prx::gateway {

namespace {

long control_of_wire(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/// Takes the errors with it, so that the next call finds none.
TlsEngine::State failure() {
  const int reason = ERR_GET_REASON(ERR_peek_error());
  ERR_clear_error();
  return reason == SSL_R_HTTP_REQUEST ? TlsEngine::State::kPlainHttp : TlsEngine::State::kBroken;
}

}  // namespace

const BIO_METHOD* TlsEngine::method() {
  struct Gone {
    void operator()(BIO_METHOD* gone) const { BIO_meth_free(gone); }
  };
  static const std::unique_ptr<BIO_METHOD, Gone> kMethod = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "prx");
    if (made == nullptr) return std::unique_ptr<BIO_METHOD, Gone>();
    BIO_meth_set_read_ex(made, on_pull);
    BIO_meth_set_write_ex(made, on_push);
    BIO_meth_set_ctrl(made, control_of_wire);
    return std::unique_ptr<BIO_METHOD, Gone>(made);
  }();
  return kMethod.get();
}

int TlsEngine::on_pull(BIO* bio, char* room, std::size_t size, std::size_t* done) {
  const TlsEngine& self = *static_cast<const TlsEngine*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto pulled = self.refused_ ? std::nullopt : self.pull_({room, size});
  *done = pulled.value_or(0);
  if (*done > 0) return 1;
  if (pulled) BIO_set_retry_read(bio);
  return 0;
}

int TlsEngine::on_push(BIO* bio, const char* bytes, std::size_t size, std::size_t* done) {
  static_cast<TlsEngine*>(BIO_get_data(bio))->made_.append(bytes, size);
  BIO_clear_retry_flags(bio);
  *done = size;
  return 1;
}

/// Another negotiation was asked for, and has been refused: that is the end of this client, so
/// that refusals do not pile up for one that asks on and on.
void TlsEngine::on_info(const SSL* ssl, int where, int what) {
  if (where == SSL_CB_WRITE_ALERT && (what & 0xff) == SSL_AD_NO_RENEGOTIATION)
    static_cast<TlsEngine*>(SSL_get_app_data(ssl))->refused_ = true;
}

std::unique_ptr<TlsEngine> TlsEngine::open(const TlsContext& context, Pull pull) {
  std::unique_ptr<TlsEngine> out(new TlsEngine(std::move(pull)));
  SSL* const ssl = out->ssl_ = SSL_new(context.current().get());
  if (ssl == nullptr || method() == nullptr) return nullptr;
  BIO* const bio = BIO_new(method());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, out.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, out.get());
  SSL_set_info_callback(ssl, on_info);
  SSL_set_read_ahead(ssl, 1);
  SSL_set_accept_state(ssl);
  return out;
}

TlsEngine::~TlsEngine() { SSL_free(ssl_); }

bool TlsEngine::is_ready() const { return SSL_is_init_finished(ssl_) == 1; }

TlsEngine::Read TlsEngine::read(std::span<char> room) {
  std::size_t size = 0;
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_, room.data(), room.size(), &size);
  if (result == 1) return {State::kBytes, size};
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return {State::kWait};
    case SSL_ERROR_ZERO_RETURN:
      return {State::kEnd};
    default:
      return {failure()};
  }
}

bool TlsEngine::write(std::string_view bytes) {
  std::size_t done = 0;
  ERR_clear_error();
  if (SSL_write_ex(ssl_, bytes.data(), bytes.size(), &done) == 1) return true;
  ERR_clear_error();
  return false;
}

void TlsEngine::end() {
  if (!is_ready() || (SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) != 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

}  // namespace prx::gateway
