#include "gateway/access/access_log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "gateway/access/record_line.hpp"
#include "http/signals_blocked.hpp"
#include "os/file.hpp"
#include "os/file_size_signal.hpp"

namespace prx::gateway {

namespace {

constexpr int kPollEvery = 100;  // ms, between looks whether it is to end

Unexpected<Error> refuse(const std::filesystem::path& file, const std::string& why) {
  return fail(ErrorClass::kInvalidRequest, "[serve] access_log: " + file.string() + ' ' + why);
}

Result<os::Descriptor> open_file(const std::filesystem::path& file) {
  if (const int error = os::make_private_folders(file.parent_path()); error != 0)
    return refuse(file, "cannot be made: " + os::reason(error) + "; correct its path");
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  os::Descriptor out(::open(file.c_str(), kFlags, 0600));
  if (!out.is_open())
    return refuse(file, "cannot be written: " + os::reason(errno) + "; correct its path or mode");
  struct stat status {};
  if (::fstat(out.get(), &status) != 0 || (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)))
    return refuse(file, "is no regular file; name one, or \"stderr\"");
  return out;
}

}  // namespace

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& place, Say say) {
  if (place == "stderr") return std::make_unique<AccessLog>(STDERR_FILENO, std::move(say));
  PRX_TRY_SET(auto file, open_file(place));
  return std::unique_ptr<AccessLog>(new AccessLog(std::move(file), place, std::move(say)));
}

AccessLog::AccessLog(int descriptor, Say say) : borrowed_(descriptor), say_(std::move(say)) {
  start();
}

AccessLog::AccessLog(os::Descriptor file, std::filesystem::path path, Say say)
    : file_(std::move(file)), path_(std::move(path)), say_(std::move(say)) {
  start();
}

void AccessLog::start() {
  try {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { work(); });
  } catch (const std::system_error&) {
    failed("[serve] access_log: no thread could be made for it; nothing is written");
  }
}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    give_up_ = std::chrono::steady_clock::now() + kLastWait;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void AccessLog::write(RequestRecord&& record) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kWaitingMax) {
      ++dropped_;
      return;
    }
    is_first = waiting_.empty();
    waiting_.push_back(std::move(record));
  }
  if (is_first) changed_.notify_one();  // later ones find the thread awake
}

void AccessLog::reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  changed_.notify_one();
}

void AccessLog::work() {
  for (;;) {
    std::vector<RequestRecord> records;
    std::uint64_t dropped = 0;
    bool again = false, last = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closing_ || reopen_ || !waiting_.empty(); });
      changed_.wait_for(lock, kGather, [this] { return closing_ || reopen_; });
      records.swap(waiting_);
      dropped = std::exchange(dropped_, 0);
      again = std::exchange(reopen_, false);
      last = closing_;
    }
    if (again) open_again();
    write_all(records, dropped);
    if (!last) continue;
    if (unwritten_ != 0 && say_)
      say_(name() + ": " + std::to_string(unwritten_) +
           (unwritten_ == 1 ? " line is missing" : " lines are missing") + " at its end");
    return;
  }
}

/// What cannot be opened anew goes on where it was.
void AccessLog::open_again() {
  if (path_.empty()) return;
  auto file = open_file(path_);
  if (file)
    file_ = std::move(*file);
  else
    failed(file.error().message + "; what was open is written on");
}

void AccessLog::write_all(const std::vector<RequestRecord>& records, std::uint64_t dropped) {
  unwritten_ += dropped;
  std::string lines;
  std::uint64_t count = 0;
  int error = 0;
  const auto flush = [&] {
    if (error == 0 && !lines.empty()) error = put(lines);
    unwritten_ = error == 0 ? unwritten_ : unwritten_ + count;
    lines.clear();
    count = 0;
  };
  if (unwritten_ != 0) {
    lines = dropped_line(unwritten_, std::chrono::system_clock::now());
    error = put(lines);
    if (error == 0) unwritten_ = 0;
    lines.clear();
  }
  for (const RequestRecord& record : records) {
    const std::string line = record_line(record);
    if (lines.size() + line.size() > kRecordLineMax) flush();
    lines += line;
    ++count;
  }
  flush();
  if (error == 0 && !records.empty()) told_ = false;
  if (error != 0 && error != ECANCELED)
    failed(name() + " cannot be written: " + os::reason(error) +
           "; lines are dropped until it can");
}

std::string AccessLog::name() const {
  return "[serve] access_log: " + (path_.empty() ? "stderr" : path_.string());
}

/// 0, or errno. A line that was cut off gets an end first, so that the next one can be read.
int AccessLog::put(std::string_view lines) {
  if (torn_) {
    if (const int error = put_all("\n"); error != 0) return error;
    torn_ = false;
  }
  return put_all(lines);
}

/// 0, or errno; ECANCELED: it has to end, and nobody reads.
int AccessLog::put_all(std::string_view lines) {
  const int descriptor = file_.is_open() ? file_.get() : borrowed_;
  const os::FileSizeSignalBlocked blocked;
  while (!lines.empty()) {
    pollfd room{descriptor, POLLOUT, 0};
    if (::poll(&room, 1, kPollEvery) == 0) {
      if (is_over()) return ECANCELED;
      continue;
    }
    const ssize_t size = ::write(descriptor, lines.data(), lines.size());
    if (size > 0) {
      torn_ = lines[static_cast<std::size_t>(size) - 1] != '\n';
      lines.remove_prefix(static_cast<std::size_t>(size));
    } else if (size < 0 && errno != EINTR && errno != EAGAIN) {
      return errno;
    }
  }
  return 0;
}

bool AccessLog::is_over() {
  const std::lock_guard lock(mutex_);
  return closing_ && std::chrono::steady_clock::now() >= give_up_;
}

void AccessLog::failed(const std::string& why) {
  if (!std::exchange(told_, true) && say_) say_(why);
}

}  // namespace prx::gateway
