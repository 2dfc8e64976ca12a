#include "config/nesting.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace prx::config {
namespace {

class Scanner {
 public:
  Scanner(std::string_view text, int levels_max) : text_(text), levels_max_(levels_max) {}

  std::optional<Place> run() {
    while (position_ < text_.size()) {
      step();
      if (open_.back() + key_dots_ + dots_ > levels_max_) return place();
    }
    return std::nullopt;
  }

 private:
  void step() {
    const char c = text_[position_];
    if (c == '"' || c == '\'') return skip_string(c);
    if (c == '#') return skip_comment();
    ++position_;
    switch (c) {
      case '[':
      case '{':
        open_.push_back(open_.back() + key_dots_ + 1);
        return forget_key();
      case ']':
      case '}':
        return close();
      case '.':
        ++dots_;
        return;
      case '=':
        key_dots_ = std::exchange(dots_, 0);
        return;
      case ',':
        return forget_key();
      case '\n':
        if (open_.size() == 1) forget_key();
        dots_ = 0;
        return;
      default:
        return;
    }
  }

  void close() {
    if (open_.size() > 1) open_.pop_back();
    forget_key();
  }

  void forget_key() { key_dots_ = dots_ = 0; }

  void skip_comment() { position_ = std::min(text_.find('\n', position_), text_.size()); }

  // A text of several lines may end in up to five quotes: two of its own, then the three that close
  // it.
  void skip_string(char quote) {
    const std::string three(3, quote);
    const bool multi_line = text_.substr(position_, 3) == three;
    position_ += multi_line ? 3 : 1;
    while (position_ < text_.size()) {
      const char c = text_[position_];
      if (c == '\n' && !multi_line) return;
      if (c == quote && (!multi_line || text_.substr(position_, 3) == three))
        return skip_quotes(quote, multi_line ? 5 : 1);
      position_ += c == '\\' && quote == '"' ? 2 : 1;
    }
  }

  void skip_quotes(char quote, int count_max) {
    for (int i = 0; i < count_max && position_ < text_.size() && text_[position_] == quote; ++i)
      ++position_;
  }

  [[nodiscard]] Place place() const {
    const auto before = text_.substr(0, position_ - 1);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const auto line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
    return {static_cast<std::uint32_t>(lines + 1),
            static_cast<std::uint32_t>(before.size() - line_begin + 1)};
  }

  std::string_view text_;
  int levels_max_;
  std::size_t position_ = 0;
  std::vector<int> open_{0};  // level inside of each open bracket; the first is the document's
  int key_dots_ = 0;          // of the key whose value is being read
  int dots_ = 0;              // since the last of = , [ ] { } and, outside of brackets, line break
};

}  // namespace

std::optional<Place> too_deep(std::string_view text, int levels_max) {
  return Scanner(text, levels_max).run();
}

}  // namespace prx::config
