#include "telemetry/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "os/file.hpp"
#include "os/file_size_signal.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx {

struct Log::Backend {
  std::shared_ptr<spdlog::logger> logger;  // shared because spdlog's interface asks for it
  bool json = false;
};

namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  return static_cast<spdlog::level::level_enum>(static_cast<int>(level));
}
static_assert(static_cast<int>(LogLevel::kTrace) == SPDLOG_LEVEL_TRACE);
static_assert(static_cast<int>(LogLevel::kWarn) == SPDLOG_LEVEL_WARN);
static_assert(static_cast<int>(LogLevel::kError) == SPDLOG_LEVEL_ERROR);

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

std::shared_ptr<spdlog::logger> make_logger(const LogConfig& config) {
  spdlog::sink_ptr sink;
  if (config.file.empty())
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  else
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(config.file.string());
  auto logger =
      std::make_shared<spdlog::logger>("prx", std::move(sink));  // private, never registered
  const char* text = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
  const char* json = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%v})";
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      config.format == "json" ? json : text, spdlog::pattern_time_type::utc));
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::warn);
  return logger;
}

Unexpected<Error> no_log_file(const std::filesystem::path& file, const std::string& why) {
  return fail(ErrorClass::kInvalidRequest, "log.file: " + one_line(file.string()) + ' ' + why);
}

bool is_own_output(const struct stat& file) {
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat own {};
    if (::fstat(descriptor, &own) == 0 && own.st_dev == file.st_dev && own.st_ino == file.st_ino)
      return true;
  }
  return false;
}

}  // namespace

Result<void> check_log_file(const std::filesystem::path& file) {
  struct stat status {};
  if (file.empty()) return {};
  if (::stat(file.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};  // it is made, its folder too
    return no_log_file(file, "cannot be looked at: " + os::reason(errno) + "; correct its path");
  }
  if (S_ISDIR(status.st_mode)) return no_log_file(file, "is a folder; name a file in it");
  const bool usual = S_ISREG(status.st_mode) || S_ISCHR(status.st_mode);
  if (!usual && !is_own_output(status))
    return no_log_file(file,
                       "is a pipe, a socket or a disk; name a regular file, or leave it out "
                       "to log to stderr");
  if (::access(file.c_str(), W_OK) != 0)
    return no_log_file(file,
                       "cannot be written: " + os::reason(errno) + "; correct its path or mode");
  return {};
}

std::optional<LogLevel> log_level_from(std::string_view name) {
  constexpr std::pair<std::string_view, LogLevel> kLevels[] = {
      {"trace", LogLevel::kTrace}, {"debug", LogLevel::kDebug}, {"info", LogLevel::kInfo},
      {"warn", LogLevel::kWarn},   {"error", LogLevel::kError}, {"off", LogLevel::kOff}};
  for (const auto& [level_name, level] : kLevels)
    if (level_name == name) return level;
  return std::nullopt;
}

Log::Log(LogLevel level, LogSink sink, Redactor redactor)
    : level_(level), sink_(std::move(sink)), redactor_(std::move(redactor)) {}

Log::~Log() {
  const os::FileSizeSignalBlocked blocked;  // what is buffered is written now
  backend_.reset();
}

std::string Log::redact(std::string_view text) const {
  const std::shared_lock lock(mutex_);
  return redactor_.redact(text);
}

void Log::hide(const Redactor& in_use) {
  const std::unique_lock lock(mutex_);
  redactor_.renew(in_use);
}

Result<std::unique_ptr<Log>> Log::open(const LogConfig& config, LogSink sink, Redactor redactor) {
  const auto level = log_level_from(config.level);
  if (!level)
    return fail(ErrorClass::kInvalidRequest, "log.level: unknown level '" + config.level + "'");
  auto log = std::unique_ptr<Log>(new Log(*level, std::move(sink), std::move(redactor)));
  if (log->sink_ || *level == LogLevel::kOff) return log;
  PRX_TRY(check_log_file(config.file));
  try {
    log->backend_ =
        std::make_unique<Backend>(Backend{make_logger(config), config.format == "json"});
  } catch (const spdlog::spdlog_ex& error) {
    return fail(ErrorClass::kInvalidRequest, "log.file: " + one_line(error.what()));
  }
  return log;
}

void Log::write(LogLevel level, std::string_view line) const {
  if (!enabled(level)) return;
  std::string clean = one_line(redact(line));
  if (sink_) return sink_(level, clean);
  if (!backend_) return;
  if (backend_->json) clean = json::quoted(clean);
  const os::FileSizeSignalBlocked blocked;
  backend_->logger->log(spdlog_level(level), clean);
}

}  // namespace prx
