#include "bench/http_load/answer_reader.hpp"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace prx::bench {
namespace {

constexpr std::size_t kLineMax = 256;

// "" when there is none; names are compared without case.
std::string_view header(std::string_view head, std::string_view name) {
  for (std::size_t line = head.find("\r\n"); line != std::string_view::npos;
       line = head.find("\r\n", line)) {
    line += 2;
    const std::string_view rest = head.substr(line);
    if (rest.size() <= name.size() || rest[name.size()] != ':' ||
        strncasecmp(rest.data(), name.data(), name.size()) != 0)
      continue;
    std::string_view value = rest.substr(name.size() + 1);
    value = value.substr(0, value.find("\r\n"));
    return value.substr(std::min(value.find_first_not_of(' '), value.size()));
  }
  return {};
}

std::optional<std::size_t> whole_number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

AnswerReader::State AnswerReader::wrong(std::string why) {
  why_ = std::move(why);
  return State::kWrong;
}

AnswerReader::State AnswerReader::take(std::string_view bytes, const OnBody& on_body) {
  while (!bytes.empty()) {
    State state = State::kGoesOn;
    if (at_ == At::kHead)
      state = take_head(bytes);
    else if (at_ == At::kSized || at_ == At::kChunk)
      state = take_body(bytes, on_body);
    else
      state = take_line(bytes);
    if (state == State::kComplete) {
      at_ = At::kHead;
      if (!bytes.empty()) return wrong("bytes behind an answer");
    }
    if (state != State::kGoesOn) return state;
  }
  return State::kGoesOn;
}

AnswerReader::State AnswerReader::take_head(std::string_view& bytes) {
  const std::size_t before = text_.size();
  text_.append(bytes);
  const std::size_t end = text_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
  if (end == std::string::npos) {
    bytes = {};
    return text_.size() > kHeadMax ? wrong("a head without an end") : State::kGoesOn;
  }
  bytes.remove_prefix(end + 4 - before);
  const State state = read_head(std::string_view(text_).substr(0, end + 2));
  text_.clear();
  return state;
}

AnswerReader::State AnswerReader::read_head(std::string_view head) {
  const std::string expected = "HTTP/1.1 " + std::to_string(status_) + " ";
  if (!head.starts_with(expected)) return wrong("answered " + std::string(head.substr(0, 12)));
  if (const std::string_view kept = header(head, "connection"); kept == "close" || kept == "Close")
    return wrong("the connection is not kept");
  if (header(head, "transfer-encoding") == "chunked") {
    at_ = At::kChunkSize;
    return State::kGoesOn;
  }
  const auto length = whole_number(header(head, "content-length"), 10);
  if (!length) return wrong("a body without length or chunks");
  left_ = *length;
  at_ = At::kSized;
  return left_ == 0 ? State::kComplete : State::kGoesOn;
}

AnswerReader::State AnswerReader::take_body(std::string_view& bytes, const OnBody& on_body) {
  const std::size_t size = std::min(bytes.size(), left_);
  if (!on_body(bytes.substr(0, size))) return wrong("the body is not what the upstream sent");
  bytes.remove_prefix(size);
  left_ -= size;
  if (left_ > 0) return State::kGoesOn;
  if (at_ == At::kSized) return State::kComplete;
  at_ = At::kChunkEnd;
  return State::kGoesOn;
}

AnswerReader::State AnswerReader::take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  text_.append(bytes.substr(0, end == std::string_view::npos ? end : end + 1));
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  if (text_.size() > kLineMax) return wrong("a line between chunks without an end");
  return end == std::string_view::npos ? State::kGoesOn : end_of_line();
}

AnswerReader::State AnswerReader::end_of_line() {
  if (!text_.ends_with("\r\n")) return wrong("a line between chunks that ends in no CR LF");
  const std::string line = text_.substr(0, text_.size() - 2);
  text_.clear();
  if (at_ == At::kTrailer) return line.empty() ? State::kComplete : State::kGoesOn;
  if (at_ == At::kChunkEnd) {
    at_ = At::kChunkSize;
    return line.empty() ? State::kGoesOn : wrong("a chunk that is longer than it said");
  }
  const auto size = whole_number(line, 16);
  if (!size) return wrong("a chunk without size");
  left_ = *size;
  at_ = left_ == 0 ? At::kTrailer : At::kChunk;
  return State::kGoesOn;
}

}  // namespace prx::bench
