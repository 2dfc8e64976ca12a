/// \file client_group.hpp
/// ClientGroup: clients of one configuration, each with a loop and connections of its own, for
/// hosts inside of prx that use a core each. They tell each other what they find out about targets
/// and keys; each has a retry budget of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "prx/client.hpp"

namespace prx {

/// Made, reloaded and destroyed on a thread that is no client's.
class ClientGroup {
 public:
  static constexpr std::size_t kMax = 64;

  /// One client for each of `options`, 1 to kMax. Errors: those of Client::open().
  [[nodiscard]] static Result<std::unique_ptr<ClientGroup>> open(
      const Config& config, std::vector<ClientOptions> options);
  ClientGroup(const ClientGroup&) = delete;
  ClientGroup& operator=(const ClientGroup&) = delete;

  [[nodiscard]] std::size_t size() const { return clients_.size(); }
  [[nodiscard]] Client& operator[](std::size_t index) const { return *clients_[index]; }

  /// Client::reload() of all. Errors: those of the first that refuses; then the others are as they
  /// were, too.
  [[nodiscard]] Result<void> reload(const Config& config);

 private:
  ClientGroup(std::vector<std::unique_ptr<Client>> clients, Config config);
  std::vector<std::unique_ptr<Client>> clients_;
  Config config_;  ///< as it was given; in force
};

}  // namespace prx
