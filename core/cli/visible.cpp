#include "cli/visible.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "cli/utf8.hpp"

namespace prx::cli {
namespace {

bool reorders(char32_t code) {
  return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

template <class... Values>
void append_format(std::string& out, const char* format, Values... values) {
  std::array<char, 16> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, values...);
  out += buffer.data();
}

void append_character(std::string& out, char32_t code, std::string_view bytes) {
  if (code == '\n' || code == '\t') {
    out += bytes;
  } else if (code < 0x20 || code == 0x7f) {
    out += '^';
    out += static_cast<char>(code ^ 0x40);
  } else if ((code >= 0x80 && code < 0xa0) || reorders(code)) {
    append_format(out, "<U+%04X>", static_cast<unsigned>(code));
  } else {
    out += bytes;
  }
}

/// Appends the visible form of one step of `text`; the number of bytes it took, 0 when it must wait
/// for more.
std::size_t append_step(std::string& out, std::string_view text, bool last) {
  if (text.front() == '\r') {
    if (text.size() == 1 && !last) return 0;
    if (text.size() > 1 && text[1] == '\n') return 1;
  }
  const Utf8Step step = next_utf8(text);
  if (step.kind == Utf8Step::Kind::kCut && !last) return 0;
  if (step.kind == Utf8Step::Kind::kCharacter) {
    append_character(out, step.code, text.substr(0, step.size));
    return step.size;
  }
  append_format(out, "<%02X>", static_cast<unsigned>(static_cast<unsigned char>(text.front())));
  return 1;
}

std::string visible(std::string& held, std::string_view piece, bool last) {
  std::string joined;
  if (!held.empty()) {
    joined = std::exchange(held, {}).append(piece);
    piece = joined;
  }
  std::string out;
  out.reserve(piece.size());
  while (!piece.empty()) {
    const std::size_t taken = append_step(out, piece, last);
    if (taken == 0) {
      held = std::string(piece);
      break;
    }
    piece.remove_prefix(taken);
  }
  return out;
}

}  // namespace

std::string VisibleText::feed(std::string_view piece) { return visible(held_, piece, false); }

std::string VisibleText::finish() { return visible(held_, {}, true); }

std::string visible_line(std::string_view text) {
  std::string held;
  std::string line = visible(held, text, true);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return line;
}

}  // namespace prx::cli
