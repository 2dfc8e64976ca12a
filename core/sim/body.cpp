#include "sim/body.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace prx::sim {

Step Body::next() {
  while (at_ == ready_.size()) {
    ready_.clear();
    at_ = 0;
    refill();
  }
  return std::move(ready_[at_++]);
}

std::string Body::framed(std::string_view bytes) const {
  if (!framing_.chunked) return std::string(bytes);
  std::array<char, 20> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16).ptr;
  std::string out;
  out.reserve(bytes.size() + 24);
  out.append(digits.data(), end).append("\r\n").append(bytes).append("\r\n");
  return out;
}

void Body::emit(std::string_view bytes, std::chrono::milliseconds wait) {
  std::string converted;
  if (framing_.crlf) {
    for (const char c : bytes) {
      if (c == '\n') converted += '\r';
      converted += c;
    }
    bytes = converted;
  }
  if (bytes.empty()) return;
  const std::size_t piece = framing_.piece == 0 ? bytes.size() : framing_.piece;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    ready_.push_back({framed(bytes.substr(at, piece)), std::max(wait, framing_.piece_wait)});
    wait = {};
  }
}

void Body::end(Ending ending, std::chrono::milliseconds wait) {
  Step step;
  step.ending = ending;
  step.wait = wait;
  if (ending == Ending::kComplete && framing_.chunked) step.bytes = "0\r\n\r\n";
  ready_.push_back(std::move(step));
}

void FixedBody::refill() {
  emit(bytes_, wait_);
  bytes_.clear();
  end(ending_);
}

}  // namespace prx::sim
