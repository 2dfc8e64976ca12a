#include "gateway/access/record_line.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "prx/sdk/json_edit.hpp"

namespace prx::gateway {

namespace {

constexpr std::size_t kPathMax = 256, kNameMax = 128, kMethodMax = 16;  // bytes that are written

/// Text of a client: cut, and without bytes that JSON cannot carry or that would grow in it.
void add(std::string& out, std::string_view name, std::string_view text, std::size_t most) {
  if (text.empty()) return;
  std::size_t size = std::min(text.size(), most);
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
    --size;
  std::string shown(text.substr(0, size));
  const bool is_utf8 = json::is_utf8(shown);
  for (char& c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_utf8)) c = '?';
  }
  out += ",\"";
  out += name;
  out += "\":";
  json::append_quoted(out, shown);
}

template <class Number>
void add(std::string& out, std::string_view name, Number number) {
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number);
  out += ",\"";
  out += name;
  out += "\":";
  out.append(text, end);
}

void add_time(std::string& out, std::string_view name, std::chrono::nanoseconds time) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  add(out, name, static_cast<double>(us) / 1e3);
}

std::string_view word_of(RequestOutcome outcome) {
  switch (outcome) {
    case RequestOutcome::kComplete:
      return "complete";
    case RequestOutcome::kClientLeft:
      return "client_left";
    case RequestOutcome::kCut:
      break;
  }
  return "cut";
}

}  // namespace

std::string utc_text(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = since >= 0 ? since / 1'000 : 0;
  std::tm tm{};
  ::gmtime_r(&seconds, &tm);
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
                tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                since >= 0 ? static_cast<int>(since % 1'000) : 0);
  return text;
}

std::string record_line(const RequestRecord& record) {
  const RequestNotes& notes = record.notes;
  std::string out = "{\"time\":\"" + utc_text(record.began) + '"';
  add(out, "client", record.client, kNameMax);
  add(out, "key", notes.key, kNameMax);
  add(out, "method", record.method, kMethodMax);
  add(out, "path", record.path, kPathMax);
  if (record.status != 0) add(out, "status", record.status);
  add(out, "bytes", record.bytes);
  add_time(out, "duration_ms", record.duration);
  if (record.first_byte) add_time(out, "first_byte_ms", *record.first_byte);
  add(out, "model", notes.model, kNameMax);
  add(out, "chain", notes.chain, kNameMax);
  add(out, "target", notes.target, kNameMax);
  if (notes.attempts != 0) add(out, "attempts", notes.attempts);
  if (notes.prompt_tokens) add(out, "prompt_tokens", *notes.prompt_tokens);
  if (notes.completion_tokens) add(out, "completion_tokens", *notes.completion_tokens);
  if (notes.attempts != 0 && notes.cost_known) add(out, "cost", notes.cost);
  out += ",\"outcome\":\"";
  out += word_of(record.outcome);
  return out += "\"}\n";
}

std::string dropped_line(std::uint64_t dropped, std::chrono::system_clock::time_point now) {
  return "{\"time\":\"" + utc_text(now) + "\",\"dropped\":" + std::to_string(dropped) + "}\n";
}

}  // namespace prx::gateway
