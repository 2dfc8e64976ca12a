/// \file curl_driver.hpp
/// One libcurl multi handle on an AsioLoop: its sockets, its timer, its connections.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "http/asio_loop.hpp"

namespace prx::http {

/// Loop thread only; destroyed on the loop or after it stopped.
class CurlDriver {
 public:
  /// A socket that was opened; another one may have its number by now.
  struct Opened {
    curl_socket_t socket = CURL_SOCKET_BAD;
    std::uint32_t generation = 0;
  };

  /// The owner's side of an easy handle; libcurl's private pointer leads here.
  struct Handle {
    curl_socket_t socket = CURL_SOCKET_BAD;  ///< watched last for this handle
    std::vector<Opened> opened;              ///< for this handle, since it was added
    bool connected = false;                  ///< its connection was ready
  };

  /// Called while no libcurl call is on the stack, so it may call everything.
  class Listener {
   public:
    virtual void on_done(Handle& handle, CURLcode code) = 0;
    virtual void on_quiet() = 0;  ///< after each call into libcurl, before on_done

   protected:
    ~Listener() = default;
  };

  /// What is known of one connection's socket.
  struct Connection {
    std::uint32_t heads = 0;  ///< responses begun on it
    bool shared = false;      ///< HTTP/2: bytes between requests are its own business
  };

  /// What the system may refuse to give; made first.
  struct Parts {
    struct Free {
      void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
    };
    std::unique_ptr<CURLM, Free> multi;
    boost::asio::posix::stream_descriptor epoll;
  };
  /// After curl_global_init(). Errors: kInternal.
  [[nodiscard]] static Result<Parts> make_parts(AsioLoop& loop);

  CurlDriver(AsioLoop& loop, Listener& listener, Parts parts, bool multiplex);
  ~CurlDriver();
  CurlDriver(const CurlDriver&) = delete;
  CurlDriver& operator=(const CurlDriver&) = delete;

  /// Ties a new easy handle to its owner, and its sockets to this; `open_data` is handed to `open`.
  void adopt(CURL* easy, Handle& handle, curl_opensocket_callback open, void* open_data);
  void pool_max(std::size_t connections);

  /// False when libcurl does not take it, for lack of memory: then nothing comes of it.
  [[nodiscard]] bool add(CURL* easy);
  void remove(CURL* easy);
  void unpause(CURL* easy);
  /// Runs what libcurl wants to run now, rather than at the end of this turn.
  void run_due();
  /// True inside a libcurl callback: then nothing may be added or removed.
  [[nodiscard]] bool busy() const { return depth_ > 0; }

  /// For `open`: makes the socket. CURL_SOCKET_BAD on failure, and errno says why.
  [[nodiscard]] curl_socket_t open_socket(Handle& handle, const curl_sockaddr& address);
  /// Of an open socket, or null.
  [[nodiscard]] Connection* connection(curl_socket_t socket);
  /// On the connection with this local port came bytes while no request was open, and they were not
  /// read: what answers nothing must not become the answer to what is asked next.
  [[nodiscard]] bool has_unasked_bytes(int local_port);

 private:
  struct Socket {
    std::uint32_t generation = 0;  ///< tells it from what had the number before
    std::uint32_t registered = 0;  ///< events that epoll_ reports; a superset of what is wanted
    int wanted = CURL_POLL_NONE;
    bool known = false;
    bool own = false;  ///< opened here; else libcurl's
    Connection connection;
  };
  struct Life {
    CurlDriver* driver;  // null once destroyed
  };

  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* driver, void* known);
  static int on_timer(CURLM* multi, long timeout_ms, void* driver);
  static int on_close(void* driver, curl_socket_t socket);

  void watch(curl_socket_t socket, int what);
  void unregister(curl_socket_t socket);
  void forget(curl_socket_t socket);
  void forget_aborted(Handle& handle);
  [[nodiscard]] bool is_same(const Opened& opened);
  Socket& find_or_make(curl_socket_t socket, bool own);
  [[nodiscard]] Socket* find(curl_socket_t socket);
  void report(curl_socket_t fd, Socket& socket, std::uint32_t events);
  void wait();
  void take_ready();
  void ready(curl_socket_t fd, std::uint32_t generation, std::uint32_t events);
  void schedule_due();
  void act(curl_socket_t socket, int events);
  void after_call();

  AsioLoop& loop_;
  Listener& listener_;
  CURLM* multi_;
  // Asio waits for this one descriptor, not for each socket: it makes a system call for each wait.
  boost::asio::posix::stream_descriptor epoll_;
  std::vector<Socket> sockets_;         // by number
  std::vector<curl_socket_t> unasked_;  // became readable when nobody read them; few, if any
  std::shared_ptr<Life> life_;          // shared with posted tasks
  std::size_t forgotten_ = 0;           ///< sockets, since the batch at hand was read
  Loop::TimerId timer_ = 0;
  bool due_ = false;
  bool due_posted_ = false;
  int depth_ = 0;
};

}  // namespace prx::http
