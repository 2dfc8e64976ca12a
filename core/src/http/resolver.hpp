/// \file resolver.hpp
/// Host names to addresses, on workers, once for all who ask.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/loop.hpp"
#include "http/workers.hpp"
#include "prx/sdk/error.hpp"
#include "prx/sdk/result.hpp"

namespace prx::http {

/// Numeric addresses of one host and port, in the order to try them.
struct Addresses {
  std::vector<std::string> list;  ///< IPv6 without brackets
  std::uint64_t version = 0;      ///< another number for each look-up
};

/// One blocking look-up; runs on a worker. Errors: class kNetwork, phase kConnect.
using LookUp =
    std::function<Result<std::vector<std::string>>(const std::string& host, std::uint16_t port)>;
/// By getaddrinfo.
[[nodiscard]] Result<std::vector<std::string>> look_up_system(const std::string& host,
                                                              std::uint16_t port);

/// Loop thread only. May be destroyed while look-ups run: nobody hears of them then. The loop
/// outlives the workers, the workers outlive this.
class Resolver {
 public:
  struct Options {
    LookUp look_up = look_up_system;
    std::chrono::seconds ttl{60};     ///< how long an answer is used; failures are not kept
    std::size_t entries_max = 1'024;  ///< names kept
  };
  using Done = std::function<void(const Result<Addresses>&)>;
  using Ticket = std::uint64_t;  ///< never 0

  Resolver(Loop& loop, Workers& workers, Options options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// The kept answer, or null. Valid until the next call.
  [[nodiscard]] const Addresses* find(std::string_view host, std::uint16_t port);
  /// Asks; `done` is called on the loop, later, once, unless cancelled.
  Ticket ask(std::string_view host, std::uint16_t port, Done done);
  /// Never waits. Unknown tickets are ignored.
  void cancel(Ticket ticket);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with look-ups on their way back
};

}  // namespace prx::http
