#include "plugin/note_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "plugin/note_rules.hpp"

namespace prx::note {
namespace {

constexpr std::array<std::pair<std::string_view, Kind>, 6> kTypes{{{"string", Kind::kString},
                                                                   {"integer", Kind::kInteger},
                                                                   {"number", Kind::kNumber},
                                                                   {"boolean", Kind::kBoolean},
                                                                   {"array", Kind::kArray},
                                                                   {"table", Kind::kObject}}};

/// A member of a note, and where its value goes: into the one that is set.
struct Member {
  std::string_view name;
  std::string Draft::*text = nullptr;
  std::vector<std::string> Draft::*list = nullptr;
  bool (*valid)(std::string_view) = nullptr;  ///< each item of the list
  const char* rule = "";                      ///< what is wrong with an item that is not
};

constexpr const char* kNameRule = "has an item that is not a valid name";
constexpr std::array<Member, 17> kMembers{{
    {"id", &Draft::id},
    {"version", &Draft::version},
    {"abi", &Draft::abi},
    {"needs", &Draft::needs},
    {"title", &Draft::title},
    {"key_env", &Draft::key_env},
    {"key_url", &Draft::key_url},
    {"credit_url", &Draft::credit_url},
    {"base_url_env", &Draft::base_url_env},
    {"default_model", &Draft::default_model},
    {"model_prefix", &Draft::model_prefix},
    {"kinds", nullptr, &Draft::kinds, is_id, kNameRule},
    {"operations", nullptr, &Draft::operations, is_id, kNameRule},
    {"hosts", nullptr, &Draft::hosts, is_origin,
     "has an item that is not an origin like \"https://example.com\""},
    {"signs"},
    {"capabilities"},
    {"config"},
}};
constexpr std::size_t kIdentity = 3;  // the first members mean the same in every major
constexpr std::size_t kSigns = 14, kCapabilities = 15, kConfig = 16;
constexpr std::array<std::string_view, 3> kOptionMembers{"type", "default", "help"};
constexpr std::size_t kType = 0, kDefault = 1, kHelp = 2;
constexpr std::size_t kItemsUsual = 8;             // of a list or the options: room made at once
constexpr std::size_t kUnknown = kMembers.size();  // members of a later minor

/// The number of a member in a table of names, or the size of the table.
template <class Table, class Name>
std::size_t find_name(const Table& table, std::string_view name, Name name_of) {
  std::size_t i = 0;
  while (i < table.size() && name_of(table[i]) != name) ++i;
  return i;
}

Unexpected<Error> wrong(const std::string& member, const std::string& what) {
  return fail(ErrorClass::kBadResponse, "its prx note is wrong: \"" + member + "\" " + what +
                                            "; correct the plugin's note and build it again");
}

bool is_of(Kind kind, Kind type) {
  return kind == type || (kind == Kind::kInteger && type == Kind::kNumber);
}

}  // namespace

bool NoteReader::Key(const char* text, rapidjson::SizeType size, bool) {
  if (place_ == Place::kSkip) return true;
  const std::string_view name(text, size);
  key_ = static_cast<std::size_t>(text - text_);
  if (place_ == Place::kNote) {
    member_ = find_name(kMembers, name, [](const Member& member) { return member.name; });
    if (member_ == kUnknown) return true;
    if ((seen_ >> member_ & 1u) != 0) member_ = kUnknown;
    seen_ |= 1u << member_;
  } else if (place_ == Place::kConfig) {
    option_ = {};
    option_.key = name;
  } else if (place_ == Place::kOption) {
    member_ = find_name(kOptionMembers, name, [](std::string_view known) { return known; });
    if (member_ == kOptionMembers.size()) return true;
    if ((option_seen_ >> member_ & 1u) != 0) member_ = kOptionMembers.size();
    option_seen_ |= 1u << member_;
  }
  return true;
}

bool NoteReader::StartObject() {
  switch (place_) {
    case Place::kStart:
      return enter(Place::kNote);
    case Place::kNote:
      if (member_ != kConfig) break;
      draft_.options.reserve(kItemsUsual);
      return enter(Place::kConfig);
    case Place::kConfig:
      open_option();
      return enter(Place::kOption);
    default:
      break;
  }
  return skip(Kind::kObject);
}

bool NoteReader::StartArray() {
  if (place_ != Place::kNote || member_ == kUnknown || kMembers[member_].list == nullptr)
    return skip(Kind::kArray);
  (draft_.*kMembers[member_].list).reserve(kItemsUsual);
  return enter(Place::kList);
}

bool NoteReader::scalar(const Value& value) {
  switch (place_) {
    case Place::kStart:
      return false;
    case Place::kNote:
      note_value(value);
      break;
    case Place::kList:
      item(value);
      break;
    case Place::kConfig:
      refuse(path(), "is not an object");
      break;
    case Place::kOption:
      option_value(value);
      break;
    default:
      break;
  }
  return true;
}

/// A container that nobody looks into, in whose place there may be one that is wrong.
bool NoteReader::skip(Kind kind) {
  if (place_ == Place::kSkip) return enter(Place::kSkip);
  const bool wanted = place_ == Place::kNote && member_ == kCapabilities && kind == Kind::kObject;
  if (!wanted && !scalar({kind})) return false;
  after_skip_ = place_;
  skip_from_ = depth_;
  return enter(Place::kSkip);
}

bool NoteReader::enter(Place place) {
  place_ = place;
  return ++depth_ <= kDepthMax;
}

bool NoteReader::close() {
  --depth_;
  switch (place_) {
    case Place::kSkip:
      if (depth_ == skip_from_) close_slice();
      break;
    case Place::kOption:
      close_option();
      place_ = Place::kConfig;
      break;
    default:
      place_ = place_ == Place::kNote ? Place::kEnd : Place::kNote;
      break;
  }
  return true;
}

/// The exact text of a container is kept where it is of use.
void NoteReader::close_slice() {
  place_ = after_skip_;
  if (place_ == Place::kNote && member_ == kCapabilities)
    draft_.capabilities = json_.slice(json_.value_of(key_), stream_.Tell());
  if (place_ == Place::kOption && member_ == kDefault)
    option_.default_value = json_.slice(json_.value_of(key_), stream_.Tell());
}

void NoteReader::note_value(const Value& value) {
  if (member_ == kUnknown) return;
  const Member& member = kMembers[member_];
  if (member.text != nullptr) return text_value(draft_.*member.text, value);
  if (member.list != nullptr) return refuse(path(), "is not an array");
  if (member_ != kSigns) return refuse(path(), "is not an object");
  if (value.kind != Kind::kBoolean) return refuse(path(), "is not true or false");
  draft_.signs = value.flag;
}

void NoteReader::text_value(std::string& out, const Value& value) {
  if (value.kind != Kind::kString) return refuse(path(), "is not text");
  if (value.text.size() > kTextMax)
    return refuse(path(), "is longer than " + std::to_string(kTextMax) + " bytes");
  if (!is_one_line(value.text)) return refuse(path(), "holds a control character");
  out = value.text;
}

void NoteReader::item(const Value& value) {
  const Member& member = kMembers[member_];
  std::vector<std::string>& list = draft_.*member.list;
  if (value.kind != Kind::kString || !member.valid(value.text)) return refuse(path(), member.rule);
  if (list.size() == kItemsMax)
    return refuse(path(), "has more than " + std::to_string(kItemsMax) + " items");
  list.emplace_back(value.text);
}

void NoteReader::open_option() {
  option_seen_ = 0;
  default_kind_ = Kind::kNull;
  if (!is_id(option_.key)) refuse(path(), "is not a valid name of a key");
}

void NoteReader::option_value(const Value& value) {
  if (member_ == kType) return text_value(option_.type, value);
  if (member_ == kHelp) return text_value(option_.help, value);
  if (member_ != kDefault) return;
  default_kind_ = value.kind;
  if (value.kind == Kind::kArray || value.kind == Kind::kObject) return;  // until it is closed
  const std::size_t begin = json_.value_of(key_);
  option_.default_value = json_.slice(begin, json_.scalar_end(begin));
}

void NoteReader::close_option() {
  const std::string own = "config." + option_.key;
  if (option_.type.empty()) return refuse(own + ".type", "is missing");
  const auto* const type = std::find_if(
      kTypes.begin(), kTypes.end(), [&](const auto& known) { return known.first == option_.type; });
  if (type == kTypes.end())
    return refuse(own + ".type", "is none of string, integer, number, boolean, array, table");
  if ((option_seen_ >> kDefault & 1u) != 0 && !is_of(default_kind_, type->second))
    return refuse(own + ".default", "is not of its type");
  for (const OptionSchema& earlier : draft_.options)
    if (earlier.key == option_.key) return refuse(own, "is there twice");
  if (draft_.options.size() == kItemsMax)
    return refuse("config", "has more than " + std::to_string(kItemsMax) + " keys");
  draft_.options.push_back(std::move(option_));
}

std::string NoteReader::path() const {
  if (place_ == Place::kConfig) return "config." + option_.key;
  if (place_ != Place::kOption) return std::string(kMembers[member_].name);
  return "config." + option_.key + "." + std::string(kOptionMembers[member_]);
}

void NoteReader::refuse(const std::string& member, const std::string& what) {
  const bool identity = place_ == Place::kNote && member_ < kIdentity;
  std::optional<Error>& error = identity ? identity_error_ : error_;
  if (!error) error = std::move(wrong(member, what)).error();
}

Result<void> NoteReader::check_identity() {
  if (identity_error_) return Unexpected(std::move(*identity_error_));
  for (std::size_t i = 0; i < kIdentity; ++i)
    if ((draft_.*kMembers[i].text).empty())
      return wrong(std::string(kMembers[i].name), "is missing");
  if (!is_id(draft_.id))
    return wrong("id", "is not 1 to 64 of a-z 0-9 _ . -, led by a letter or digit");
  const auto abi = read_version(draft_.abi);
  if (!abi) return wrong("abi", "is not a version like \"1.0\"");
  draft_.abi_major = abi->major;
  draft_.abi_minor = abi->minor;
  return {};
}

Result<void> NoteReader::check_needs() {
  if (draft_.needs.empty()) return {};
  const auto needs = read_version(draft_.needs);
  if (!needs) return wrong("needs", "is not a version like \"1.0\"");
  if (needs->major != draft_.abi_major) return wrong("needs", "names another major than \"abi\"");
  if (needs->minor > draft_.abi_minor) return wrong("needs", "is later than \"abi\"");
  draft_.needs_minor = needs->minor;
  return {};
}

Result<PluginNote> NoteReader::take() {
  PRX_TRY(check_identity());
  if (draft_.abi_major != PRX_ABI_MAJOR) {  // what else it says is that major's business
    PluginNote note;
    note.id = std::move(draft_.id);
    note.version = std::move(draft_.version);
    note.abi_major = draft_.abi_major;
    note.abi_minor = draft_.abi_minor;
    return note;
  }
  if (error_) return Unexpected(std::move(*error_));
  PRX_TRY(check_needs());
  if (draft_.kinds.empty()) return wrong("kinds", "is missing or empty");
  // A later minor may add operations: those this host does not know are left out.
  std::erase_if(draft_.operations, [](const std::string& name) { return !is_operation(name); });
  return std::move(static_cast<PluginNote&>(draft_));
}

}  // namespace prx::note
