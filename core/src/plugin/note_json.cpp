// The only reader of a note's JSON.

// Strings are scanned 16 bytes at a time; in a namespace of its own, since others in this program
// build RapidJSON without that.
#define RAPIDJSON_NAMESPACE prx_note_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace prx_note_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#if defined(__SSE2__) && !defined(RAPIDJSON_SSE2)
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "plugin/note.hpp"

namespace prx {
namespace {

namespace rapidjson = prx_note_rapidjson;
using Json = rapidjson::Value;

constexpr std::size_t kDepthMax = 16;    // nested objects and arrays
constexpr std::size_t kIdMax = 64;       // bytes of an id, a kind or an option's key
constexpr std::size_t kTextMax = 1'024;  // bytes of any other text
constexpr std::size_t kItemsMax = 64;    // kinds, operations, hosts, options
constexpr std::size_t kBlock = 16;       // bytes that RapidJSON looks at in one go
constexpr unsigned kVersionNumberMax = 9'999;

Unexpected<Error> wrong(const std::string& member, const std::string& what) {
  return fail(ErrorClass::kBadResponse, "its prx note is wrong: \"" + member + "\" " + what +
                                            "; correct the plugin's note and build it again");
}

Unexpected<Error> wrong_note(const std::string& what) {
  return fail(ErrorClass::kBadResponse, "its prx note is wrong: it " + what +
                                            "; correct the plugin's note and build it again");
}

/// Builds the tree of a note, and stops at kDepthMax: neither the parser, the tree nor its writer
/// can recurse deeply.
class NoteTree {
 public:
  explicit NoteTree(rapidjson::Document& document) : document_(document) {}
  [[nodiscard]] bool too_deep() const { return depth_ > kDepthMax; }

  bool Null() { return document_.Null(); }
  bool Bool(bool value) { return document_.Bool(value); }
  bool Int(int value) { return document_.Int(value); }
  bool Uint(unsigned value) { return document_.Uint(value); }
  bool Int64(std::int64_t value) { return document_.Int64(value); }
  bool Uint64(std::uint64_t value) { return document_.Uint64(value); }
  bool Double(double value) { return document_.Double(value); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool copy) {
    return document_.RawNumber(text, size, copy);
  }
  bool String(const char* text, rapidjson::SizeType size, bool copy) {
    return document_.String(text, size, copy);
  }
  bool Key(const char* text, rapidjson::SizeType size, bool copy) {
    return document_.Key(text, size, copy);
  }
  bool StartObject() { return enter() && document_.StartObject(); }
  bool StartArray() { return enter() && document_.StartArray(); }
  bool EndObject(rapidjson::SizeType size) { return leave() && document_.EndObject(size); }
  bool EndArray(rapidjson::SizeType size) { return leave() && document_.EndArray(size); }

 private:
  bool enter() { return ++depth_ <= kDepthMax; }
  bool leave() { return depth_-- > 0; }

  rapidjson::Document& document_;
  std::size_t depth_ = 0;
};

bool is_ascii(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::uint64_t seen = 0;
  for (std::uint64_t eight = 0; end - at >= 8; at += 8) {
    std::memcpy(&eight, at, sizeof eight);
    seen |= eight;
  }
  for (; at != end; ++at) seen |= static_cast<unsigned char>(*at);
  return (seen & 0x8080'8080'8080'8080u) == 0;
}

std::string_view view(const Json& value) { return {value.GetString(), value.GetStringLength()}; }

bool is_id(std::string_view text) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= kIdMax && letter_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return letter_or_digit(c) || c == '_' || c == '.' || c == '-';
         });
}

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

/// "https://host" or "http://host:port": no user, path, query or fragment.
bool is_origin(std::string_view url) {
  std::string_view rest;
  for (const std::string_view scheme : {"https://", "http://"})
    if (url.starts_with(scheme)) rest = url.substr(scheme.size());
  return !rest.empty() && rest.front() != ':' && std::all_of(rest.begin(), rest.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == ':' || c == '[' || c == ']' || c == '_';
  });
}

std::string option_path(std::string_view key) { return "config." + std::string(key); }

/// Typed access to the members of a note, or of the option `key` of its "config".
class Members {
 public:
  explicit Members(const Json& object, std::string_view key = {}) : object_(object), key_(key) {}

  [[nodiscard]] const Json* find(std::string_view name) const {
    for (auto member = object_.MemberBegin(); member != object_.MemberEnd(); ++member)
      if (member->name.GetStringLength() == name.size() && view(member->name) == name)
        return &member->value;
    return nullptr;
  }

  /// "" when absent.
  [[nodiscard]] Result<std::string> text(std::string_view name) const {
    const Json* value = find(name);
    if (value == nullptr) return std::string();
    if (!value->IsString()) return wrong(path(name), "is not text");
    if (value->GetStringLength() > kTextMax)
      return wrong(path(name), "is longer than " + std::to_string(kTextMax) + " bytes");
    if (!is_one_line(view(*value))) return wrong(path(name), "holds a control character");
    return std::string(view(*value));
  }

  [[nodiscard]] Result<std::string> required_text(std::string_view name) const {
    PRX_TRY_SET(auto value, text(name));
    if (value.empty()) return wrong(path(name), "is missing");
    return value;
  }

  [[nodiscard]] Result<bool> flag(std::string_view name) const {
    const Json* value = find(name);
    if (value == nullptr) return false;
    if (!value->IsBool()) return wrong(path(name), "is not true or false");
    return value->GetBool();
  }

  /// Texts that all satisfy `valid`; empty when absent.
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view name,
                                                       bool (*valid)(std::string_view),
                                                       const char* rule) const {
    std::vector<std::string> result;
    const Json* value = find(name);
    if (value == nullptr) return result;
    if (!value->IsArray()) return wrong(path(name), "is not an array");
    if (value->Size() > kItemsMax)
      return wrong(path(name), "has more than " + std::to_string(kItemsMax) + " items");
    result.reserve(value->Size());
    for (const Json& item : value->GetArray()) {
      if (!item.IsString() || !valid(view(item))) return wrong(path(name), rule);
      result.emplace_back(view(item));
    }
    return result;
  }

 private:
  const Json& object_;
  [[nodiscard]] std::string path(std::string_view name) const {
    return key_.empty() ? std::string(name) : option_path(key_) + "." + std::string(name);
  }

  std::string_view key_;
};

struct AbiVersion {
  unsigned major = 0, minor = 0;
};

std::optional<unsigned> read_number(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > kVersionNumberMax)
    return std::nullopt;
  return number;
}

Result<AbiVersion> abi_version(const Members& note, const char* name) {
  PRX_TRY_SET(const auto text, note.required_text(name));
  const auto dot = text.find('.');
  const auto major = read_number(std::string_view(text).substr(0, dot));
  const auto minor =
      dot == std::string::npos ? std::nullopt : read_number(std::string_view(text).substr(dot + 1));
  if (!major || !minor) return wrong(name, "is not a version like \"1.0\"");
  return AbiVersion{*major, *minor};
}

Result<void> read_identity(const Members& members, PluginNote& note) {
  PRX_TRY_SET(note.id, members.required_text("id"));
  if (!is_id(note.id))
    return wrong("id", "is not 1 to 64 of a-z 0-9 _ . -, led by a letter or digit");
  PRX_TRY_SET(note.version, members.required_text("version"));
  PRX_TRY_SET(const auto abi, abi_version(members, "abi"));
  note.abi_major = abi.major;
  note.abi_minor = abi.minor;
  return {};
}

Result<void> read_needs(const Members& members, PluginNote& note) {
  if (members.find("needs") == nullptr) return {};
  PRX_TRY_SET(const auto needs, abi_version(members, "needs"));
  if (needs.major != note.abi_major) return wrong("needs", "names another major than \"abi\"");
  if (needs.minor > note.abi_minor) return wrong("needs", "is later than \"abi\"");
  note.needs_minor = needs.minor;
  return {};
}

bool is_operation(std::string_view name) {
  constexpr std::array<std::string_view, 6> kOperations{"chat",   "models",  "health",
                                                        "warmup", "account", "call"};
  return std::find(kOperations.begin(), kOperations.end(), name) != kOperations.end();
}

Result<void> read_lists(const Members& members, PluginNote& note) {
  PRX_TRY_SET(note.kinds, members.texts("kinds", is_id, "has an item that is not a valid name"));
  if (note.kinds.empty()) return wrong("kinds", "is missing or empty");
  // A later minor may add operations: those this host does not know are left out.
  PRX_TRY_SET(note.operations,
              members.texts("operations", is_id, "has an item that is not a valid name"));
  std::erase_if(note.operations, [](const std::string& name) { return !is_operation(name); });
  PRX_TRY_SET(note.hosts,
              members.texts("hosts", is_origin,
                            "has an item that is not an origin like \"https://example.com\""));
  return {};
}

Result<void> read_texts(const Members& members, PluginNote& note) {
  PRX_TRY_SET(note.title, members.text("title"));
  PRX_TRY_SET(note.key_env, members.text("key_env"));
  PRX_TRY_SET(note.key_url, members.text("key_url"));
  PRX_TRY_SET(note.credit_url, members.text("credit_url"));
  PRX_TRY_SET(note.base_url_env, members.text("base_url_env"));
  PRX_TRY_SET(note.default_model, members.text("default_model"));
  PRX_TRY_SET(note.model_prefix, members.text("model_prefix"));
  PRX_TRY_SET(note.signs, members.flag("signs"));
  return {};
}

std::string write(const Json& value) {
  using Pool = rapidjson::MemoryPoolAllocator<>;
  using Buffer = rapidjson::GenericStringBuffer<rapidjson::UTF8<>, Pool>;
  std::array<char, 4 * 1024> memory;  // enough for most: no allocation
  Pool pool(memory.data(), memory.size());
  Buffer buffer(&pool);
  rapidjson::Writer<Buffer, rapidjson::UTF8<>, rapidjson::UTF8<>, Pool> writer(buffer, &pool);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

Result<void> read_capabilities(const Members& members, PluginNote& note) {
  const Json* value = members.find("capabilities");
  if (value == nullptr) return {};
  if (!value->IsObject()) return wrong("capabilities", "is not an object");
  note.capabilities = write(*value);
  return {};
}

bool has_type(const Json& value, std::string_view type) {
  if (type == "string") return value.IsString();
  if (type == "integer") return value.IsInt64();
  if (type == "number") return value.IsNumber();
  if (type == "boolean") return value.IsBool();
  if (type == "array") return value.IsArray();
  return value.IsObject();
}

bool is_type(std::string_view name) {
  constexpr std::array<std::string_view, 6> kTypes{"string",  "integer", "number",
                                                   "boolean", "array",   "table"};
  return std::find(kTypes.begin(), kTypes.end(), name) != kTypes.end();
}

Result<OptionSchema> read_option(std::string_view key, const Json& value) {
  if (!is_id(key)) return wrong(option_path(key), "is not a valid name of a key");
  if (!value.IsObject()) return wrong(option_path(key), "is not an object");
  const Members members(value, key);
  OptionSchema option;
  option.key = key;
  PRX_TRY_SET(option.type, members.required_text("type"));
  if (!is_type(option.type))
    return wrong(option_path(key) + ".type",
                 "is none of string, integer, number, boolean, array, table");
  PRX_TRY_SET(option.help, members.text("help"));
  if (const Json* preset = members.find("default")) {
    if (!has_type(*preset, option.type))
      return wrong(option_path(key) + ".default", "is not of its type");
    option.default_value = write(*preset);
  }
  return option;
}

Result<void> read_options(const Members& members, PluginNote& note) {
  const Json* value = members.find("config");
  if (value == nullptr) return {};
  if (!value->IsObject()) return wrong("config", "is not an object");
  if (value->MemberCount() > kItemsMax)
    return wrong("config", "has more than " + std::to_string(kItemsMax) + " keys");
  note.options.reserve(value->MemberCount());
  for (const auto& member : value->GetObject()) {
    PRX_TRY_SET(auto option, read_option(view(member.name), member.value));
    for (const auto& earlier : note.options)
      if (earlier.key == option.key) return wrong("config." + option.key, "is there twice");
    note.options.push_back(std::move(option));
  }
  return {};
}

/// Parses a note in `text`, which is overwritten and which the document then points into.
Result<void> parse_tree(rapidjson::Document& document, char* text, std::size_t size) {
  using rapidjson::kParseInsituFlag;
  NoteTree tree(document);
  rapidjson::Reader reader;
  rapidjson::InsituStringStream stream(text);
  rapidjson::ParseResult result;
  auto parse = [&](rapidjson::Document&) {
    constexpr unsigned kChecked = kParseInsituFlag | rapidjson::kParseValidateEncodingFlag;
    result = is_ascii({text, size}) ? reader.Parse<kParseInsituFlag>(stream, tree)
                                    : reader.Parse<kChecked>(stream, tree);
    return !result.IsError();
  };
  document.Populate(parse);
  if (tree.too_deep()) return wrong_note("nests deeper than " + std::to_string(kDepthMax));
  if (result.IsError())
    return wrong_note("is not JSON in UTF-8 at byte " + std::to_string(result.Offset()) + " (" +
                      rapidjson::GetParseError_En(result.Code()) + ")");
  if (stream.Tell() != size)
    return wrong_note("is not JSON in UTF-8 at byte " + std::to_string(stream.Tell()) +
                      " (a zero byte)");
  if (!document.IsObject()) return wrong_note("is not a JSON object");
  return {};
}

}  // namespace

Result<PluginNote> parse_note(std::string_view json) {
  if (json.size() > PRX_NOTE_MAX)
    return wrong_note("has " + std::to_string(json.size()) + " bytes, more than " +
                      std::to_string(PRX_NOTE_MAX));
  alignas(kBlock) std::array<char, PRX_NOTE_MAX + kBlock> text;  // NOLINT: filled as far as read
  std::copy(json.begin(), json.end(), text.begin());
  std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(json.size()), kBlock, '\0');
  std::array<char, 16 * 1024> buffer;  // enough for most notes: no allocation
  rapidjson::MemoryPoolAllocator<> pool(buffer.data(), buffer.size());
  rapidjson::Document document(&pool);
  PRX_TRY(parse_tree(document, text.data(), json.size()));
  const Members members(document);
  PluginNote note;
  PRX_TRY(read_identity(members, note));
  if (note.abi_major != PRX_ABI_MAJOR) return note;  // what else it says is that major's business
  PRX_TRY(read_needs(members, note));
  PRX_TRY(read_lists(members, note));
  PRX_TRY(read_texts(members, note));
  PRX_TRY(read_capabilities(members, note));
  PRX_TRY(read_options(members, note));
  return note;
}

}  // namespace prx
