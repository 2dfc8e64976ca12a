#include "config/edit.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "config/edit_places.hpp"
#include "config/text_values.hpp"

namespace prx::config {
namespace {

std::string key_text_of(const std::string& key) {
  constexpr std::string_view kBare =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  const bool bare = !key.empty() && key.find_first_not_of(kBare) == std::string::npos;
  return bare ? key : toml_text(std::string_view(key));
}

std::string dotted(std::span<const std::string> path) {
  std::string text;
  for (const auto& key : path) text += (text.empty() ? "" : ".") + key_text_of(key);
  return text;
}

const Member* member_of(const Table& table, std::string_view key) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Member& member) { return member.key == key; });
  return found == table.end() ? nullptr : &*found;
}

// The tables that are there on the way to a key, the root first.
struct Way {
  std::vector<const Node*> tables;
  const Member* found = nullptr;    ///< the last key, when all are there
  const Member* blocked = nullptr;  ///< a value that stands where a table is wanted
};

Way way_to(const Node& document, std::span<const std::string> path) {
  Way way;
  way.tables.push_back(&document);
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto* member = member_of(std::get<Table>(way.tables.back()->value), path[i]);
    if (member == nullptr) return way;
    if (i + 1 == path.size()) {
      way.found = member;
    } else if (member->node.as<Table>() == nullptr) {
      way.blocked = member;
      return way;
    } else {
      way.tables.push_back(&member->node);
    }
  }
  return way;
}

// A replacement of bytes.
struct Change {
  Span span;
  std::string text;
};

// Finds the change of one edit in one text.
class Editor {
 public:
  Editor(std::string_view text, const Node& document, const Edit& edit, std::string_view name)
      : text_(text),
        places_(text, document),
        edit_(edit),
        name_(name),
        way_(way_to(document, edit.path)),
        line_feed_(text.find("\r\n") != std::string_view::npos &&
                           text.find("\r\n") < text.find('\n')
                       ? "\r\n"
                       : "\n") {}

  Result<std::string> run() {
    if (way_.blocked)
      return error(way_.blocked->node.place,
                   places_.is_array_of_tables(way_.blocked->node)
                       ? " is an array of tables, which is not edited; change it by hand"
                       : " needs a table where there is a value; change it by hand");
    PRX_TRY_SET(const Change change, way_.found ? change_of_existing() : change_of_new());
    std::string out(text_.substr(0, change.span.begin));
    out += change.text;
    out += text_.substr(change.span.end);
    return out;
  }

 private:
  [[nodiscard]] Unexpected<Error> error(Place place, const std::string& what) const {
    return fail(ErrorClass::kInvalidRequest,
                at(name_, place) + ": '" + dotted(edit_.path) + "'" + what);
  }

  // --- what is there

  Result<Change> change_of_existing() const {
    const Node& node = way_.found->node;
    const bool is_table = node.as<Table>() != nullptr;
    if (edit_.kind == Edit::Kind::kTable) {
      if (is_table) return Change{};
      return error(node.place, " is a value, not a table; change it by hand");
    }
    if (places_.is_array_of_tables(node))
      return error(node.place, " is an array of tables, which is not edited; change it by hand");
    if (is_table) return error(node.place, " is a table, not a value; change it by hand");
    return edit_.kind == Edit::Kind::kSet ? replaced(node) : removed(*way_.found);
  }

  Result<Change> replaced(const Node& node) const {
    if (same_values(node, edit_.value)) return Change{};
    if (auto grown = grown_array(node)) return std::move(*grown);
    const Span span = places_.value(node);
    const bool is_array = node.as<Array>() != nullptr;
    if (is_array && has_comment(text_.substr(span.begin, span.end - span.begin)))
      return error(node.place, " has comments among its values; change it by hand");
    return Change{span, toml_text(edit_.value)};
  }

  // Further elements behind those that are there.
  [[nodiscard]] std::optional<Change> grown_array(const Node& node) const {
    const auto* old = node.as<Array>();
    const auto* wanted = edit_.value.as<Array>();
    if (!old || !wanted || old->empty() || wanted->size() <= old->size()) return std::nullopt;
    if (!std::equal(old->begin(), old->end(), wanted->begin(), same_values)) return std::nullopt;
    const auto end = places_.value(old->back()).end;
    Change change{{end, end}, {}};
    for (std::size_t i = old->size(); i < wanted->size(); ++i)
      change.text += ", " + toml_text((*wanted)[i]);
    return change;
  }

  Result<Change> removed(const Member& member) const {
    const auto key = places_.offset(member.place);
    const Span value = places_.value(member.node);
    if (form_of(container()) != TableForm::kInline) return removed_lines(key, value);
    if (has_comment(text_.substr(value.begin, value.end - value.begin)))
      return error(member.place, " has comments among its values; change it by hand");
    return removed_entry(key, value.end);
  }

  // Each comment stays, as a line of its own.
  [[nodiscard]] Change removed_lines(std::size_t key, Span value) const {
    const auto begin = places_.line_begin(key), end = places_.line_end(value.end);
    const auto indent = text_.substr(begin, text_.find_first_not_of(" \t", begin) - begin);
    Change change{{begin, end}, {}};
    for (auto at = value.begin; at < end; at = skip_token(text_, at)) {
      if (text_[at] != '#') continue;
      const auto comment = text_.substr(at, places_.line_end(at) - at);
      change.text += std::string(indent) + std::string(comment);
    }
    return change;
  }

  [[nodiscard]] Change removed_entry(std::size_t key, std::size_t end) const {
    const auto open = places_.offset(way_.tables[container()]->place);
    auto begin = open + 1;
    bool is_first = true;
    for (auto at = begin; at < key; at = value_or_token_end(at)) {
      if (text_[at] != ',') continue;
      begin = at;
      is_first = false;
    }
    if (!is_first) return {{begin, end}, {}};
    begin = std::min(text_.find_first_not_of(" \t", begin), key);
    const auto next = text_.find_first_not_of(" \t", end);
    if (next != std::string_view::npos && text_[next] == ',')
      end = std::min(text_.find_first_not_of(" \t", next + 1), text_.size());
    return {{begin, end}, {}};
  }

  [[nodiscard]] std::size_t value_or_token_end(std::size_t at) const {
    return text_[at] == '[' || text_[at] == '{' ? value_end(text_, at) : skip_token(text_, at);
  }

  // --- what is not

  [[nodiscard]] TableForm form_of(std::size_t depth) const {
    return places_.form(*way_.tables[depth], depth);
  }

  // The depth of the table in whose text the deepest one that is there is written.
  [[nodiscard]] std::size_t container() const {
    std::size_t depth = way_.tables.size() - 1;
    while (form_of(depth) == TableForm::kDotted) --depth;
    return depth;
  }

  Result<Change> change_of_new() const {
    if (edit_.kind == Edit::Kind::kRemove) return Change{};
    const auto depth = way_.tables.size() - 1;
    const auto form = form_of(depth);
    if (form == TableForm::kInline) return new_entry();
    if (form == TableForm::kDotted)
      return form_of(container()) == TableForm::kInline ? new_entry()
                                                        : new_line(last_end(), statement());
    const bool direct = edit_.kind == Edit::Kind::kSet && depth + 1 == edit_.path.size();
    if (direct && form == TableForm::kRoot) return new_root_line();
    if (direct && form == TableForm::kHeader) return new_line(section_end(), statement());
    return new_header();
  }

  // "key = value", the key as it is written in the container.
  [[nodiscard]] std::string statement() const {
    const auto keys = std::span(edit_.path).subspan(container());
    return dotted(keys) + " = " +
           (edit_.kind == Edit::Kind::kTable ? "{}" : toml_text(edit_.value));
  }

  [[nodiscard]] std::size_t last_end() const { return places_.last_value_end(*way_.tables.back()); }

  [[nodiscard]] std::size_t section_end() const {
    const auto header = places_.offset(way_.tables.back()->place);
    for (const auto& section : places_.sections())
      if (section.header == header && !section.path.empty()) return section.end;
    return text_.size();
  }

  [[nodiscard]] Change new_entry() const {
    if (const auto end = last_end(); end != 0) return {{end, end}, ", " + statement()};
    const Span span = places_.value(*way_.tables.back());
    return {span, "{ " + statement() + " }"};
  }

  // A line below the one that ends at `end`, indented as it is.
  [[nodiscard]] Change new_line(std::size_t end, const std::string& line) const {
    const auto begin = places_.line_begin(begin_of_line_with(end));
    const auto text = text_.find_first_not_of(" \t", begin);
    return below(end, std::string(text_.substr(begin, text - begin)) + line);
  }

  // A value of several lines is not indented by its last one.
  [[nodiscard]] std::size_t begin_of_line_with(std::size_t end) const {
    std::size_t begin = 0;
    for (const auto& member : std::get<Table>(way_.tables.back()->value)) {
      const auto key = places_.offset(member.place);
      if (key < end) begin = std::max(begin, key);
    }
    return begin == 0 ? end : begin;
  }

  [[nodiscard]] Change below(std::size_t end, const std::string& lines) const {
    const auto at = places_.line_end(end);
    const bool ended = at == 0 || text_[at - 1] == '\n' || at == text_begin();
    return {{at, at}, ended ? lines + line_feed_ : line_feed_ + lines};
  }

  /// Behind a byte order mark.
  [[nodiscard]] std::size_t text_begin() const { return places_.sections().front().header; }

  [[nodiscard]] Change new_root_line() const {
    const auto& root = places_.sections().front();
    if (root.has_values) return new_line(root.end, statement());
    const auto at = root.header;
    const bool alone = at == text_.size();
    return {{at, at}, statement() + line_feed_ + (alone ? "" : line_feed_)};
  }

  [[nodiscard]] Change new_header() const {
    const bool is_table = edit_.kind == Edit::Kind::kTable;
    const auto keys = std::span(edit_.path).first(edit_.path.size() - (is_table ? 0 : 1));
    std::string lines = '[' + dotted(keys) + ']';
    if (!is_table)
      lines += line_feed_ + dotted({&edit_.path.back(), 1}) + " = " + toml_text(edit_.value);
    const auto end = end_of_relatives();
    if (!end) return appended(lines);
    Change change = below(*end, lines);
    const auto at = change.span.begin;
    const bool is_last = at == text_.size();
    change.text.insert(0, line_feed_);
    if (!is_last && text_[at] != '\n' && text_[at] != '\r') change.text += line_feed_;
    return change;
  }

  [[nodiscard]] Change appended(const std::string& lines) const {
    const auto at = text_.size();
    if (at == text_begin()) return {{at, at}, lines + line_feed_};
    const bool ended = text_[at - 1] == '\n';
    return {{at, at}, line_feed_ + (ended ? lines + line_feed_ : line_feed_ + lines)};
  }

  // Behind the last of the sections whose names begin most like that of the new table; nullopt: no
  // name does.
  [[nodiscard]] std::optional<std::size_t> end_of_relatives() const {
    std::optional<std::size_t> end;
    std::size_t most = 1;
    for (const auto& section : places_.sections()) {
      const auto [a, b] = std::mismatch(section.path.begin(), section.path.end(),
                                        edit_.path.begin(), edit_.path.end());
      const auto common = static_cast<std::size_t>(a - section.path.begin());
      if (common < most) continue;
      most = common;
      end = section.end;
    }
    return end;
  }

  std::string_view text_;
  EditPlaces places_;
  const Edit& edit_;
  std::string_view name_;
  Way way_;
  std::string line_feed_;
};

Result<std::string> edit_once(const std::string& text, const Edit& edit, std::string_view name) {
  PRX_TRY_SET(const Node before, parse_document(text, name));
  PRX_TRY_SET(auto out, Editor(text, before, edit, name).run());
  PRX_TRY_SET(const Node wanted, edited(before, edit));
  const auto after = parse_document(out, name);
  if (after && same_values(*after, wanted)) return out;
  return fail(ErrorClass::kInvalidRequest,
              std::string(name) + ": '" + dotted(edit.path) +
                  "' cannot be changed in place without changing more; change it by hand");
}

bool same_tables(const Table& a, const Table& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const Member& member) {
           const auto* other = member_of(b, member.key);
           return other != nullptr && same_values(member.node, other->node);
         });
}

}  // namespace

Edit set_text(KeyPath path, std::string value) {
  return {Edit::Kind::kSet, std::move(path), Node{{}, std::move(value)}};
}

Edit set_texts(KeyPath path, const std::vector<std::string>& values) {
  Array array;
  for (const auto& value : values) array.push_back(Node{{}, value});
  return {Edit::Kind::kSet, std::move(path), Node{{}, std::move(array)}};
}

Edit remove_value(KeyPath path) { return {Edit::Kind::kRemove, std::move(path), {}}; }
Edit need_table(KeyPath path) { return {Edit::Kind::kTable, std::move(path), {}}; }

bool same_values(const Node& a, const Node& b) {
  if (a.value.index() != b.value.index()) return false;
  if (const auto* table = a.as<Table>()) return same_tables(*table, std::get<Table>(b.value));
  if (const auto* array = a.as<Array>())
    return std::equal(array->begin(), array->end(), std::get<Array>(b.value).begin(),
                      std::get<Array>(b.value).end(), same_values);
  if (const auto* text = a.as<std::string>()) return *text == std::get<std::string>(b.value);
  if (const auto* integer = a.as<std::int64_t>())
    return *integer == std::get<std::int64_t>(b.value);
  if (const auto* flag = a.as<bool>()) return *flag == std::get<bool>(b.value);
  const auto* number = a.as<double>();
  if (number == nullptr) return true;
  return *number == std::get<double>(b.value) ||
         (std::isnan(*number) && std::isnan(std::get<double>(b.value)));
}

Result<Node> edited(Node document, const Edit& edit) {
  Node* node = &document;
  for (std::size_t i = 0; i < edit.path.size(); ++i) {
    auto* table = node->as<Table>();
    if (table == nullptr)
      return fail(ErrorClass::kInvalidRequest, "'" + dotted(edit.path) + "' is in no table");
    const auto found = std::find_if(table->begin(), table->end(), [&](const Member& member) {
      return member.key == edit.path[i];
    });
    const bool is_last = i + 1 == edit.path.size();
    if (edit.kind == Edit::Kind::kRemove && (found == table->end() || is_last)) {
      if (found != table->end()) table->erase(found);
      return document;
    }
    const bool is_new = found == table->end();
    node = is_new ? &table->emplace_back(Member{edit.path[i], {}, Node{{}, Table{}}}).node
                  : &found->node;
  }
  if (edit.kind == Edit::Kind::kSet) node->value = edit.value.value;
  return document;
}

Result<std::string> edit_toml(std::string_view text, std::span<const Edit> edits,
                              std::string_view name) {
  PRX_TRY(parse_document(text, name));
  std::string out(text);
  for (const auto& edit : edits) {
    PRX_TRY_SET(out, edit_once(out, edit, name));
  }
  return out;
}

}  // namespace prx::config
