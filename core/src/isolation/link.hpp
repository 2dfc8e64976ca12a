/// \file link.hpp
/// One isolated plugin instance as its host knows it: the process that runs it now, the operations
/// that run there, and when the next process is started after one ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/asio_loop.hpp"
#include "http/workers.hpp"
#include "isolation/channel.hpp"
#include "isolation/child.hpp"
#include "isolation/restarts.hpp"
#include "isolation/wire_values.hpp"
#include "prx/plugin.h"
#include "telemetry/log.hpp"

namespace prx::isolation {

class Link;

/// A plugin's file, as all its processes get it.
struct Source {
  std::string id;
  os::Descriptor file;  ///< of what was found good; a restart maps the same
  std::filesystem::path path, program;
  IsolationConfig limits;
};

/// What a link runs on; borrowed.
struct Ground {
  AsioLoop& loop;
  Workers& keeper;  ///< one thread, with which the processes die
  const Log& log;
};

/// Bytes of requests of one process that run, see isolation.md: three of the largest, and half of
/// its own memory unless memory_max says otherwise.
inline constexpr std::size_t kRequestsMax = 256u << 20;

struct LinkOptions {
  std::shared_ptr<const Source> source;  // shared by the instances of a plugin
  std::string provider;                  ///< whose instance it is
  std::string kind, config_json;
  std::string host_name, host_version;
  std::size_t requests_max = kRequestsMax;
};

/// One operation, from start to release. What the host calls an operation of the plugin.
struct RemoteOperation {
  /// Its bytes are a part of the sum as long as it lives.
  struct Exchange {
    Exchange(RemoteOperation& of, std::uint64_t number, std::size_t& sum, std::size_t size)
        : operation(&of), id(number), in_flight(sum), bytes(size) {
      in_flight += bytes;
    }
    ~Exchange() { in_flight -= bytes; }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    RemoteOperation* const operation;
    const std::uint64_t id;
    std::uint64_t host_id = 0;
    std::size_t& in_flight;
    const std::size_t bytes;
  };
  Link* link = nullptr;
  std::uint64_t id = 0;
  const prx_host* host = nullptr;
  prx_sink sink{};
  prx_str body{};
  std::string waiting;        ///< its frame, while no process can take it; "": it starts no more
  std::uint64_t process = 0;  ///< number of the process that has it; 0: none yet
  bool ended = false, cancelled = false, paused = false;
  std::int64_t credit = kCreditMax, owed = 0;
  Loop::TimerId cancel_timer = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Exchange>> exchanges;
};

/// Loop thread, but for open() and close(). Shared with what it has posted.
class Link final : public std::enable_shared_from_this<Link>, private ChannelObserver {
 public:
  static constexpr std::chrono::seconds kLoadMax{10};             ///< from start to a made instance
  static constexpr std::chrono::milliseconds kCancelMax{900};     ///< from a cancel to the end
  static constexpr std::chrono::milliseconds kPingEvery{1'000};   ///< while operations run
  static constexpr std::chrono::milliseconds kSilenceMax{5'000};  ///< without an answer to a ping
  static constexpr unsigned kLogLinesMax = 200;                   ///< of the plugin, in each second
  static constexpr unsigned kFreeMax = 20'000;  ///< frames that no credit pays for, in each second
  static constexpr unsigned kBreachesMax = 16;  ///< of its contract, until its process is ended
  /// Starts a process, loads the plugin and makes the instance there; blocks, kLoadMax at most.
  /// Errors: what the plugin's create said, or kInternal, one line with file and reason.
  [[nodiscard]] static Result<std::shared_ptr<Link>> open(const Ground& ground,
                                                          LinkOptions options);
  ~Link();
  /// Ends the process; no operation may be there. Any thread.
  static void close(std::shared_ptr<Link> link);

  [[nodiscard]] const std::string& description() const { return description_; }

  /// Its end comes in any case, later.
  RemoteOperation& start(const prx_host& host, const prx_request& request, const prx_sink& sink);
  void cancel(RemoteOperation& operation);
  void release(RemoteOperation& operation);
  /// A slow reader: it gets no more than what is on its way.
  void pause(RemoteOperation& operation, bool on);
  /// The process is not to be trusted any more; another one takes its place.
  void give_up(const std::string& why);

 private:
  enum class State { kDown, kLaunching, kStarting, kUp, kEnding };
  struct Calls;  ///< C functions of exchanges: link_frames.cpp
  using Failure = std::optional<Error>;

  Link(const Ground& ground, LinkOptions options);
  [[nodiscard]] Result<void> open_now();
  [[nodiscard]] Launch launch_options() const;
  void launch();
  void launched(Result<std::shared_ptr<Child>> child);
  void adopt(std::shared_ptr<Child> child);
  void started();
  [[nodiscard]] Error not_loaded(const std::string& how) const;
  void lose(const std::string& why);
  void finish(const std::string& why);
  void fail_start(const Error& error);
  void note_end(const std::string& why);
  void fail_operations(const std::string& why);
  void fail_waiting(const std::string& why);
  void fail_later(RemoteOperation& operation, ErrorClass error_class, std::string message);
  void fail(RemoteOperation& operation, ErrorClass error_class, const std::string& message);
  void deliver(RemoteOperation& operation, const prx_event& event);
  void stop_cancel_timer(RemoteOperation& operation);
  void watch();
  void on_tick();
  void log(LogLevel level, const std::string& line) const;
  [[nodiscard]] std::string its_process(const std::string& what) const;
  [[nodiscard]] RemoteOperation* find(std::uint64_t id);

  // link_frames.cpp
  void on_frame(Kind kind, std::uint64_t id, std::string_view fields) override;
  void on_channel_end(const std::string& why) override;
  void on_event(std::uint64_t id, FrameReader in);
  void on_send(std::uint64_t id, FrameReader in);
  void on_stop(std::uint64_t id, FrameReader in);
  void on_log(std::uint64_t whose, FrameReader in);
  void on_breach(FrameReader in);
  void on_pong(std::uint64_t id);
  [[nodiscard]] bool is_flood();
  void breach(const std::string& what);
  void kill(const std::string& why);
  void fail_opening(Error error);
  void refuse_send(std::uint64_t exchange);
  void send_credit(RemoteOperation& operation);
  void write_create();
  void drop_exchanges(RemoteOperation& operation);
  [[nodiscard]] bool serves(const RemoteOperation& operation) const;

  const Ground ground_;
  const LinkOptions options_;
  State state_ = State::kDown;
  bool opening_ = false, closed_ = false;
  Failure failure_;  ///< of the start under way
  std::string description_;
  std::uint64_t process_ = 0;     ///< number of the last process
  std::shared_ptr<Child> child_;  // shared with the keeper's task that ends it
  std::shared_ptr<Channel> channel_;
  std::size_t in_flight_ = 0;  ///< bytes of the requests that run, see requests_max
  std::unordered_map<std::uint64_t, std::unique_ptr<RemoteOperation>> operations_;
  Restarts restarts_;
  std::string last_end_;
  Loop::TimerId load_timer_ = 0, tick_timer_ = 0;
  std::uint64_t ping_ = 0, pong_ = 0;
  unsigned silent_ticks_ = 0;   ///< since the last ping; time alone may pass while the loop is busy
  MonotonicTime free_since_{};  ///< begin of the second that the two below count
  unsigned free_frames_ = 0, log_lines_ = 0, breaches_ = 0;
};

/// The provider_code of operations that ended with their process.
inline constexpr const char* kEndedCode = "isolation";

/// When a process is started again: "in 100 ms", "with the next request".
[[nodiscard]] std::string in_words(std::chrono::milliseconds wait);

}  // namespace prx::isolation
