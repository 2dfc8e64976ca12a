/// \file loop_watch.hpp
/// How long a call of the plugin held the loop that it came on, told from how long the machine let
/// it wait.
#pragma once

#include <chrono>
#include <string>

namespace prx::check {

/// What a thread spent.
struct Spent {
  std::chrono::nanoseconds wall{0}, processor{0};
  long sleeps = 0;  ///< times that it gave the processor up by itself
};

/// One call of the plugin.
struct Hold {
  std::chrono::nanoseconds time{0};
  std::string entry;  ///< "cancel", "data of prx_http_sink"
};

/// Off at first: to look at the clocks takes time. One loop; what is measured are its thread's
/// calls.
class LoopWatch {
 public:
  void turn_on() { on_ = true; }
  [[nodiscard]] bool is_on() const { return on_; }
  /// The longest one so far.
  [[nodiscard]] const Hold& longest() const { return longest_; }
  /// From now on anew.
  void forget() { longest_ = {}; }

  /// A call of the plugin as long as that lives; in it, and without an entry, code of the host.
  /// What is inside of another one does not count for that.
  ///
  /// One that never slept has held the loop for the time of the processor that it took: for the
  /// rest the machine let others run. One that slept has held it all the time.
  class Scope {
   public:
    Scope(LoopWatch& watch, const char* entry);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    LoopWatch* const watch_;  ///< null: it is off
    const char* const entry_;
    Scope* outer_ = nullptr;  ///< on this thread
    Spent before_, inside_;
  };

 private:
  bool on_ = false;
  Hold longest_;
};

}  // namespace prx::check
