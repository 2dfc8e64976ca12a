// A full check of a JSON text (RFC 8259) without building anything.
#include <bitset>
#include <string>

#include "json_scan.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

/// One function per production; each leaves at_ at the fault and returns false when there is one.
class Validator {
 public:
  Validator(std::string_view text, int depth_max)
      : begin_(text.data()),
        at_(begin_),
        end_(begin_ + text.size()),
        depth_max_(depth_max < scan::kDepthMax ? depth_max : scan::kDepthMax) {}

  bool run() {
    if (!values()) return false;
    space();
    return at_ == end_;
  }
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

 private:
  /// Values one after the other until no bracket is open. Iterative: the text cannot exhaust the
  /// stack.
  bool values() {
    for (;;) {
      space();
      bool opened = false;
      if (!value_or_open(opened)) return false;
      if (opened) continue;
      if (!close_brackets()) return false;
      if (depth_ == 0) return true;
      if (!take(',')) return false;
      if (in_object() && !name()) return false;
    }
  }

  bool value_or_open(bool& opened) {
    if (at_ == end_) return false;
    if (*at_ == '{' || *at_ == '[') return open(opened);
    if (take('"')) return string();
    if (*at_ == 't') return word("true");
    if (*at_ == 'f') return word("false");
    if (*at_ == 'n') return word("null");
    return number();
  }

  bool open(bool& opened) {
    if (depth_ >= depth_max_) return false;
    const bool object = *at_++ == '{';
    kinds_[static_cast<std::size_t>(depth_++)] = object;
    space();
    if (take(object ? '}' : ']')) {
      --depth_;
      return true;
    }
    opened = true;
    return !object || name();
  }

  bool close_brackets() {
    for (;;) {
      space();
      if (depth_ == 0) return true;
      if (!take(in_object() ? '}' : ']')) return true;
      --depth_;
    }
  }

  bool name() {
    space();
    if (!take('"') || !string()) return false;
    space();
    return take(':');
  }

  bool string() {
    for (;;) {
      const char* const stop = scan::find_special(at_, end_);
      if (!utf8(stop) || at_ == end_) return false;
      if (take('"')) return true;
      if (!take('\\') || !escape()) return false;
    }
  }
  bool utf8(const char* stop) {
    for (;;) {
      at_ = scan::find_non_ascii(at_, stop);
      if (at_ == stop) return true;
      const int size = scan::utf8_size(at_, stop);
      if (size == 0) return false;
      at_ += size;
    }
  }
  bool escape() {
    if (at_ == end_) return false;
    const char c = *at_;
    if (std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos) {
      ++at_;
      return true;
    }
    if (c != 'u' || end_ - at_ < 5) return false;
    for (int i = 1; i <= 4; ++i)
      if (!is_hex(at_[i])) return false;
    at_ += 5;
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }
  bool digits() {
    const char* const before = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != before;
  }

  bool word(std::string_view text) {
    for (const char c : text)
      if (!take(c)) return false;
    return true;
  }
  void space() { at_ = scan::skip_space(at_, end_); }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool in_object() const { return kinds_[static_cast<std::size_t>(depth_ - 1)]; }

  const char* begin_;
  const char* at_;
  const char* end_;
  int depth_max_;
  int depth_ = 0;
  std::bitset<scan::kDepthMax> kinds_;
};

}  // namespace

Result<void> validate(std::string_view text, int depth_max) {
  Validator validator(text, depth_max);
  if (validator.run()) return {};
  return fail(ErrorClass::kInvalidRequest,
              "not well-formed JSON at byte " + std::to_string(validator.offset()));
}

}  // namespace prx::json
