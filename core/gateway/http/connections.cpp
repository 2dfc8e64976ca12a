// What a server does with all of its connections.
#include <utility>

#include "gateway/http/connection.hpp"

namespace prx::gateway {

namespace {
constexpr std::size_t kRefusingMax = 256;  // connections; further ones are closed unanswered
}  // namespace

void ServerParts::take(std::shared_ptr<ByteStream> stream, std::string client) {
  const auto connection =
      std::make_shared<Connection>(shared_from_this(), std::move(stream), std::move(client));
  if (places->enter(limits.connections_max)) {
    ++counts.accepted;
    return connection->start();
  }
  ++counts.refused;
  if (counts.refusing < kRefusingMax) connection->refuse();
}

void ServerParts::drain() {
  draining = true;
  const auto before = open;  // it shrinks
  for (const auto& one : before) one->drain();
}

void ServerParts::stop() {
  draining = true;
  const auto before = open;  // it shrinks
  for (const auto& one : before) one->close(true);
}

void ServerParts::when_empty(std::function<void()> told) {
  if (open.empty()) return loop.post(std::move(told));
  on_empty = std::move(told);
}

std::size_t ServerParts::unsent() const {
  std::size_t out = 0;
  for (const auto& one : open) out += one->unsent();
  return out;
}

}  // namespace prx::gateway
