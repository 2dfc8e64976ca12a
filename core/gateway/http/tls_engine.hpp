/// \file tls_engine.hpp
/// TlsEngine: what TLS says on one connection of a server, without its I/O.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/http/tls_context.hpp"

struct bio_st;
struct bio_method_st;
struct ssl_st;

namespace prx::gateway {

/// Loop thread alone.
class TlsEngine {
 public:
  /// Copies bytes of the wire into `room`. 0: none are there yet; nullopt: none will be.
  using Pull = std::function<std::optional<std::size_t>(std::span<char> room)>;

  enum class State {
    kBytes,      ///< of the client
    kWait,       ///< for more from the wire
    kEnd,        ///< the client said so by TLS's own word
    kBroken,     ///< no handshake, a damaged record, another negotiation, or a wire that ended
    kPlainHttp,  ///< broken, by a client that speaks HTTP without TLS
  };
  struct Read {
    State state = State::kWait;
    std::size_t size = 0;  ///< of kBytes
  };

  /// `pull` is called from read() alone. Null: no memory.
  [[nodiscard]] static std::unique_ptr<TlsEngine> open(const TlsContext& context, Pull pull);
  ~TlsEngine();
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  /// Shakes hands, and gives what the client sent.
  [[nodiscard]] Read read(std::span<char> room);
  /// Encrypts all of it; after the handshake. False: no byte of TLS is to follow.
  [[nodiscard]] bool write(std::string_view bytes);
  /// No more comes from here: TLS's own word for it, once.
  void end();
  /// Hands have been shaken.
  [[nodiscard]] bool is_ready() const;
  /// What the three above made for the wire; who sends it takes it out.
  [[nodiscard]] std::string& made() { return made_; }

 private:
  explicit TlsEngine(Pull pull) : pull_(std::move(pull)) {}
  static const bio_method_st* method();
  static int on_pull(bio_st* bio, char* room, std::size_t size, std::size_t* done);
  static int on_push(bio_st* bio, const char* bytes, std::size_t size, std::size_t* done);
  static void on_info(const ssl_st* ssl, int where, int what);

  const Pull pull_;
  ssl_st* ssl_ = nullptr;
  bool refused_ = false;  ///< another negotiation
  std::string made_;
};

}  // namespace prx::gateway
