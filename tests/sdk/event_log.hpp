/// \file event_log.hpp
/// A sink that writes each event as one line, and ways to run a decoder over bytes cut anywhere.
#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prx/sdk/chat_completions.hpp"

namespace prx::sdk::test {

inline std::string str(prx_str text) {
  return text.len == 0 ? std::string() : std::string(text.ptr, text.len);
}

inline std::string usage_text(const prx_usage& u) {
  char cost[32];
  std::snprintf(cost, sizeof cost, "%.6g", u.cost);
  std::string out = std::to_string(u.prompt_tokens);
  for (std::int64_t n : {u.completion_tokens, u.total_tokens, u.reasoning_tokens, u.cached_tokens,
                         u.cache_write_tokens})
    out += "," + std::to_string(n);
  return out + " $" + cost;
}

/// "text 0 Hello", "tool 0.1 id=a name=f args={}", "finish 0 1 stop", "error rate_limit 429 ..."
inline std::string line_of(const prx_event& e) {
  const std::string at = std::to_string(e.choice);
  switch (e.type) {
    case PRX_EV_META:
      return "meta " + str(e.id) + "|" + str(e.name) + "|" + str(e.text);
    case PRX_EV_TEXT:
      return "text " + at + " " + str(e.text);
    case PRX_EV_REASONING:
      return "reasoning " + at + " " + str(e.text);
    case PRX_EV_TOOL_CALL:
      return "tool " + at + "." + std::to_string(e.index) + " id=" + str(e.id) +
             " name=" + str(e.name) + " args=" + str(e.text) +
             (e.json.len == 0 ? "" : " json=" + str(e.json));
    case PRX_EV_USAGE:
      return "usage " + usage_text(*e.usage) + " " + str(e.json);
    case PRX_EV_FINISH:
      return "finish " + at + " " + std::to_string(e.finish) + " " + str(e.name);
    case PRX_EV_ITEM:
      return "item " + at + " " + str(e.name) + " " + str(e.id) + " " + str(e.json);
    case PRX_EV_RAW:
      return "raw " + str(e.json);
    case PRX_EV_DONE:
      return "done";
    case PRX_EV_ERROR:
      return "error " + std::string(to_string(error_class_from(e.error->code))) + " " +
             std::to_string(e.error->http_status) + " " + str(e.error->message);
    default:
      return "event " + std::to_string(e.type);
  }
}

/// Collects events. `stop_after` makes it answer 1 from that event on.
class EventLog {
 public:
  [[nodiscard]] prx_sink sink() { return {sizeof(prx_sink), 0, this, &EventLog::on_event}; }

  std::vector<std::string> lines;
  std::vector<std::string> frames;
  std::vector<std::uint32_t> flags;
  std::vector<std::uint32_t> types;
  Error error;
  std::size_t stop_after = static_cast<std::size_t>(-1);

  [[nodiscard]] std::string last() const { return lines.empty() ? "" : lines.back(); }
  [[nodiscard]] std::size_t count(std::string_view begin) const {
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const std::string& l) { return l.rfind(begin, 0) == 0; }));
  }
  /// All texts of the events that begin so, joined.
  [[nodiscard]] std::string joined(std::string_view begin) const {
    std::string out;
    for (const std::string& line : lines)
      if (line.rfind(begin, 0) == 0) out += line.substr(begin.size());
    return out;
  }

 private:
  static std::int32_t on_event(void* ctx, const prx_event* event) noexcept {
    auto& log = *static_cast<EventLog*>(ctx);
    log.lines.push_back(line_of(*event));
    log.frames.push_back(str(event->frame));
    log.flags.push_back(event->flags);
    log.types.push_back(event->type);
    if (event->type == PRX_EV_ERROR) log.keep(*event->error);
    return log.lines.size() >= log.stop_after ? 1 : 0;
  }
  void keep(const prx_error& e) {
    error.error_class = error_class_from(e.code);
    error.message = str(e.message);
    error.http_status = e.http_status;
    error.phase = static_cast<Phase>(e.phase);
    if (e.retryable >= 0) error.retryable = e.retryable == 1;
    if (e.retry_after_ms >= 0) error.retry_after = std::chrono::milliseconds(e.retry_after_ms);
    error.provider_code = str(e.provider_code);
    error.request_id = str(e.request_id);
    error.raw = str(e.raw);
  }
};

using Headers = std::vector<std::pair<std::string, std::string>>;

inline std::vector<prx_kv> kvs(const Headers& headers) {
  std::vector<prx_kv> out;
  for (const auto& [key, value] : headers)
    out.push_back({{key.data(), key.size()}, {value.data(), value.size()}});
  return out;
}

struct Exchange {
  int status = 200;
  Headers headers{{"content-type", "text/event-stream"}};
  ChatDecoderOptions options{};
  const Error* end = nullptr;
  std::size_t piece = static_cast<std::size_t>(-1);  ///< bytes fed at once
  std::size_t stop_after = static_cast<std::size_t>(-1);
};

inline EventLog decode(std::string_view body, const Exchange& exchange = {}) {
  EventLog log;
  log.stop_after = exchange.stop_after;
  ChatDecoder decoder(exchange.options, log.sink(), "OpenRouter");
  const std::vector<prx_kv> headers = kvs(exchange.headers);
  decoder.head({exchange.status, headers});
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t size = std::min(exchange.piece, body.size() - at);
    std::vector<char> piece(body.begin() + static_cast<std::ptrdiff_t>(at),
                            body.begin() + static_cast<std::ptrdiff_t>(at + size));
    decoder.data(piece.data(), piece.size());
    at += size;
  }
  decoder.finish(exchange.end);
  return log;
}

/// A stream of these frames, each as one data line.
inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

inline std::string sse(const std::vector<std::string>& frames, std::string_view eol = "\n") {
  std::string out;
  for (const std::string& frame : frames)
    out.append("data: ").append(frame).append(eol).append(eol);
  return out;
}
/// A frame with this delta (and what follows it in the choice).
inline std::string chunk(const std::string& delta,
                         const std::string& rest = R"("finish_reason":null)") {
  return R"({"id":"gen-1","provider":"Acme","model":"acme/one","object":"chat.completion.chunk",)"
         R"("created":1700000000,"choices":[{"index":0,"delta":)" +
         delta + "," + rest + "}]}";
}
inline std::string text_chunk(const std::string& escaped) {
  return chunk(R"({"role":"assistant","content":")" + escaped + "\"}");
}
inline const std::string kStop = chunk(R"({"content":""})", R"("finish_reason":"stop")");

}  // namespace prx::sdk::test
