/// \file asio_loop.hpp
/// The real event loop: one thread, one boost::asio::io_context.
#pragma once

#include <memory>

#include "http/loop.hpp"
#include "prx/sdk/error.hpp"
#include "prx/sdk/result.hpp"

namespace boost::asio {
class io_context;
}

namespace prx {

/// Runs from open() until stop(). Tasks must not throw. The thread blocks all signals.
///
/// Whatever uses the loop from its tasks (a transport) is destroyed either on the loop or after
/// stop(), and before this object. Workers whose tasks post here are destroyed before it too.
class AsioLoop final : public Loop {
 public:
  /// Takes three file descriptors and starts the thread: whatever can fail does so here, on the
  /// caller's thread. Errors: kInternal, with what could not be made and the remedy.
  [[nodiscard]] static Result<std::unique_ptr<AsioLoop>> open();
  ~AsioLoop() override;  ///< stops; not on the loop

  [[nodiscard]] MonotonicTime now() const override;
  [[nodiscard]] bool on_loop() const override;
  void post(Task task) override;
  TimerId start_timer(std::chrono::nanoseconds delay, Task task) override;
  void cancel_timer(TimerId id) override;

  /// Ends the thread after the task it runs now; queued tasks and timers are destroyed unrun, on
  /// the calling thread. Idempotent. Any thread but the loop's own.
  void stop();

  /// For sockets. Handlers run on the loop; each opens a Turn.
  [[nodiscard]] boost::asio::io_context& context();

  /// now() of the running turn becomes what it is: for what happened within the turn, so that a
  /// wait counted from it is never short. Loop thread only, inside of a Turn.
  void renew_now();

  /// While one lives, now() stands still (but for renew_now). Loop thread only; nests.
  class Turn {
   public:
    explicit Turn(AsioLoop& loop);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    AsioLoop& loop_;
  };

 private:
  AsioLoop();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace prx
