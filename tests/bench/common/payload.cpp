#include "bench/common/payload.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstdint>

namespace prx::bench {
namespace {

struct Token {
  std::string_view json;  // as it stands between the quotes
  std::size_t size;       // bytes when unescaped
};

constexpr std::array<Token, 16> kTokens{{{" the", 4},
                                         {" model", 6},
                                         {" answers", 8},
                                         {",", 1},
                                         {" token", 6},
                                         {" by", 3},
                                         {" token", 6},
                                         {".\\n\\n", 3},
                                         {"Na", 2},
                                         {"\xC3\xAF", 2},
                                         {"ve", 2},
                                         {" \\\"quoted\\\"", 9},
                                         {" words", 6},
                                         {" \xE2\x80\x94", 4},
                                         {" follow", 7},
                                         {":", 1}}};

constexpr std::string_view kFrameStart =
    "data: "
    "{\"id\":\"gen-1763800000-Zk3vQ9TtLw7cYb2x\",\"provider\":\"Bench\",\"model\":\"bench/"
    "model-1\","
    "\"object\":\"chat.completion.chunk\",\"created\":1763800000,\"choices\":[{\"index\":0,"
    "\"delta\":"
    "{\"role\":\"assistant\",\"content\":\"";
constexpr std::string_view kUsage =
    "\"usage\":{\"prompt_tokens\":42,\"completion_tokens\":200,\"total_tokens\":242,\"cost\":0."
    "00123,"
    "\"prompt_tokens_details\":{\"cached_tokens\":0},"
    "\"completion_tokens_details\":{\"reasoning_tokens\":0}}}";

std::string frame(std::string_view content, std::string_view tail) {
  std::string out(kFrameStart);
  out += content;
  out += tail;
  out += "\n\n";
  return out;
}

// Fills up with words and then single letters, so that the whole has exactly `size` bytes.
std::string filled(std::string_view head, std::string_view tail, std::size_t size) {
  constexpr std::string_view words =
      "Tell me how a provider of large language models fails and recovers. ";
  std::string out(head);
  assert(size >= head.size() + tail.size());
  while (out.size() + tail.size() < size)
    out.append(words, 0, std::min(words.size(), size - tail.size() - out.size()));
  out += tail;
  return out;
}

constexpr std::string_view kAnswerHead =
    "{\"id\":\"gen-1763800000-Zk3vQ9TtLw7cYb2x\",\"provider\":\"Bench\",\"model\":\"bench/"
    "model-1\","
    "\"object\":\"chat.completion\",\"created\":1763800000,\"choices\":[{\"logprobs\":null,"
    "\"finish_reason\":\"stop\",\"native_finish_reason\":\"stop\",\"index\":0,\"message\":"
    "{\"role\":\"assistant\",\"content\":\"";
constexpr std::string_view kEventTail = "\"},\"finish_reason\":null}]}";
constexpr std::size_t kNumberDigits = 8, kTimeDigits = 20;

constexpr std::string_view kAnswerTail = "\",\"refusal\":null,\"reasoning\":null}}],";

void write_digits(char* digits, std::size_t count, std::uint64_t value) {
  for (; count > 0; value /= 10) digits[--count] = static_cast<char>('0' + value % 10);
}

std::optional<std::uint64_t> read_digits(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string request_body(bool stream) {
  const std::string_view tail =
      stream ? "\"}],\"temperature\":0.7,\"max_tokens\":256,\"stream\":true}"
             : "\"}],\"temperature\":0.7,\"max_tokens\":256,\"stream\":false}";
  return filled("{\"model\":\"bench/model-1\",\"messages\":[{\"role\":\"user\",\"content\":\"",
                tail, kRequestSize);
}

std::string answer_body() {
  return filled(kAnswerHead, std::string(kAnswerTail) + std::string(kUsage), kAnswerSize);
}

std::size_t answer_text_size() {
  return kAnswerSize - kAnswerHead.size() - kAnswerTail.size() - kUsage.size();
}

std::size_t SseAnswer::events_in(std::size_t bytes) const {
  return static_cast<std::size_t>(std::upper_bound(event_ends.begin(), event_ends.end(), bytes) -
                                  event_ends.begin());
}

SseAnswer sse_answer(std::size_t events) {
  SseAnswer answer;
  for (std::size_t i = 0; i < events; ++i) {
    const Token& token = kTokens[i % kTokens.size()];
    answer.events.push_back(frame(token.json, kEventTail));
    answer.text_size += token.size;
    answer.body_size += answer.events.back().size();
    answer.event_ends.push_back(answer.body_size);
  }
  answer.ending = frame("", "\"},\"finish_reason\":\"stop\",\"native_finish_reason\":\"stop\"}]}");
  answer.ending += frame("", "\"},\"finish_reason\":null}]," + std::string(kUsage));
  answer.ending += "data: [DONE]\n\n";
  answer.body_size += answer.ending.size();
  return answer;
}

std::string stamped_event() {
  return frame(std::string(kNumberDigits, '0') + ' ' + std::string(kTimeDigits, '0'), kEventTail);
}

void write_stamp(char* event, const Stamp& stamp) {
  char* const number = event + kFrameStart.size();
  write_digits(number, kNumberDigits, stamp.number);
  write_digits(number + kNumberDigits + 1, kTimeDigits,
               static_cast<std::uint64_t>(stamp.sent.count()));
}

std::optional<Stamp> read_stamp(std::string_view event) {
  static const std::string model = stamped_event();
  constexpr std::size_t time_at = kFrameStart.size() + kNumberDigits + 1;
  if (event.size() != model.size() || !event.starts_with(kFrameStart) ||
      event[time_at - 1] != ' ' ||
      event.substr(time_at + kTimeDigits) != std::string_view(model).substr(time_at + kTimeDigits))
    return std::nullopt;
  const auto number = read_digits(event.substr(kFrameStart.size(), kNumberDigits));
  const auto time = read_digits(event.substr(time_at, kTimeDigits));
  if (!number || !time) return std::nullopt;
  return Stamp{*number, std::chrono::nanoseconds(*time)};
}

std::string_view refusal_body() {
  return R"({"error":{"message":"Bench is overloaded","code":503}})";
}

}  // namespace prx::bench
