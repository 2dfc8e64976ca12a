#include "telemetry/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <utility>

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

}  // namespace

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

Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(const LogConfig& config, LogSink sink, Redactor redactor) {
  const auto level = log_level_from(config.level);
  if (!level)
    return fail(ErrorClass::kInvalidRequest, "log.level: unknown level '" + config.level + "'");
  auto log = std::unique_ptr<Log>(new Log(*level, std::move(sink), std::move(redactor)));
  if (log->sink_ || *level == LogLevel::kOff) return log;
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
  std::string clean = one_line(redactor_.redact(line));
  if (sink_) return sink_(level, clean);
  if (!backend_) return;
  if (backend_->json) clean = json::quoted(clean);
  backend_->logger->log(spdlog_level(level), clean);
}

}  // namespace prx
