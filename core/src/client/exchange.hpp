/// \file exchange.hpp
/// One HTTP exchange that a plugin asked for: carries the transport's callbacks over the ABI.
#pragma once

#include <cstdint>
#include <memory>

#include "http/transport.hpp"
#include "prx/plugin.h"
#include "prx/sdk/sizes.hpp"

namespace prx::driver {

class Operation;

/// Owned by its operation. After detach() it reads the rest of the body on its own, so that the
/// connection goes back to the pool; whoever detached it keeps it alive meanwhile and cancels it in
/// the end.
class Exchange final : public http::Handler {
 public:
  static constexpr std::uint64_t kDrainBytesMax = 256u << 10;

  Exchange(Operation& operation, http::Transport& transport, const prx_http_sink& sink,
           bool idle_as_configured)
      : operation_(&operation),
        transport_(transport),
        sink_(sdk::copy_of(sink)),
        idle_as_configured_(idle_as_configured) {}

  void send(http::Request request) { id_ = transport_.send(std::move(request), *this); }
  void cancel();
  void pause();
  void resume();
  void set_idle(std::optional<std::chrono::milliseconds> limit);
  /// The plugin left the idle clock to the configuration.
  [[nodiscard]] bool idle_as_configured() const { return idle_as_configured_; }
  /// The operation lets go.
  void detach();

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] bool running() const { return running_ && operation_ != nullptr; }

  void on_head(const http::Head& head) override;
  void on_data(char* bytes, std::size_t size) override;
  void on_end(const http::End& end) override;

 private:
  Operation* operation_;
  http::Transport& transport_;
  prx_http_sink sink_;
  http::ExchangeId id_ = 0;
  bool idle_as_configured_;
  bool running_ = true;
  std::uint64_t drained_ = 0;
};

}  // namespace prx::driver
