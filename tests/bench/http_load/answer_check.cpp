#include "bench/http_load/answer_check.hpp"

#include <algorithm>

#include "bench/common/payload.hpp"

namespace prx::bench {

Expected expected_answer(const HttpLoadOptions& options) {
  Expected expected;
  switch (options.answer) {
    case Answer::kJson:
      expected.body = answer_body();
      return expected;
    case Answer::kStream: {
      const SseAnswer answer = sse_answer(options.stream_events);
      for (const std::string& event : answer.events) expected.body += event;
      expected.body += answer.ending;
      return expected;
    }
    case Answer::kStamped:
      expected.stamped_events = options.stream_events;
      expected.body = sse_answer(0).ending;
      return expected;
    case Answer::kRefused:
      expected.status = 503;
      expected.body = refusal_body();
      return expected;
  }
  return expected;
}

void AnswerCheck::restart() {
  events_ = 0;
  offset_ = 0;
  partial_.clear();
}

bool AnswerCheck::take_event(std::string_view event, const OnEvent& on_event) {
  const auto stamp = read_stamp(event);
  if (!stamp || stamp->number != events_) return false;
  ++events_;
  on_event(stamp->sent);
  return true;
}

bool AnswerCheck::take(std::string_view piece, const OnEvent& on_event) {
  static const std::size_t event_size = stamped_event().size();
  while (!piece.empty() && events_ < expected_->stamped_events) {
    const std::size_t size = std::min(piece.size(), event_size - partial_.size());
    if (partial_.empty() && size == event_size) {
      if (!take_event(piece.substr(0, size), on_event)) return false;
    } else {
      partial_.append(piece, 0, size);
      if (partial_.size() == event_size) {
        if (!take_event(partial_, on_event)) return false;
        partial_.clear();
      }
    }
    piece.remove_prefix(size);
  }
  if (expected_->body.compare(offset_, piece.size(), piece) != 0) return false;
  offset_ += piece.size();
  return true;
}

bool AnswerCheck::complete() const {
  return events_ == expected_->stamped_events && offset_ == expected_->body.size();
}

}  // namespace prx::bench
