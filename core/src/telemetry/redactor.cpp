#include "telemetry/redactor.hpp"

#include <algorithm>
#include <array>
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
  std::string_view means = {};  ///< "" of one that the text's cut left unfinished
};

/// Each ASCII character once, for an Escape to point at.
std::string_view ascii(int value) {
  static constexpr auto kAll = [] {
    std::array<char, 0x80> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i);
    return all;
  }();
  return {&kAll[static_cast<std::size_t>(value)], 1};
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (folded(c) >= 'a' && folded(c) <= 'f'); }

/// `head` and hexadecimal digits behind it, `size` bytes in all.
Escape hex_escape(std::string_view text, std::size_t head, std::size_t size) {
  const std::string_view all = text.substr(0, size);
  const auto stop =
      std::find_if_not(all.begin() + static_cast<std::ptrdiff_t>(head), all.end(), is_hex);
  const auto seen = static_cast<std::size_t>(stop - all.begin());
  const std::string_view rest = text.substr(seen);
  if (seen < size) return rest.empty() || rest.starts_with(kCutMark) ? Escape{seen, {}} : Escape{};
  const int value = hex_value(all.substr(head));
  return value < 0 ? Escape{} : Escape{size, ascii(value)};
}

Escape url_escape(std::string_view text) {
  return text[0] == '%' ? hex_escape(text, 1, 3) : Escape{};
}

Escape json_escape(std::string_view text) {
  if (text[0] != '\\') return {};
  const std::string_view rest = text.substr(1);
  if (rest.empty() || rest.starts_with(kCutMark)) return {1, {}};
  if (rest[0] == '"' || rest[0] == '\\' || rest[0] == '/') return {2, rest.substr(0, 1)};
  return rest[0] == 'u' ? hex_escape(text, 2, 6) : Escape{};
}

/// `mark` begins each escape; nullopt when there is none. An escape that the cut of a text left
/// unfinished is none of it.
template <class Read>
std::optional<Plain> without_escape(const Plain& from, char mark, Read read) {
  const std::string_view text = from.text;
  if (text.find(mark) == std::string_view::npos) return std::nullopt;
  Plain out;
  bool any = false;
  for (std::size_t at = 0; at < text.size();) {
    const Escape escape = read(text.substr(at));
    const std::string_view means = escape.size == 0 ? text.substr(at, 1) : escape.means;
    out.text += means;
    if (!means.empty()) out.at.push_back(from.at.empty() ? at : from.at[at]);
    at += std::max<std::size_t>(escape.size, 1);
    any = any || escape.size != 0;
  }
  out.at.push_back(from.at.empty() ? text.size() : from.at.back());
  return any ? std::optional(std::move(out)) : std::nullopt;
}

/// The text behind each sequence of kEscapesMax escapes or fewer, of URLs and of JSON.
std::vector<Plain> plain_forms(std::string_view text) {
  std::vector<Plain> forms;
  if (text.find_first_of("%\\") == std::string_view::npos) return forms;
  const auto add = [&forms](std::optional<Plain> form) {
    const auto same = [&form](const Plain& one) { return one.text == form->text; };
    if (form && std::none_of(forms.begin(), forms.end(), same)) forms.push_back(std::move(*form));
  };
  forms.push_back({std::string(text), {}});
  std::size_t begin = 0;
  for (std::size_t depth = 0; depth < Redactor::kEscapesMax; ++depth) {
    const std::size_t end = forms.size();
    for (; begin < end; ++begin) {
      add(without_escape(forms[begin], '%', url_escape));
      add(without_escape(forms[begin], '\\', json_escape));
    }
  }
  forms.erase(forms.begin());
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
