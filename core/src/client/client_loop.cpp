#include "client/client_loop.hpp"

#include "client/client_impl.hpp"

namespace prx {

AsioLoop& ClientLoop::of(Client& client) { return client.impl_->asio_loop(); }

ClientState ClientLoop::state(Client& client) { return client.impl_->state(); }

}  // namespace prx
