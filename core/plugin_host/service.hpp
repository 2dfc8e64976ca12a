/// \file service.hpp
/// The loop of the process: what the host sends goes to the plugin, and the plugin is given the
/// services of a host. prx.secret/1 is not among them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "isolation/wire_values.hpp"
#include "plugin_host/loading.hpp"
#include "plugin_host/operation.hpp"
#include "plugin_host/outbox.hpp"
#include "plugin_host/worker_pool.hpp"
#include "prx/sdk/error.hpp"

namespace prx::plugin_host {

class Service {
 public:
  static constexpr unsigned kTimersMax = 64;    ///< of one operation at once
  static constexpr unsigned kPostsMax = 4'096;  ///< of one operation, not yet run
  static constexpr std::size_t kReadMax = 256 << 10;

  /// `wake` is an eventfd. Everything is borrowed.
  Service(int socket, int wake, const Loaded& loaded, WorkerPool& workers);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Until the host is gone. The thread that calls is the plugin's loop.
  void run();

 private:
  struct Tables;  ///< the C functions: services.cpp
  /// Behind prx_host::ctx.
  struct HostContext {
    Service* service;
    std::uint64_t whose;  ///< isolation::kOfInstance or kOfModule, which has no operations
  };
  struct Exchange {
    Operation* operation;
    prx_http_sink sink;
  };
  struct Timer {
    Operation* operation;
    std::int64_t due_ns;
    prx_task task;
    void* ctx;
  };
  struct Post {
    std::uint64_t operation;
    prx_task task;  ///< nullptr: a worker of it has come back
    void* ctx;
  };

  // service.cpp
  [[nodiscard]] bool wait() const;
  [[nodiscard]] bool read();
  void handle_all();
  void handle(isolation::Kind kind, std::uint64_t id, std::string_view fields);
  void create(isolation::FrameReader in);
  void start(std::uint64_t id, isolation::FrameReader in);
  void cancel(std::uint64_t id);
  void release_when_idle(Operation& operation);
  void drop_work(Operation& operation);
  void on_head(std::uint64_t id, isolation::FrameReader in);
  void on_data(std::uint64_t id, isolation::FrameReader in);
  void on_end(std::uint64_t id, isolation::FrameReader in);
  void run_posts();
  void run_timers();
  void drop_timer(std::uint64_t id);
  [[nodiscard]] Operation* find(std::uint64_t id);

  // services.cpp
  [[nodiscard]] std::int32_t emit(Operation& operation, const prx_event& event, bool from_worker);
  void breach(std::string_view what);
  [[nodiscard]] std::string subject() const;  ///< as the host's errors begin
  [[nodiscard]] static prx_host make_host(HostContext& context);
  void refuse(Operation& operation, const Error& error);
  [[nodiscard]] static prx_sink sink_of(std::uint64_t id);
  /// False when it is too large to cross.
  [[nodiscard]] bool send(Operation& operation, const prx_http_req& request,
                          const prx_http_sink& sink, std::uint64_t* id);
  void stop_exchange(std::uint64_t id);

  const int socket_, wake_;
  const Loaded& loaded_;
  WorkerPool& workers_;
  Outbox outbox_;
  std::string provider_, host_name_, host_version_;
  std::uint32_t log_levels_ = 0;  ///< a bit for each that is kept
  HostContext module_context_{this, isolation::kOfModule};
  HostContext instance_context_{this, isolation::kOfInstance};
  prx_host module_host_, instance_host_;
  void* module_ = nullptr;
  void* instance_ = nullptr;
  std::vector<char> in_;  ///< grows to the largest frame
  std::size_t in_end_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Operation>> operations_;
  std::unordered_map<std::uint64_t, Exchange> exchanges_;
  std::unordered_map<std::uint64_t, Timer> timers_;
  std::set<std::pair<std::int64_t, std::uint64_t>> due_;  ///< by time, then id
  std::uint64_t next_id_ = 1;
  std::vector<prx_kv> headers_;

  std::mutex posts_mutex_;  ///< guards the two below
  std::vector<Post> posts_;
  std::unordered_map<std::uint64_t, unsigned> live_;  ///< operations, with their posts not yet run
};

}  // namespace prx::plugin_host
