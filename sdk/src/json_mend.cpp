#include "json_mend.hpp"

#include <cstddef>

#include "json_scan.hpp"
#include "rapid.hpp"

namespace prx::sdk {
namespace {

/// One pass over the text, which remembers the last place where closing the brackets is enough.
class Mender {
 public:
  explicit Mender(std::string_view text) : text_(text) {}

  std::string mend() {
    while (at_ < text_.size() && step()) {
    }
    if (at_ < text_.size() || whole_ == 0) return {};
    std::string out(text_.substr(0, whole_));
    if (in_string_) out += "...\"";
    for (std::size_t i = open_.size(); i-- > 0;) out += open_[i] == '{' ? '}' : ']';
    return out;
  }

 private:
  /// One token; false when the text is beyond saving.
  bool step() {
    const char c = text_[at_];
    if (open_.empty() && at_ > 0 && !json::scan::is_space(c)) return false;  // not cut, but prose
    if (c == '{' || c == '[') return open(c);
    if (c == '}' || c == ']') return close();
    if (c == '"') return string();
    if (c == ',') {
      whole_ = at_;
      key_next_ = !open_.empty() && open_.back() == '{';
    } else if (c == ':') {
      key_next_ = false;
    }
    ++at_;
    return true;
  }
  bool open(char bracket) {
    if (open_.size() == static_cast<std::size_t>(kJsonDepthMax)) return false;
    open_ += bracket;
    key_next_ = bracket == '{';
    whole_ = ++at_;
    return true;
  }
  bool close() {
    if (open_.empty()) return false;
    open_.pop_back();
    key_next_ = false;
    whole_ = ++at_;
    return true;
  }
  bool string() {
    const char* const end = text_.data() + text_.size();
    const char* const after = json::scan::skip_string(text_.data() + at_ + 1, end);
    if (after == nullptr) {
      if (!key_next_) cut_string();
      at_ = text_.size();
      return true;
    }
    at_ = static_cast<std::size_t>(after - text_.data());
    if (!key_next_) whole_ = at_;
    return true;
  }
  /// The last escape may be half there: it goes, and so does a surrogate without its other half.
  void cut_string() {
    in_string_ = true;
    whole_ = text_.size();
    for (std::size_t i = text_.find('\\', at_ + 1); i != std::string_view::npos;) {
      const std::size_t size = text_.substr(i + 1, 1) == "u" ? 6 : 2;
      const std::size_t needs = is_first_half(i) ? 12 : size;
      if (text_.size() - i < needs) {
        whole_ = i;
        return;
      }
      i = text_.find('\\', i + size);
    }
  }
  [[nodiscard]] bool is_first_half(std::size_t i) const {  // \ud800 to \udbff
    const std::string_view code = text_.substr(i, 4);
    constexpr std::string_view kSecond = "89abAB";
    return code.size() == 4 && code[1] == 'u' && (code[2] | 0x20) == 'd' &&
           kSecond.find(code[3]) != std::string_view::npos;
  }

  std::string_view text_;
  std::string open_;
  std::size_t at_ = 0;
  std::size_t whole_ = 0;  ///< a value ends here
  bool key_next_ = false;
  bool in_string_ = false;
};

}  // namespace

std::string mend_json(std::string_view cut) {
  const char* const end = cut.data() + cut.size();
  const char* const begin = json::scan::skip_space(cut.data(), end);
  if (begin == end || (*begin != '{' && *begin != '[')) return {};
  return Mender({begin, static_cast<std::size_t>(end - begin)}).mend();
}

}  // namespace prx::sdk
