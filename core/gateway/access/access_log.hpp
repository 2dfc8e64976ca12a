/// \file access_log.hpp
/// A line for each request, written beside the loop.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/http/request_record.hpp"
#include "os/descriptor.hpp"
#include "prx/sdk/error.hpp"

namespace prx::gateway {

/// A queue with an end, and one thread that empties it. What does not fit, or cannot be written, is
/// dropped and counted: no request ever waits for its line. How many are missing is said by a line
/// in their place, and by `say` at the end where none could be written any more.
class AccessLog {
 public:
  static constexpr std::size_t kWaitingMax = 8'192;        ///< records
  static constexpr std::chrono::milliseconds kGather{20};  ///< in which lines gather for one write
  static constexpr std::chrono::milliseconds kLastWait{1'000};  ///< for a reader, at the end
  using Say = std::function<void(std::string_view line)>;

  /// `place`: "stderr", or the path of a file, which is made (0600) when it is missing, and grows.
  /// `say` is told once what cannot be written, until it can again; any thread. Errors:
  /// kInvalidRequest: it cannot be written, or is no file.
  [[nodiscard]] static Result<std::unique_ptr<AccessLog>> open(const std::string& place, Say say);
  /// The same for a descriptor that is borrowed.
  AccessLog(int descriptor, Say say);
  /// Writes what waits, as far as its reader takes it in kLastWait.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  /// Any thread; never waits for what is written.
  void write(RequestRecord&& record);
  /// Opens the file anew before the next line: it was moved away. Any thread.
  void reopen();

 private:
  AccessLog(os::Descriptor file, std::filesystem::path path, Say say);
  void start();
  void work();
  void open_again();
  void write_all(const std::vector<RequestRecord>& records, std::uint64_t dropped);
  [[nodiscard]] int put(std::string_view lines);
  [[nodiscard]] int put_all(std::string_view lines);
  [[nodiscard]] bool is_over();
  [[nodiscard]] std::string name() const;
  void failed(const std::string& why);

  os::Descriptor file_;  ///< not open: stderr; the thread's
  const std::filesystem::path path_;
  const int borrowed_ = -1;
  const Say say_;
  bool told_ = false;            ///< the thread's
  bool torn_ = false;            ///< the last line has no end; the thread's
  std::uint64_t unwritten_ = 0;  ///< lines that could not be; the thread's
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<RequestRecord> waiting_;             ///< guarded
  std::uint64_t dropped_ = 0;                      ///< guarded
  bool reopen_ = false, closing_ = false;          ///< guarded
  std::chrono::steady_clock::time_point give_up_;  ///< guarded, once it is closing
  std::thread thread_;
};

}  // namespace prx::gateway
