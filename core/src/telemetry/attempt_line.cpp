#include "telemetry/attempt_line.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace prx {

namespace {

using Microseconds = std::chrono::microseconds;

class Words {
 public:
  explicit Words(std::string_view first) : line_(first) {}

  Words& text(std::string_view name, std::string_view value) {
    line_ += ' ';
    line_ += name;
    line_ += '=';
    const bool plain = !value.empty() && value.find_first_of(" \"\\=") == std::string_view::npos;
    plain ? void(line_ += value) : quote(value);
    return *this;
  }
  Words& text_if(std::string_view name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  template <class Integer>
  Words& number(std::string_view name, Integer value) {
    return text(name, std::to_string(value));
  }
  template <class Integer>
  Words& number_if(std::string_view name, const std::optional<Integer>& value) {
    return value ? number(name, *value) : *this;
  }
  Words& time(std::string_view name, const std::optional<Microseconds>& time) {
    if (!time) return *this;
    const std::string rest = std::to_string(1'000 + time->count() % 1'000);
    return text(name, std::to_string(time->count() / 1'000) + '.' + rest.substr(1));
  }
  /// The shortest decimal that is this number.
  Words& dollars(std::string_view name, const std::optional<double>& cost) {
    if (!cost) return text(name, "unknown");
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *cost).ptr;
    return text(name, {digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  [[nodiscard]] std::string take() { return std::move(line_); }

 private:
  void quote(std::string_view value) {
    line_ += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') line_ += '\\';
      line_ += c;
    }
    line_ += '"';
  }

  std::string line_;
};

void add_http(Words& words, const Attempt& attempt) {
  if (attempt.exchanges > 0) words.number("exchanges", attempt.exchanges);
  if (attempt.http_status != 0) words.number("status", attempt.http_status);
  if (attempt.http_version != 0) words.number("http", attempt.http_version);
  if (attempt.http_version != 0) words.text("reused", attempt.connection_reused ? "yes" : "no");
  words.number("bytes", attempt.bytes);
}

void add_answer(Words& words, const Attempt& attempt) {
  words.text_if("id", attempt.generation_id).text_if("served_model", attempt.served_model);
  words.text_if("served_by", attempt.served_by);
  words.number_if("tokens_in", attempt.usage.prompt_tokens);
  words.number_if("tokens_out", attempt.usage.completion_tokens).dollars("cost", attempt.cost);
  if (attempt.cost_estimated) words.text("cost_estimated", "yes");
}

void add_error(Words& words, const Error& error) {
  words.text("error", to_string(error.error_class));
  if (error.phase != Phase::kNone) words.text("phase", to_string(error.phase));
  words.text_if("code", error.provider_code);
  if (error.retry_after) words.number("retry_after_ms", error.retry_after->count());
  words.text("message", error.message);
}

}  // namespace

std::string attempt_line(std::string_view call, const Attempt& attempt) {
  Words words("attempt");
  words.text("call", call).text("provider", attempt.provider).text_if("model", attempt.model);
  words.text_if("key", attempt.key_label).text("reason", attempt.reason);
  words.time("wait_ms", attempt.wait).time("connected_ms", attempt.connected);
  words.time("head_ms", attempt.head).time("first_token_ms", attempt.first_token);
  words.time("total_ms", attempt.total);
  add_http(words, attempt);
  add_answer(words, attempt);
  if (attempt.error) add_error(words, *attempt.error);
  return words.take();
}

}  // namespace prx
