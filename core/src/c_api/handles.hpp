/// \file handles.hpp
/// What the handles of prx/prx.h stand for.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "prx/client.hpp"
#include "prx/prx.h"

struct prx_client {
  std::unique_ptr<prx::Client> client;
};

struct prx_canceller {
  std::stop_source source;
};

struct prx_models {
  std::vector<prx::Model> list;
};

struct prx_response {
  explicit prx_response(prx::ChatResponse&& response) : value(std::move(response)) {}
  const prx::ChatResponse value;
  mutable std::once_flag message_made;
  mutable std::string message;  ///< see prx_response_message()
};

struct prx_failure {
  explicit prx_failure(prx::CallError&& failure)
      : partial(whole(failure)), error(std::move(failure)) {}
  const prx_response partial;  ///< with the trail
  const prx::Error error;

 private:
  static prx::ChatResponse whole(prx::CallError& failure) {
    failure.partial.attempts = std::move(failure.attempts);
    return std::move(failure.partial);
  }
};

struct prx_stream {
  std::unique_ptr<prx::Stream> stream;
  prx_stream_event event{};
};

namespace prx::c_api {

/// A host's sink, and what its callbacks may do with their call before prx_client_start() has it.
/// They may free it too, so that each keeps this alive while it runs.
class PushSink final : public Sink, public std::enable_shared_from_this<PushSink> {
 public:
  /// `outer` cancels the call too.
  PushSink(const prx_call_sink& sink, std::stop_token outer);

  void on_event(const StreamEvent& event) override;
  void on_end(ChatResult result) override;

  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
  void cancel() { stop_.request_stop(); }
  void pause();
  void resume();
  /// The call is there.
  void know(Call& call);
  /// No callback begins any more.
  void silence() { silent_ = true; }
  /// After silence(): until no callback runs; in one of them at once. Any thread.
  void wait_for_callback() const;

 private:
  /// A callback runs, as long as it lives.
  class Running {
   public:
    explicit Running(PushSink& sink);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    PushSink& sink_;
    const PushSink* const before_;
  };
  [[nodiscard]] Call* known(bool pause_wanted);

  const prx_call_sink sink_;
  std::stop_source stop_;
  const std::stop_callback<std::function<void()>> outer_;
  std::atomic<bool> silent_ = false;
  std::atomic<bool> running_ = false;  ///< a callback
  std::atomic<bool> stopped_ = false;  ///< a callback wants no more
  std::mutex mutex_;                   ///< guards the two below
  Call* call_ = nullptr;
  bool pause_wanted_ = false;  ///< since before it was known
};

}  // namespace prx::c_api

struct prx_call {
  std::shared_ptr<prx::c_api::PushSink> sink;  // shared with its callbacks
  std::unique_ptr<prx::Call> call;             ///< dies first
  std::atomic<int> holders = 2;  ///< the host, and prx_client_start() until it returns
};
