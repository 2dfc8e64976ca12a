/// \file reporters.hpp
/// What all loops of a gateway know, brought together for one of them: a loop is asked by a
/// message, so that nothing is locked while calls run.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/client_state.hpp"
#include "gateway/http/response.hpp"
#include "gateway/http/server.hpp"
#include "gateway/watch/call_book.hpp"
#include "gateway/watch/numbers.hpp"
#include "http/asio_loop.hpp"

namespace prx::gateway {

/// What one loop knows now. A value.
struct LoopReport {
  ServerCounts server;
  std::size_t unsent = 0;  ///< bytes of answers that wait for their clients
  ClientState client;
  Numbers numbers;
  std::vector<BookedCall> calls;  ///< the oldest first
};
using LoopReports = std::vector<LoopReport>;

/// Filled before the first is asked; then any loop's.
class Reporters {
 public:
  /// `report` is called on `loop`.
  void add(AsioLoop& loop, std::function<LoopReport()> report) {
    sources_.push_back({&loop, std::move(report)});
  }
  /// Asks each, in a turn of its own, and calls `told` on `loop` when all have answered.
  void ask(AsioLoop& loop, std::function<void(const LoopReports&)> told) const;

 private:
  struct Source {
    AsioLoop* loop;
    std::function<LoopReport()> report;
  };
  std::vector<Source> sources_;
};

/// Answers with what `text` makes of the reports. On `loop`.
[[nodiscard]] std::unique_ptr<Exchange> begin_report(
    const Reporters& reporters, AsioLoop& loop, Responder& responder, std::string_view type,
    std::function<std::string(const LoopReports&)> text);

}  // namespace prx::gateway
