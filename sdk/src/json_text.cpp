// Strings of JSON: quoting, unquoting, UTF-8.
#include "json_scan.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::json {
namespace {

void append_escape(std::string& out, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 63));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 63));
    out += static_cast<char>(0x80 | (code & 63));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 63));
    out += static_cast<char>(0x80 | ((code >> 6) & 63));
    out += static_cast<char>(0x80 | (code & 63));
  }
}

/// Reads the body of a string token.
class Unquoter {
 public:
  Unquoter(const char* at, const char* end) : at_(at), end_(end) {}

  std::optional<std::string> run() {
    std::string out;
    out.reserve(static_cast<std::size_t>(end_ - at_));
    for (;;) {
      const char* const special = scan::find_special(at_, end_);
      out.append(at_, special);
      at_ = special;
      if (at_ == end_) return out;
      if (*at_ != '\\' || !escape(out)) return std::nullopt;
    }
  }

 private:
  bool escape(std::string& out) {
    if (end_ - at_ < 2) return false;
    const char c = at_[1];
    at_ += 2;
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    if (const std::size_t i = kFrom.find(c); i != std::string_view::npos) {
      out += kTo[i];
      return true;
    }
    return c == 'u' && unicode(out);
  }

  bool unicode(std::string& out) {
    const int first = hex4();
    if (first < 0 || (first >= 0xDC00 && first < 0xE000)) return false;
    if (first < 0xD800 || first >= 0xE000) {
      append_utf8(out, static_cast<unsigned>(first));
      return true;
    }
    if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') return false;
    at_ += 2;
    const int second = hex4();
    if (second < 0xDC00 || second >= 0xE000) return false;
    append_utf8(out, 0x10000u + (static_cast<unsigned>(first - 0xD800) << 10) +
                         static_cast<unsigned>(second - 0xDC00));
    return true;
  }

  int hex4() {
    if (end_ - at_ < 4) return -1;
    int value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = *at_;
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return -1;
      value = value * 16 + digit;
    }
    return value;
  }

  const char* at_;
  const char* end_;
};

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  out += '"';
  for (;;) {
    const char* const special = scan::find_special(at, end);
    out.append(at, special);
    if (special == end) break;
    append_escape(out, *special);
    at = special + 1;
  }
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_quoted(out, text);
  return out;
}

std::optional<std::string> unquoted(std::string_view token) {
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return std::nullopt;
  return Unquoter(token.data() + 1, token.data() + token.size() - 1).run();
}

bool is_utf8(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    at = scan::find_non_ascii(at, end);
    if (at == end) return true;
    const int size = scan::utf8_size(at, end);
    if (size == 0) return false;
    at += size;
  }
}

}  // namespace prx::json
