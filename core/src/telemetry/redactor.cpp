#include "telemetry/redactor.hpp"

#include <algorithm>

namespace prx {

namespace {
constexpr std::string_view kRedacted = "[redacted]";
constexpr std::string_view kCutMark = "...";

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string as_json(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
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

/// In one pass, since a long text may hold the secret thousands of times.
std::string without(std::string text, std::string_view secret) {
  std::size_t at = text.find(secret);
  if (at == std::string::npos) return text;
  std::string out;
  std::size_t kept = 0;
  for (; at != std::string::npos; at = text.find(secret, kept)) {
    out.append(text, kept, at - kept).append(kRedacted);
    kept = at + secret.size();
  }
  return out.append(text, kept);
}
}  // namespace

void Redactor::add_unique(std::string_view secret) {
  if (secret.size() < kSecretMin) return;
  const auto is_it = [secret](const Secret& known) { return known.text == secret; };
  if (std::any_of(secrets_.begin(), secrets_.end(), is_it)) return;
  secrets_.push_back({std::string(secret), part_min_of(secret), borders_of(secret)});
}

void Redactor::add(std::string_view secret) {
  add_unique(secret);
  add_unique(as_json(secret));
  if (const auto space = secret.find(' '); space != std::string_view::npos)
    add_unique(secret.substr(space + 1));
  std::stable_sort(secrets_.begin(), secrets_.end(),
                   [](const auto& a, const auto& b) { return a.text.size() > b.text.size(); });
}

void Redactor::add(const Redactor& other) {
  for (const auto& secret : other.secrets_) add(secret.text);
}

std::string Redactor::redact(std::string_view text) const {
  std::string out(text);
  for (const auto& secret : secrets_) out = without(std::move(out), secret.text);
  return without_parts(std::move(out));
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

std::string Redactor::without_parts(std::string text) const {
  std::vector<Cut> cuts = cuts_of(text);
  for (const auto& secret : secrets_) measure_parts(text, secret, cuts);
  std::string out;
  std::size_t kept = 0;
  for (const Cut& cut : cuts) {
    if (cut.part == 0) continue;
    const std::size_t begin = cut.at - cut.part;
    if (begin >= kept) out.append(text, kept, begin - kept).append(kRedacted);
    kept = cut.at;
  }
  if (kept == 0) return text;
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
