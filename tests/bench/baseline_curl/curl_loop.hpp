/// \file curl_loop.hpp
/// The least that drives libcurl by its multi_socket interface: one multi handle, one epoll, no
/// timers of its own. The denominator of the client's ratios. One thread.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <optional>

namespace prx::bench {

class CurlLoop {
 public:
  /// Called on the loop, never from inside libcurl: it may add and stop.
  class Client {
   public:
    virtual void on_done(CURL* easy, CURLcode code) = 0;
    virtual void on_turn() = 0;  ///< after each round of sockets and timers

   protected:
    ~Client() = default;
  };

  CurlLoop();
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  /// The handle stays the caller's, and may be added again once it was done.
  void add(CURL* easy);
  /// Serves until stop().
  void run(Client& client);
  /// Ends run() after this turn; from any callback.
  void stop() { stopped_ = true; }

 private:
  static int on_socket(CURL*, curl_socket_t file, int what, void* loop, void* known);
  static int on_timer(CURLM*, long delay_ms, void* loop);
  [[nodiscard]] int wait_ms() const;
  void turn();
  void take_done(Client& client);

  CURLM* multi_;
  int epoll_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  bool stopped_ = false;
};

}  // namespace prx::bench
