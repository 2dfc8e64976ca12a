/// \file gate.hpp
/// Gate: who may ask a gateway: by which name, from which page, with which key, for what, how
/// often.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/access/key_ring.hpp"
#include "gateway/error_body.hpp"
#include "gateway/http/http_request.hpp"
#include "gateway/http/response.hpp"
#include "prx/client.hpp"

namespace prx::gateway {

/// A request that was let in, and counts as under way until this is gone. Moves.
class Admission {
 public:
  Admission() = default;  ///< nobody was asked for a key
  explicit Admission(std::shared_ptr<const AccessKey> key) : key_(std::move(key)) {}
  ~Admission() {
    if (key_) key_->leave();
  }
  Admission(Admission&&) = default;
  Admission& operator=(Admission&&) = delete;

  /// Null: nobody was asked for one.
  [[nodiscard]] const std::shared_ptr<const AccessKey>& key() const { return key_; }

 private:
  std::shared_ptr<const AccessKey> key_;
};

/// Of one loop, on it.
class Gate {
 public:
  /// `loopback`: it is reached from this machine alone.
  Gate(const ServeConfig& config, bool loopback);

  /// Asks for these keys from now on.
  void use(std::shared_ptr<const KeyRing> ring) { ring_ = std::move(ring); }

  /// Pages in a browser may send requests to this server and do not ask first: by a name of their
  /// own that leads here (DNS rebinding), or from an origin of their own. Null: it is no such
  /// request, else why it is refused.
  [[nodiscard]] const char* why_foreign(const HttpRequest& request) const;
  /// Lets a page of an allowed origin read the answer. True: the request only asked whether it may
  /// be sent, and has its answer.
  [[nodiscard]] bool answer_origin(const HttpRequest& request, Responder& responder) const;

  /// Lets a request in, whose `key` it sets as soon as it is known. Errors, with the status to
  /// answer: kAuth 401, kPermission 403, kRateLimit 429, kCredit 402 or 429, as its path's dialect
  /// has it; kInvalidRequest 400.
  [[nodiscard]] Result<Admission> admit(HttpRequest& request, Dialect dialect, const Client& client,
                                        MonotonicTime now) const;

 private:
  [[nodiscard]] bool names_us(std::string_view host) const;
  [[nodiscard]] bool is_own_page(const HttpRequest& request, std::string_view origin) const;
  const bool loopback_;
  const std::vector<std::string> hosts_, origins_;
  std::shared_ptr<const KeyRing> ring_;  // shared with the loops and with who keeps the budgets
};

/// An error as the dialect writes it, with a challenge where a key is missing.
void send_refusal(const Error& error, Dialect dialect, Responder& responder);

/// `exchange` (null stays null), let in by `admission` as long as it lives.
[[nodiscard]] std::unique_ptr<Exchange> admitted(std::unique_ptr<Exchange> exchange,
                                                 Admission admission);

}  // namespace prx::gateway
