#include "prx/sdk/json_edit.hpp"

#include <algorithm>
#include <set>

#include "json_scan.hpp"

namespace prx::json {
namespace {

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

Unexpected<Error> bad(std::string_view what, std::size_t offset) {
  return fail(ErrorClass::kInvalidRequest,
              "JSON: " + std::string(what) + " at byte " + std::to_string(offset));
}

std::string plain_key(std::string_view key) {
  if (key.find('\\') == std::string_view::npos) return std::string(key);
  return unquoted('"' + std::string(key) + '"').value_or(std::string(key));
}

/// Reads the top level of one object.
class IndexReader {
 public:
  explicit IndexReader(std::string_view text)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  Result<std::vector<ObjectIndex::Member>> run() {
    constexpr std::size_t kUsualMembers = 8;
    members_.reserve(kUsualMembers);
    space();
    if (!take('{')) return bad("expected an object", offset());
    space();
    if (!take('}')) PRX_TRY(read_members());
    space();
    if (at_ != end_) return bad("text after the object", offset());
    PRX_TRY(check_names());
    return std::move(members_);
  }

 private:
  Result<void> read_members() {
    for (;;) {
      if (members_.size() == ObjectIndex::kMembersMax) return bad("too many members", offset());
      PRX_TRY(read_member());
      space();
      if (take('}')) return {};
      if (!take(',')) return bad("expected ',' or '}'", offset());
      space();
    }
  }

  Result<void> read_member() {
    ObjectIndex::Member member;
    if (!take('"')) return bad("expected a member's name", offset());
    const char* const key = at_;
    const char* const after = scan::skip_string(at_, end_);
    if (after == nullptr) return bad("a string without its end", offset() - 1);
    member.key = {key, static_cast<std::size_t>(after - key - 1)};
    at_ = after;
    space();
    if (!take(':')) return bad("expected ':'", offset());
    space();
    const scan::Skip skip = scan::skip_value(at_, end_, ObjectIndex::kDepthMax - 1);
    if (skip.end == nullptr)
      return bad("a value that is broken or too deep",
                 static_cast<std::size_t>(skip.failed_at - begin_));
    member.value = {at_, static_cast<std::size_t>(skip.end - at_)};
    at_ = skip.end;
    members_.push_back(member);
    return {};
  }

  Result<void> check_names() {
    constexpr std::size_t kFew = 16;
    const auto escaped = [](const ObjectIndex::Member& member) {
      return member.key.find('\\') != std::string_view::npos;
    };
    if (members_.size() > kFew || std::any_of(members_.begin(), members_.end(), escaped))
      return check_many_names();
    for (std::size_t i = 1; i < members_.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (members_[i].key == members_[j].key) return second_member(members_[i].key.data());
    return {};
  }

  Result<void> check_many_names() {
    std::set<std::string> names;  // sorting a vector of them is no faster, and 2 KB more code
    for (const ObjectIndex::Member& member : members_)
      if (!names.insert(plain_key(member.key)).second) return second_member(member.key.data());
    return {};
  }
  Result<void> second_member(const char* key) const {
    return bad("a second member of the same name", static_cast<std::size_t>(key - begin_));
  }

  void space() { at_ = scan::skip_space(at_, end_); }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

  const char* begin_;
  const char* at_;
  const char* end_;
  std::vector<ObjectIndex::Member> members_;
};

}  // namespace

bool ObjectIndex::Member::has_key(std::string_view name) const {
  if (key == name) return true;
  return key.find('\\') != std::string_view::npos && plain_key(key) == name;
}

Result<ObjectIndex> ObjectIndex::parse(std::string_view text) {
  PRX_TRY_SET(std::vector<Member> members, IndexReader(text).run());
  ObjectIndex index;
  index.text_ = text;
  index.members_ = std::move(members);
  return index;
}

std::optional<std::string_view> ObjectIndex::find(std::string_view key) const {
  for (const Member& member : members_)
    if (member.has_key(key)) return member.value;
  return std::nullopt;
}

Result<std::vector<std::string_view>> elements(std::string_view array) {
  const char* const begin = array.data();
  const char* const end = begin + array.size();
  const auto offset = [begin](const char* at) { return static_cast<std::size_t>(at - begin); };
  std::vector<std::string_view> out;
  const char* at = scan::skip_space(begin, end);
  if (at == end || *at != '[') return bad("expected an array", offset(at));
  at = scan::skip_space(at + 1, end);
  bool more = at == end || *at != ']';  // after a comma there must be one
  while (more) {
    if (out.size() == kElementsMax) return bad("too many elements", offset(at));
    const scan::Skip skip = scan::skip_value(at, end, ObjectIndex::kDepthMax - 1);
    if (skip.end == nullptr || skip.end == at)
      return bad("a value that is missing, broken or too deep",
                 offset(skip.end == nullptr ? skip.failed_at : at));
    out.emplace_back(at, static_cast<std::size_t>(skip.end - at));
    at = scan::skip_space(skip.end, end);
    more = at != end && *at == ',';
    if (more) at = scan::skip_space(at + 1, end);
  }
  if (at == end || *at != ']') return bad("expected ',' or ']'", offset(at));
  if (scan::skip_space(at + 1, end) != end) return bad("text after the array", offset(at + 1));
  return out;
}

ObjectEdit::ObjectEdit(const ObjectIndex& index) : index_(&index), slots_(index.members().size()) {}

bool ObjectEdit::has_key(std::size_t slot, std::string_view name) const {
  const Slot& s = slots_[slot];
  if (s.name == Name::kRemoved) return false;
  if (s.name == Name::kChanged) return s.key == name;
  return index_->members()[slot].has_key(name);
}

std::size_t ObjectEdit::find(std::string_view key) const {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (has_key(i, key)) return i;
  return kNowhere;
}

ObjectEdit& ObjectEdit::set(std::string_view key, std::string value) {
  std::size_t slot = find(key);
  if (slot == kNowhere) {
    slot = slots_.size();
    slots_.push_back({Name::kChanged, std::string(key), {}, true});
  }
  slots_[slot].value = std::move(value);
  slots_[slot].value_set = true;
  return *this;
}

ObjectEdit& ObjectEdit::remove(std::string_view key) {
  const std::size_t slot = find(key);
  if (slot != kNowhere) slots_[slot].name = Name::kRemoved;
  return *this;
}

ObjectEdit& ObjectEdit::rename(std::string_view from, std::string_view to) {
  if (from == to) return *this;
  const std::size_t slot = find(from);
  if (slot == kNowhere) return *this;
  remove(to);
  slots_[slot].name = Name::kChanged;
  slots_[slot].key = to;
  return *this;
}

ObjectEdit& ObjectEdit::merge(const ObjectIndex& other) {
  for (const ObjectIndex::Member& member : other.members())
    set(plain_key(member.key), std::string(member.value));
  return *this;
}

void ObjectEdit::append_slot(std::string& out, std::size_t slot, bool first) const {
  const Slot& s = slots_[slot];
  if (is_new(slot)) return append_new(out, s, first);
  const ObjectIndex::Member& member = index_->members()[slot];
  const char* const key_end = member.key.data() + member.key.size();
  if (!first) out += ',';
  out += '"';
  out += s.name == Name::kChanged ? std::string_view(s.key) : member.key;
  if (s.value_set) {
    out.append(key_end, member.value.data());
    out += s.value;
  } else {
    out.append(key_end, member.value.data() + member.value.size());
  }
}

void ObjectEdit::append_new(std::string& out, const Slot& slot, bool first) const {
  if (!first) out += ',';
  append_quoted(out, slot.key);
  out += ':';
  out += slot.value;
}

std::string ObjectEdit::str() const {
  std::size_t size = index_->text().size() + 2;
  for (const Slot& slot : slots_) size += slot.key.size() + slot.value.size() + 4;
  std::string out;
  out.reserve(size);
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].name == Name::kRemoved) continue;
    append_slot(out, i, first);
    first = false;
  }
  out += '}';
  return out;
}

}  // namespace prx::json
