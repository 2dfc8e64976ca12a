/// \file pull_stream.hpp
/// The pull form over the push form: a bounded queue between the loop and one reader.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "client/chat_call.hpp"
#include "client/owned_event.hpp"
#include "prx/client.hpp"

namespace prx::driver {

/// The handle of the push form.
class PushCall final : public Call {
 public:
  explicit PushCall(std::shared_ptr<ChatCall> call) : call_(std::move(call)) {}
  ~PushCall() override { call_->close(); }
  void cancel() override { call_->cancel(); }
  void pause() override { call_->pause(); }
  void resume() override { call_->resume(); }

 private:
  std::shared_ptr<ChatCall> call_;
};

/// What a blocking call answers on a thread of prx, where waiting would be a deadlock.
[[nodiscard]] Error blocking_on_loop();

/// Events cross in batches, one lock a loop turn. Above the marks the upstream is held back; below
/// half of them it goes on.
class PullStream final : public Stream, public Sink {
 public:
  static constexpr std::size_t kEventsMax = 1'024;    ///< waiting for the reader
  static constexpr std::size_t kBytesMax = 1u << 20;  ///< of text, waiting for the reader

  explicit PullStream(Loop& loop) : loop_(loop) {}
  ~PullStream() override;
  /// Before start(); the stream then owns the call.
  void own(std::shared_ptr<ChatCall> call) { call_ = std::move(call); }

  const StreamEvent* next() override;
  const ChatResult& result() override;
  void cancel() override { call_->cancel(); }

  void on_event(const StreamEvent& event) override;
  void on_end(ChatResult result) override;

 private:
  void flush();
  [[nodiscard]] bool take_batch();

  Loop& loop_;
  std::shared_ptr<ChatCall> call_;

  std::vector<OwnedEvent> turn_;  ///< loop only: of this turn
  std::shared_ptr<bool> flush_posted_ =
      std::make_shared<bool>(false);  // shared with the posted task

  /// Apart, so that a child of fork() can leave it: its end would wait for the parent's readers.
  struct Meeting {
    std::mutex mutex;
    std::condition_variable ready;
  };
  std::unique_ptr<Meeting> meeting_ = std::make_unique<Meeting>();
  std::deque<OwnedEvent> queue_;
  std::size_t queued_bytes_ = 0;
  bool paused_ = false;
  std::optional<ChatResult> result_;

  std::deque<OwnedEvent> batch_;  ///< reader only
  StreamEvent current_;
  std::optional<OwnedEvent> current_owner_;
  const ChatResult misuse_{Unexpected(CallError(blocking_on_loop()))};
  std::optional<ChatResult> forked_;  ///< what a child of fork() is told
};

/// The blocking form: keeps only the end.
class BlockingSink : public Sink {
 public:
  virtual ~BlockingSink() = default;
  [[nodiscard]] ChatResult wait();
  void on_event(const StreamEvent&) override {}
  void on_end(ChatResult result) override;

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::optional<ChatResult> result_;
};

/// The blocking form of a request that is no chat: the one item, and the end.
class EndpointSink final : public BlockingSink {
 public:
  [[nodiscard]] EndpointResult wait();
  void on_event(const StreamEvent& event) override { json_ = event.json; }

 private:
  std::string json_;  ///< loop; then, after the end, who waits
};

}  // namespace prx::driver
