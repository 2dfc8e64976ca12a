#include "telemetry/redactor.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace prx {

namespace {
constexpr std::string_view kRedacted = "[redacted]";
constexpr std::string_view kCutMark = "...";

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// A text without its escapes.
struct Plain {
  std::string text;
  std::vector<std::size_t> at;  ///< where each byte of it came from, and the end
};

/// The value of two or more hexadecimal digits that stand for an ASCII character; -1: they do not.
int hex_value(std::string_view digits) {
  int value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  const bool all = error == std::errc() && end == digits.data() + digits.size();
  return all && digits.front() != '-' && value < 0x80 ? value : -1;
}

/// An escape at the text's beginning: its size and what it stands for; size 0: there is none.
struct Escape {
  std::size_t size = 0;
  char means = 0;
};

Escape url_escape(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return {};
  const int value = hex_value(text.substr(1, 2));
  return value < 0 ? Escape{} : Escape{3, static_cast<char>(value)};
}

Escape json_escape(std::string_view text) {
  if (text.size() < 2 || text[0] != '\\') return {};
  if (text[1] == '"' || text[1] == '\\' || text[1] == '/') return {2, text[1]};
  if (text.size() < 6 || text[1] != 'u') return {};
  const int value = hex_value(text.substr(2, 4));
  return value < 0 ? Escape{} : Escape{6, static_cast<char>(value)};
}

/// `mark` begins each escape; nullopt when there is none.
template <class Read>
std::optional<Plain> without_escape(std::string_view text, char mark, Read read) {
  if (text.find(mark) == std::string_view::npos) return std::nullopt;
  Plain out;
  bool any = false;
  for (std::size_t at = 0; at < text.size();) {
    const Escape escape = read(text.substr(at));
    out.text += escape.size == 0 ? text[at] : escape.means;
    out.at.push_back(at);
    at += std::max<std::size_t>(escape.size, 1);
    any = any || escape.size != 0;
  }
  out.at.push_back(text.size());
  return any ? std::optional(std::move(out)) : std::nullopt;
}

std::vector<Plain> plain_forms(std::string_view text) {
  std::vector<Plain> forms;
  if (auto form = without_escape(text, '%', url_escape)) forms.push_back(std::move(*form));
  if (auto form = without_escape(text, '\\', json_escape)) forms.push_back(std::move(*form));
  return forms;
}

std::size_t part_min_of(std::string_view secret) {
  const std::size_t space = secret.find(' ');
  return space == std::string_view::npos ? Redactor::kPartMin
                                         : std::max(Redactor::kPartMin, space + 2);
}

/// How much of the secret's beginning stands before and with `c`, when `known` bytes did before.
std::size_t step(std::string_view secret, const std::vector<std::uint32_t>& borders,
                 std::size_t known, char c) {
  for (;;) {
    if (known < secret.size() && folded(secret[known]) == folded(c)) return known + 1;
    if (known == 0) return 0;
    known = borders[known - 1];
  }
}

/// For each beginning of the secret: the longest shorter beginning that it ends in.
std::vector<std::uint32_t> borders_of(std::string_view secret) {
  std::vector<std::uint32_t> borders(secret.size(), 0);
  for (std::size_t i = 1; i < secret.size(); ++i)
    borders[i] = static_cast<std::uint32_t>(step(secret, borders, borders[i - 1], secret[i]));
  return borders;
}
}  // namespace

void Redactor::add_unique(std::string_view secret) {
  if (secret.size() < kSecretMin || knows(secret)) return;
  secrets_.push_back({std::string(secret), part_min_of(secret), borders_of(secret)});
}

void Redactor::add(std::string_view secret) {
  add_unique(secret);
  if (const auto space = secret.find(' '); space != std::string_view::npos)
    add_unique(secret.substr(space + 1));
}

bool Redactor::knows(std::string_view secret) const {
  return std::any_of(secrets_.begin(), secrets_.end(),
                     [secret](const Secret& known) { return known.text == secret; });
}

void Redactor::renew(const Redactor& in_use) {
  std::vector<Secret> next = in_use.secrets_;
  for (Secret& secret : secrets_) {
    if (next.size() >= in_use.size() + kRetiredMax) break;
    if (!in_use.knows(secret.text)) next.push_back(std::move(secret));
  }
  secrets_ = std::move(next);
}

std::vector<std::string> Redactor::without_escapes(std::string_view text) {
  std::vector<std::string> forms;
  for (Plain& form : plain_forms(text)) forms.push_back(std::move(form.text));
  return forms;
}

std::string Redactor::redact(std::string_view text) const {
  std::vector<Range> ranges = find_in(text);
  for (const Plain& form : plain_forms(text))
    for (const Range& range : find_in(form.text))
      ranges.push_back({form.at[range.begin], form.at[range.end]});
  return without(text, std::move(ranges));
}

std::vector<Redactor::Cut> Redactor::cuts_of(std::string_view text) {
  std::vector<Cut> cuts;
  for (auto at = text.find(kCutMark); at != std::string_view::npos;
       at = text.find(kCutMark, at + 1))
    cuts.push_back({at});
  cuts.push_back({text.size()});
  return cuts;
}

void Redactor::measure_parts(std::string_view text, const Secret& secret, std::vector<Cut>& cuts) {
  std::size_t at = 0, known = 0;
  for (Cut& cut : cuts) {
    if (cut.at - at > secret.text.size()) {  // what is farther from the cut is no part
      at = cut.at - secret.text.size();
      known = 0;
    }
    for (; at < cut.at; ++at) known = step(secret.text, secret.borders, known, text[at]);
    if (known >= secret.part_min) cut.part = std::max(cut.part, known);
  }
}

/// Of every secret, and of the parts of secrets.
std::vector<Redactor::Range> Redactor::find_in(std::string_view text) const {
  std::vector<Range> ranges;
  std::vector<Cut> cuts = cuts_of(text);
  for (const auto& secret : secrets_) {
    std::size_t at = text.find(secret.text);
    for (; at != std::string_view::npos; at = text.find(secret.text, ranges.back().end))
      ranges.push_back({at, at + secret.text.size()});
    measure_parts(text, secret, cuts);
  }
  for (const Cut& cut : cuts)
    if (cut.part > 0) ranges.push_back({cut.at - cut.part, cut.at});
  return ranges;
}

/// Each range becomes one mark, and so do those that overlap.
std::string Redactor::without(std::string_view text, std::vector<Range> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.begin < b.begin; });
  std::string out;
  std::size_t kept = 0;
  for (const Range& range : ranges) {
    if (range.begin >= kept) out.append(text, kept, range.begin - kept).append(kRedacted);
    kept = std::max(kept, range.end);
  }
  return out.append(text, kept);
}

bool Redactor::ends_in_part(std::string_view text, std::string_view secret) {
  if (is_marked(text)) text.remove_suffix(kCutMark.size());
  if (text.size() > secret.size()) text.remove_prefix(text.size() - secret.size());
  const auto same = [](char a, char b) { return folded(a) == folded(b); };
  const std::size_t part_min = part_min_of(secret);
  for (; text.size() >= part_min; text.remove_prefix(1))
    if (std::equal(text.begin(), text.end(), secret.begin(), same)) return true;
  return false;
}

}  // namespace prx
