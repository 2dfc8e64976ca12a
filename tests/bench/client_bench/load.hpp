/// \file load.hpp
/// Keeps N calls in flight over one prx::Client in its push form, checks each answer, and measures.
///
/// All calls but the first are started on the client's loop, so the counters need no lock; the
/// first one only carries the others there.
#pragma once

#include <cstddef>
#include <latch>
#include <memory>
#include <vector>

#include "bench/common/load.hpp"
#include "prx/client.hpp"

namespace prx::bench {

class ClientLoad {
 public:
  /// Opens the client. Dies when that fails.
  explicit ClientLoad(const LoadOptions& options);
  ~ClientLoad();
  ClientLoad(const ClientLoad&) = delete;
  ClientLoad& operator=(const ClientLoad&) = delete;

  /// Does what the options say and prints the report; dies on a wrong answer.
  void run();

 private:
  class Slot;
  class Starter;

  void start_more();
  void on_first_event();
  void on_paced_event();
  void on_done(Slot& slot);
  void check(const ChatResult& result, std::size_t text_size) const;
  void finish();
  [[nodiscard]] bool more_to_start() const;

  const LoadOptions options_;
  const std::size_t text_size_;  // of each answer
  std::unique_ptr<Client> client_;
  ChatRequest request_;
  CallOptions call_options_;
  std::unique_ptr<Starter> starter_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::size_t started_ = 0, done_ = 0, begun_ = 0, events_ = 0;
  LoadMeter meter_;
  bool finished_ = false;
  std::latch all_done_{1};
};

}  // namespace prx::bench
