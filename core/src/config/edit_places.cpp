#include "config/edit_places.hpp"

#include <algorithm>

namespace prx::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kQuotesMax = 5;  // two of the text, then the three that close it

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t skip_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool long_form = text.substr(at, 3) == three;
  const std::string close = long_form ? three : std::string(1, quote);
  for (at += close.size(); at < text.size();) {
    if (text[at] == '\\' && quote == '"') {
      at += 2;
    } else if (text.substr(at, close.size()) == close) {
      std::size_t count = 0;
      while (count < (long_form ? kQuotesMax : 1) && at < text.size() && text[at] == quote)
        ++at, ++count;
      return at;
    } else {
      ++at;
    }
  }
  return text.size();
}

// Of "[a.b]" or "[[a]]", which begins at `at`.
struct Header {
  std::size_t end = 0;
  std::size_t keys = 1;
};

Header read_header(std::string_view text, std::size_t at) {
  Header header;
  while (at < text.size() && text[at] == '[') ++at;
  while (at < text.size() && text[at] != ']') {
    header.keys += text[at] == '.' ? 1 : 0;
    at = skip_token(text, at);
  }
  while (at < text.size() && text[at] == ']') ++at;
  header.end = at;
  return header;
}

}  // namespace

std::size_t skip_token(std::string_view text, std::size_t at) {
  if (text[at] == '"' || text[at] == '\'') return skip_string(text, at);
  if (text[at] == '#') return std::min(text.find('\n', at), text.size());
  return at + 1;
}

bool has_comment(std::string_view piece) {
  for (std::size_t at = 0; at < piece.size(); at = skip_token(piece, at))
    if (piece[at] == '#') return true;
  return false;
}

std::size_t value_end(std::string_view text, std::size_t at) {
  if (text[at] == '"' || text[at] == '\'') return skip_string(text, at);
  if (text[at] == '[' || text[at] == '{') {
    int open = 0;
    do {
      open += text[at] == '[' || text[at] == '{' ? 1 : 0;
      open -= text[at] == ']' || text[at] == '}' ? 1 : 0;
      at = skip_token(text, at);
    } while (open > 0 && at < text.size());
    return at;
  }
  const auto stop = std::min(text.find_first_of(",]}#\n", at), text.size());
  return text.find_last_not_of(" \t\r", stop - 1) + 1;  // a date may have a space inside
}

EditPlaces::EditPlaces(std::string_view text, const Node& document) : text_(text) {
  lines_.push_back(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    lines_.push_back(at + 1);
  sections_.push_back({{}, lines_.front(), lines_.front(), false});
  std::vector<std::string> path;
  collect_table(std::get<Table>(document.value), path);
  measure_sections();
}

std::size_t EditPlaces::offset(Place place) const {
  std::size_t at = lines_[std::min<std::size_t>(place.line, lines_.size()) - 1];
  for (std::uint32_t column = 1; column < place.column && at < text_.size(); ++column) {
    do ++at;
    while (at < text_.size() && is_continuation(text_[at]));
  }
  return at;
}

bool EditPlaces::has_header(const Node& table) const {
  const auto at = offset(table.place);
  return table.as<Table>() != nullptr && at < text_.size() && text_[at] == '[';
}

TableForm EditPlaces::form(const Node& table, std::size_t depth) const {
  if (depth == 0) return TableForm::kRoot;
  const auto at = offset(table.place);
  if (at >= text_.size() || (text_[at] != '{' && text_[at] != '[')) return TableForm::kDotted;
  if (text_[at] == '{') return TableForm::kInline;
  return read_header(text_, at).keys == depth ? TableForm::kHeader : TableForm::kImplied;
}

Span EditPlaces::value(const Node& node) const {
  const auto begin = offset(node.place);
  return {begin, value_end(text_, begin)};
}

bool EditPlaces::is_array_of_tables(const Node& node) const {
  const auto* array = node.as<Array>();
  return array != nullptr && !array->empty() && has_header(array->front());
}

void EditPlaces::collect_table(const Table& table, std::vector<std::string>& path) {
  for (const auto& member : table) {
    path.push_back(member.key);
    collect(member.node, path);
    path.pop_back();
  }
}

// Recursion is bounded by kNestingMax and the levels that dotted table headers add.
void EditPlaces::collect(const Node& node, std::vector<std::string>& path) {
  const auto at = offset(node.place);
  if (is_array_of_tables(node)) {
    for (const auto& element : std::get<Array>(node.value)) collect(element, path);
  } else if (const auto* table = node.as<Table>(); table && text_[at] != '{') {
    if (has_header(node) && read_header(text_, at).keys == path.size())
      sections_.push_back({path, at, 0, false});
    collect_table(*table, path);
  } else {
    values_.push_back(at);
  }
}

void EditPlaces::measure_sections() {
  std::sort(values_.begin(), values_.end());
  std::sort(sections_.begin() + 1, sections_.end(),
            [](const Section& a, const Section& b) { return a.header < b.header; });
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    auto& section = sections_[i];
    const auto next = i + 1 < sections_.size() ? sections_[i + 1].header : text_.size();
    const auto behind = std::lower_bound(values_.begin(), values_.end(), next);
    section.has_values = behind != values_.begin() && *(behind - 1) >= section.header;
    if (section.has_values)
      section.end = value_end(text_, *(behind - 1));
    else
      section.end = i == 0 ? section.header : read_header(text_, section.header).end;
  }
}

std::size_t EditPlaces::last_value(const Node& node) const {
  const auto* table = node.as<Table>();
  if (table == nullptr || text_[offset(node.place)] == '{') return value(node).end;
  return has_header(node) ? 0 : last_value_end(node);
}

std::size_t EditPlaces::last_value_end(const Node& table) const {
  std::size_t last = 0;
  for (const auto& member : std::get<Table>(table.value))
    if (!is_array_of_tables(member.node)) last = std::max(last, last_value(member.node));
  return last;
}

std::size_t EditPlaces::line_begin(std::size_t at) const {
  return *(std::upper_bound(lines_.begin(), lines_.end(), at) - 1);
}

std::size_t EditPlaces::line_end(std::size_t at) const {
  const auto end = text_.find('\n', at);
  return end == std::string_view::npos ? text_.size() : end + 1;
}

}  // namespace prx::config
