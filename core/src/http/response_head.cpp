#include "http/response_head.hpp"

#include <algorithm>
#include <charconv>

namespace prx::http {

namespace {

constexpr int kSwitchingProtocols = 101;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

void ResponseHead::clear() {
  count_ = bytes_ = 0;
  status_ = version_ = 0;
  complete_ = false;
}

ResponseHead::State ResponseHead::take(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > bytes_max_) return State::kTooLarge;
  if (status_ == 0) return take_status(line);
  if (!trim(line).empty()) return take_header(line);
  if (status_ == kSwitchingProtocols) return State::kSwitched;
  if (status_ < 200) {
    status_ = 0;
    count_ = 0;
    return State::kMore;
  }
  complete_ = true;
  return State::kComplete;
}

// "HTTP/1.1 200 OK", "HTTP/2 200"
ResponseHead::State ResponseHead::take_status(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (!line.starts_with("HTTP/") || space == std::string_view::npos) return State::kBroken;
  const std::string_view version = line.substr(5, space - 5);
  version_ = version == "1.0" ? 10 : version.starts_with('2') ? 20 : 11;
  const std::string_view code = line.substr(space + 1);
  const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), status_);
  if (error == std::errc() && end == code.data() + 3 && status_ >= 100) return State::kMore;
  status_ = 0;
  return State::kBroken;
}

ResponseHead::State ResponseHead::take_header(std::string_view line) {
  if ((line.front() == ' ' || line.front() == '\t') && count_ > 0) {
    headers_[count_ - 1].value.append(" ").append(trim(line));
    return State::kMore;
  }
  if (count_ >= headers_max_) return State::kTooLarge;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return State::kMore;  // as libcurl does
  if (count_ == headers_.size()) headers_.emplace_back();
  Header& header = headers_[count_++];
  header.name.assign(trim(line.substr(0, colon)));
  std::transform(header.name.begin(), header.name.end(), header.name.begin(), lower);
  header.value.assign(trim(line.substr(colon + 1)));
  return State::kMore;
}

}  // namespace prx::http
