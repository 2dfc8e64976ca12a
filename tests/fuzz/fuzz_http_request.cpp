// Bytes 0 and 1 pick the cuts. However a connection's bytes are cut, the same requests come out of
// them, within the limits; and what is taken is what a second reading, slow and by the letter of
// RFC 9112, makes of the same bytes: no request hides in another one.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fuzz/fuzz_check.hpp"
#include "gateway/http/request_parser.hpp"

namespace {

using prx::gateway::HttpRequest;
using prx::gateway::RequestLimits;
using prx::gateway::RequestParser;
using State = RequestParser::State;
using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr RequestLimits kLimits{256, 8, 64};

/// What a request says, as either reading has it.
struct Meaning {
  std::string method, target, body;
  int version = 11;
  std::size_t headers = 0;
  Fields fields;       ///< of the second reading; names in lower case
  std::size_t at = 0;  ///< where the bytes behind it begin
};

// --- the second reading

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Nullopt: it is no request, or not all of one.
class SecondReading {
 public:
  explicit SecondReading(std::string_view text) : text_(text) {}

  std::optional<Meaning> next() {
    Meaning out;
    while (text_.substr(at_, 2) == "\r\n") at_ += 2;
    if (!request_line(out) || !fields(out.fields) || !body(out)) return std::nullopt;
    out.headers = out.fields.size();
    out.at = at_;
    return out;
  }

 private:
  /// Up to the next CR LF; no other CR, LF or control in it.
  std::optional<std::string_view> line() {
    const std::size_t end = text_.find("\r\n", at_);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view out = text_.substr(at_, end - at_);
    at_ = end + 2;
    const bool clean = std::all_of(out.begin(), out.end(), [](char c) {
      return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    });
    if (!clean) return std::nullopt;
    return out;
  }

  bool request_line(Meaning& out) {
    const auto text = line();
    if (!text) return false;
    const std::size_t first = text->find(' '), second = text->find(' ', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return false;
    out.method = text->substr(0, first);
    out.target = text->substr(first + 1, second - first - 1);
    const std::string_view version = text->substr(second + 1);
    out.version = version == "HTTP/1.0" ? 10 : 11;
    const bool a_path = !out.target.empty() && out.target.find('\t') == std::string::npos &&
                        (out.target[0] == '/' || (out.target[0] == '*' && out.method == "OPTIONS"));
    return is_token(out.method) && a_path && (version == "HTTP/1.0" || version == "HTTP/1.1");
  }

  /// A line that begins with white space has no name: no folded header passes here.
  bool fields(Fields& out) {
    for (;;) {
      const auto text = line();
      if (!text) return false;
      if (text->empty()) return true;
      const std::size_t colon = text->find(':');
      if (colon == std::string_view::npos || !is_token(text->substr(0, colon))) return false;
      out.emplace_back(lower(text->substr(0, colon)), trimmed(text->substr(colon + 1)));
    }
  }

  bool body(Meaning& out) {
    std::optional<std::string> length, coding;
    std::size_t hosts = 0;
    for (const auto& [name, value] : out.fields) {
      hosts += name == "host" ? 1 : 0;
      if (name != "content-length" && name != "transfer-encoding") continue;
      if (length || coding) return false;  // two ways to read it
      (name == "content-length" ? length : coding) = value;
    }
    if (out.version == 11 && hosts != 1) return false;
    if (coding) return out.version == 11 && lower(*coding) == "chunked" && chunks(out.body);
    return !length || take(number(*length, 10), out.body);
  }

  static std::optional<std::size_t> number(std::string_view text, int base) {
    std::size_t out = 0;
    for (const char c : lower(text)) {
      const std::size_t digit = std::string_view("0123456789abcdef").find(c);
      if (digit >= static_cast<std::size_t>(base)) return std::nullopt;
      out = out * static_cast<std::size_t>(base) + digit;
      if (out > 1'000'000) return std::nullopt;
    }
    if (text.empty()) return std::nullopt;
    return out;
  }

  bool take(std::optional<std::size_t> size, std::string& out) {
    if (!size || *size > text_.size() - at_) return false;
    out += text_.substr(at_, *size);
    at_ += *size;
    return true;
  }

  bool chunks(std::string& out) {
    for (;;) {
      const auto text = line();
      if (!text) return false;
      const std::size_t end = text->find_first_of("; \t");
      const auto size = number(text->substr(0, end), 16);
      if (size == std::optional<std::size_t>(0)) break;
      if (!take(size, out)) return false;
      if (text_.substr(at_, 2) != "\r\n") return false;
      at_ += 2;
    }
    return trailer();
  }

  /// Nobody asks what it says.
  bool trailer() {
    for (;;) {
      const auto text = line();
      if (!text || text->empty()) return text.has_value();
    }
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

// --- the parser

struct Outcome {
  std::vector<Meaning> requests;
  bool refused = false;
  bool waiting = false;  ///< for more of a request
  friend bool operator==(const Outcome& a, const Outcome& b) {
    const auto same = [](const Meaning& x, const Meaning& y) {
      return std::tie(x.method, x.target, x.body, x.version, x.headers, x.at) ==
             std::tie(y.method, y.target, y.body, y.version, y.headers, y.at);
    };
    return a.refused == b.refused && a.waiting == b.waiting &&
           a.requests.size() == b.requests.size() &&
           std::equal(a.requests.begin(), a.requests.end(), b.requests.begin(), same);
  }
};

/// As a connection feeds it: what is left is shown again with what comes next.
class Fed {
 public:
  Fed() : parser_(kLimits) {}

  void feed(std::string_view piece) {
    left_ += piece;
    while (parser_.state() != State::kFault) {
      // A copy of its own size: a read behind its end is seen.
      const std::vector<char> exact(left_.begin(), left_.end());
      const std::size_t taken = parser_.feed({exact.data(), exact.size()});
      PRX_FUZZ_CHECK(taken <= left_.size());
      left_.erase(0, taken);
      at_ += taken;
      if (parser_.state() != State::kDone) break;
      take();
    }
    check_state();
  }
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }
  [[nodiscard]] const std::vector<HttpRequest>& requests() const { return requests_; }

 private:
  void take() {
    HttpRequest request = parser_.take();
    PRX_FUZZ_CHECK(parser_.state() == State::kIdle && parser_.head() == nullptr);
    PRX_FUZZ_CHECK(request.body.size() <= kLimits.body_max);
    PRX_FUZZ_CHECK(request.headers() <= kLimits.headers_max);
    Meaning out{request.method,    request.path, request.body, request.version,
                request.headers(), {},           at_};
    if (!request.query.empty()) out.target += '?' + request.query;
    outcome_.requests.push_back(std::move(out));
    requests_.push_back(std::move(request));
  }
  /// What is asked to be shown again is within the limit of a head.
  void check_state() {
    if (parser_.state() == State::kFault) {
      PRX_FUZZ_CHECK(parser_.fault().status >= 400 && *parser_.fault().message != '\0');
      PRX_FUZZ_CHECK(parser_.feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n") == 0);
      outcome_.refused = true;
      outcome_.waiting = false;
      return;
    }
    outcome_.waiting = parser_.state() != State::kIdle;
    PRX_FUZZ_CHECK(left_.size() <= kLimits.head_max);
    PRX_FUZZ_CHECK(parser_.state() != State::kIdle || left_.empty() || left_ == "\r");
    if (parser_.head() != nullptr) PRX_FUZZ_CHECK(parser_.head()->body.size() <= kLimits.body_max);
  }

  RequestParser parser_;
  Outcome outcome_;
  std::vector<HttpRequest> requests_;
  std::string left_;
  std::size_t at_ = 0;
};

void check_meaning(const Fed& fed, std::string_view text) {
  SecondReading second(text);
  for (std::size_t i = 0; i < fed.requests().size(); ++i) {
    const Meaning& one = fed.outcome().requests[i];
    const auto other = second.next();
    PRX_FUZZ_CHECK(other);
    // "/a?" says no more than "/a".
    PRX_FUZZ_CHECK(other->target == one.target || other->target == one.target + '?');
    PRX_FUZZ_CHECK(other->method == one.method && other->version == one.version);
    PRX_FUZZ_CHECK(other->body == one.body && other->at == one.at);
    PRX_FUZZ_CHECK(other->headers == one.headers);
    for (const auto& field : other->fields) {
      const auto first = std::find_if(other->fields.begin(), other->fields.end(),
                                      [&](const auto& any) { return any.first == field.first; });
      PRX_FUZZ_CHECK(fed.requests()[i].header(field.first) == first->second);
    }
  }
  // What is not closed in the last chunk's line keeps it waiting, until it is refused.
  if (!fed.outcome().refused && !fed.outcome().waiting) PRX_FUZZ_CHECK(!second.next());
}

/// Cuts that two bytes stand for: pieces of 1 to 31 bytes, one behind the other.
Outcome cut_by(std::string_view text, std::uint32_t seed) {
  Fed fed;
  while (!text.empty()) {
    seed = seed * 1'664'525u + 1'013'904'223u;
    const std::size_t size = std::min<std::size_t>(text.size(), (seed >> 24) % 31 + 1);
    fed.feed(text.substr(0, size));
    text.remove_prefix(size);
  }
  return fed.outcome();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  // The end lets a head that is no good be seen as such however it is cut: in pieces it is read
  // when it is complete.
  const std::string text =
      std::string(reinterpret_cast<const char*>(data) + 2, size - 2) + "\r\n\r\n";
  Fed whole, bytes;
  whole.feed(text);
  for (const char& byte : text) bytes.feed({&byte, 1});
  check_meaning(whole, text);
  PRX_FUZZ_CHECK(bytes.outcome() == whole.outcome());
  PRX_FUZZ_CHECK(cut_by(text, data[0] * 256u + data[1]) == whole.outcome());
  return 0;
}
