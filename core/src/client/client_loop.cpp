#include "client/client_loop.hpp"

#include "client/client_impl.hpp"

namespace prx {

AsioLoop& ClientLoop::of(Client& client) { return client.impl_->asio_loop(); }

}  // namespace prx
