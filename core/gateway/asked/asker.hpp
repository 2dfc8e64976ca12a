/// \file asker.hpp
/// Asks what the library answers in its own time (lists of models), on a thread beside the loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace prx::gateway {

/// One question after the other: what is asked is cached for who comes next. Any thread.
class Asker {
 public:
  static constexpr std::size_t kWaitingMax = 64;
  using Question = std::function<void(std::stop_token closing)>;

  Asker() = default;
  /// Stops the question that is asked, and drops those that wait.
  ~Asker();
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  /// False: too many wait, or no thread could be made.
  [[nodiscard]] bool ask(Question question);

 private:
  void work();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Question> waiting_;  ///< guarded
  bool closing_ = false;          ///< guarded
  std::stop_source stop_;
  std::thread thread_;  ///< from the first question on; guarded until the destructor
};

}  // namespace prx::gateway
