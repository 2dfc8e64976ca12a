/// \file proxy.hpp
/// The near side: a prx_provider whose operations run in a child. One thread; pump() stands for the
/// loop.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>

#include "abi/spike/wire.hpp"

namespace prx::spike {

class Proxy {
 public:
  /// Forks the child: before any thread exists. `host` gives log, http and exec, and outlives the
  /// proxy.
  Proxy(const prx_host* host, const char* plugin_file);
  ~Proxy();  ///< ends and reaps the child
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] static const prx_provider& table();  ///< its `instance` is a Proxy
  /// Takes one frame from the child. False once the child is gone, after each operation had its
  /// ERROR.
  bool pump();
  [[nodiscard]] pid_t child() const { return child_; }
  [[nodiscard]] const std::string& description() const { return description_; }

 private:
  struct Operation {
    Proxy* proxy;
    std::uint64_t id;
    prx_sink sink;
    prx_str body;  ///< the host keeps it until release
    bool ended = false;
  };
  struct Exchange {  // what the child asked the host for: an HTTP exchange or a timer
    Proxy* proxy;
    std::uint64_t id, host_id;
  };
  struct Calls;  // the C functions

  void handle(const Frame& frame, const std::string& fields);
  void on_event(std::uint64_t id, Reader in);
  void on_send(std::uint64_t id, Reader in);
  void on_timer(std::uint64_t id, Reader in);
  void stop(std::map<std::uint64_t, std::unique_ptr<Exchange>>& all, std::uint64_t id, bool http);
  void lose_child();
  void deliver(Operation& operation, const prx_event& event);
  template <class Service>
  const Service& service(const char* id) const {
    return *static_cast<const Service*>(host_->service(host_, str(id)));
  }

  const prx_host* host_;
  int socket_ = -1;
  pid_t child_ = -1;
  bool lost_ = false;
  std::string description_;
  std::map<std::uint64_t, std::unique_ptr<Operation>> operations_;
  std::map<std::uint64_t, std::unique_ptr<Exchange>> exchanges_, timers_;
};

}  // namespace prx::spike
