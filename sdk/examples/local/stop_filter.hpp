/// \file stop_filter.hpp
/// Cuts a text that comes in pieces before the first of some words.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace local {

/// Holds back what may be the beginning of a stop, and nothing else.
class StopFilter {
 public:
  /// \param stops  1 byte or more each.
  explicit StopFilter(std::vector<std::string> stops) : stops_(std::move(stops)) {}

  /// The text that is safe to say after this piece. Nothing more once it stopped.
  [[nodiscard]] std::string add(std::string_view piece) {
    if (stopped_) return {};
    held_ += piece;
    std::size_t first = std::string::npos;
    for (const std::string& stop : stops_) first = std::min(first, held_.find(stop));
    stopped_ = stopped_ || first != std::string::npos;
    const std::size_t safe = stopped_ ? std::min(first, held_.size()) : held_.size() - tail();
    std::string out = held_.substr(0, safe);
    held_.erase(0, stopped_ ? held_.size() : safe);
    return out;
  }
  /// What was held back, when nothing more comes.
  [[nodiscard]] std::string rest() { return std::exchange(held_, {}); }
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  /// Bytes at the end that a stop begins with.
  [[nodiscard]] std::size_t tail() const {
    std::size_t longest = 0;
    for (const std::string& stop : stops_)
      for (std::size_t size = std::min(stop.size() - 1, held_.size()); size > longest; --size)
        if (held_.ends_with(std::string_view(stop).substr(0, size))) longest = size;
    return longest;
  }

  const std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace local
