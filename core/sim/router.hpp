/// \file router.hpp
/// From one request to its reply: key, faults, endpoint. All that the simulator remembers between
/// requests is here; no socket is.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "sim/chat_call.hpp"
#include "sim/fault_book.hpp"
#include "sim/generations.hpp"
#include "sim/reply.hpp"
#include "sim/simulator.hpp"

namespace prx::sim {

/// A request as HTTP gave it; borrowed for the call.
struct Incoming {
  std::string_view method;
  std::string_view target;         ///< path and query
  std::string_view authorization;  ///< the header's value, or ""
  std::string_view body;
  bool keep_alive = true;
  std::uint64_t number = 0;
  std::chrono::steady_clock::time_point now;
};

/// The key after "Bearer ", or "".
[[nodiscard]] std::string_view bearer_key(std::string_view authorization);

/// One thread.
class Router {
 public:
  explicit Router(SimulatorOptions options);

  [[nodiscard]] Reply reply(const Incoming& incoming);
  /// For what is no readable request: 400, 413 or 431, and the connection closes.
  [[nodiscard]] Reply unreadable(std::string_view target, int status) const;
  void cancelled(std::string_view generation_id) { generations_.cancel(generation_id); }
  [[nodiscard]] const SimulatorOptions& options() const { return options_; }

 private:
  struct Request;
  [[nodiscard]] std::optional<VendorError> key_problem(const Request& request) const;
  [[nodiscard]] Reply answer(const Request& request);
  [[nodiscard]] Reply answer_post(const Request& request);
  [[nodiscard]] Reply answer_model_call(const Request& request);
  [[nodiscard]] Reply answer_get(const Request& request);
  [[nodiscard]] const SimulatorAccount& account_of(std::string_view key) const;
  [[nodiscard]] Reply answer_account(const Request& request);

  const SimulatorOptions options_;
  FaultBook book_;
  Generations generations_;
};

}  // namespace prx::sim
