/// \file caller.hpp
/// Makes one call after the other, each on the loop, at the end of the one before. The chain has
/// two targets and no retry, so a refusal by the first goes to the second at once.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "prx/client.hpp"

namespace prx::bench {

struct CallerOptions {
  std::string first, second;  ///< origins of the targets
  std::string plugins;        ///< their folder
};

class FallbackCaller final : public Sink {
 public:
  /// Dies when the client cannot be opened.
  explicit FallbackCaller(const CallerOptions& options);
  ~FallbackCaller();
  FallbackCaller(const FallbackCaller&) = delete;
  FallbackCaller& operator=(const FallbackCaller&) = delete;

  void start();

 private:
  void on_event(const StreamEvent&) override {}
  /// Dies when the call failed.
  void on_end(ChatResult result) override;

  std::unique_ptr<Client> client_;
  ChatRequest request_;
  std::unique_ptr<Call> call_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace prx::bench
