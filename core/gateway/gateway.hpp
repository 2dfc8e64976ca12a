/// \file gateway.hpp
/// Gateway: a client's chains as an OpenAI- and OpenRouter-compatible service. Start here.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/http/server.hpp"
#include "prx/client.hpp"

namespace prx::gateway {

/// It runs on the client's loop: what is read there is written there. Made, used and destroyed on
/// another thread, before its client is.
class Gateway {
 public:
  /// Listens, as ServeConfig says. Errors: those of listen_at().
  [[nodiscard]] static Result<std::unique_ptr<Gateway>> open(Client& client,
                                                             const ServeConfig& config);
  /// Ends answers that are under way in a reset.
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// "http://127.0.0.1:8383"
  [[nodiscard]] const std::string& url() const { return url_; }
  /// Takes nothing new and lets answers end. `drained` is called on the loop when none is left; it
  /// must not block, and is not called after this is destroyed.
  void drain(std::function<void()> drained);
  [[nodiscard]] ServerCounts counts() const;

 private:
  struct Parts;
  Gateway(Client& client, std::string url);
  void on_loop(const std::function<void()>& task) const;
  Client& client_;
  std::string url_;
  std::unique_ptr<Parts> parts_;  ///< what lives on the loop
};

}  // namespace prx::gateway
