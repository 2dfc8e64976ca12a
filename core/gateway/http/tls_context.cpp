#include "gateway/http/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string_view>
#include <utility>

#include "os/file.hpp"

namespace prx::gateway {

namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* gone) const {
    kFree(gone);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

/// What one look at the files gave.
struct Loaded {
  std::shared_ptr<SSL_CTX> context;
  std::vector<std::string> warnings;
};

std::string named(std::string_view key, const std::filesystem::path& file) {
  return '\'' + std::string(key) + "' in [serve.tls], " + file.string();
}

/// What OpenSSL said last, without places in its sources.
std::string reason_said() {
  const unsigned long error = ERR_peek_last_error();
  const char* const text = error == 0 ? nullptr : ERR_reason_error_string(error);
  ERR_clear_error();
  return text == nullptr ? "not understood" : text;
}

Result<os::FileText> text_of(std::string_view key, const std::filesystem::path& file) {
  auto content = os::read_file(file, kTlsFileMax, os::FileKind::kRegular);
  if (content) return std::move(*content);
  return fail(ErrorClass::kInvalidRequest, named(key, file) + ": " + content.error().message);
}

void warn_of_time(const X509* certificate, const std::string& name,
                  std::vector<std::string>& warnings) {
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
    warnings.push_back(name + ": the certificate has expired; put a renewed one there");
  else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
    warnings.push_back(name + ": the certificate is not valid yet; look at this machine's clock");
}

Result<void> use_certificate(const std::filesystem::path& file, Loaded& out) {
  const std::string name = named("certificate", file);
  PRX_TRY_SET(const os::FileText content, text_of("certificate", file));
  const Bio bio(BIO_new_mem_buf(content.text.data(), static_cast<int>(content.text.size())));
  ERR_clear_error();
  const Certificate own(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  if (!own)
    return fail(
        ErrorClass::kInvalidRequest,
        name + " holds no certificate; write it there in PEM, and those behind it after it");
  if (SSL_CTX_use_certificate(out.context.get(), own.get()) != 1)
    return fail(ErrorClass::kInvalidRequest,
                name + ": " + reason_said() + "; put a certificate of today's strength there");
  for (;;) {
    const Certificate next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    if (SSL_CTX_add1_chain_cert(out.context.get(), next.get()) != 1)
      return fail(ErrorClass::kInvalidRequest,
                  name + ": " + reason_said() + "; correct the certificates behind the first");
  }
  const unsigned long end = ERR_peek_last_error();
  if (end != 0 && ERR_GET_REASON(end) != PEM_R_NO_START_LINE)
    return fail(ErrorClass::kInvalidRequest, name +
                                                 ": a certificate behind the first is damaged (" +
                                                 reason_said() + "); write the file anew");
  ERR_clear_error();
  warn_of_time(own.get(), name, out.warnings);
  return {};
}

/// Nobody is asked for a password: a service has no terminal.
int no_password(char* /*room*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<void> use_key(const ServeTlsConfig& files, Loaded& out) {
  const std::string name = named("key", files.key);
  PRX_TRY_SET(os::FileText content, text_of("key", files.key));
  bool asked = false;
  const Bio bio(BIO_new_mem_buf(content.text.data(), static_cast<int>(content.text.size())));
  ERR_clear_error();
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, &asked));
  OPENSSL_cleanse(content.text.data(), content.text.size());
  if (!key && asked)
    return fail(ErrorClass::kInvalidRequest,
                name + " is encrypted; decrypt it by 'openssl pkey', and let nobody else read it");
  if (!key)
    return fail(ErrorClass::kInvalidRequest, name + " holds no private key; write it there in PEM");
  if (SSL_CTX_use_PrivateKey(out.context.get(), key.get()) != 1) {
    ERR_clear_error();
    return fail(ErrorClass::kInvalidRequest, name + " is not the key of the certificate in " +
                                                 files.certificate.string() +
                                                 "; name the two files that belong together");
  }
  if (content.readable_by_others)
    out.warnings.push_back(name + ": others can read it; run chmod 600 on it");
  return {};
}

/// Who offers protocols and not this one speaks another.
int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void* /*unused*/) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Result<Loaded> load(const ServeTlsConfig& files) {
  Loaded out;
  out.context.reset(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!out.context)
    return fail(ErrorClass::kInternal, "TLS cannot be set up: " + reason_said() +
                                           "; look at the configuration of OpenSSL");
  SSL_CTX* const context = out.context.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets alone: nothing is kept
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  PRX_TRY(use_certificate(files.certificate, out));
  PRX_TRY(use_key(files, out));
  return out;
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::open(ServeTlsConfig files) {
  std::shared_ptr<TlsContext> out(new TlsContext(std::move(files)));
  PRX_TRY(out->reload());
  return out;
}

Result<void> TlsContext::reload() {
  PRX_TRY_SET(Loaded loaded, load(files_));
  const std::lock_guard lock(mutex_);
  current_ = std::move(loaded.context);
  warnings_ = std::move(loaded.warnings);
  return {};
}

std::vector<std::string> TlsContext::warnings() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}

std::shared_ptr<ssl_ctx_st> TlsContext::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

}  // namespace prx::gateway
