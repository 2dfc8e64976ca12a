#include "client/client_group.hpp"

#include <utility>

#include "client/client_impl.hpp"
#include "client/health_board.hpp"

namespace prx {

ClientGroup::ClientGroup(std::vector<std::unique_ptr<Client>> clients, Config config)
    : clients_(std::move(clients)), config_(std::move(config)) {}

Result<std::unique_ptr<ClientGroup>> ClientGroup::open(const Config& config,
                                                       std::vector<ClientOptions> options) {
  const auto board = options.size() > 1 ? std::make_shared<driver::HealthBoard>() : nullptr;
  std::vector<std::unique_ptr<Client>> clients;
  for (ClientOptions& one : options) {
    PRX_TRY_SET(auto client, Client::open_with(config, std::move(one), board));
    clients.push_back(std::move(client));
  }
  return std::unique_ptr<ClientGroup>(new ClientGroup(std::move(clients), config));
}

Result<void> ClientGroup::reload(const Config& config) {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    auto done = clients_[i]->reload(config);
    if (done) continue;
    // What the first took the others take too, but for a shortage: then all go back.
    while (i-- > 0) static_cast<void>(clients_[i]->reload(config_));
    return done;
  }
  config_ = config;
  return {};
}

}  // namespace prx
