/// \file gateway.hpp
/// Gateway: a client's chains as an OpenAI- and OpenRouter-compatible service. Start here.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/server.hpp"
#include "gateway/listener.hpp"
#include "prx/client.hpp"

namespace prx::gateway {

/// What a gateway does beside its service. A value.
struct GatewayOptions {
  /// One line for who runs it: what could not be written, and the remedy. Any thread. Empty: nobody
  /// hears it
  std::function<void(std::string_view line)> say;
  /// Where the spending of keys is kept: see state_folder(). "": it is not, and begins anew with
  /// each start
  std::filesystem::path state_folder;
};

/// It runs on the client's loop: what is read there is written there. Made, used and destroyed on
/// another thread, before its client is.
class Gateway {
 public:
  /// Accepts from `listeners`, one or more, whatever `config` says of places and TLS. Errors:
  /// kInvalidRequest: one is reached from other machines, and there is no key; kInternal: one is no
  /// listening socket.
  [[nodiscard]] static Result<std::unique_ptr<Gateway>> open_on(std::vector<Listener> listeners,
                                                                Client& client,
                                                                const ServeConfig& config,
                                                                GatewayOptions options = {});
  /// Listens where `config` says, by TLS when it says so. Errors: those above, of listen_at() and
  /// of TlsContext::open().
  [[nodiscard]] static Result<std::unique_ptr<Gateway>> open(Client& client,
                                                             const ServeConfig& config,
                                                             GatewayOptions options = {});
  /// Ends answers that are under way in a reset.
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Of the first listener: "http://127.0.0.1:8383"
  [[nodiscard]] const std::string& url() const { return urls_.front(); }
  /// Of each, as Listener::url().
  [[nodiscard]] const std::vector<std::string>& urls() const { return urls_; }
  /// Takes nothing new and lets answers end. `drained` is called on the loop when none is left; it
  /// must not block, and is not called after this is destroyed.
  void drain(std::function<void()> drained);
  /// Whether reload() may be called with that. Errors: kInvalidRequest: there is no key in it, and
  /// other machines reach this.
  [[nodiscard]] Result<void> check_reload(const ServeConfig& config) const;
  /// Puts other keys in force, where check_reload() is content; those whose names stay keep what
  /// they have used. Calls under way end. What else `config` says stays as it was.
  void reload(const ServeConfig& config);
  [[nodiscard]] ServerCounts counts() const;
  /// Calls `told` on the loop in a turn of its own: it answers. At once, from any thread.
  void answers(std::function<void()> told) const;

 private:
  struct Parts;
  Gateway(Client& client, const ServeConfig& config, const std::vector<Listener>& listeners);
  void on_loop(const std::function<void()>& task) const;
  Client& client_;
  std::vector<std::string> urls_;
  std::string far_url_;           ///< of one that other machines reach; "": there is none
  std::unique_ptr<Parts> parts_;  ///< what lives on the loop
};

}  // namespace prx::gateway
